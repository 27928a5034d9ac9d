"""The noise of coverage: closed forms where customers are independent, or one."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.accuracy.noise import Lines, calibrated


def lines(customers: int, groups: int, *, loading: float = 0.0, zero: float = 0.0) -> Lines:
    size = np.arange(customers)
    full = np.full(customers, 1.0)
    return Lines(size, np.full(customers, 50), zero * full, loading * full, size % groups)


def test_independent_customers_hold_as_a_binomial_says():
    over, (lowest, highest) = calibrated(lines(400, 2), 7)
    assert over.mean() == pytest.approx(0.8, abs=0.005)
    assert over.std() == pytest.approx(stats.binom(400, 0.8).std() / 400, rel=0.15)
    assert lowest.mean() < 0.8 < highest.mean()


def test_customers_who_all_move_together_hold_all_or_nothing():
    over, _ = calibrated(lines(60, 1, loading=1.0), 7)
    assert set(np.round(over, 6)) == {0.0, 1.0}
    assert over.mean() == pytest.approx(0.8, abs=0.08)


def test_what_is_nearly_always_zero_counts_by_the_part_of_it_in_the_range():
    over, _ = calibrated(lines(50, 1, zero=1.0), 7)
    np.testing.assert_allclose(over, 0.8)


def test_lengths_of_history_at_one_date_are_one_observation_and_dates_apart_are_two():
    one = lines(50, 1)
    alike = Lines(*(np.tile(each, 2) for each in (one.customer, one.origin, one.zero, one.loading, one.group)))
    apart = Lines(alike.customer, np.repeat([50, 57], 50), alike.zero, alike.loading, alike.group)
    assert calibrated(alike, 7)[0].std() == pytest.approx(np.sqrt(2) * calibrated(apart, 7)[0].std(), rel=0.2)
