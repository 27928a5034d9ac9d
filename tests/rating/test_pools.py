"""Pools: laws, and a replay written out by hand from the contract's words, which the engine must equal."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pertoken.books import balances
from pertoken.core.lines import Lines
from pertoken.rating import replay
from pertoken.rating.contract import Contract
from pertoken.rating.rate import amount, rate
from tests.made import by, card, drawn, money, usage

D = Decimal
MONTHS = [f"2026-{m:02}" for m in range(1, 8)]
SPAN = (date(2026, 1, 1), date(2026, 8, 1))
ACME = Contract(card="p", labels={"customer": "acme"}, start=SPAN[0], end=SPAN[1])


@dataclass
class Terms:
    """What one pool says, in months from January (0) to August (7)."""

    name: str
    grant: int
    price: int
    priority: int
    eligible: tuple[str, ...]
    first: int
    last: int
    cycle: bool
    unused: str
    rollover: tuple[str, str, int | None, int] | None = None

    def yaml(self):
        every = "every: month, " if self.cycle else ""
        share, of, most, periods = self.rollover or ("", "", None, 0)
        limit = f"max: {most}, " if most is not None else ""
        roll = f", rollover: {{share: {share}, of: {of}, {limit}periods: {periods}}}" if self.rollover else ""
        return (
            f"{{id: {self.name}, unit: x_units, grant: {self.grant}, price: {self.price}, "
            f"priority: {self.priority}, {every}"
            f"term: {{from: 2026-{self.first + 1:02}-01, to: 2026-{self.last + 1:02}-01}}, "
            f"eligible: [{', '.join(self.eligible)}], unused: {self.unused}{roll}}}"
        )


@dataclass
class Lot:
    """One grant as it would stand on paper."""

    terms: Terms
    size: D
    value: D
    begin: int
    end: int
    carried: bool = False
    left: D = field(init=False)

    def __post_init__(self):
        self.left = self.size

    def order(self):
        return self.terms.priority, self.end, D(self.terms.price) / self.terms.grant, self.terms.name, self.begin


def on_paper(pools, need):
    """Replay month by month: grant, draw in order, then carry on, forfeit or refund what is left at an end."""
    told: dict[str, Any] = {"covered": {}, "drawn": {}, "lost": {}, "left": D(0), "granted": D(0), "paid": D(0)}
    lots = []
    for month in range(len(MONTHS)):
        for terms in pools:
            if (terms.first <= month < terms.last) if terms.cycle else month == terms.first:
                end = month + 1 if terms.cycle else terms.last
                lots.append(Lot(terms, D(terms.grant), D(terms.price), month, end))
                told["granted"] += terms.grant
                told["paid"] += terms.price
        wanted = dict(need[month])
        for lot in sorted(lots, key=Lot.order):
            for charge in lot.terms.eligible:
                taken = min(lot.left, wanted[charge])
                lot.left -= taken
                wanted[charge] -= taken
                _add(told["drawn"], (lot.terms.name, month), taken)
        told["covered"][month] = {charge: need[month][charge] - rest for charge, rest in wanted.items()}
        lots = _after(lots, month, told)
    told["left"] = sum(lot.left for lot in lots)
    return told


def _after(lots, month, told):
    over = sorted((lot for lot in lots if lot.end == month + 1), key=Lot.order)
    lots = [lot for lot in lots if lot.end > month + 1]
    for lot in over:
        kept = _kept(lot, lots, month)
        _add(told["lost"], (lot.terms.name, month), lot.left - kept)
        if kept:
            value = kept * lot.value / lot.size
            lots.append(
                Lot(
                    lot.terms,
                    kept,
                    value,
                    lot.begin,
                    min(month + 1 + lot.terms.rollover[3], lot.terms.last),
                    carried=True,
                )
            )
    return lots


def _kept(lot, lots, month):
    if lot.carried or lot.terms.rollover is None or lot.terms.last <= month + 1:
        return D(0)
    share, of, most, _ = lot.terms.rollover
    kept = min(D(share) * (lot.left if of == "remaining" else lot.size), lot.left)
    older = sum(each.left for each in lots if each.carried and each.terms is lot.terms)
    return kept if most is None else min(kept, max(most - older, D(0)))


def _add(table, key, number):
    if number:
        table[key] = table.get(key, D(0)) + number


rollovers = st.none() | st.tuples(
    st.sampled_from(["1", "0.5", "0.25"]),
    st.sampled_from(["remaining", "original"]),
    st.none() | st.integers(0, 30),
    st.integers(1, 3),
)


@st.composite
def pools(draw):
    """One to three pools that overlap in time and in what they cover."""
    out = []
    for name in draw(st.sampled_from([("k",), ("k", "m"), ("m", "k", "z")])):
        first = draw(st.integers(0, 5))
        cycle = draw(st.booleans())
        terms = Terms(
            name=name,
            grant=draw(st.integers(1, 40)),
            price=draw(st.integers(0, 20)),
            priority=draw(st.integers(1, 2)),
            eligible=draw(st.sampled_from([("a",), ("b",), ("a", "b"), ("b", "a")])),
            first=first,
            last=draw(st.integers(first + 1, 7)),
            cycle=cycle,
            unused=draw(st.sampled_from(["forfeit", "refund"])),
            rollover=draw(rollovers) if cycle else None,
        )
        out.append(terms)
    return out


needs = st.lists(st.fixed_dictionaries({"a": st.integers(0, 40), "b": st.integers(0, 40)}), min_size=7, max_size=7)


def plan(terms, tail=""):
    return card(f"""
        plan: p
        prices:
          a: {{measure: {{sum: x_units, where: feature == "a"}}, curve: [{{rate: 1}}]}}
          b: {{measure: {{sum: x_units, where: feature == "b"}}, curve: [{{rate: 1}}]}}
        pools: [{", ".join(each.yaml() for each in terms)}]
        {tail}
    """)


def asked(need, customer="acme"):
    rows = [(customer, f, m, "x_units", n) for m, each in zip(MONTHS, need, strict=True) for f, n in each.items()]
    return usage("customer feature month meter", *rows)


def told_by(ledger, stage, *names, value="amount"):
    rows = ledger.where(stage=stage)
    table = by(rows, *names) if value == "amount" else by(Lines(rows.keys, {"amount": rows.values[value]}), *names)
    return {key: abs(number) for key, number in table.items() if number}


@given(pools(), needs)
@settings(max_examples=40)
@example(
    [
        Terms("k", 10, 3, 1, ("a",), 0, 7, cycle=True, unused="forfeit", rollover=("1", "remaining", None, 1)),
        Terms("m", 10, 1, 1, ("a",), 0, 3, cycle=False, unused="refund"),
    ],
    [{"a": n, "b": 0} for n in (4, 12, 3, 30, 0, 25, 1)],
)
@example(
    [Terms("k", 1, 0, 1, ("b",), 0, 7, cycle=True, unused="forfeit", rollover=("0.25", "remaining", None, 1))],
    [{"a": 0, "b": n} for n in (0, 0, 0, 1, 2, 0, 0)],  # May: 0.0625 and 1 of 2 are covered, 0.94 is invoiced
)
def test_the_replay_is_what_one_would_write_on_paper(terms, need):
    """OpenMeter, "Grant": lower priority first, then what expires first; then what costs least, the name, the older.

    https://openmeter.io/docs/billing/entitlements/grant
    """
    paper = on_paper(terms, [{k: D(v) for k, v in each.items()} for each in need])
    ledger = rate(asked(need), plan(terms), contracts=[ACME], span=SPAN).ledger
    covered = {
        (c, MONTHS[m]): need[m][c] - (need[m][c] - n).quantize(D("0.01"), ROUND_HALF_UP)  # an invoice line has cents
        for m, each in paper["covered"].items()
        for c, n in each.items()
    }
    covered = {key: n for key, n in covered.items() if n}
    assert told_by(ledger, "covered", "charge", "month") == covered
    drawn_ = {(name, MONTHS[m]): n for (name, m), n in paper["drawn"].items()}
    assert told_by(ledger, "drawn", "charge", "month", value="quantity") == drawn_
    lost = {(name, MONTHS[m]): n for (name, m), n in paper["lost"].items()}
    found = {
        **told_by(ledger, "unused", "charge", "month", value="quantity"),
        **told_by(ledger, "refund", "charge", "month", value="quantity"),
    }
    assert found == lost
    assert paper["granted"] == sum(drawn_.values()) + sum(lost.values()) + paper["left"]
    assert told_by(ledger, "purchase", "account").get("revenue", 0) == paper["paid"]


@given(pools(), needs)
@settings(max_examples=40)
def test_over_the_whole_term_what_is_recognised_is_what_is_paid(terms, need):
    """FOCUS: the sum of effective cost is the sum of billed cost once every commitment is over; refunds to the cent."""
    whole = [each for each in terms if each.last < len(MONTHS)]
    if whole:
        ledger = rate(asked(need), plan(whole), contracts=[ACME], span=SPAN).ledger
        late = any(each.rollover and each.last + each.rollover[3] > len(MONTHS) for each in whole)
        gap = money(ledger, "effective") - money(ledger, "billed")
        cents = D("0.005") * len(MONTHS) * len(whole) if any(each.unused == "refund" for each in whole) else D("1e-15")
        assert late or abs(gap) <= cents


@given(pools(), needs)
@settings(max_examples=15)
def test_floats_agree_with_decimals(terms, need):
    exact, fast = (rate(asked(need), plan(terms), exact=e, contracts=[ACME], span=SPAN).ledger for e in (True, False))
    for kind in ("list", "effective", "billed"):
        assert float(money(exact, kind)) == pytest.approx(float(money(fast, kind)), abs=1e-9)


@given(pools(), needs, st.booleans())
@settings(max_examples=25)
def test_windows_drawn_at_once_are_drawn_as_one_after_the_other(terms, need, exact):
    """A pool that carries nothing on may be drawn in any order of its windows; the walk through time is the oracle."""
    some = [replace(each, cycle=True, rollover=None) for each in terms]
    made, contracts = plan(some), [ACME]
    fast = rate(asked(need), made, exact=exact, contracts=contracts, span=SPAN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replay, "at_once", lambda *_: False)
        slow = rate(asked(need), made, exact=exact, contracts=contracts, span=SPAN)
    assert all(played.cells for own in fast.replays.values() for played in own)
    assert not any(played.cells for own in slow.replays.values() for played in own)
    for read in (lambda rated: rated.ledger, balances.ledger):
        names = sorted(read(slow).keys)
        one, two = (read(rated).fold(names) for rated in (fast, slow))
        assert [one.keys[name].column().tolist() for name in names] == [
            two.keys[name].column().tolist() for name in names
        ]
        for value in two.values:
            assert one.values[value].tolist() == (
                two.values[value].tolist() if exact else pytest.approx(two.values[value].tolist(), abs=1e-9)
            )


@given(pools(), needs, needs)
@settings(max_examples=12)
def test_worlds_rated_together_are_each_alone(terms, one, two):
    lines = asked(one)
    other = asked(two).values["quantity"]
    both = drawn(lines, np.stack([lines.values["quantity"], other]))
    made = plan(
        terms, "adjust: [{percent: -10}]\n        clamp: {min: 5, max: 31}\n        order: [discount, minimum, maximum]"
    )
    together = rate(both, made, contracts=[ACME], span=SPAN).ledger
    for i, quantity in enumerate((lines.values["quantity"], other)):
        alone = rate(drawn(lines, quantity), made, contracts=[ACME], span=SPAN).ledger
        for kind in ("list", "contracted", "effective", "billed"):
            assert money(together, kind)[i] == money(alone, kind)


@given(pools(), needs, needs)
@settings(max_examples=12)
def test_customers_rated_together_are_each_alone(terms, one, two):
    made = plan(terms, "clamp: {min: 5}")
    people = {"acme": one, "zeta": two}
    stated = [Contract(card="p", labels={"customer": n}, start=SPAN[0], end=SPAN[1]) for n in people]
    rows = [asked(need, name) for name, need in people.items()]
    joined = usage(
        "customer feature month meter",
        *(
            (*(each[n] for n in ("customer", "feature", "month", "meter")), each["quantity"])
            for r in rows
            for each in r.records()
        ),
    )
    together = rate(joined, made, contracts=stated, span=SPAN).ledger
    for name, contract, lines in zip(people, stated, rows, strict=True):
        alone = rate(lines, made, contracts=[contract], span=SPAN).ledger
        assert by(together.where(customer=name), "charge", "stage", "month") == by(alone, "charge", "stage", "month")


@given(needs, st.integers(1, 200))
@settings(max_examples=12)
def test_an_adjustment_only_adds_lines(need, grant):
    """OpenMeter's rating: what is listed stays as it is, whatever is taken off, covered or topped up after it."""
    terms = [Terms("k", grant, 7, 1, ("a", "b"), 0, 7, cycle=True, unused="forfeit")]
    bare = rate(asked(need), plan([]).__class__(**{**_fields(plan(terms)), "pools": ()})).ledger
    full = rate(
        asked(need),
        plan(terms, "adjust: [{percent: -10}]\n        clamp: {max: 9}\n        order: [discount, maximum]"),
    ).ledger
    assert by(full.where(stage="list"), "charge", "month") == by(bare.where(stage="list"), "charge", "month")


def _fields(made):
    return {name: getattr(made, name) for name in made.__dataclass_fields__ if not name.startswith("__")}


B = "plan: p\nprices: {t: {measure: {sum: x_units}, curve: [{rate: 1}]}}\n"


def monthly(*numbers):
    rows = [("acme", m, "x_units", n) for m, n in zip(MONTHS, numbers, strict=False)]
    return usage("customer month meter", *rows)


@pytest.mark.parametrize("months", [1, 7])
def test_what_expires_first_is_drawn_first_however_short_the_books(months):
    """Two credits of 10; that of March (90) goes before that of June (5), also in books of January alone."""
    made = card(
        B
        + "pools: [{id: z, unit: x_units, grant: 10, priority: 1, price: 90, term: {from: 2026-01-01, to: 2026-03-01}, "
        + "eligible: [t], unused: forfeit}, {id: y, unit: x_units, grant: 10, price: 5, priority: 1, "
        + "term: {from: 2026-01-01, to: 2026-06-01}, eligible: [t], unused: forfeit}]"
    )
    ledger = rate(monthly(*[10, 0, 0, 0, 0, 0, 0][:months]), made).ledger
    assert by(ledger.where(stage="drawn"), "charge") == {"z": 90}


def test_of_two_credits_that_expire_together_the_cheaper_goes_first():
    """Orb, "Prepurchase": soonest expiry, then the lowest cost basis, so that free credits go before paid ones.

    https://docs.withorb.com/product-catalog/prepurchase
    """
    term = "term: {from: 2026-01-01, to: 2026-03-01}, eligible: [t], unused: forfeit, priority: 1"
    made = card(
        B + f"pools: [{{id: a_paid, unit: x_units, grant: 10, price: 8, {term}}}, "
        f"{{id: z_free, unit: x_units, grant: 10, price: 0, {term}}}]"
    )
    ledger = rate(monthly(12), made).ledger
    assert told_by(ledger, "drawn", "charge", value="quantity") == {"z_free": 10, "a_paid": 2}


def test_kongs_credit_then_invoice():
    """Kong, "Credit consumption and expiration": a charge of 100 USD, 40 of credit, 60 stay on the invoice.

    https://developer.konghq.com/metering-and-billing/credits/consumption-and-expiration/
    """
    made = card(B + "pools: [{id: c, unit: money, grant: 40, every: month, price: 0, eligible: [t], unused: forfeit}]")
    assert money(rate(monthly(100), made).ledger) == 60


@pytest.mark.parametrize(("of", "carried"), [("remaining", 5), ("original", 10)])
def test_half_of_what_is_a_field(of, carried):
    """posthog.com#18362: half of what remains (20 - 10 = 10, so 5) or half of the original 20 (so 10)."""
    pool = f"rollover: {{share: 0.5, of: {of}, periods: 1}}"
    made = card(
        B + f"pools: [{{id: c, unit: x_units, grant: 20, every: month, price: 0, eligible: [t], "
        f"unused: forfeit, {pool}}}]"
    )
    assert by(rate(monthly(10, 100), made).ledger, "month")["2026-02"] == 100 - 20 - carried


def test_a_bundle_is_paid_in_the_month_in_which_a_contract_is_first_seen():
    """The log begins on the 5th, or in March of a year's bundle; the price is due all the same."""
    pool = "eligible: [t], unused: forfeit, price: 50"
    day = usage("customer day meter", ("acme", "2026-01-05", "x_units", 10))
    made = card(B + f"pools: [{{id: b, unit: x_units, grant: 100, every: month, drawn: day, {pool}}}]")
    assert money(rate(day, made).ledger) == 50
    made = card(B + f"pools: [{{id: b, unit: x_units, grant: 100, every: year, {pool}}}]")
    assert money(rate(usage("customer month meter", ("acme", "2026-03", "x_units", 10)), made).ledger) == 50


def two_contracts():
    return [
        Contract(card="p", labels={"customer": "a"}, start=date(2026, 1, 1), end=date(2027, 1, 1)),
        Contract(card="p", labels={"customer": "b"}, start=date(2026, 7, 1), end=date(2027, 1, 1)),
    ]


def test_each_contract_recognises_its_own_payments():
    """10 a month: twelve months are 120, six are 60; so much is drawn and lost, too."""
    made = card(
        B + "pools: [{id: b, unit: x_units, grant: 100, pay: [{every: month, amount: 10}], "
        "eligible: [t], unused: forfeit}]"
    )
    rows = [(n, "2026-07", "x_units", 10) for n in ("a", "b")]
    ledger = rate(
        usage("customer month meter", *rows), made, contracts=two_contracts(), span=(date(2026, 1, 1), date(2027, 1, 1))
    ).ledger
    assert by(amount(ledger, "effective"), "customer") == {"a": 120, "b": 60}
    assert by(amount(ledger, "billed"), "customer") == {"a": 120, "b": 60}


def test_a_monthly_payment_is_spread_over_the_days_that_it_buys():
    """31 a month for 10 units a day: a day is worth 1, of which 10 used units are all."""
    made = card(
        B + "pools: [{id: b, unit: x_units, grant: 10, every: day, pay: [{every: month, amount: 31}], "
        "eligible: [t], unused: forfeit}]"
    )
    rows = [("acme", "2026-01-05", "x_units", 10), ("acme", "2026-01-31", "x_units", 1)]
    span = (date(2026, 1, 1), date(2026, 2, 1))
    stated = [Contract(card="p", labels={"customer": "acme"}, start=span[0], end=span[1])]
    ledger = rate(usage("customer day meter", *rows), made, contracts=stated, span=span).ledger
    assert by(ledger, "stage") == {"list": 11, "covered": -11, "drawn": D("1.1"), "unused": D("29.9"), "purchase": 31}


def test_only_those_who_have_a_pool_pay_for_it():
    made = card(
        B + 'pools: [{id: b, unit: x_units, grant: 100, every: month, where: customer == "a", '
        "pay: [{every: month, amount: 10}], eligible: [t], unused: forfeit}]"
    )
    rows = [(n, "2026-01", "x_units", 7) for n in ("a", "b")]
    assert by(amount(rate(usage("customer month meter", *rows), made).ledger, "billed"), "customer") == {
        "a": 10,
        "b": 7,
    }


def test_a_contract_without_dates_pays_no_longer_than_it_is_granted():
    made = card(
        B + "pools: [{id: b, unit: x_units, grant: 100, every: month, pay: [{every: month, "
        "amount: 10}], eligible: [t], unused: forfeit}]"
    )
    rows = [("a", "2026-01", "x_units", 10), ("b", "2026-01", "x_units", 10), ("b", "2026-06", "x_units", 10)]
    ledger = rate(usage("customer month meter", *rows), made).ledger
    assert by(ledger.where(stage="purchase"), "customer") == {"a": 10, "b": 60}


def test_a_true_up_bills_what_is_not_yet_paid_and_that_once():
    """120 a year, half upfront: 60 + 12 × 5 are all of it, so nothing is trued up."""
    made = card(
        B + "pools: [{id: b, unit: x_units, grant: 100, every: month, price: 10, "
        "term: {from: 2026-01-01, to: 2027-01-01}, "
        "pay: [{upfront_share: 0.5}, {every: month}], eligible: [t], unused: true_up}]"
    )
    rows = [("a", f"2026-{m:02}", "x_units", 10) for m in range(1, 13)]
    ledger = rate(usage("customer month meter", *rows), made).ledger
    assert money(ledger) == money(ledger, "effective") == 120


def test_instalments_add_up_to_the_price():
    """100 in three parts is 33.33 + 33.34 + 33.33, not 99.99."""
    made = card(
        B + "pools: [{id: b, unit: x_units, grant: 100, price: 100, term: {from: 2026-01-01, to: 2026-04-01}, "
        "pay: [{every: month}], eligible: [t], unused: forfeit}]"
    )
    ledger = rate(monthly(10, 0, 10), made).ledger
    assert list(by(ledger.where(stage="purchase"), "month").values()) == [D("33.33"), D("33.34"), D("33.33")]


def test_an_amount_without_a_period_is_paid_once():
    made = card(
        B + "pools: [{id: b, unit: x_units, grant: 100, term: {from: 2026-01-01, to: 2026-04-01}, pay: [{amount: 99}], "
        "eligible: [t], unused: forfeit}]"
    )
    assert by(rate(monthly(10, 0, 10), made).ledger.where(stage="purchase"), "month") == {"2026-01": 99}


def test_a_pool_covers_no_more_when_its_charge_changes_its_price_inside_the_cycle():
    """100 units: 60 before the change, so 40 of the 80 after it, the rest at 2: 80."""
    made = card(
        B + "pools: [{id: b, unit: x_units, grant: 100, every: month, price: 0, eligible: [t], unused: forfeit}]\n"
        "phases:\n"
        "  - {during: {from: 2026-01-01, to: 2026-01-15}}\n"
        "  - {during: {from: 2026-01-15, to: 2027-01-01}, prices: {t: {measure: {sum: x_units}, curve: [{rate: 2}]}}}\n"
    )
    rows = [("acme", "2026-01-05", "x_units", 60), ("acme", "2026-01-20", "x_units", 80)]
    assert money(rate(usage("customer day meter", *rows), made).ledger) == 80


def test_beyond_a_pool_the_factor_is_that_of_the_pool_of_the_time():
    """90 above 10 in January at 3 times 1, in February at 2 times 1."""
    pool = "unit: x_units, grant: 10, price: 0, eligible: [t], unused: forfeit"
    made = card(
        B
        + f"pools: [{{id: c, {pool}, priority: 1, term: {{from: 2026-01-01, to: 2026-02-01}}, outside: {{times: 3}}}}, "
        f"{{id: d, {pool}, priority: 2, term: {{from: 2026-02-01, to: 2026-03-01}}, outside: {{times: 2}}}}]"
    )
    assert by(rate(monthly(100, 100), made).ledger, "month") == {"2026-01": 270, "2026-02": 180}


def test_a_correction_gives_back_to_the_pool_what_it_had_covered():
    """10 of one model and -5 of another are 5, which the pool of 10 covers whole."""
    made = card(
        "plan: p\nprices: {t: {measure: {sum: x_units, by: [model]}, curve: {mode: all, "
        "tiers: [{up_to: 9, rate: 1}, {rate: 2}]}}}\n"
        "pools: [{id: c, unit: x_units, grant: 10, every: month, price: 0, eligible: [t], unused: forfeit}]"
    )
    rows = [("acme", "x", "2026-01", "x_units", 10), ("acme", "y", "2026-01", "x_units", -5)]
    ledger = rate(usage("customer model month meter", *rows), made).ledger
    assert told_by(ledger, "drawn", "charge", value="quantity") == {"c": 5}


def test_a_credit_drawn_by_day_meets_the_rounding_of_the_month():
    """46.953 is 46.95 on the invoice, 5 of it by credit; what rounds the month is drawn at its end."""
    made = card(
        "plan: p\nprices: {t: {measure: {sum: x_units}, curve: [{rate: 0.333}]}}\n"
        "pools: [{id: c, unit: money, grant: 5, every: month, drawn: day, price: 7, eligible: [t], unused: forfeit}]"
    )
    rows = [("acme", "2026-01-05", "x_units", 60), ("acme", "2026-01-20", "x_units", 81)]
    assert money(rate(usage("customer day meter", *rows), made).ledger) == D("46.95") - 5 + 7


def test_an_invoice_stays_in_cents_where_a_credit_is_worth_more_than_it_holds():
    """100 of commitment at 0.72 cover 138.888... of 200; the invoice says 138.89, so 61.11 beside the 100."""
    made = card(
        B + "pools: [{id: b, unit: money, grant: 100, every: month, price: 100, inside: {times: 0.72}, "
        "eligible: [t], unused: forfeit}]"
    )
    assert money(rate(monthly(200), made).ledger) == D("161.11")


def test_terms_that_renew_keep_the_day_on_which_the_first_began():
    """Flexprice clamps 31 January to 28 February and comes back to 31 March."""
    made = card(
        B + "pools: [{id: c, unit: x_units, grant: 10, term: {months: 1, renews: true}, drawn: day, "
        "price: 3, eligible: [t], unused: forfeit}]"
    )
    stated = [Contract(card="p", labels={"customer": "acme"}, start=date(2026, 1, 31), end=date(2026, 5, 31))]
    rows = [("acme", day, "x_units", 5) for day in ("2026-01-31", "2026-03-29", "2026-04-30")]
    bought = rate(usage("customer day meter", *rows), made, contracts=stated).ledger.where(stage="purchase")
    assert list(by(bought, "day")) == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
