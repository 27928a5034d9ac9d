"""Worlds: a card whose numbers differ by world, and usage that does, rated once, are each world rated alone.

The oracle is the plain card: in each world every drawn number is replaced by an ordinary `Decimal`. What loses a world
on the way, whatever it is, breaks the law.
"""

from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pertoken.core.drawn import Drawn
from pertoken.core.errors import CardError
from pertoken.core.lines import Key
from pertoken.rating import uncertain
from pertoken.rating.card import Clamp, Convert, Curve, Measure, Tier
from pertoken.rating.contract import Contract
from pertoken.rating.curve import evaluate, normal_form
from pertoken.rating.pool_terms import Inside, Pay, Rollover
from pertoken.rating.rate import rate
from tests.made import card, drawn, money, usage
from tests.rating.test_interpreters import curves

WORLDS = 5
DAYS = ("2026-01-15", "2026-02-11", "2026-03-31", "2026-04-01", "2026-05-20", "2026-06-30")
SPAN = (date(2026, 1, 1), date(2026, 8, 1))
OTHERS = {"whole months": (date(2026, 2, 1), date(2026, 7, 1)), "any day": (date(2026, 2, 10), date(2026, 7, 12))}
few = settings(max_examples=50, deadline=None)

CHARGES = {
    "linear": "{measure: {sum: x_a}, convert: {per: 3}, curve: [{rate: 0.31}]}",
    "tiered": (
        "{measure: {sum: x_a}, convert: {per: 10}, curve: {mode: marginal, flat_on_zero: FLAT, tiers: "
        "[{up_to: 2, rate: 1.7, flat: 3}, {up_to: 11, rate: 0.9, flat: 0.4, cap: 4}, {rate: 0.2, cap: 9}]}}"
    ),
    "volume": (
        "{measure: {sum: x_b}, curve: {mode: all, flat_on_zero: FLAT, tiers: "
        "[{up_to: 20, rate: 1.3, flat: 2, cap: 25}, {up_to: 60, rate: 0.9, flat: 1}, {rate: 0.7, cap: 70}]}}"
    ),
    "picked": (
        "{measure: {sum: x_b}, curve: {mode: all, select: x_a, flat_on_zero: FLAT, tiers: "
        "[{up_to: 40, rate: 0.5, flat: 1.1, cap: 17}, {rate: 0.4, flat: 0.3}]}}"
    ),
    "packages": "{measure: {sum: x_a}, convert: {per: 7, round: up, free: 2, free_first: true}, curve: [{rate: 2.3}]}",
    "allowed": (
        "{measure: {sum: x_a}, convert: {per: 5, free: 4}, curve: {mode: marginal, tiers: "
        "[{up_to: 3, rate: 1.1}, {rate: 0.6}]}}"
    ),
    "quarterly": (
        "{measure: {sum: x_a, window: quarter}, curve: {mode: marginal, flat_on_zero: FLAT, tiers: "
        "[{up_to: 50, rate: 0.8, flat: 5}, {rate: 0.3}]}}"
    ),
    "yearly": "{measure: {sum: x_b, window: year}, curve: {mode: all, tiers: [{up_to: 90, rate: 1.9}, {rate: 1.2}]}}",
    "termed": (
        "{measure: {sum: x_a, window: term, by: [feature]}, curve: {mode: marginal, tiers: "
        "[{up_to: 70, rate: 0.9}, {rate: 0.4}]}}"
    ),
    "timed": "{measure: {sum: x_a}, convert: {per: 2}, curve: {series: spot}}",
    "peak": "{measure: {max: x_b, window: quarter, every: month}, curve: [{rate: 0.7}]}",
    "heads": "{surcharge: true, measure: {unique: feature}, curve: [{rate: 1.9}]}",
    "held": "{measure: {time_weighted: x_b, window: quarter, every: month}, curve: [{rate: 1.4}]}",
}
FEE = "base: {curve: [{flat: 9.9}], during: {every: EVERY}}"
SHARE = (
    "care: {measure: {of: [t], window: quarter}, curve: {mode: marginal, tiers: [{up_to: 40, rate: 0.2}, {rate: 0.1}]}}"
)
ADJUSTS = (
    "{percent: -12}",
    "{times: 1.2, on: [t]}",
    "{percent: 4, where: customer == 'a'}",
    "{amount: -7.7}",
    "{amount: 2.2, where: customer == 'a', window: quarter}",
    "{measure: {of: [t], window: year}, curve: {mode: marginal, tiers: [{up_to: 60, rate: 1}, {rate: 0.8}]}}",
)
CLAMPS = (
    "{min: 30, window: WINDOW}",
    "{max: 55, window: WINDOW}",
    "{min: 12, max: 20, on: [t], window: WINDOW}",
    "{min: 40, window: WINDOW}",
    "{max: 160, window: WINDOW}",
)
TOKENS = (
    "{id: k, unit: x_units, grant: 25, every: month, price: 4.5, eligible: [t], priority: 1, unused: forfeit}",
    (
        "{id: k, unit: x_units, grant: 25, every: month, inside: {rate: 0.21}, eligible: [t], priority: 1,"
        " unused: refund, rollover: {share: 0.5, of: remaining, max: 20, periods: 2}}"
    ),
    (
        "{id: k, unit: x_units, grant: 60, every: quarter, price: 30, pay: [{every: month}], eligible: [t],"
        " priority: 1, unused: forfeit, outside: {times: 1.3}}"
    ),
    (
        "{id: k, unit: x_units, grant: 90, price: 50, pay: [{upfront_share: 0.4}, {every: month}], eligible: [t],"
        " priority: 1, unused: forfeit, term: {from: 2026-01-01, to: 2026-08-01}}"
    ),
    (
        "{id: k, unit: x_units, grant: 30, every: month, pay: [{every: month, amount: 6.6}], eligible: [t],"
        " priority: 1, unused: forfeit}"
    ),
)
MONEYS = (
    (
        "{id: m, unit: money, grant: 20, every: month, price: 15, eligible: [BILLED], priority: 2, unused: forfeit,"
        " outside: {times: 1.2}}"
    ),
    (
        "{id: m, unit: money, grant: 150, eligible: [BILLED], priority: 2, unused: true_up,"
        " term: {from: 2026-01-01, to: 2026-08-01}}"
    ),
    (
        "{id: m, unit: money, grant: 25, every: month, price: 20, eligible: [BILLED], priority: 2, unused: refund,"
        " rollover: {share: 1, of: original, periods: 1}}"
    ),
    (
        "{id: m, unit: money, grant: 120, pay: [{every: month, amount: 11}, {amount: 21}], eligible: [BILLED],"
        " priority: 2, unused: true_up, term: {months: 4}}"
    ),
)


@st.composite
def cards(draw):
    """A card of any features that go together."""
    t = draw(st.sampled_from(sorted(CHARGES)))
    other = draw(st.booleans()) and t not in ("peak", "held")
    flat = draw(st.sampled_from(["true", "false"]))
    prices = [f"t: {CHARGES[t]}".replace("FLAT", flat)]
    own = "x_b" if "x_b" in CHARGES[t] else "x_a"
    rest = "x_a" if own == "x_b" else "x_b"
    if t == "heads":
        prices.append("more: {measure: {sum: x_a}, curve: [{rate: 0.17}]}")
    prices.append(f"rest: {{measure: {{sum: {rest}}}, curve: [{{rate: 0.05}}]}}")
    if draw(st.booleans()):
        prices.append(FEE.replace("EVERY", draw(st.sampled_from(["month", "quarter"]))))
    if other and t not in ("picked", "yearly", "termed"):
        prices.append(SHARE)
    adjusts = draw(st.lists(st.sampled_from(ADJUSTS), max_size=3, unique=True))
    clamps = draw(st.lists(st.sampled_from(CLAMPS), max_size=2, unique=True))
    pools = []
    if t in ("linear", "tiered", "volume", "packages", "allowed"):
        pools += [p.replace("x_units", own) for p in draw(st.lists(st.sampled_from(TOKENS), max_size=1))]
    if t not in ("quarterly", "yearly", "termed", "peak", "held", "heads"):
        billed = draw(st.sampled_from(["t", "t, rest"]))
        pools += [p.replace("BILLED", billed) for p in draw(st.lists(st.sampled_from(MONEYS), max_size=1))]
    anchor = draw(st.sampled_from(["", "", "anchor: 15, ", "anchor: start, "]))
    text = f"""
plan: p
rounding: {draw(st.sampled_from(["2", "null"]))}
during: {{{anchor}prorate: {draw(st.sampled_from(["day", "none", "second"]))}}}
prices: {{{", ".join(prices)}}}
order: [{draw(st.sampled_from(["discount, minimum, maximum, credit", "discount, credit, maximum, minimum"]))}]
"""
    text += f"adjust: [{', '.join(adjusts)}]\n" if adjusts else ""
    long = next((w for w in ("year", "quarter") if w in " ".join(prices)), None)
    window = long or draw(st.sampled_from(["month", "quarter"]))
    text += f"clamp: [{', '.join(clamps)}]\n".replace("WINDOW", window) if clamps else ""
    text += f"pools: [{', '.join(pools)}]\n" if pools else ""
    text += "series: {spot: {2026-01: 0.4, 2026-03: 0.6, 2026-07: 0.3}}\n" if t == "timed" else ""
    return replace(card(text), scope=("customer",))


VENDOR = card("""
    card: p
    rates:
      - {model: x, per: 1000, x_a: 1.9, x_b: 2.7, from: 2026-01-01}
      - {model: x, per: 1000, x_a: 1.4, from: 2026-04-01}
      - {model: y, x_a: 0.07, x_b: 0}
    adjust: [{percent: -7.5}, {times: 1.1, on: [rates]}]
    clamp: {min: 1.5, window: quarter}
    order: [discount, minimum]
""")
PHASED = card("""
    plan: p
    prices: {t: {measure: {sum: x_a, window: year}, curve: {mode: marginal, tiers: [{up_to: 50, rate: 0.8},
              {rate: 0.3}]}},
             rest: {measure: {sum: x_b}, curve: [{rate: 0}]}}
    pools: [{id: k, unit: x_a, grant: 9, every: month, price: 2, eligible: [t], unused: forfeit, drawn: day}]
    phases:
      - {during: {months: 2}}
      - {during: {counter: carry}, prices: {t: {measure: {sum: x_a, window: year},
         curve: {mode: marginal, flat_on_zero: true, tiers: [{up_to: 60, rate: 1.1, flat: 2}, {rate: 0.9}]}}}}
""")


def mapped(record, number):
    """A record with every number in it replaced by `number(kind of record, field, number)`, however deep it lies."""
    if isinstance(record, tuple):
        return tuple(mapped(each, number) for each in record)
    if isinstance(record, dict):
        return {
            name: number(dict, name, each) if isinstance(each, Decimal) else mapped(each, number)
            for name, each in record.items()
        }
    if not is_dataclass(record) or isinstance(record, type):
        return record
    made = {}
    for name in (each.name for each in fields(record)):
        value = getattr(record, name)
        made[name] = number(type(record), name, value) if isinstance(value, Decimal) else mapped(value, number)
    return replace(record, **made)


def spread(terms, rng, share, worlds=WORLDS):
    """A card some of whose numbers differ by world, each by at most a tenth of itself, so that bounds still rise."""

    def number(kind, name, value):
        known = name in uncertain.MAY.get(kind, ()) or kind is dict
        if not known or not value or rng.random() > share:
            return value
        return Drawn(float(value) * (1 + 0.1 * rng.uniform(-1, 1, worlds)))

    return mapped(terms, number)


def alone(terms, world):
    """The plain card of one world."""
    return mapped(terms, lambda _, __, n: Decimal(repr(float(n.worlds[world]))) if isinstance(n, Drawn) else n)


def told(rated, world=None):
    """Quantity and amount of each line of a ledger, folded, where it is not nothing."""
    found = rated.ledger
    names = ("stage", "charge", "term", "customer", "day", "cycle", "month", "quarter", "year")
    found = found.with_keys(**{n: "" for n in names if n not in found.keys}).fold(names)
    columns = [found.keys[n].column().tolist() for n in names]
    values = [v if world is None else v[..., world, :] for v in (found.values["quantity"], found.values["amount"])]
    assert all(v.ndim == 1 for v in values)
    rows = zip(zip(*columns, strict=True), zip(*(v.tolist() for v in values), strict=True), strict=True)
    return {key: pair for key, pair in rows if max(map(abs, pair)) > NOTHING}


def left(rated, world=None):
    """What stays without a price, in all."""
    quantity = rated.unpriced.values["quantity"]
    return float(quantity.sum() if quantity.ndim == 1 else quantity[world].sum())


NOTHING = 1e-7
"""Money and units below which a line is none."""


def agree(together, apart):
    for key in {*together, *apart}:
        one, two = together.get(key, (0, 0)), apart.get(key, (0, 0))
        assert one == pytest.approx(two, rel=1e-9, abs=NOTHING), key


people = st.sampled_from(["", *OTHERS])


def world_of(who, rng, *, worlds):
    """Usage of two customers, drawn by world or not, and their contracts."""
    rows = [(c, d, m, 0) for c in "ab" for d in DAYS[1:] if c == "b" or d for m in ("x_a", "x_b")]
    rows += [("a", DAYS[0], m, 0) for m in ("x_a", "x_b")]
    size = len(rows)
    more = {
        "feature": ["f" if i % 3 else "g" for i in range(size)],
        "model": ["y" if i % 5 else "x" for i in range(size)],
    }
    lines = usage("customer day meter", *rows).with_keys(**{n: Key.of(each) for n, each in more.items()})
    lines = lines.with_keys(batch="false", service_tier="standard", price_from=Key.of([row[1] for row in rows]))
    shape = (WORLDS, len(rows)) if worlds else (len(rows),)
    amounts = rng.integers(0, 40, shape) * rng.integers(0, 2, shape) + rng.integers(0, 2, shape) * 0.5
    stated = [Contract(card="p", labels={"customer": "a"}, start=SPAN[0], end=SPAN[1])]
    stated += [Contract(card="p", labels={"customer": "b"}, start=OTHERS[who][0], end=OTHERS[who][1])] if who else []
    return drawn(lines, amounts), stated if who else []


POOLED = """
    plan: p
    during: {{prorate: day}}
    prices:
      t: {{measure: {{sum: x_b, where: feature == "f"}}, curve: [{{rate: 0.9}}]}}
      rest: {{measure: {{sum: x_b, where: feature == "g"}}, curve: [{{rate: 0.4}}]}}
      other: {{measure: {{sum: x_a}}, curve: [{{rate: 0.05}}]}}
    pools: [{pools}]
"""
BLOCKED = """
    {id: k, unit: x_b, grant: 25, every: month, price: 4.5, eligible: [t], priority: 1, unused: forfeit,
     outside: {block: true}, rollover: {share: 0.4, of: original, periods: 1}}
"""
SHARED = """
    {id: k, unit: x_b, grant: 11, every: month, price: 4.5, eligible: [t, rest], priority: 1, unused: forfeit,
     drawn: day, rollover: {share: 1, of: remaining, periods: 3}},
    {id: l, unit: x_b, grant: 9, every: month, price: 2, eligible: [rest], priority: 2, unused: refund, drawn: day},
    {id: m, unit: x_b, grant: 60, price: 30, eligible: [t], priority: 3, unused: forfeit, outside: {times: 1.4},
     drawn: day, term: {months: 3, renews: true}}
"""


def law(terms, seed, who, *, by_world, share):
    """Rating once agrees with rating each world by itself, line by line."""
    rng = np.random.default_rng(seed)
    terms = spread(terms, rng, share)
    lines, stated = world_of(who, rng, worlds=by_world)
    each_alone(lines, terms, {"contracts": stated, "span": SPAN})


def each_alone(lines, terms, how):
    kept = {"exact": False, "unpriced": "keep", **how}
    by_world = lines.values["quantity"].ndim > 1
    together = rate(lines, terms, **kept)
    for world in range(WORLDS) if together.jobs["p"].worlds else []:
        own = drawn(lines, lines.values["quantity"][world]) if by_world else lines
        apart = rate(own, alone(terms, world), **kept)
        agree(told(together, world), told(apart))
        assert left(together, world) == pytest.approx(left(apart))


@few
@given(cards(), st.integers(0, 10_000), people, st.booleans(), st.sampled_from([0.0, 0.3, 1.0]))
def test_worlds_rated_at_once_are_each_rated_alone(terms, seed, who, by_world, share):
    assume(not (terms.pools and who == "any day"))  # a pool that is drawn by the month begins with one
    law(terms, seed, who, by_world=by_world, share=share)


def simple():
    """One card for each feature, so that none is left to chance."""
    for charge in CHARGES.values():
        yield made_of(charge, series="spot: {2026-01: 0.4, 2026-03: 0.6}" if "series" in charge else "")
    for adjust in ADJUSTS:
        yield made_of(CHARGES["linear"], adjust=adjust)
    for clamp in CLAMPS:
        yield made_of(CHARGES["tiered"], clamp=clamp.replace("WINDOW", "quarter"))
    for pool in (*TOKENS, *MONEYS):
        yield made_of(CHARGES["volume"], pools=pool.replace("x_units", "x_b").replace("BILLED", "t, base"))
    for pools in (BLOCKED, SHARED):
        yield replace(card(POOLED.format(pools=pools)), scope=("customer",))
    yield PHASED


def made_of(charge, **parts):
    rest = "x_a" if "x_b" in charge else "x_b"
    count = "more: {measure: {sum: x_a}, curve: [{rate: 0.17}]}, " if "unique" in charge else ""
    prices = f"t: {charge.replace('FLAT', 'true')}, {count}rest: {{measure: {{sum: {rest}}}, curve: [{{rate: 0.05}}]}}"
    said = [
        f"{name}: {'{' if name == 'series' else '['}{part}{'}' if name == 'series' else ']'}"
        for name, part in parts.items()
        if part
    ]
    fee = FEE.replace("EVERY", "month")
    return replace(
        card("\n".join(["plan: p", "during: {prorate: day}", f"prices: {{{prices}, {fee}}}", *said])),
        scope=("customer",),
    )


SIMPLE = list(simple())


@pytest.mark.parametrize("terms", SIMPLE, ids=range(len(SIMPLE)))
def test_each_feature_of_a_card_differs_by_world(terms):
    law(terms, 11, "whole months", by_world=False, share=1.0)


@pytest.mark.parametrize("by_world", [True, False])
def test_a_vendors_table_of_rates_differs_by_world(by_world):
    law(VENDOR, 7, "", by_world=by_world, share=1.0)


def test_machines_that_are_reserved_by_the_hour_differ_by_world():
    """Two machines, at a price by the hour or by the month, in a time zone whose days differ in length."""
    rows = [(f"2026-03-{day}T{hour:02}", "x_hours", hour % 4) for day in (28, 29) for hour in range(0, 24, 3)]
    for price in ("price: 1.5", "inside: {rate: 0.8}", "pay: [{every: month, amount: 70}]"):
        terms = card(f"""
            plan: p
            during: {{tz: Europe/Berlin}}
            prices: {{t: {{measure: {{sum: x_hours}}, curve: [{{rate: 3}}]}}}}
            pools: [{{id: g, unit: x_hours, grant: 2, every: hour, {price}, eligible: [t], unused: forfeit}}]
        """)
        spread_ = spread(terms, np.random.default_rng(5), 1.0)
        how = {"span": (date(2026, 3, 28), date(2026, 3, 30)), "timezone": "Europe/Berlin"}
        each_alone(usage("hour meter", *rows).with_keys(customer="a"), spread_, how)


def test_every_number_that_may_differ_stands_on_a_card_of_these_tests():
    seen = set()

    def seeing(kind, name, value):
        if value:
            seen.add((kind, name))
        return value

    for terms in (*SIMPLE, VENDOR):
        mapped(terms, seeing)
    assert {(kind, name) for kind, names in uncertain.MAY.items() for name in names} <= seen


above = st.none() | st.decimals(-50, 2000, places=2)


@given(curves(caps=above), st.integers(0, 10_000), st.booleans())
def test_a_curve_whose_tiers_differ_by_world_is_each_worlds_curve(curve, seed, by_world):
    """Quantities hit zero and every bound and cap of every world, and lie a hair above."""
    rng = np.random.default_rng(seed)
    terms = spread(curve, rng, 0.6)
    apart = [alone(terms, world) for world in range(WORLDS)]
    ends = [[0, *(tier.up_to for tier in each.tiers[:-1])] for each in apart]
    assume(all(one < two for each in ends for one, two in pairwise(each)))
    plain = [normal_form(each) for each in apart]
    bounds = sorted({float(bound) for form in plain for bound in form.up_to if bound < 10**6})
    quantity = np.array([0.0, 3.25, 700.0, *bounds, *(bound + 0.001 for bound in bounds)])
    quantity = np.stack([np.roll(quantity, world) for world in range(WORLDS)]) if by_world else quantity
    together = np.broadcast_to(evaluate(normal_form(terms), quantity), (WORLDS, quantity.shape[-1]))
    for world, form in enumerate(plain):
        own = quantity[world] if by_world else quantity
        assert together[world] == pytest.approx(evaluate(form, own), rel=1e-9, abs=1e-6)


LINEAR = made_of(
    CHARGES["linear"], pools="{id: k, unit: x_a, grant: 5, every: month, price: 1, eligible: [t], unused: forfeit}"
)
LINES = usage("customer month meter", ("a", "2026-01", "x_a", 30), ("a", "2026-01", "x_b", 0))


def with_charge(**changes):
    return replace(LINEAR, prices={**LINEAR.prices, "t": replace(LINEAR.prices["t"], **changes)})


def with_pool(**changes):
    return replace(LINEAR, pools=(replace(LINEAR.pools[0], **changes),))


TWO = Drawn([2.0, 3.0])


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (
            with_charge(convert=Convert(per=TWO)),
            r"card\.yaml: prices\.t\.convert\.per differs by world",
        ),
        (with_charge(convert=Convert(times=TWO)), r"prices\.t\.convert\.times differs by world"),
        (with_pool(inside=Inside(times={"t": TWO})), r"pools\.k\.inside\.times differs by world"),
        (with_pool(pay=(Pay(upfront_share=TWO),)), r"pools\.k\.pay\.upfront_share differs by world"),
        (with_pool(rollover=Rollover(share=TWO, of="original", periods=1)), r"pools\.k\.rollover\.share differs"),
        (with_pool(grant=Drawn([0.0, 3.0])), r"pools\.k\.grant is 0 in some world; expected more than 0"),
        (with_charge(convert=Convert(free=Drawn([-1.0, 3.0]))), r"convert\.free is -1 in some world"),
        (with_charge(convert=Convert(free=Drawn([1.0, np.inf]))), r"expected a finite number in every world"),
        (
            with_charge(curve=Curve(mode="all", tiers=(Tier(up_to=TWO), Tier(up_to=Decimal("2.5")), Tier()))),
            r"in some world a tier of prices\.t\.curve ends before it begins",
        ),
        (
            with_charge(measure=Measure(sum="x_a", window="request"), convert=Convert(free=TWO)),
            r"prices\.t\.convert\.free differs by world",
        ),
        (replace(with_pool(price=TWO), clamps=(Clamp(min=Drawn([1.0, 2.0, 3.0])),)), r"\(2,\) and \(3,\) worlds"),
    ],
)
def test_what_must_be_the_same_in_every_world_is_refused_by_its_place(terms, said):
    with pytest.raises(CardError, match=said):
        rate(LINES, terms, exact=False)


def test_an_invoice_has_one_world_and_usage_has_those_of_its_cards():
    terms = with_pool(price=TWO)
    with pytest.raises(CardError, match="an invoice has one world; say exact=False"):
        rate(LINES, terms)
    with pytest.raises(CardError, match=r"the usage has \(3,\) worlds and numbers of the cards have \(2,\)"):
        rate(drawn(LINES, np.ones((3, 2))), terms, exact=False)


def test_which_pool_is_drawn_first_may_not_differ_by_world():
    """Two pools of one priority that end together are drawn by what a unit costs: 2 or 3 against 2.5."""
    one = replace(LINEAR.pools[0], grant=Decimal(1), price=TWO)
    other = replace(LINEAR.pools[0], name="m", grant=Decimal(1), price=Decimal("2.5"))
    with pytest.raises(CardError, match="which pool is drawn first; expected one order for all worlds"):
        rate(LINES, replace(LINEAR, pools=(one, other)), exact=False)
    ordered = (replace(one, priority=1), replace(other, priority=2))
    assert money(rate(LINES, replace(LINEAR, pools=ordered), exact=False).ledger).shape == (2,)


def test_scenarios_by_draws_go_through():
    """Usage of 3 scenarios, prices of 2 draws: 10 a thirtieth of 30 units at 2 or 3, and a fee of 9.9."""
    terms = replace(with_charge(curve=Curve(tiers=(Tier(rate=TWO),))), pools=())
    scenarios = np.array([[[30.0, 0.0]], [[60.0, 0.0]], [[0.0, 0.0]]])
    found = money(rate(drawn(LINES, scenarios), terms, exact=False).ledger)
    assert found == pytest.approx(np.array([[29.9, 39.9], [49.9, 69.9], [9.9, 9.9]]))


def test_a_limit_by_the_quarter_whose_cycle_began_before_the_books_meets_a_pool_of_months():
    text = f"""
plan: p
during: {{anchor: 15, prorate: day}}
prices: {{t: {CHARGES["allowed"]}, rest: {{measure: {{sum: x_b}}, curve: [{{rate: 0.05}}]}}, {SHARE}}}
order: [discount, minimum, maximum, credit]
clamp: [{", ".join(CLAMPS[i].replace("WINDOW", "quarter") for i in (0, 2))}]
pools: [{MONEYS[0].replace("BILLED", "t")}]
"""
    law(replace(card(text), scope=("customer",)), 0, "whole months", by_world=True, share=0.3)
