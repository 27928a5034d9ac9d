"""What pools hold: nothing is lost between granted and left, and cash and accrual meet at the end of a term."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.books.balances import ENTRIES, ageing, balances, cash, ledger
from pertoken.core.errors import InputError
from pertoken.core.lines import Lines
from pertoken.rating.contract import Contract
from pertoken.rating.rate import amount, rate
from tests.made import by, card, money, usage

MONTHS = [f"2026-{month:02}" for month in range(1, 13)]

BUNDLE = """
plan: hybrid
scope: [customer]
prices:
  overage: {measure: {sum: input_tokens, window: month}, convert: {per: 1000}, curve: [{rate: 0.0015}]}
pools:
  - id: bundle
    unit: tokens
    grant: 50_000_000
    every: month
    price: 50
    eligible: [overage]
    unused: forfeit
    rollover: {share: 0.5, of: remaining, max: 25_000_000, periods: 1}
"""

COMMIT = """
plan: commit
scope: [customer]
prices:
  tokens: {measure: {sum: input_tokens, window: month}, curve: [{rate: 1}]}
pools:
  - id: year
    unit: money
    grant: 1200
    term: {from: 2026-01-01, to: 2027-01-01}
    pay: [{every: month, amount: 100}]
    eligible: [tokens]
    unused: true_up
"""


def monthly(customer, *millions):
    return [(customer, month, "input_tokens", q * 1_000_000) for month, q in zip(MONTHS, millions, strict=False)]


def bundle(*millions):
    """The reference's bundle of 50M tokens at 50 a month; half of what is left rolls over, at most 25M, for a month."""
    return rate(usage("customer month meter", *monthly("acme", *millions)), card(BUNDLE))


def row(made, **labels):
    (found,) = made.lines.where(**labels).records()
    return found


def test_a_bundle_is_used_lapses_and_rolls_over():
    """The hybrid sketch of the reference: 20M of 50M used; of 30M left half (15, at cost) rolls over, half lapses."""
    made = balances(bundle(20, 90), ("pool", "month"))
    january, february = row(made, month="2026-01"), row(made, month="2026-02")
    assert [january[n] / 1_000_000 for n in ("opening", "granted", "drawn", "expired", "carried", "closing")] == [
        0, 50, 20, 15, 15, 15,
    ]  # fmt: skip
    assert [january[n] for n in ("paid_amount", "drawn_amount", "expired_amount", "liability")] == [50, 20, 15, 15]
    assert [february[n] / 1_000_000 for n in ("opening", "granted", "drawn", "expired", "closing")] == [
        15,
        50,
        65,
        0,
        0,
    ]
    assert (february["liability_before"], february["liability"]) == (15, 0)


def test_breakage_is_what_lapsed_of_all_that_has_left_the_pools():
    made = balances(bundle(20, 90), ("pool",))  # 15 lapsed, 20 + 65 used
    assert made.breakage == pytest.approx(15 / 100)


def test_without_a_period_the_books_are_one():
    """20 + 65 used and 15 lapsed of 100 granted: nothing is left."""
    (whole,) = balances(bundle(20, 90), ("pool",)).lines.records()
    assert (whole["opening"], whole["granted"], whole["closing"]) == (0, 100_000_000, 0)


def test_what_customers_hold_stands_by_customer_and_adds_up():
    used = usage("customer month meter", *monthly("acme", 20, 90), *monthly("zeta", 10, 0))
    rated = rate(used, card(BUNDLE))
    each, whole = balances(rated, ("customer", "pool", "month")), balances(rated, ("pool", "month"))
    assert row(each, customer="zeta", month="2026-01")["closing"] == 20_000_000  # half of 40M
    for month in ("2026-01", "2026-02"):
        rows = each.lines.where(month=month)
        assert rows.values["liability"].sum() == row(whole, month=month)["liability"]


def test_months_without_an_event_keep_the_balance():
    """A credit of 300 of which 100 is used in January and in March: February opens and closes with 200."""
    plan = card(
        COMMIT.replace("pay: [{every: month, amount: 100}]", "price: 300")
        .replace("1200", "300")
        .replace("true_up", "forfeit")
    )
    used = usage("customer month meter", ("a", "2026-01", "input_tokens", 100), ("a", "2026-03", "input_tokens", 100))
    made = balances(rate(used, plan), ("pool", "month"))
    february = row(made, month="2026-02")
    assert (february["opening"], february["drawn"], february["closing"], february["liability"]) == (200, 0, 200, 200)


def test_a_commitment_that_is_used_before_it_is_paid_is_owed():
    """100 a month for 1200 a year: after 150 in January 50 is unbilled, and 1100 is still to be paid."""
    used = usage("customer month meter", ("a", "2026-01", "input_tokens", 150), ("a", "2026-02", "input_tokens", 20))
    made = balances(rate(used, card(COMMIT)), ("pool", "month"))
    january, february = row(made, month="2026-01"), row(made, month="2026-02")
    assert (january["closing_amount"], january["liability"], january["owed_amount"]) == (1050, -50, 1100)
    assert (february["liability"], february["owed_amount"]) == (30, 1000)  # 200 paid, 170 used


def test_cash_and_accrual_meet_at_the_end_of_a_term():
    """FOCUS: the sum of effective is what was billed, over a term. 12 x 100 paid, 396 used, 804 unused."""
    used = usage("customer month meter", *(("a", month, "input_tokens", 400 // 12) for month in MONTHS))
    rated = rate(used, card(COMMIT))
    last = row(balances(rated, ("pool", "month")), month="2026-12")
    assert (last["liability"], last["owed_amount"], last["closing"]) == (0, 0, 0)
    assert money(rated.ledger, "effective") == money(rated.ledger, "billed") == 1200


def test_what_is_granted_before_the_books_opens_them():
    plan = card(
        COMMIT.replace("from: 2026-01-01", "from: 2025-07-01").replace(
            "pay: [{every: month, amount: 100}]", "price: 1200"
        )
    )
    used = usage("customer month meter", ("a", "2026-01", "input_tokens", 150))
    rated = rate(used, plan, contracts=[Contract(card="commit", labels={"customer": "a"}, start=date(2025, 7, 1))])
    (january,) = balances(rated, ("pool", "month")).lines.records()
    assert (january["opening"], january["granted"], january["closing"]) == (1200, 0, 1050)


@pytest.mark.parametrize(
    ("until", "age"),
    [("2026-03-03", "30 days"), ("2026-03-04", "90 days"), ("2026-06-01", "365 days"), ("2028-01-01", "later")],
)
def test_what_is_left_ages_by_its_expiry(until, age):
    """The books end with January: 30 days later is the 3rd of March."""
    plan = card(
        COMMIT.replace("to: 2027-01-01", f"to: {until}").replace("pay: [{every: month, amount: 100}]", "price: 1200")
    )
    rated = rate(usage("customer month meter", ("a", "2026-01", "input_tokens", 200)), plan)
    assert by(ageing(rated, ("pool",)), "pool", "expires_within") == {("year", age): 1000}


def test_what_has_no_end_never_expires():
    plan = card(
        COMMIT.replace("term: {from: 2026-01-01, to: 2027-01-01}", "")
        .replace("pay: [{every: month, amount: 100}]", "price: 9")
        .replace("true_up", "forfeit")
    )
    rated = rate(usage("customer month meter", ("a", "2026-01", "input_tokens", 200)), plan)
    (left,) = ageing(rated, ("pool",)).records()
    assert (left["expires_within"], left["quantity"], left["amount"]) == ("never", 1000, Decimal("7.5"))


def test_cycles_of_several_anchors_keep_their_own_days():
    """Acme's cycle begins on the 15th, Zeta's on the 3rd: each is granted, and pays, on its own day."""
    plan = card(BUNDLE.replace("scope: [customer]", "scope: [customer]\nduring: {anchor: start, prorate: none}"))
    used = usage(
        "customer day meter",
        *((c, day, "input_tokens", 1_000_000) for c in ("acme", "zeta") for day in ("2026-01-20", "2026-02-20")),
    )
    starts = {"acme": date(2026, 1, 15), "zeta": date(2026, 1, 3)}
    running = [Contract(card="hybrid", labels={"customer": c}, start=start) for c, start in starts.items()]
    rated = rate(used, plan, contracts=running)
    assert by(rated.ledger.where(stage="purchase"), "customer", "cycle") == {
        ("acme", "2026-01-15"): 50, ("acme", "2026-02-15"): 50, ("zeta", "2026-01-03"): 50, ("zeta", "2026-02-03"): 50,
    }  # fmt: skip
    granted = ledger(rated).where(customer="zeta", entry="expired")
    assert set(granted.keys["window"].column()) == {"2026-01-03", "2026-02-03"}
    brought = ledger(rated).where(customer="acme", entry="brought")
    assert set(brought.keys["expires"].column()) == {"2026-03-15", "2026-04-15"}


def test_a_key_that_no_pool_has_is_refused():
    with pytest.raises(InputError, match="no key 'custmer' among the pools; did you mean customer"):
        balances(bundle(1), ("custmer",))


def test_a_period_finer_than_the_pool_is_refused():
    with pytest.raises(InputError, match="drawn by month; expected that or a coarser period, found --by day"):
        balances(bundle(1), ("pool", "day"))


def test_a_card_without_pools_holds_nothing():
    plan = card("plan: p\nprices:\n  tokens: {measure: {sum: input_tokens}, curve: [{rate: 1}]}")
    rated = rate(usage("customer month meter", ("a", "2026-01", "input_tokens", 2)), plan)
    assert len(ledger(rated)) == len(balances(rated, ("pool", "month")).lines) == 0


PRIORITIES = st.sampled_from([1, 2])
GRANTS = st.integers(1, 1000)
PRICES = st.integers(0, 99)
ENDS = st.sampled_from(["2026-04-01", "2027-01-01"])


@st.composite
def plans(draw):
    """Several pools on one charge: with rollover, for a term, refunded or forfeited, in any order of priority."""
    share, base = draw(st.sampled_from(["0.3", "0.5", "1"])), draw(st.sampled_from(["remaining", "original"]))
    rollover = f"rollover: {{share: {share}, of: {base}, max: {draw(GRANTS)}, periods: {draw(st.integers(1, 3))}}}"
    rule = draw(st.sampled_from([rollover, ""]))
    unused = draw(st.sampled_from(["forfeit", "refund"]))
    return card(
        f"""
plan: p
scope: [customer]
prices:
  tokens: {{measure: {{sum: input_tokens, window: month}}, curve: [{{rate: 2}}]}}
pools:
  - {{id: cycle, unit: tokens, grant: {draw(GRANTS)}, every: month, price: {draw(PRICES)}, eligible: [tokens],
     unused: {unused}, priority: {draw(PRIORITIES)}, {rule}}}
  - {{id: term, unit: tokens, grant: {draw(GRANTS)}, term: {{from: 2026-02-01, to: {draw(ENDS)}}},
     price: {draw(PRICES)}, eligible: [tokens], unused: forfeit, priority: {draw(PRIORITIES)}}}
"""
    )


MANY = st.lists(st.integers(0, 1500), min_size=5, max_size=5)


@settings(deadline=None, max_examples=60)
@given(plans(), MANY, MANY, st.booleans())
def test_granted_is_drawn_expired_refunded_and_left(plan, one, two, exact):
    """The law of pools, for each pool, customer and month, in units and money; and what rolls over is only moved."""
    rows = [
        (c, m, "input_tokens", q) for c, many in (("a", one), ("b", two)) for m, q in zip(MONTHS, many, strict=False)
    ]
    rated = rate(usage("customer month meter", *rows), plan, exact=exact)
    made = balances(rated, ("customer", "pool", "month")).lines.values
    for end in ("", "_amount"):
        held = {
            name: made[f"{name}{end}"] for name in ("opening", "granted", "drawn", "expired", "refunded", "closing")
        }
        left = held["opening"] + held["granted"] - held["drawn"] - held["expired"] - held["refunded"]
        assert close(left, held["closing"], exact)
    assert (made["closing"] >= -1e-9).all()
    happened = ledger(rated)
    assert close(total(happened, "brought"), total(happened, "carried"), exact)
    assert close(sum(sign * total(happened, entry) for entry, sign in ENTRIES.items()), left_now(rated), exact)


@settings(deadline=None, max_examples=60)
@given(plans(), MANY, st.booleans())
def test_cash_less_accrual_is_the_change_of_the_liability(plan, many, exact):
    """Purchases less refunds, used and unused, from the ledger of rating; what is left at cost, from the replay."""
    rows = [("a", month, "input_tokens", q) for month, q in zip(MONTHS, many, strict=False)]
    whole = replace(plan, rounding=None)  # what is paid and paid back is rounded to the cent, what is used is not
    rated = rate(usage("customer month meter", *rows), whole, exact=exact)
    made = balances(rated, ("pool", "month")).lines
    assert close(made.values["liability"], made.values["closing_amount"], exact)  # each grant is paid when it is made
    assert close(made.values["owed_amount"], made.values["owed_amount"] * 0, exact)
    paid = cash(rated)
    change = sum(
        sign * total(paid, entry, "amount")
        for entry, sign in (("purchase", 1), ("refund", 1), ("used", -1), ("unused", -1))
    )
    months = made.keys["month"].column()
    last = made.pick(months == max(months))
    assert close(change, last.values["liability"].sum(), exact)
    stages = by(amount(rated.ledger, "effective"), "stage")
    assert close(stages.get("drawn", 0), total(paid, "used", "amount"), exact)


def close(one, two, exact):
    return bool(np.all(one == two)) if exact else np.allclose(np.asarray(one, float), np.asarray(two, float), atol=1e-6)


def total(lines: Lines, entry, value="quantity"):
    found = lines.where(entry=entry).values[value]
    return found.sum() if len(found) else 0


def left_now(rated):
    return sum(grant.left.sum() for own in rated.replays.values() for played in own for grant in played.grants)
