"""How well commitments are used: the reference's GPUs by the hour, FOCUS's scenarios, and laws."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.books.coverage import coverage, coverage_share, effective_rate, utilisation_share
from pertoken.connect.cards import read_cards
from pertoken.core.errors import InputError
from pertoken.rating.rate import amount, rate
from tests.made import by, card, usage

EXAMPLES = Path(__file__).parents[2] / "examples" / "contracts"

FOCUS = """
card: cloud
prices:
  hours: {measure: {sum: gpu_hours, window: hour}, curve: [{rate: 1}]}
pools:
  - {id: commitment, unit: gpu_hours, grant: 1, every: hour, term: {from: 2026-01-01, to: 2027-01-01},
     inside: {rate: 1}, eligible: [hours], unused: forfeit}
"""

SAVINGS = """
card: cloud
prices:
  h100: {measure: {sum: gpu_hours, where: kind == "h100", window: hour}, curve: [{rate: 4}]}
  a100: {measure: {sum: gpu_hours, where: kind == "a100", window: hour}, curve: [{rate: 2}]}
pools:
  - {id: plan, unit: money, grant: 10, every: hour, price: 10, term: {from: 2026-01-01, to: 2027-01-01},
     inside: {times: {h100: 0.75, a100: 0.5}}, eligible: [h100, a100], unused: forfeit}
"""


def gpus():
    """80 firm and 10 spot hours, then 40 firm ones, on 64 reserved."""
    used = usage(
        "tolerates_preemption hour meter",
        ("false", "2026-01-05T10", "gpu_hours", 80),
        ("true", "2026-01-05T10", "gpu_hours", 10),
        ("false", "2026-01-05T11", "gpu_hours", 40),
    )
    return rate(used, read_cards(str(EXAMPLES / "gpus.yaml")))


def hours(*quantities):
    rows = [(f"2026-01-05T{hour:02}", "gpu_hours", q) for hour, q in enumerate(quantities)]
    return coverage(rate(usage("hour meter", *rows), card(FOCUS)), "hour").fold(("period",))


def rows(lines, *names):
    return list(zip(*(lines.values[name].tolist() for name in names), strict=True))


def test_an_hour_above_the_reservation_buys_the_rest_on_demand():
    """Reference 2.3: 64 x 2.20 + 16 x 3.50 + 10 x 1.60 = 212.80; the spot hours draw on nothing."""
    rated = gpus()
    first, _ = coverage(rated, "hour").fold(("period",)).records()
    assert (first["used_amount"], first["unused_amount"], first["on_demand_amount"]) == (
        Decimal("140.80"), 0, Decimal("56.00"),
    )  # fmt: skip
    spot = by(amount(rated.ledger, "effective").where(charge="spot"), "hour")["2026-01-05T10"]
    assert first["cost_amount"] + spot == Decimal("212.80")


def test_an_hour_below_the_reservation_loses_what_is_unused():
    """Reference 2.3: 40 x 2.20 = 88.00 used and 24 x 2.20 = 52.80 unused are 140.80, a machine-hour used costs 3.52."""
    lines = coverage(gpus(), "hour").fold(("period",))
    assert rows(lines, "used_amount", "unused_amount", "cost_amount")[1] == (
        Decimal("88.00"), Decimal("52.80"), Decimal("140.80"),
    )  # fmt: skip
    assert utilisation_share(lines).tolist() == [1, Decimal("0.625")]  # 40 / 64
    assert coverage_share(lines).tolist() == [Decimal("0.8"), 1]  # 64 / 80
    assert effective_rate(lines).tolist() == [Decimal("2.2"), Decimal("3.52")]  # 140.80 / 40


def test_a_day_is_the_sum_of_its_hours_and_shares_are_divided_last():
    """104 of 120 covered are 86.7 %, not 90 %, the mean of 80 % and 100 %."""
    lines = coverage(gpus(), "day").fold(("period",))
    assert rows(lines, "committed", "used", "unused", "demand", "on_demand") == [(128, 104, 24, 120, 16)]
    assert coverage_share(lines)[0] == pytest.approx(Decimal(104) / 120)
    assert rows(lines, "list_amount", "savings_amount") == [(420, Decimal("82.40"))]  # 120 x 3.50 - 337.60


def test_a_commitment_of_the_hour_is_used_or_lost_in_it():
    """FOCUS: 75 % use is 0.75 used and 0.25 unused, and the next hour starts again."""
    lines = hours(Decimal("0.75"), 1)
    assert rows(lines, "used_amount", "unused_amount", "on_demand_amount") == [
        (Decimal("0.75"), Decimal("0.25"), 0), (1, 0, 0),
    ]  # fmt: skip


def test_use_beyond_a_commitment_is_on_demand():
    """FOCUS: 150 % use is 1.00 of the commitment and 0.50 on demand."""
    assert rows(hours(Decimal("1.5")), "used_amount", "unused_amount", "on_demand_amount") == [(1, 0, Decimal("0.5"))]


def test_an_hour_without_use_loses_all_of_it():
    lines = hours(Decimal("0.5"), 0, Decimal("0.5"))
    assert rows(lines, "used", "unused")[1] == (0, 1)
    assert coverage_share(lines).tolist() == [1, None, 1]


def test_a_savings_plan_covers_money_of_several_charges_at_their_own_rates():
    """Two H100 (8 on demand) take 6 of 10; the 4 left are enough for 8 of the 12 of six A100."""
    used = usage(
        "kind hour meter",
        ("h100", "2026-01-05T10", "gpu_hours", 2),
        ("a100", "2026-01-05T10", "gpu_hours", 6),
        ("a100", "2026-01-05T11", "gpu_hours", 3),
    )
    lines = coverage(rate(used, card(SAVINGS)), "hour").fold(("unit", "period"))
    assert rows(lines, "committed", "used", "unused", "demand", "covered", "on_demand") == [
        (10, 10, 0, 20, 16, 4), (10, 3, 7, 6, 6, 0),
    ]  # fmt: skip
    assert rows(lines, "cost_amount", "list_amount", "savings_amount") == [(14, 20, 6), (10, 6, -4)]


def test_an_annual_commitment_is_covered_by_the_month():
    """A million a year: 600,000 in January, 400,000 of 576,000 in February, nothing after."""
    token, months = 1_000_000, ("2026-01", "2026-02", "2026-03")
    plan = card(
        """
        card: vendor
        prices: {input: {measure: {sum: input_tokens, window: month}, curve: [{rate: 0.000003}]}}
        pools:
          - {id: annual, unit: money, grant: 1_000_000, term: {from: 2026-01-01, to: 2027-01-01},
             pay: [{every: year, amount: 1_000_000}], eligible: [input], unused: forfeit}
        """
    )
    made = usage(
        "month meter", *((m, "input_tokens", q * token) for m, q in zip(months, (200_000, 192_000, 10), strict=True))
    )
    lines = coverage(rate(made, plan), "month").fold(("period",))
    assert rows(lines, "used", "on_demand") == [(600_000, 0), (400_000, 176_000), (0, 30)]


def test_what_is_drawn_by_the_month_stands_by_the_month():
    lines = coverage(gpus(), "month").fold(("period",))
    assert lines.keys["period"].column().tolist() == ["2026-01"]


def test_charges_that_are_priced_by_longer_periods_are_refused():
    """Tiers are counted by the month, so no hour has a price of its own."""
    tiers = "curve: {mode: marginal, tiers: [{up_to: 3, rate: 2}, {rate: 1}]}"
    plan = card(FOCUS.replace("window: hour", "window: month").replace("curve: [{rate: 1}]", tiers))
    rated = rate(usage("hour meter", ("2026-01-05T10", "gpu_hours", 2)), plan)
    with pytest.raises(InputError, match="card cloud prices hours by month; expected that or longer, found --by hour"):
        coverage(rated, "hour")


def test_a_period_that_is_none_is_refused():
    with pytest.raises(InputError, match="no period 'hours'; did you mean hour"):
        coverage(gpus(), "hours")


def test_floats_say_nothing_where_nothing_can_be_divided():
    rated = rate(usage("hour meter", ("2026-01-05T10", "gpu_hours", 0.0)), card(FOCUS), exact=False)
    assert np.isnan(coverage_share(coverage(rated).fold(("period",))))[0]


QUANTITIES = st.lists(st.decimals(0, 3, places=2), min_size=1, max_size=24)


@settings(deadline=None, max_examples=60)
@given(QUANTITIES, st.booleans())
def test_what_is_committed_is_used_or_unused_and_what_is_needed_covered_or_on_demand(quantities, exact):
    made = [(f"2026-01-05T{h:02}", "gpu_hours", q if exact else float(q)) for h, q in enumerate(quantities)]
    rated = rate(usage("hour meter", *made), card(FOCUS), exact=exact)
    lines = coverage(rated).fold(("period",)).values
    by_hand = np.array([float(q) for q in quantities])
    assert np.allclose(lines["used"].astype(float), np.minimum(by_hand, 1))
    assert np.allclose(lines["on_demand"].astype(float), np.maximum(by_hand - 1, 0))
    assert np.allclose((lines["used"] + lines["unused"]).astype(float), 1)
    assert np.allclose((lines["demand"] - lines["covered"] - lines["on_demand"]).astype(float), 0)
    effective = amount(rated.ledger, "effective").values["amount"].sum()
    assert float(lines["cost_amount"].sum()) == pytest.approx(float(effective), abs=0.01)  # rounded by the month


def test_the_books_that_have_no_pool_cover_nothing():
    plan = card("card: c\nprices:\n  t: {measure: {sum: input_tokens, window: hour}, curve: [{rate: 1}]}")
    assert len(coverage(rate(usage("hour meter", ("2026-01-05T10", "input_tokens", 2)), plan)).lines) == 0
