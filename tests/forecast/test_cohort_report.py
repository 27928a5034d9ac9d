"""What cohorts say of panels whose law is known."""

import numpy as np
import pytest

from pertoken.core.errors import InputError
from pertoken.forecast.cohort_report import Ask, cohort_report
from pertoken.forecast.lifetime import Life
from pertoken.forecast.panel import panel_of_rows
from tests.forecast.made import daily

QUICK = Ask(draws=300)


def steady(customers, days, seed=7):
    return np.random.default_rng(seed).lognormal(3, 0.3, (customers, days))


def test_customers_who_only_stay_are_retained_wholly():
    made = cohort_report(daily(steady(23, 112)), QUICK)
    assert made.rates is not None
    assert made.rates.days == 84
    assert made.rates.net == pytest.approx(1, abs=0.03)
    assert made.rates.gross == pytest.approx(0.98, abs=0.03)
    assert made.rates.alive == pytest.approx(made.rates.net, abs=0.03)
    assert (made.moved.churn == 0).all()
    assert (made.moved.new == 0).all()
    assert made.triangle.active[~np.isnan(made.triangle.active)].tolist() == [1] * 4


def test_a_silence_that_is_usual_for_a_customer_is_no_loss_but_a_sudden_one_is():
    """One uses every ninth week and one every day; both have been silent for the last 28 days."""
    value = np.concatenate([steady(23, 196), np.zeros((2, 196))])
    value[-2, 10::63] = 300
    value[-1, :168] = 30
    made = cohort_report(daily(value, since=np.zeros(25, dtype=int)), QUICK)
    seldom, daily_user = made.alive[-2], made.alive[-1]
    assert daily_user < 0.05
    assert seldom > 0.3
    assert made.rates is not None
    assert made.rates.net < made.rates.alive < 1.2


def test_a_customer_of_most_revenue_is_taken_out_to_see_what_is_left():
    value = np.concatenate([steady(11, 56), np.full((1, 56), 9_000.0)])
    value[-1, 28:] *= 2
    made = cohort_report(daily(value), QUICK)
    assert made.rates is not None
    assert made.rates.net == pytest.approx(2, abs=0.05)
    assert made.rates.without == pytest.approx(1, abs=0.05)


def test_one_window_retains_nothing_and_says_so():
    made = cohort_report(daily(steady(5, 40)), QUICK)
    assert made.rates is None
    assert np.isnan(made.quick)
    assert made.groups


def test_a_year_is_measured_over_a_year_and_the_span_of_consumption_over_two():
    made = cohort_report(daily(steady(3, 28 * 27)), QUICK)
    assert made.rates is not None
    assert (made.rates.days, made.rates.span) == (364, 728)


def test_months_are_windows_of_a_log_that_knows_only_months():
    labels = [f"2026-{month:02}" for month in range(1, 8)]
    rows = [(name, label, 31.0) for name in "ab" for label in labels]
    made = cohort_report(panel_of_rows(*zip(*rows, strict=True)), QUICK)
    assert made.windows.labels == tuple(labels)
    assert made.width == pytest.approx(30.4375)
    assert made.windows.value[0, 0] == pytest.approx(30.4375)  # January at the mean length


def test_the_value_of_a_life_holds_the_truth_where_customers_leave_at_one_rate():
    """300 customers pay 1 a day and leave with 1 % a week: 7 / 0.01 a life where money costs nothing, of 60 months."""
    rng = np.random.default_rng(5)
    days = 364
    since = rng.integers(0, days - 60, 300)
    life = 7 * rng.geometric(0.01, 300)
    at = np.arange(days)
    value = ((at >= since[:, None]) & (at < (since + life)[:, None])).astype(float)
    ask = Ask(draws=400, life=Life(discount=0.0), by="quarter")
    made = cohort_report(daily(value, since=since), ask)
    truth = 7 * sum(0.99**week for week in range(260))
    low, high = np.quantile(made.groups[0].worth.average, [0.02, 0.98])
    assert low < truth < high
    assert high < 2.5 * low
    assert [each.name for each in made.groups] == ["", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]


def test_what_it_costs_to_win_a_customer_is_by_cohort_or_of_all():
    ask = Ask(draws=100, cac={"": 10.0, "2026-02": 30.0})
    value = steady(7, 59)
    made = cohort_report(daily(value, since=np.array([0, 0, 0, 0, 31, 31, 31])), ask)
    assert {each.name: each.cac for each in made.groups} == {"": 10, "2026-01": 10, "2026-02": 30}


def test_the_same_seed_gives_the_same_worlds():
    panel = daily(steady(7, 84))
    one, other = (cohort_report(panel, QUICK).groups[0].worth.customer for _ in range(2))
    assert (one == other).all()


def test_nobody_who_pays_is_refused():
    with pytest.raises(InputError, match="nobody paid"):
        cohort_report(daily(np.zeros((2, 30))), QUICK)
