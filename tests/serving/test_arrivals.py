"""Requests come at the rates that were asked, in gaps of the law that was asked."""

import numpy as np
import pytest
from scipy import stats

from pertoken.core.errors import InputError
from pertoken.serving.arrivals import arrivals, lognormal, profile, weibull_shape


@pytest.mark.parametrize(
    ("cv", "kind"), [(0.5, "gamma"), (1.0, "gamma"), (3.0, "gamma"), (0.5, "weibull"), (2.0, "weibull")]
)
def test_gaps_have_the_mean_and_the_variation_that_were_asked(cv, kind):
    gaps = np.diff(arrivals(np.array([50.0]), width=4000.0, rng=np.random.default_rng(3), cv=cv, kind=kind))
    assert gaps.mean() == pytest.approx(0.02, rel=0.02)
    assert gaps.std() / gaps.mean() == pytest.approx(cv, rel=0.03)


def test_with_a_variation_of_one_gaps_are_exponential():
    gaps = np.diff(arrivals(np.array([2.0]), width=5000.0, rng=np.random.default_rng(5)))
    assert stats.kstest(gaps, "expon", args=(0, 0.5)).pvalue > 0.01


@pytest.mark.parametrize("cv", [0.3, 1.7, 4.0])
def test_the_shape_of_a_weibull_law_is_that_of_scipy(cv):
    mean, variance = stats.weibull_min(weibull_shape(cv)).stats(moments="mv")
    assert np.sqrt(variance) / mean == pytest.approx(cv, rel=1e-9)


def test_each_bin_gets_its_rate_and_an_empty_bin_nothing():
    rates = np.array([5.0, 0.0, 40.0, 20.0])
    times = arrivals(rates, width=1000.0, rng=np.random.default_rng(11))
    found = np.histogram(times, bins=np.arange(5) * 1000.0)[0]
    assert found[1] == 0
    assert np.abs(found - 1000 * rates).max() < 4 * np.sqrt(40_000)
    assert (np.diff(times) >= 0).all()


def test_one_seed_makes_one_day():
    one, two = (arrivals(profile(3.0, days=1), width=300.0, rng=np.random.default_rng(2)) for _ in range(2))
    assert (one == two).all()


def test_a_profile_peaks_at_its_hour_and_rests_at_the_weekend():
    rates = profile(8.0, swing=0.5, peak=14.0, weekend=0.5).reshape(7, 288)
    assert rates[:5].argmax(axis=1) / 12 == pytest.approx(np.full(5, 14.0), abs=0.1)
    assert rates[6].sum() / rates[0].sum() == pytest.approx(0.5)
    assert rates[0].max() / rates[0].mean() == pytest.approx(1.5, rel=1e-3)


def test_lengths_have_the_mean_and_the_variation_that_were_asked():
    drawn = lognormal(1200, cv=0.8, size=200_000, rng=np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(1200, rel=0.01)
    assert drawn.std() / drawn.mean() == pytest.approx(0.8, rel=0.02)
    assert lognormal(1200, cv=0.8, size=1000, rng=np.random.default_rng(1), most=900).max() == 900


@pytest.mark.parametrize("rates", [[-1.0, 2.0], [0.0], [np.nan]])
def test_rates_that_cannot_be_are_refused(rates):
    with pytest.raises(InputError, match="requests a second"):
        arrivals(np.array(rates), width=1.0, rng=np.random.default_rng(1))
