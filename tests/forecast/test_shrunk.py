"""Tests of slopes and variances that are drawn to what all customers have in common."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import chi2

from pertoken.forecast.shrunk import ALIKE, PRIORS, drawn_slopes, moderated, spread_beyond
from pertoken.forecast.smoothing import slope


def test_the_variance_between_is_where_the_weighted_squares_are_as_many_as_their_freedom():
    """Oracle: SciPy's root of Paule and Mandel's equation."""
    rng = np.random.default_rng(1)
    variance = rng.gamma(2, 1, 30)
    told = 3 + rng.normal(0, np.sqrt(variance + 2))

    def squares(between: float) -> float:
        weight = 1 / (variance + between)
        return float(weight @ (told - np.average(told, weights=weight)) ** 2) - 29

    root = brentq(squares, 0, 100, xtol=1e-12)
    mean, between = spread_beyond(told, variance)
    assert between == pytest.approx(root, rel=1e-6)
    assert mean == pytest.approx(np.average(told, weights=1 / (variance + root)), rel=1e-6)
    assert spread_beyond(told, variance * 100)[1] == 0.0  # chance alone would scatter them more


def test_a_slope_has_the_variance_that_numpy_s_line_has():
    value = np.random.default_rng(2).normal(100, 5, (6, 20))
    time = np.arange(20)
    rise, error, size = slope(value)
    fits = [np.polyfit(time, row, 1, cov=True) for row in value]
    np.testing.assert_allclose(rise, [fit[0][0] for fit in fits], rtol=1e-9)
    np.testing.assert_allclose(error, [fit[1][0, 0] for fit in fits], rtol=1e-9)
    np.testing.assert_allclose(size, value.mean(axis=1))


def test_slopes_are_what_stein_s_estimator_makes_of_them():
    """Equal variances: each keeps 1 - (n - 1) v / S of its distance (Efron and Morris 1975, v as believed)."""
    told, size = np.array([-2.0, 0.0, 1.0, 3.0, 8.0]), np.array([1.0, 10.0, 2.0, 5.0, 4.0])
    error = np.full(5, 0.5)
    kept = 1 - 4 * ALIKE * 0.5 / ((told - 2.0) ** 2).sum()
    found = drawn_slopes(told * size, error * size**2, size)
    np.testing.assert_allclose(found / size, 2.0 + kept * (told - 2.0), rtol=1e-6)


def test_slopes_that_are_few_or_exact_stay_as_they_are():
    value = np.array([[100.0, 110, 130, 120, 140, 150], [10, 9, 8, 9, 7, 6], [1, 2, 1, 2, 3, 2]])
    rise, error, size = slope(value)
    np.testing.assert_array_equal(drawn_slopes(rise, error, size), rise)
    lines = np.arange(6.0) * np.arange(1.0, 8.0)[:, None] + 50
    lines[:, 2] += 1e-6
    rise, error, size = slope(lines)
    np.testing.assert_allclose(drawn_slopes(rise, error, size), rise, rtol=1e-6)


def test_drawn_slopes_are_nearer_to_the_true_ones():
    """Lines of a slope that all share but for a little, eight periods of noise that wanders: half the error goes."""
    rng = np.random.default_rng(3)
    true = rng.normal(0.03, 0.01, 400)
    noise = np.zeros((400, 8))
    shocks = rng.normal(0, 0.05, (400, 8))
    for t in range(8):
        noise[:, t] = shocks[:, t] + (0.5 * noise[:, t - 1] if t else 0)
    value = 100 * (1 + true[:, None] * np.arange(8) + noise)
    rise, error, size = slope(value)
    off, left = (np.sqrt(((each - 100 * true) ** 2).mean()) for each in (rise, drawn_slopes(rise, error, size)))
    assert left < off / 1.5


def test_variances_are_drawn_to_the_law_they_were_drawn_from():
    """Smyth 2004: true variances of 6 degrees of freedom around a line in logs of size, each seen with 5 of its own."""
    rng = np.random.default_rng(4)
    size = np.exp(rng.normal(3, 2, 4000))
    law = 0.2 * size**1.6
    true = law * 6 / chi2(6).rvs(4000, random_state=rng)
    seen = true * chi2(5).rvs(4000, random_state=rng) / 5
    drawn, worth = moderated(seen, np.full(4000, 5.0), size)
    assert worth[0] == pytest.approx(11, abs=0.7)
    np.testing.assert_allclose(drawn, (6 * law + 5 * seen) / 11, rtol=0.15)
    assert np.square(np.log(drawn / true)).mean() < np.square(np.log(seen / true)).mean() / 2


def test_variances_of_one_law_are_drawn_all_the_way_and_those_of_few_customers_not_at_all():
    rng = np.random.default_rng(5)
    seen = 3.0 * chi2(10).rvs(2000, random_state=rng) / 10
    drawn, worth = moderated(seen, np.full(2000, 10.0), rng.gamma(2, 1, 2000))
    assert worth[0] == pytest.approx(10 + PRIORS[-1])
    np.testing.assert_allclose(drawn, (PRIORS[-1] * 3.0 + 10 * seen) / (PRIORS[-1] + 10), rtol=0.05)
    few, own = moderated(seen[:7], np.full(7, 10.0), np.ones(7))
    np.testing.assert_array_equal(few, seen[:7])
    np.testing.assert_array_equal(own, 10.0)
