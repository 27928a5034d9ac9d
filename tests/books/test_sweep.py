"""Many candidates: a sweep gives what rating each of them gives; numbers are set where they are said to be."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.books.contract import positions
from pertoken.books.ranking import ranking
from pertoken.books.simulate import simulate
from pertoken.books.sweep import _plain, contracts, sweep
from pertoken.books.vary import Candidate, grid, values
from pertoken.core.errors import CardError, InputError, UnpricedUsage
from pertoken.rating.card import Tier
from pertoken.rating.contract import Contract
from pertoken.rating.during import During
from pertoken.rating.rate import amount, rate
from tests.made import card, drawn, usage

D = Decimal
USED = usage(
    "customer month model batch plan meter",
    *(
        (who, f"2026-{month:02}", model, "false", "pro" if who < "d" else "free", meter, (7919 * i * i) % 100_003)
        for i, (who, month, model, meter) in enumerate(
            (who, month, model, meter)
            for who in "abcdefg"
            for month in range(1, 6)
            for model in ("small", "large")
            for meter in ("input_tokens", "output_tokens")
        )
    ),
)
TOKENS = "measure: {sum: total_tokens}"
METERED = f"prices: {{t: {{{TOKENS}, convert: {{per: 1000}}, curve: [{{rate: 0.37}}]}}}}"
TIERS = "tiers: [{up_to: 50_000, rate: 0.0011, flat: 3}, {up_to: 100_000, rate: 0.0007}, {rate: 0.0005, flat: 2}]"
SWEPT = {
    "metered": METERED,
    "graduated": f"prices: {{t: {{{TOKENS}, curve: {{mode: marginal, flat_on_zero: false, {TIERS}}}}}}}",
    "volume": f"prices: {{t: {{{TOKENS}, curve: {{mode: all, flat_on_zero: true, {TIERS}}}}}}}",
    "packages": f"prices: {{t: {{{TOKENS}, convert: {{per: 10_000, round: up, free: 2, free_first: true}}, "
                "curve: [{rate: 1.9}]}}",
    "a fee beside": f"prices: {{base: {{curve: [{{flat: 9.995}}]}}, t: {{{TOKENS}, curve: [{{rate: 0.0001}}]}}}}",
    "a surcharge": f"prices: {{t: {{{TOKENS}, curve: [{{rate: 0.0001}}]}}, "
                   "s: {measure: {sum: output_tokens}, surcharge: true, curve: [{rate: 0.0003}]}}",
    "by model": "prices: {t: {measure: {sum: total_tokens, by: [model]}, curve: {mode: marginal, "
                "tiers: [{up_to: 9_000, rate: 0.002}, {rate: 0.001}]}}}",
    "capped tiers": f"prices: {{t: {{{TOKENS}, curve: {{mode: marginal, tiers: "
                    "[{up_to: 50_000, rate: 0.001, cap: 20}, {rate: 0.002}]}}}",
    "weights": "prices: {t: {measure: {sum: input_tokens + 4 * output_tokens}, curve: [{rate: 0.00021}]}}",
    "two models": "prices: {a: {measure: {sum: total_tokens, where: model == 'small'}, curve: [{rate: 0.0001}]}, "
                  "b: {measure: {sum: total_tokens, where: model == 'large'}, curve: [{rate: 0.0009}]}}",
    "unrounded": f"rounding: null\n{METERED}",
}  # fmt: skip
RATED = {
    "by quarter": "prices: {t: {measure: {sum: total_tokens, window: quarter}, curve: {mode: marginal, "
    "tiers: [{up_to: 200_000, rate: 0.002}, {rate: 0.001}]}}}",
    "a discount": f"{METERED}\nadjust: [{{percent: -7}}]",
    "a minimum": f"{METERED}\nclamp: {{min: 40, window: month}}",
    "one account": f"scope: []\n{METERED}",
}


def made(text):
    return card(f"plan: p\n{text}")


def summed(lines, kind, rows):
    """What `rate` gives each contract, as a dictionary by its place among the rows."""
    some = amount(lines, kind)
    out = np.zeros(len(rows))
    np.add.at(out, positions(rows, some, ("customer",)), some.values["amount"].astype(float))
    return out


@pytest.mark.parametrize("name", [*SWEPT, *RATED])
def test_a_sweep_gives_each_contract_what_rating_gives(name):
    """Oracle: `rate` in exact decimals."""
    plan = made({**SWEPT, **RATED}[name])
    rows = contracts(USED, ("customer",))
    assert _plain(plan, rows) is (name in SWEPT)
    (found,) = sweep(USED, [[plan]], rows)
    book = rate(USED, plan).ledger
    if name != "one account":
        np.testing.assert_allclose(found.billed, summed(book, "billed", rows), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found.effective, summed(book, "effective", rows), rtol=1e-9, atol=1e-9)
    total = float(amount(book, "billed").values["amount"].sum())
    assert found.billed.sum() == pytest.approx(total, rel=1e-9)


def test_plans_that_share_the_work_are_swept_together():
    free = card(f"plan: free\nwhere: plan == 'free'\n{METERED.replace('0.37', '0')}")
    pro = card(f"plan: pro\nwhere: plan == 'pro'\n{SWEPT['a fee beside']}")
    rows = contracts(USED, ("customer",))
    (found,) = sweep(USED, [[free, pro]], rows)
    np.testing.assert_allclose(found.billed, summed(rate(USED, [free, pro]).ledger, "billed", rows), rtol=1e-9)


@given(st.lists(st.integers(1, 999), min_size=1, max_size=11, unique=True))
def test_each_candidate_of_a_grid_is_charged_by_its_own_rates(rates):
    """Oracle: `rate` in floats, candidate by candidate, after the measure was counted once."""
    plan = made(SWEPT["volume"])
    tried = [each.cards for each in grid([plan], {"t.tiers.1.rate": [D(rate) / 10**6 for rate in rates]})]
    rows = contracts(USED, ("customer",))
    for cards, found in zip(tried, sweep(USED, tried, rows), strict=True):
        book = rate(USED, cards, exact=False).ledger
        np.testing.assert_allclose(found.billed, summed(book, "billed", rows), rtol=1e-9, atol=1e-9)


def test_contracts_without_usage_are_charged_their_fee():
    """g has a contract for all five months and uses nothing; so has h, whom the usage does not name."""
    plan = made(SWEPT["a fee beside"])
    first, last = date(2026, 1, 1), date(2026, 6, 1)
    stated = [Contract(card="p", labels={"customer": who}, start=first, end=last) for who in "gh"]
    terms = {"contracts": stated, "span": (first, last)}
    used = USED.pick(USED.keys["customer"].column() != "g")
    rows = contracts(used, ("customer",), terms)
    (found,) = sweep(used, [[plan]], rows, terms)
    book = rate(used, plan, contracts=stated, span=(first, last)).ledger
    np.testing.assert_allclose(found.billed, summed(book, "billed", rows), rtol=1e-9, atol=1e-9)
    assert found.billed[rows.keys["customer"].column() == "h"].tolist() == [50]  # 5 x 9.995, each rounded to 10.00


def test_draws_are_rated_in_full():
    worlds = drawn(USED, np.stack([USED.values["quantity"], 3 * USED.values["quantity"]]))
    rows = contracts(worlds, ("customer",))
    (found,) = sweep(worlds, [[made(SWEPT["metered"])]], rows)
    assert found.billed.shape == (2, len(rows))
    assert found.billed.sum(-1)[1] == pytest.approx(3 * found.billed.sum(-1)[0], rel=1e-3)


def test_what_a_sweep_cannot_hold_is_rated_in_full():
    plan, rows = made(SWEPT["metered"]), contracts(USED, ("customer",))
    charge = plan.prices["t"]
    for other in (
        replace(charge, during=During(months=3)),
        replace(charge, curve=None),
        replace(charge, curve=replace(charge.curve, select="input_tokens")),
        replace(charge, measure=replace(charge.measure, window="day")),
    ):
        assert not _plain(replace(plan, prices={"t": other}), rows)


def test_a_candidate_that_leaves_usage_unpriced_is_refused_by_its_name():
    narrow = made("prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}")
    with pytest.raises(UnpricedUsage, match=r"the candidate p \(card.yaml\) do not price(.|\n)*output_tokens"):
        list(sweep(USED, [[narrow]], contracts(USED, ("customer",))))


CARD = card("""
plan: pro
prices:
  base: {curve: [{flat: 20}]}
  tokens:
    measure: {sum: total_tokens}
    convert: {per: 1000, round: up, free: 1, free_first: false}
    curve: {mode: marginal, tiers: [{up_to: 10, rate: 3}, {rate: 2}]}
adjust: [{percent: -10}]
clamp: {min: 5, window: month}
order: [discount, minimum]
""")


def found(made, place):
    (plan,) = made.cards
    return {
        "base.flat": lambda: plan.prices["base"].curve.tiers[0].flat,
        "pro.base.flat": lambda: plan.prices["base"].curve.tiers[0].flat,
        "tokens.tiers.1.rate": lambda: plan.prices["tokens"].curve.tiers[1].rate,
        "tokens.tiers.0.up_to": lambda: plan.prices["tokens"].curve.tiers[0].up_to,
        "tokens.convert.free": lambda: plan.prices["tokens"].convert.free,
        "clamp.min": lambda: plan.clamps[0].min,
        "adjust.0.percent": lambda: plan.adjust[0].percent,
    }[place]()


@pytest.mark.parametrize(
    "place",
    ["base.flat", "pro.base.flat", "tokens.tiers.1.rate", "tokens.tiers.0.up_to", "tokens.convert.free", "clamp.min",
     "adjust.0.percent"],
)  # fmt: skip
def test_a_number_is_set_at_its_place_and_nowhere_else(place):
    (made,) = grid([CARD], {place: [D("7.25")]})
    assert found(made, place) == D("7.25")
    (back,) = grid(made.cards, {place: [found(Candidate("", (CARD,)), place)]})
    assert back.cards == (CARD,)


def test_a_grid_has_every_combination():
    tried = list(grid([CARD], {"base.flat": [D(1), D(2)], "clamp.min": [D(3), D(4), D(5)]}))
    assert [tuple(map(int, each.settings.values())) for each in tried] == [
        (1, 3),
        (1, 4),
        (1, 5),
        (2, 3),
        (2, 4),
        (2, 5),
    ]
    assert tried[0].name == "base.flat 1, clamp.min 3"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("tokns.rate", "no 'tokns' on pro; did you mean tokens"),
        ("tokens.rate", "the charge has 2 tiers; say which, as PRICE.tiers.0.rate"),
        ("tokens.tiers.5.rate", "no '5' at 'tokens.tiers.5.rate'"),
        ("tokens.tiers", "is no number"),
        ("tokens.tiers.0.price", "no 'price' at"),
        ("tokens.measure.sum", "is no number"),
        ("clamp.most", "no single 'most' at"),
        ("pool.bundle.grant", "no 'pool' on pro"),
    ],
)
def test_a_place_that_is_not_there_is_refused(place, said):
    with pytest.raises(CardError, match=said):
        list(grid([CARD], {place: [D(1)]}))


def test_a_place_on_several_plans_must_say_which():
    other = replace(CARD, name="team")
    with pytest.raises(CardError, match=r"stands on several plans: pro, team; say which, as pro.base.flat"):
        list(grid([CARD, other], {"base.flat": [D(1)]}))
    (made,) = grid([CARD, other], {"team.base.flat": [D(1)]})
    assert [found(Candidate("", (each,)), "base.flat") for each in made.cards] == [20, 1]


def test_a_card_that_may_not_be_is_refused():
    wide = replace(CARD.prices["tokens"].curve, tiers=(Tier(up_to=D(5), rate=D(1)), Tier(up_to=D(9)), Tier(rate=D(1))))
    plan = replace(CARD, prices={"tokens": replace(CARD.prices["tokens"], curve=wide)})
    with pytest.raises(CardError):
        list(grid([plan], {"tokens.tiers.0.up_to": [D(50)]}))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("a=1,2", [1, 2]), ("a=10..30:10", [10, 20, 30]), ("a=0.1..0.25:0.1", [D("0.1"), D("0.2")]), ("a=1..3", [1, 2, 3]),
     ("a=5,1..2", [5, 1, 2]), ("a=-10", [-10])],
)  # fmt: skip
def test_numbers_to_try_are_read(text, numbers):
    assert values(text) == ("a", tuple(numbers))


@pytest.mark.parametrize("text", ["a", "a=", "=1", "a=x", "a=1..2:0", "a=3..1", "a=1..9:-1", "a=1..1e9:0.1", "a=nan"])
def test_what_is_no_list_of_numbers_is_refused(text):
    with pytest.raises(InputError, match=r"can't be read; expected for example tokens.rate"):
        values(text)


VENDOR = card("card: v\nprices: {t: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 0.2}]}}")


def test_a_ranking_says_of_each_candidate_what_simulating_it_says():
    """Oracle: `simulate`, candidate by candidate."""
    old, fee = made(SWEPT["metered"]), made(SWEPT["a fee beside"])
    tried = list(grid([fee], {"base.flat": [D(9), D(15), D(30)]}))
    ranked = ranking(USED, [old], tried, [VENDOR])
    assert [o.settings["base.flat"] for o in ranked.outcomes] == [30, 15, 9]
    for outcome, plan in zip(ranked.outcomes, reversed(tried), strict=True):
        sim = simulate(USED, [old], plan.cards, [VENDOR])
        assert outcome.billed == pytest.approx(float(sim.total("new_billed")))
        assert outcome.margin == pytest.approx(float(sim.total("new_effective") - sim.total("new_cost")))
        assert outcome.worse_off == (sim.sign > 0).sum()
        assert outcome.better_off == (sim.sign < 0).sum()
        assert outcome.crossed == sim.crossed.sum()
    assert ranked.old.revenue == pytest.approx(float(sim.total("old_effective")))
    assert ranked.customers == 7


def test_the_order_is_what_was_asked_for():
    """A fee of 30 earns the most and hurts the most; by those worse off the cheapest comes first."""
    fee = made(SWEPT["a fee beside"])
    tried = list(grid([fee], {"base.flat": [D(30), D(1)]}))
    by_revenue = ranking(USED, [fee], tried, [VENDOR], by="margin")
    gentle = ranking(USED, [fee], tried, by="worse-off")
    assert [o.settings["base.flat"] for o in by_revenue.outcomes] == [30, 1]
    assert [o.settings["base.flat"] for o in gentle.outcomes] == [1, 30]
    assert [o.worse_off_share for o in gentle.outcomes] == [0, 1]


def test_a_rank_by_margin_needs_the_cost():
    fee = made(SWEPT["a fee beside"])
    with pytest.raises(InputError, match="needs the cost; say it with --cost"):
        ranking(USED, [fee], [Candidate("x", (fee,))], by="margin")
    with pytest.raises(InputError, match="no rank 'margins'; did you mean margin"):
        ranking(USED, [fee], [Candidate("x", (fee,))], by="margins")
    with pytest.raises(InputError, match="no candidate"):
        ranking(USED, [fee], [])


def test_candidates_are_compared_on_what_all_of_them_price():
    old, narrow = made(SWEPT["metered"]), made("prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 0.001}]}}")
    ranked = ranking(USED, [old], [Candidate("narrow", (narrow,))], unpriced="keep")
    count = float(USED.where(meter="input_tokens").values["quantity"].sum())
    assert ranked.outcomes[0].revenue == pytest.approx(count / 1000, abs=0.2)
    assert set(ranked.unpriced) == {"narrow"}
