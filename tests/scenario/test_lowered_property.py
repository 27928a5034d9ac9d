"""A card as rows of a sheet charges what `rate` charges, month by month."""

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from pertoken.connect.cards import card_from
from pertoken.core.errors import CardError
from tests.scenario.lowering import by_rating, by_rows, months_from
from tests.tries import tries

MONTHS = tuple(months_from("2027-02", 14))


def money(lowest, highest, places=2):
    """Decimals of a few places."""
    return st.decimals(lowest, highest, places=places, allow_nan=False).map(str)


RATE, FLAT = money(0, 9), money(0, 40)


@st.composite
def curves(draw, rates=RATE, flats=FLAT, most=3):
    """Curves of one to three tiers."""
    count = draw(st.integers(1, most))
    bounds = sorted(draw(st.lists(st.integers(1, 60), min_size=count - 1, max_size=count - 1, unique=True)))
    tiers: list = [{"up_to": bound, "rate": draw(rates)} for bound in bounds] + [{"rate": draw(rates)}]
    for tier in tiers:
        if draw(st.integers(0, 3)) == 0:
            tier["flat"] = draw(flats)
        if draw(st.integers(0, 4)) == 0:
            tier["cap"] = draw(money(41, 200))
    curve: dict = {"tiers": tiers}
    if count > 1:
        curve["mode"] = draw(st.sampled_from(["marginal", "all"]))
        if curve["mode"] == "all" and draw(st.integers(0, 4)) == 0:
            curve["select"] = "total_tokens"
    if tiers[0].get("flat"):
        curve["flat_on_zero"] = draw(st.booleans())
    return curve


@st.composite
def converts(draw):
    """From counted to priced units."""
    how = {"per": draw(st.sampled_from([1, 10, 3]))}
    if draw(st.integers(0, 3)) == 0:
        how["times"] = draw(st.sampled_from(["2", "0.5"]))
    if draw(st.integers(0, 2)) == 0:
        how["round"] = draw(st.sampled_from(["up", "down", "half_up"]))
        how["precision"] = draw(st.sampled_from([0, 1]))
    if draw(st.integers(0, 2)) == 0:
        how["free"] = draw(st.integers(1, 9))
        how["free_first"] = draw(st.booleans())
    return how


@st.composite
def counted(draw, meter, window):
    """A charge on usage."""
    charge = {
        "measure": {"sum": meter, "window": window},
        "convert": draw(converts()),
        "curve": draw(curves()),
    }
    if draw(st.integers(0, 3)) == 0:
        charge["measure"]["by"] = ["kind"]
    return charge


DURINGS: st.SearchStrategy = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"from": st.sampled_from(["2027-03-01", "2027-07-01"])}),
    st.fixed_dictionaries({"months": st.integers(1, 9), "after": st.integers(0, 4)}),
)


@st.composite
def discounts(draw, charges, window):
    """One line under `adjust`."""
    kind = draw(st.sampled_from(["percent", "times", "amount", "curve"]))
    on = draw(st.lists(st.sampled_from(charges), unique=True, max_size=2))
    line = {"on": on} if on and kind != "curve" else {}
    if kind == "percent":
        line |= {"percent": draw(st.integers(-100, 30))}
    elif kind == "times":
        line |= {"times": draw(money(0, 2))}
    elif kind == "amount":
        line |= {"amount": draw(money(-20, 20)), "window": window}
    else:
        line |= {
            "measure": {
                "of": draw(st.lists(st.sampled_from(charges), unique=True, min_size=1)),
                "window": draw(st.sampled_from(["month", window, "term"])),
            },
            "curve": draw(
                curves(rates=money(0, 1), most=2).filter(
                    lambda c: not {"select"} & set(c) and not any({"flat", "cap"} & set(t) for t in c["tiers"])
                )
            ),
        }
    if window == "month":
        line |= {"during": draw(DURINGS)}
    return line


TERMS = st.sampled_from(
    ["year", {"months": 5, "renews": True}, {"months": 7}, {"from": "2027-04-01", "to": "2028-02-01"}]
)


@st.composite
def rollovers(draw):
    """What is carried on."""
    rule = {"share": draw(money(0, 1)), "of": draw(st.sampled_from(["remaining", "original"])), "periods": 1}
    return rule | ({"max": draw(st.integers(0, 100))} if draw(st.booleans()) else {})


@st.composite
def payments(draw, pool):
    """How a pool is paid."""
    ways = ["price", "inside", *([] if "rollover" in pool else ["amount"]), *(["parts"] if "term" in pool else [])]
    way = draw(st.sampled_from(ways if pool["unused"] == "true_up" else [*ways, "gift"]))
    every = draw(st.sampled_from(["month", "quarter", "year"]))
    said = {
        "price": {"price": draw(money(1, 90))},
        "inside": {"inside": {"rate": draw(money(0, 3))}},
        "amount": {"pay": [{"every": every, "amount": draw(money(0, 30))}]},
        "parts": {"price": draw(money(1, 90)), "pay": [{"upfront_share": draw(money(0, 1))}, {"every": every}]},
        "gift": {"price": 0},
    }
    return said[way]


@st.composite
def pools(draw, name, charges, unit, priority):
    """A pool of tokens or money."""
    every = draw(st.sampled_from([None, "month", "month", "quarter", "year"]))
    pool = {
        "id": name,
        "unit": unit,
        "grant": draw(st.integers(1, 400)),
        "eligible": draw(st.lists(st.sampled_from(charges), unique=True, min_size=1)),
        "unused": draw(st.sampled_from(["forfeit", "true_up", "refund"])),
        "priority": priority,
        "drawn": "month",
        "during": {"prorate": draw(st.sampled_from(["none", "day"]))},
    }
    if every:
        pool |= {"every": every} | ({"rollover": draw(rollovers())} if draw(st.booleans()) else {})
    else:
        pool |= {"term": draw(TERMS)} if draw(st.booleans()) else {}
    pool |= draw(payments(pool))
    if unit == "money" and draw(st.booleans()):
        pool["inside"] = {**pool.get("inside", {}), "times": draw(money("0.5", 2))}
    return pool | ({"outside": {"times": draw(money("0.5", 2))}} if draw(st.integers(0, 3)) == 0 else {})


@st.composite
def cards(draw):
    """Random cards: charges, discounts, limits, pools; as a file would say them."""
    window = draw(st.sampled_from(["month", "month", "quarter", "year", "term"]))
    limit = window if window in ("quarter", "year") else "month"
    prices = {
        "input": draw(counted("input_tokens", window)),
        "output": draw(counted("output_tokens + 2 * reasoning_tokens", window)),
    }
    if draw(st.booleans()):
        every = draw(st.sampled_from(["month", limit, "day"]))
        prices["fee"] = {
            "curve": [{"flat": draw(FLAT)}],
            "during": {"every": every, "prorate": draw(st.sampled_from(["none", "day", "fixed30"]))},
        }
    if draw(st.integers(0, 4)) == 0:
        prices["tax"] = {
            "measure": {"of": ["input"], "window": window},
            "curve": draw(curves(rates=money(0, 1), most=2).filter(lambda c: "select" not in c)),
        }
    card = {"plan": "random", "prices": prices, "rounding": draw(st.sampled_from([2, 2, 0]))}
    names = list(prices)
    if window != "term":
        card["adjust"] = draw(st.lists(discounts(names, limit), max_size=3))
        edges = st.fixed_dictionaries({"window": st.just(limit), "during": st.just({"prorate": "day"})})
        card["clamp"] = [
            {
                **draw(edges),
                draw(st.sampled_from(["min", "max"])): draw(money(0, 150)),
                "on": draw(st.lists(st.sampled_from(names), max_size=2, unique=True)),
            }
            for _ in range(draw(st.integers(0, 2)))
        ]
    tokens = [name for name in ("input", "output") if name in prices]
    card["pools"] = [
        draw(pools(f"pool{i}", tokens if unit == "tokens" else names, unit, i))
        for i, unit in enumerate(draw(st.lists(st.sampled_from(["tokens", "money"]), max_size=2)))
    ]
    card["order"] = draw(
        st.sampled_from(
            [
                "orb",
                ["percent", "amount", "maximum", "minimum", "credit"],
                ["minimum", "discount", "maximum", "credit"],
                ["credit", "discount", "minimum", "maximum"],
            ]
        )
    )
    card = {word: said for word, said in card.items() if said != []}
    if limit == "month" and draw(st.integers(0, 4)) == 0:
        card["during"] = {"anchor": "start"}
    return card


def usages():
    """Whole quantities of a few flows, each month."""
    quantities = st.lists(st.integers(0, 120), min_size=len(MONTHS), max_size=len(MONTHS))
    labels = [
        {"meter": meter, "kind": kind}
        for meter, kind in [
            ("input_tokens", "a"),
            ("input_tokens", "b"),
            ("output_tokens", "a"),
            ("reasoning_tokens", "b"),
        ]
    ]
    return st.tuples(*[quantities] * len(labels)).map(lambda every: list(zip(labels, every, strict=True)))


def agree(found, wanted):
    """Compare the two, to a billionth."""
    for kind, amounts in wanted.items():
        assert found[kind] == pytest.approx(amounts, abs=1e-7), kind


@given(
    cards(),
    usages(),
    st.sampled_from(["", "2027-02", "2027-04", "2027-05"]),
    st.sampled_from(["", "2027-12", "2028-02"]),
)
@tries(80)
def test_rows_of_random_cards_charge_what_rate_charges(said, used, begins, ends):
    try:
        card = card_from(said)
        wanted = by_rating(card, used, MONTHS, begins, ends)
    except CardError:
        reject()
    agree(by_rows(card, used, MONTHS, begins, ends), wanted)
