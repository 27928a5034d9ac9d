"""Scores against closed forms, brute force and tables of others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.integrate import quad
from scipy.special import beta

from pertoken.core.errors import InputError
from pertoken.forecast import score

NUMBERS = st.floats(-1e6, 1e6)
EVEN = np.arange(0.5, 4001) / 4001


def crps_of_normal(mean, deviation, actual):
    """Gneiting et al. 2005, doi:10.1175/MWR2904.1, equation 5."""
    z = (actual - mean) / deviation
    return deviation * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))


def crps_of_gamma(shape, scale, actual):
    """Scheuerer and Möller 2015, doi:10.1214/15-AOAS843, appendix."""
    of = stats.gamma(shape, scale=scale)
    longer = stats.gamma(shape + 1, scale=scale)
    spread = shape * scale * (2 * longer.cdf(actual) - 1) + scale / beta(0.5, shape)
    return actual * (2 * of.cdf(actual) - 1) - spread


def by_brute_force(samples, actual, *, fair):
    n = len(samples)
    pairs = sum(abs(a - b) for a in samples for b in samples)
    return np.mean(np.abs(samples - actual)) - pairs / (2 * n * (n - 1 if fair else n))


@pytest.mark.parametrize("actual", [-1.3, 0.0, 2.4, 9.0])
def test_crps_of_even_quantiles_of_a_normal_is_its_closed_form(actual):
    samples = stats.norm(1.7, 2.3).ppf(EVEN)
    expected = crps_of_normal(1.7, 2.3, actual)
    assert score.crps(samples, np.array(actual), fair=False) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("actual", [0.0, 0.7, 5.0, 31.0])
def test_crps_of_even_quantiles_of_a_gamma_is_its_closed_form_and_its_integral(actual):
    law = stats.gamma(1.9, scale=3.1)
    below, above = quad(lambda x: law.cdf(x) ** 2, 0, actual)[0], quad(lambda x: law.sf(x) ** 2, actual, np.inf)[0]
    assert crps_of_gamma(1.9, 3.1, actual) == pytest.approx(below + above, rel=1e-6)
    assert score.crps(law.ppf(EVEN), np.array(actual), fair=False) == pytest.approx(below + above, rel=3e-3)


def test_the_fair_score_has_the_same_mean_for_few_samples_as_for_many():
    rng = np.random.default_rng(5)
    actual = rng.standard_normal(40_000)
    few = rng.standard_normal((3, 40_000))
    expected = 1 / np.sqrt(np.pi)  # of a standard normal against its own draws: E|X-Y| / 2
    assert score.crps(few, actual).mean() == pytest.approx(expected, abs=0.01)
    assert score.crps(few, actual, fair=False).mean() == pytest.approx(expected * 4 / 3, abs=0.01)


@given(arrays(float, st.integers(2, 13), elements=NUMBERS), NUMBERS, st.booleans())
def test_crps_is_the_brute_force_over_all_pairs(samples, actual, fair):
    found = score.crps(samples, np.array(actual), fair=fair)
    assert found == pytest.approx(by_brute_force(samples, actual, fair=fair), rel=1e-9, abs=1e-6)


@given(arrays(float, 7, elements=NUMBERS), NUMBERS, NUMBERS, st.floats(0.01, 100))
def test_crps_moves_with_shift_and_scale(samples, actual, shift, scale):
    plain = score.crps(samples, np.array(actual))
    moved = score.crps(scale * (samples + shift), np.array(scale * (actual + shift)))
    assert moved == pytest.approx(scale * plain, rel=1e-6, abs=1e-3)


def test_crps_of_one_sample_is_the_distance_and_of_pieces_that_of_the_whole(monkeypatch):
    samples, actual = np.random.default_rng(3).gamma(1, 1, (5, 7, 11)), np.ones((7, 11))
    np.testing.assert_allclose(score.crps(samples[:1], actual, fair=False), np.abs(samples[0] - 1))
    whole = score.crps(samples, actual)
    monkeypatch.setattr(score, "CELLS", 23)
    np.testing.assert_array_equal(score.crps(samples, actual), whole)


def test_transforms_of_a_fair_forecast_of_counts_are_even_and_cover_what_they_say():
    rng = np.random.default_rng(17)
    rate = rng.gamma(0.6, 0.8, 60_000)
    below, upto = score.ranks(rng.poisson(rate, (19, 60_000)), rng.poisson(rate))
    # Czado, Gneiting and Held 2009: a place in the stretch by chance is even if the forecast is calibrated
    found = below + (upto - below) * rng.random(below.shape)
    assert stats.kstest(found, "uniform").pvalue > 0.001
    for level in (0.5, 0.8, 0.9):
        assert score.coverage(below, upto, level).mean() == pytest.approx(level, abs=0.006)
    edge = (found > 0.1) & (found < 0.9)
    assert edge.mean() == pytest.approx(score.coverage(below, upto, 0.8).mean(), abs=0.006)


def test_a_forecast_too_sure_of_itself_covers_less():
    rng = np.random.default_rng(23)
    below, upto = score.ranks(0.5 * rng.standard_normal((999, 20_000)), rng.standard_normal(20_000))
    expected = 2 * stats.norm.cdf(0.5 * stats.norm.ppf(0.9)) - 1  # the interval is half as wide
    assert score.coverage(below, upto, 0.8).mean() == pytest.approx(expected, abs=0.01)


@given(arrays(float, 9, elements=st.integers(0, 3)), st.integers(0, 3))
def test_parts_of_the_transform_add_up_to_one(samples, actual):
    below, upto = score.ranks(samples, np.array(float(actual)))
    parts = [score.within(below, upto, i / 7, (i + 1) / 7) for i in range(7)]
    assert sum(parts) == pytest.approx(1)


def test_a_share_of_ten_has_the_interval_of_the_table():
    low, high = score.wilson(np.array([0.8]), np.array([10]))
    expected = stats.binomtest(8, 10).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-5)


def test_errors_over_all_that_came():
    forecast, actual = np.array([3.0, 5.0, 7.0]), np.array([1.0, 6.0, 13.0])
    assert score.wape(forecast, actual) == pytest.approx((2 + 1 + 6) / 20)
    assert score.bias(forecast, actual) == pytest.approx((15 - 20) / 20)
    assert np.isnan(score.wape(forecast, np.zeros(3)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: score.crps(np.zeros((3, 2)), np.zeros(3)), r"samples \(3, 2\) of what came in \(3,\)"),
        (lambda: score.crps(np.zeros((1, 2)), np.zeros(2)), "1 samples; expected at least 2"),
        (lambda: score.coverage(np.zeros(1), np.zeros(1), 80), "level 80"),
    ],
)
def test_what_does_not_fit_is_said(call, message):
    with pytest.raises(InputError, match=message):
        call()
