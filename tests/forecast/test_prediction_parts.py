"""The parts of a prediction, each against an outside oracle or a slow twin."""

import numpy as np
import pytest
from scipy import optimize, stats

from pertoken.forecast import seasonal
from pertoken.forecast.blended import blended
from pertoken.forecast.calibrated import margin, widened
from pertoken.forecast.coupled import at_shares, coupled, loading_for
from pertoken.forecast.dressed import PRIOR_WEIGHT, SHARES, Cases, dressed, likeness
from pertoken.forecast.expert import History
from pertoken.forecast.peers import smoothed
from pertoken.forecast.pooled import mean_law
from pertoken.forecast.smoothing import smoothing
from pertoken.forecast.theta import theta


def test_the_pooled_mean_is_the_minimum_of_its_penalised_likelihood():
    """Oracle: SciPy's minimiser of the Poisson quasi-likelihood of the ratios, with next to no prior."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4001, 2))
    reference = np.full(4001, 5.0)
    actual = rng.poisson(5 * np.exp(0.2 + 0.3 * x[:, 0] - 0.1 * x[:, 1])).astype(float)
    law = mean_law(x, reference, actual, 1e6)
    z = np.column_stack([np.ones(4001), (x - x.mean(axis=0)) / x.std(axis=0)])
    fitted = optimize.minimize(lambda b: (np.exp(z @ b) - actual / 5 * (z @ b)).sum(), np.zeros(3)).x
    np.testing.assert_allclose(law.weight, fitted, atol=0.01)


def test_quantiles_of_alike_cases_are_weighted_quantiles():
    rng = np.random.default_rng(1)
    ratio = np.exp(rng.standard_normal(2003))
    weights = np.ones((1, 2003), dtype=np.float32)
    np.testing.assert_allclose(
        dressed(weights, ratio)[3:-3, 0], np.quantile(ratio, SHARES[3:-3]), rtol=0.03, atol=10 * PRIOR_WEIGHT / 2003
    )


def test_cases_of_the_same_date_count_nothing_and_the_most_alike_count_most():
    traits = np.arange(100.0)[:, None]
    cases = Cases(np.arange(100), np.arange(100) % 2, traits)
    target = Cases(np.array([500]), np.array([1]), np.array([[40.0]]))
    weight = likeness(target, cases, near=10)[0]
    assert (weight[1::2] == 0).all()
    assert weight.argmax() == 40
    assert (weight > 0).sum() <= 11


def test_the_expert_that_tells_the_truth_has_the_weight():
    rng = np.random.default_rng(2)
    actual = rng.standard_normal(3001) + 10
    told = np.array([stats.norm(10 + off, 1).ppf(SHARES)[:, None].repeat(3001, axis=1) for off in (0.0, 2.0, 3.0)])
    assert blended(told, SHARES, actual, np.ones(3001), 1e6)[0] > 0.9
    np.testing.assert_allclose(blended(told, SHARES, actual, np.ones(3001), 1e-9), 1 / 3, atol=1e-3)


def test_ranges_that_were_half_as_wide_as_they_should_be_are_made_wider():
    rng = np.random.default_rng(3)
    actual = np.exp(0.2 * rng.standard_normal(5003))
    told = np.exp(0.1 * stats.norm.ppf(SHARES))[:, None].repeat(5003, axis=1)
    assert margin(told, SHARES, actual, np.arange(5003)) == pytest.approx(2, rel=0.1)
    np.testing.assert_allclose(
        widened(told, SHARES, 1.0, 0.1)[:, 0], np.exp(np.sqrt(0.02) * stats.norm.ppf(SHARES)), rtol=1e-3
    )


def test_a_coupled_sum_is_as_wide_as_asked_and_customers_keep_their_own_distribution():
    told = np.exp(0.3 * stats.norm.ppf(SHARES))[:, None].repeat(101, axis=1)
    loading = loading_for(told, SHARES, 0.15, seed=1)
    samples = coupled(told, SHARES, draws=1000, loading=loading, seed=1)
    assert np.log(samples.sum(axis=1)).std() == pytest.approx(0.15, rel=0.15)
    np.testing.assert_allclose(np.sort(samples, axis=0)[:, 0], np.sort(samples, axis=0)[:, 50], rtol=1e-6)
    np.testing.assert_allclose(at_shares(told, SHARES, SHARES), told)


def test_theta_is_a_level_with_half_of_the_trend():
    """Hyndman and Billah (2003): simple exponential smoothing with a drift of half the slope of the trend line."""
    line = np.arange(1.0, 25.0)[None]
    assert theta(line, 0.01, 1)[0] == pytest.approx(24.5)
    assert theta(line, 0.01, 3)[0] == pytest.approx(25.0)


def test_a_profile_needs_three_cycles_and_then_tells_the_weekend():
    week = np.tile([2.0, 2, 2, 2, 2, 0.5, 0.5], (5, 4))
    assert (seasonal.profile(week[:, :20], 7) == 1).all()
    factors = seasonal.profile(week, 7)
    assert factors[0, 0] / factors[0, 6] == pytest.approx(4, rel=0.05)
    assert seasonal.found(week) == 7
    assert seasonal.found(np.random.default_rng(0).gamma(1, 1, (20, 80))) == 1


def test_what_ones_own_history_says_is_what_paths_of_exponential_smoothing_add_up_to():
    """Oracle: sums of 20,000 simulated paths of the peer, which has no cycle."""
    value = np.random.default_rng(0).uniform(50, 90, (4, 40))
    history = History(value, np.zeros(4, dtype=np.int64), 1, np.zeros(4, dtype=np.int64))
    sums = smoothed(history, 6, 20_000, np.random.default_rng(1)).sum(axis=2)
    shares = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(smoothing(value, 1, 6, shares), np.quantile(sums, shares, axis=0), rtol=0.01)
