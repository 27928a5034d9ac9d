"""Money of months over days: nothing is lost where a month is whole, and a fee does not shrink with the log."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.forecast.earned import earned
from tests.forecast.made import daily


def test_a_fee_counts_evenly_for_the_days_of_its_month_and_the_rest_by_use():
    """31 a month is 1 a day; 10 of use on two days with 3 and 7 tokens."""
    made = earned(daily(np.array([[3.0, 0, 7]])), ("2026-01",), np.array([[41.0]]), np.array([[31.0]]))
    assert made.tolist() == [[4.0, 1.0, 8.0]]


def test_days_that_are_not_known_earn_nothing_that_is_known():
    made = earned(daily(np.array([[np.nan, 2.0]])), ("2026-01",), np.array([[2.0]]), np.array([[0.0]]))
    assert np.isnan(made[0, 0])
    assert made[0, 1] == 2


@given(st.integers(0, 99), st.integers(1, 3))
def test_the_money_of_whole_months_stays_whole(seed, months):
    rng = np.random.default_rng(seed)
    length = (31, 28, 31)[:months]
    used = daily(rng.integers(0, 3, (5, sum(length))).astype(float))
    amount = rng.uniform(5, 9, (5, months))
    made = earned(used, ("2026-01", "2026-02", "2026-03")[:months], amount, amount * rng.random((5, months)))
    edges = np.cumsum((0, *length))[:-1]
    assert np.add.reduceat(made, edges, axis=1) == pytest.approx(amount)
