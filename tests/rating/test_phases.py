"""Parts of a card that hold for a time: ramps, versions of a price, counters that begin again or go on."""

from datetime import date
from decimal import Decimal

import pytest

from pertoken.core.errors import CardError
from pertoken.rating.contract import Contract
from pertoken.rating.rate import rate
from tests.made import by, card, money, usage

D = Decimal


def contract(start, end=None):
    days = (day and date.fromisoformat(day) for day in (start, end))
    return Contract(card="p", labels={"customer": "a"}, **dict(zip(("start", "end"), days, strict=True)))


def months(*numbers, first=1):
    return usage("customer month meter", *(("a", f"2026-{i:02}", "x_units", n) for i, n in enumerate(numbers, first)))


RAMP = """
    plan: p
    prices: {base: {curve: [{flat: 300}]}, t: {measure: {sum: x_units}, curve: [{rate: 1}]}}
    phases:
      - {during: {months: 3}, adjust: [{percent: -50, on: [base]}]}
      - {during: {}}
"""


def test_the_first_three_months_are_at_half_price_for_each_from_its_own_start():
    rows = [(n, f"2026-{m:02}", "x_units", 0) for n, first in (("a", 1), ("b", 3)) for m in range(first, 8)]
    ledger = rate(usage("customer month meter", *rows), card(RAMP)).ledger
    assert by(ledger, "customer") == {"a": 3 * 150 + 4 * 300, "b": 3 * 150 + 2 * 300}


def test_a_ramp_counts_from_the_contracts_start_and_not_from_the_books():
    ledger = rate(months(0, 0, first=6), card(RAMP), contracts=[contract("2026-04-01")]).ledger
    assert by(ledger, "month") == {"2026-06": 150, "2026-07": 300}


VERSIONS = """
    plan: p
    prices: {t: {measure: {sum: x_units}, curve: [{rate: 1}]}}
    phases:
      - during: {from: 2026-01-01, to: 2026-03-01}
      - during: {from: 2026-03-01, to: 2027-01-01}
        prices: {t: {measure: {sum: x_units}, curve: [{rate: 2}]}}
"""


def test_a_new_price_holds_from_its_day_on():
    assert by(rate(months(10, 10, 10), card(VERSIONS)).ledger, "month") == {"2026-01": 10, "2026-02": 10, "2026-03": 20}


def test_a_price_that_changes_inside_a_month_needs_days():
    moved = card(VERSIONS.replace("2026-03-01", "2026-02-15"))
    with pytest.raises(CardError, match="inside the month 2026-02; expected usage by day or finer"):
        rate(months(10, 10, 10), moved)
    days = usage("customer day meter", *(("a", f"2026-02-{d}", "x_units", 10) for d in (14, 15)))
    assert money(rate(days, moved).ledger) == 30


COUNTER = """
    plan: p
    prices:
      t:
        measure: {sum: x_units, window: WINDOW}
        curve: {mode: marginal, tiers: [{up_to: 10, rate: 2}, {rate: 1}]}
    phases:
      - during: {from: 2026-01-01, to: 2026-01-15}
      - during: {from: 2026-01-15, to: 2027-01-01COUNTER}
        prices:
          t:
            measure: {sum: x_units, window: WINDOW}
            curve: {mode: marginal, tiers: [{up_to: 10, rate: 20}, {rate: 10}]}
"""


def counting(how, window="month"):
    said = f", counter: {how}" if how else ""
    return card(COUNTER.replace("COUNTER", said).replace("WINDOW", window))


def in_january(*numbers, who="a"):
    return usage(
        "customer day meter", *((who, f"2026-01-{d}", "x_units", n) for d, n in zip(("05", "20"), numbers, strict=True))
    )


@pytest.mark.parametrize(("how", "billed"), [("restart", 8 * 20), ("carry", 2 * 20 + 6 * 10)])
def test_a_counter_begins_again_or_goes_on_as_the_card_says(how, billed):
    """8 units at 2 before the change; of the 8 after it, 2 are still in the first ten if the count goes on."""
    assert by(rate(in_january(8, 8), counting(how)).ledger, "charge") == {"t": 16, "t@2": billed}


def test_a_counter_that_says_neither_is_refused():
    with pytest.raises(CardError, match="say counter: restart or counter: carry"):
        rate(in_january(8, 8), counting(""))


def test_each_customer_carries_its_own_count():
    rows = [("a", "05", 8), ("b", "05", 3), ("a", "20", 8), ("b", "20", 3), ("c", "20", 12)]
    used = usage("customer day meter", *((w, f"2026-01-{d}", "x_units", n) for w, d, n in rows))
    after = rate(used, counting("carry")).ledger.where(charge="t@2")
    assert by(after, "customer") == {"a": 2 * 20 + 6 * 10, "b": 3 * 20, "c": 10 * 20 + 2 * 10}


def test_a_count_of_the_year_is_carried_over_the_change_and_the_months():
    rows = [("a", d, "x_units", n) for d, n in (("2026-01-05", 6), ("2026-01-20", 3), ("2026-04-07", 3))]
    ledger = rate(usage("customer day meter", *rows), counting("carry", "year")).ledger
    assert by(ledger, "month") == {"2026-01": 6 * 2 + 3 * 20, "2026-04": 20 + 2 * 10}


def test_a_flat_at_the_begin_of_a_month_is_not_due_again_where_the_count_goes_on():
    text = COUNTER.replace("COUNTER", ", counter: carry").replace("WINDOW", "month")
    flat = card(
        text.replace("mode: marginal", "mode: marginal, flat_on_zero: true").replace(
            "up_to: 10,", "up_to: 10, flat: 5,"
        )
    )
    assert money(rate(in_january(0, 8), flat).ledger) == 5 + 8 * 20
    assert money(rate(in_january(8, 0), flat).ledger) == 5 + 8 * 2


def test_a_late_start_is_charged_from_its_day_on():
    """17 of 31 days of the fee in March, all of it in April."""
    made = card(
        "plan: p\nprices: {base: {curve: [{flat: 310}], during: {prorate: day}}, "
        "t: {measure: {sum: x_units}, curve: [{rate: 1}]}}"
    )
    used = usage("customer day meter", ("a", "2026-03-20", "x_units", 1), ("a", "2026-04-30", "x_units", 1))
    ledger = rate(used, made, contracts=[contract("2026-03-15")]).ledger
    assert by(ledger.where(charge="base"), "month") == {"2026-03": 170, "2026-04": 310}


def test_a_flat_at_zero_of_a_later_phase_is_due_with_the_first_month_of_that_phase():
    text = """
        plan: p
        prices: {t: {measure: {sum: x_units, window: year}, curve: {tiers: [{rate: 1, flat: 11}], flat_on_zero: true}}}
        phases:
          - {during: {months: 3, counter: restart}}
          - during: {counter: restart}
            prices:
              t: {measure: {sum: x_units, window: year}, curve: {tiers: [{rate: 1, flat: 17}], flat_on_zero: true}}
    """
    ledger = rate(months(1, 1, 1, 1, 1), card(text), contracts=[contract("2026-01-01")]).ledger
    assert by(ledger, "month") == {"2026-01": 12, "2026-02": 1, "2026-03": 1, "2026-04": 18, "2026-05": 1}


def test_a_fee_of_a_quarter_is_rounded_on_the_invoice_with_which_it_is_due():
    text = """
        plan: p
        prices:
          f: {curve: [{flat: 10.005}], during: {every: quarter}}
          t: {measure: {sum: x_units}, curve: [{rate: 1}]}
    """
    ledger = rate(months(0, 0, 0), card(text)).ledger
    assert by(ledger, "month") == {"2026-01": D("10.01"), "2026-02": 0, "2026-03": 0}
