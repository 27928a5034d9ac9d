"""Cohorts by hand, and what month length and weekdays must not do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.forecast import metrics
from pertoken.forecast.cohort import by_age, cohorts_of, even, first_above, in_windows, triangle
from pertoken.forecast.panel import Panel, Track, panel_of_rows
from tests.forecast.made import daily


def test_windows_end_with_the_last_day_and_what_is_before_the_first_is_known_but_not_counted():
    made = in_windows(daily(np.arange(1.0, 8)[None]), 3)  # 1 | 2 3 4 | 5 6 7
    assert made.value.tolist() == [[9, 18]]
    assert made.labels == ("2026-01-04", "2026-01-07")
    assert (made.cut, made.before.tolist(), made.known(0).tolist()) == (1, [1], [True])


def test_days_that_were_not_watched_count_as_the_rest_of_their_window():
    value = np.array([[2.0, 2, np.nan, 2]])
    assert in_windows(daily(value), 4).value.tolist() == [[8]]
    assert by_age(daily(value), 4).tolist() == [[8]]


def test_ages_are_counted_from_each_customers_own_first_day():
    value = np.array([[1.0, 2, 3, 4, 5], [0.0, 0, 7, 8, 9]])
    made = by_age(daily(value, since=np.array([0, 2])), 2)
    assert made[0].tolist() == [3, 7]
    assert made[1, 0] == 15
    assert np.isnan(made[1, 1])  # five days in all, so the second window of who came on the third is not whole


def test_a_triangle_forgets_nobody_who_left_and_guesses_nobody_who_is_too_young():
    ages = np.array([[10.0, 0, 0], [10.0, 20, 30], [5.0, 4, np.nan], [0.0, 0, 0]])
    made = triangle(ages, Key.of(["a", "a", "b", "a"]))
    assert made.size.tolist() == [2, 1]  # the last never paid
    assert made.active.tolist()[0] == [1, 0.5, 0.5]
    assert made.kept[0].tolist() == [1, 1, 1.5]  # 20 and 30 of 20
    assert made.kept[1, :2].tolist() == [1, 0.8]
    assert np.isnan(made.kept[1, 2])
    assert made.counted.tolist() == [[2, 2, 2], [1, 1, 0]]


def test_an_age_is_not_told_of_a_cohort_that_is_mostly_too_young_for_it():
    ages = np.full((9, 2), 5.0)
    ages[4:, 1] = np.nan
    one = Key.of(["a"] * 9)
    assert triangle(ages, one).kept.tolist() == [[1, 1]]
    assert np.isnan(triangle(ages, one, least=0.5).kept[0, 1])  # four of nine
    ages[2:4, 1] = np.nan
    assert np.isnan(triangle(ages, one).active[0, 1])  # two of nine


def test_the_same_use_each_weekday_is_no_growth_though_february_is_a_tenth_shorter_than_january():
    week = np.tile([5.0, 5, 5, 5, 5, 1, 1], 26)[None]
    windows = in_windows(daily(week), 28).value
    assert float(metrics.growth(windows[:, -2], windows[:, -1])) == pytest.approx(0, abs=1e-12)
    january, february = week[0, :31].sum(), week[0, 31:59].sum()
    assert february / january < 0.92


def test_months_are_brought_to_the_mean_length():
    months = panel_of_rows(["a"] * 2, ["2026-01", "2026-02"], [31.0, 28.0])
    assert even(months).value[0].tolist() == pytest.approx([30.4375, 30.4375])
    with pytest.raises(InputError, match="by quarter"):
        even(panel_of_rows(["a"], ["2026-Q1"], [1.0]))


def test_who_never_paid_is_left_out_and_who_came_free_begins_with_the_first_payment():
    made = first_above(daily(np.array([[0.0, 0, 3, 0], [0.0, 0, 0, 0]])))
    assert made.customers == ("c000",)
    assert made.since.tolist() == [2]
    with pytest.raises(InputError, match="nobody paid"):
        first_above(daily(np.zeros((2, 3))))


def test_cohorts_are_by_first_month_or_by_what_customers_are():
    panel = panel_of_rows(["a", "b"], ["2026-01-30", "2026-02-02"], [1, 1])
    assert cohorts_of(panel, "month").column().tolist() == ["2026-01", "2026-02"]
    assert cohorts_of(panel, "quarter").labels == ("2026-Q1",)
    codes = np.array([[0, 0, 1, 1], [0, 0, 0, 0]], dtype=np.int32)
    kept = Panel(panel.customers, panel.periods, panel.quantity, "day", panel.since,
                 tracks={"plan": Track(codes, ("free", "pro"))})  # fmt: skip
    assert cohorts_of(kept, "plan").column().tolist() == ["pro", "free"]
    with pytest.raises(InputError, match="expected one of month, quarter, plan"):
        cohorts_of(kept, "country")


def test_a_log_shorter_than_a_window_is_refused():
    with pytest.raises(InputError, match="less than one window of 28"):
        in_windows(daily(np.ones((1, 27))), 28)


@given(st.integers(1, 30), st.integers(1, 9), st.integers(0, 99))
def test_windows_lose_nothing(days, width, seed):
    width = min(width, days)
    value = np.random.default_rng(seed).integers(0, 9, (5, days)).astype(float)
    made = in_windows(daily(value), width)
    assert (made.before + made.value.sum(axis=1)).tolist() == pytest.approx(value.sum(axis=1).tolist())
