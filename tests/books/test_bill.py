"""A bill of a few numbers: what it reads, which books it keeps, what it refuses."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import pertoken as pt
from pertoken.core.errors import InputError

USED = {"t": {"measure": {"sum": "x_u"}, "curve": [{"rate": 1}]}}
FEE = {"base": {"curve": [{"flat": 10}]}}
QUARTER: dict[str, Any] = {"start": date(2026, 1, 1), "end": date(2026, 4, 1)}


def plan(**said):
    return {"plan": "p", "prices": USED, **said}


@pytest.mark.parametrize("when", ["2026-01-05T09", "2026-01-05T09:30", "2026-01-05"])
def test_fees_are_due_in_all_months_of_the_contract_however_fine_its_entries_are(when):
    """3 months x 10, and 1 of usage."""
    assert pt.bill(plan(prices=USED | FEE), [(when, 1)], **QUARTER).billed == 31


def test_no_usage_is_a_bill_of_what_is_due_without_it():
    """3 months x 10; one month where nothing is said; nothing where only usage costs."""
    assert pt.bill(plan(prices=USED | FEE), [], **QUARTER).billed == 30
    assert pt.bill(plan(prices=USED | FEE), [], start=date(2027, 3, 1), end=date(2027, 5, 1)).billed == 20
    assert pt.bill(plan(prices=USED | FEE), [], end=date(2027, 5, 1)).billed == 10
    assert pt.bill(plan(prices=USED | FEE), []).billed == 10
    assert pt.bill(plan(), []).billed == 0
    assert pt.bill(plan(), 5, end=date(2027, 5, 1)).billed == 5


@pytest.mark.parametrize("number", [np.int64(3), 3, "3", 3.0, Decimal(3), np.float64(3)])
def test_any_kind_of_number_is_a_quantity(number):
    assert pt.bill(plan(), number).billed == pt.bill(plan(), [("2026-01", number)]).billed == 3


@pytest.mark.parametrize("number", ["abc", float("inf"), float("nan"), True, None, Decimal("NaN")])
def test_what_is_no_number_is_refused(number):
    for usage in (number, {"x_u": number}, [("2026-01", number)]):
        with pytest.raises(InputError, match=r"expected a number"):
            pt.bill(plan(), usage)


@pytest.mark.parametrize("when", ["2026-13", "2026-02-30", "soon", None, 5, ""])
def test_what_is_no_time_is_refused(when):
    with pytest.raises(InputError, match=r"^entry 2: .* is no time; expected a date"):
        pt.bill(plan(), [("2026-01", 1), (when, 1)])


@pytest.mark.parametrize("usage", [[1, 2], [("2026-01", 1, "x")], ["2026-01"], object()])
def test_what_is_no_entry_is_refused(usage):
    with pytest.raises(InputError, match=r"expected .*\(when, quantity\)"):
        pt.bill(plan(), usage)


@pytest.mark.parametrize("when", ["2026-01-31T23:30", "2026-01-31T23:30:00Z", "2026-02-01T00:30:00+01:00"])
def test_a_moment_is_read_as_that_moment(when):
    made = pt.bill(plan(), [(when, 1)])
    assert [line.period for line in made.lines if line.stage == "list"] == ["2026-01"]


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-3))])
def test_a_moment_with_a_zone_is_told_in_the_zone_of_the_books(zone):
    """23:30 of 31 January in UTC is 1 February in Berlin."""
    moment = datetime(2026, 1, 31, 23, 30, tzinfo=UTC).astimezone(zone)
    made = pt.bill(plan(), [(moment, 1)], timezone="Europe/Berlin")
    assert [line.period for line in made.lines if line.stage == "list"] == ["2026-02"]


def test_an_entry_coarser_than_the_card_counts_is_refused_and_a_bare_number_is_not():
    daily = plan(prices={"t": {"measure": {"sum": "x_u", "window": "day"}, "curve": [{"rate": 1}]}})
    with pytest.raises(InputError, match=r"^entry 1: 2026-01 is a month, .* counts by day; expected a day or finer"):
        pt.bill(daily, [("2026-01", 1)])
    assert pt.bill(daily, 1).billed == 1


def test_a_label_that_the_card_does_not_ask_for_is_refused():
    by = plan(prices={"t": {"measure": {"sum": "x_u", "by": ["model"]}, "curve": [{"rate": 1}]}})
    assert pt.bill(by, 1, labels={"model": "m"}).billed == 1
    with pytest.raises(InputError, match=r"label 'modle' .*did you mean model"):
        pt.bill(by, 1, labels={"modle": "m"})
    with pytest.raises(InputError, match=r"label 'modle'"):
        pt.bill(by, [("2026-01", 1, {"modle": "m"})])


def test_lines_of_a_quarter_or_a_year_name_it():
    fees = {name: {"curve": [{"flat": 10}], "during": {"every": name}} for name in ("quarter", "year")}
    made = pt.bill(plan(prices=fees), [], start=date(2026, 1, 1), end=date(2027, 1, 1))
    assert all(line.period for line in made.lines)


def test_what_each_entry_adds_is_a_question_of_its_own():
    """The fee of 10 and 1, then 2."""
    assert list(pt.by_entry(plan(prices=USED | FEE), [("2026-01", 1), ("2026-01", 2)])) == [Decimal(11), Decimal(2)]


def commitment(**said):
    pool = {"id": "b", "unit": "money", "eligible": ["t"], "unused": "true_up", **said}
    return plan(pools=[pool])


@pytest.mark.parametrize("price", [{}, {"price": 120}])
def test_a_commitment_of_money_is_trued_up_to_what_is_promised_not_to_what_is_paid(price):
    """12 x 9 are paid of 120: 12 are missing at the end, however little is used."""
    card = commitment(grant=120, term="year", pay={"every": "month", "amount": 9}, **price)
    used = [(f"2026-{month:02}", 5) for month in range(1, 13)]
    made = pt.bill(card, used, start=date(2026, 1, 1), end=date(2027, 1, 1))
    assert made.billed == made.effective == 120


def test_an_amount_off_in_a_month_that_is_cut_short_must_say_how_it_counts():
    """15 of 31 days: 31 x 15 / 31 = 15 off 100, or all of 31."""
    short: dict[str, Any] = {"start": date(2026, 1, 17), "end": date(2026, 2, 1)}
    with pytest.raises(pt.PertokenError, match=r"an amount .* is cut short; .*say prorate"):
        pt.bill(plan(adjust=[{"amount": -31}]), 100, **short)
    for how, billed in (("day", 85), ("none", 69)):
        assert pt.bill(plan(adjust=[{"amount": -31, "during": {"prorate": how}}]), 100, **short).billed == billed
