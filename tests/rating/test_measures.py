"""Counts that are no sums, money as a quantity, other quantities that pick the tier, series and caps."""

from datetime import date
from decimal import Decimal

import pytest

from pertoken.core.errors import CardError
from pertoken.rating.contract import Contract
from pertoken.rating.rate import rate
from tests.made import by, card, money, usage

D = Decimal
DAY = "customer day meter"


def one(charge, tail=""):
    return card(f"plan: p\nprices: {{t: {{{charge}}}}}\n{tail}")


def seats(*rows):
    return usage(DAY, *((who, f"2026-{day}", "x_seats", n) for who, day, n in rows))


LEVEL = "measure: {time_weighted: x_seats, every: day}, curve: [{rate: 31}]"


def test_seats_count_for_the_days_on_which_they_are_held():
    """10 seats from the 1st, 25 from 11 January: (10 × 10 + 21 × 25) / 31 seats at 31 each is 625."""
    used = seats(("a", "01-01", 10), ("a", "01-11", 25))
    assert money(rate(used, one(LEVEL)).ledger) == 10 * 10 + 21 * 25


def test_a_level_is_nothing_before_its_first_reading():
    assert money(rate(seats(("a", "01-30", 5)), one(LEVEL)).ledger) == 2 * 5


def test_a_level_ends_with_its_contract_and_not_with_the_books():
    """Two of five days: the contract of a ends on 3 January; that of b goes on to the end of the month."""
    stated = [Contract(card="p", labels={"customer": "a"}, start=date(2026, 1, 1), end=date(2026, 1, 3))]
    used = seats(("a", "01-01", 1), ("b", "01-01", 1))
    assert by(rate(used, one(LEVEL), contracts=stated).ledger, "customer") == {"a": 2, "b": 31}


def test_a_level_is_the_same_whoever_else_is_in_the_log():
    others = seats(("a", "01-01", 3), ("b", "05-07", 1))
    assert by(rate(others, one(LEVEL)).ledger.where(customer="a"), "month") == {"2026-01": 93}


def test_a_level_is_held_into_the_next_phase_and_billed_there_only():
    """10 seats read once, in January: at 31 then, at 28 × 2 in February, where nobody has read again."""
    made = one(
        LEVEL,
        "phases: [{during: {months: 1}}, {during: {}, prices: {t: {measure: {time_weighted: x_seats, every: day}, "
        "curve: [{rate: 62}]}}}]",
    )
    used = seats(("a", "01-01", 10), ("a", "02-28", 10))
    assert by(rate(used, made).ledger, "charge", "month") == {("t", "2026-01"): 310, ("t@2", "2026-02"): 620}


def test_the_greatest_day_of_a_month_is_what_counts():
    """Days of 3 + 4, 5 and 6: the greatest sum of a day is 7, not the greatest reading of 6, and not the sum of 18."""
    used = usage(
        "customer day feature meter",
        *(("a", f"2026-01-0{d}", f, "x_seats", n) for d, f, n in ((1, "p", 3), (1, "q", 4), (2, "p", 5), (3, "p", 6))),
    )
    assert money(rate(used, one("measure: {max: x_seats, every: day}, curve: [{rate: 10}]")).ledger) == 70


def test_users_count_once_in_each_month_and_only_if_they_used_something():
    rows = [
        ("u", "2026-01-05", 3),
        ("u", "2026-01-09", 1),
        ("v", "2026-01-09", 2),
        ("w", "2026-01-09", 0),
        ("", "2026-01-09", 5),
        ("u", "2026-02-01", 1),
    ]
    used = usage("customer user day meter", *(("a", u, d, "x_seats", n) for u, d, n in rows))
    free = ", free: {measure: {sum: x_seats}, curve: [{rate: 0}]}"
    made = card(f"plan: p\nprices: {{t: {{surcharge: true, measure: {{unique: user}}, curve: [{{rate: 7}}]}}{free}}}")
    assert by(rate(used, made).ledger.where(charge="t"), "month") == {"2026-01": 14, "2026-02": 7}


@pytest.mark.parametrize("kind", ["max: x_seats, every: day", "time_weighted: x_seats, every: day", "unique: user"])
def test_what_is_no_sum_is_not_counted_over_a_term_that_is_billed_by_the_month(kind):
    with pytest.raises(CardError, match="over the whole term, which no invoice waits for"):
        one(f"measure: {{{kind}, window: term}}, curve: [{{rate: 1}}]")


@pytest.mark.parametrize(("used", "billed"), [(1000, 1000 + 100), (100, 100 + 25), (0, 25)])
def test_support_is_a_tenth_of_what_is_charged_and_at_least_25(used, billed):
    """Metronome, "composite" charges: a percentage of other charges, with a minimum."""
    made = card("""
        plan: p
        prices:
          t: {measure: {sum: x_units}, curve: [{rate: 1}]}
          support: {measure: {of: [t]}, curve: [{rate: 0.1}], clamp: {min: 25}}
    """)
    assert money(rate(usage("customer month meter", ("a", "2026-01", "x_units", used)), made).ledger) == billed


@pytest.mark.parametrize(("mode", "billed"), [("marginal", 1_352_000), ("all", 1_232_000)])
def test_twelve_percent_above_a_million_of_spend(mode, billed):
    """1.4 M$ in four quarters of a year: 1,000,000 + 0.88 × 400,000, or 0.88 of all of it; 120,000 lie between."""
    made = one(
        "measure: {sum: x_units}, curve: [{rate: 1}]",
        f"adjust: [{{measure: {{of: [t], window: year}}, curve: {{mode: {mode}, "
        f"tiers: [{{up_to: 1_000_000, rate: 1}}, {{rate: 0.88}}]}}}}]",
    )
    months = [("a", f"2026-{m:02}", "x_units", 350_000) for m in (2, 5, 8, 11)]
    ledger = rate(usage("customer month meter", *months), made).ledger
    assert money(ledger) == billed
    assert by(ledger.where(stage="discount"), "month")["2026-08"] == (-6_000 if mode == "marginal" else -126_000)


def test_a_discount_by_spend_holds_in_its_phase_only():
    made = one(
        "measure: {sum: x_units}, curve: [{rate: 1}]",
        "phases: [{during: {months: 1}, adjust: [{measure: {of: [t]}, curve: [{rate: 0.5}]}]}, {during: {}}]",
    )
    rows = [("a", m, "x_units", 10) for m in ("2026-01", "2026-02")]
    assert by(rate(usage("customer month meter", *rows), made).ledger, "month") == {"2026-01": 5, "2026-02": 10}


@pytest.mark.parametrize(("prompt", "billed"), [(150_000, 10_000 * 15), (250_000, 10_000 * 22)])
def test_output_is_priced_by_the_size_of_the_input(prompt, billed):
    """genai-prices: 10,000 output tokens at the tier that the input tokens reach."""
    made = card("""
        card: v
        prices:
          in: {measure: {sum: input_tokens}, curve: [{rate: 0}]}
          out:
            measure: {sum: output_tokens}
            curve: {select: input_tokens, mode: all, tiers: [{up_to: 200_000, rate: 15}, {rate: 22}]}
    """)
    rows = (("2026-01", "input_tokens", prompt), ("2026-01", "output_tokens", 10_000))
    assert money(rate(usage("month meter", *rows), made).ledger) == billed


SPOT = """
    card: v
    prices: {spot: {measure: {sum: gpu_hours, window: hour}, curve: {series: price}}}
    series: {price: {2026-01-05T09: 1.60, 2026-01-05T11: 2.10}}
"""


def test_a_rate_of_a_series_holds_until_the_next():
    rows = (("2026-01-05T09", "gpu_hours", 10), ("2026-01-05T10", "gpu_hours", 10), ("2026-01-05T11", "gpu_hours", 10))
    assert money(rate(usage("hour meter", *rows), card(SPOT)).ledger) == 16 + 16 + 21


def test_usage_before_a_series_begins_has_no_rate():
    with pytest.raises(CardError, match="series price begins with 2026-01-05T09, but there is usage of 2026-01-05T08"):
        rate(usage("hour meter", ("2026-01-05T08", "gpu_hours", 10)), card(SPOT))


@pytest.mark.parametrize(("used", "billed"), [(10, 20), (100, 50), (150, 50 + 50)])
def test_a_tier_charges_no_more_than_its_cap(used, billed):
    """Meteroid's `flat_cap`: 2 each for the first 100, at most 50; then 1 each."""
    made = one("measure: {sum: x_units}, curve: {mode: marginal, tiers: [{up_to: 100, rate: 2, cap: 50}, {rate: 1}]}")
    assert money(rate(usage("customer month meter", ("a", "2026-01", "x_units", used)), made).ledger) == billed
