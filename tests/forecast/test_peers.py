"""Peers against statsforecast where it has the same model, and against closed forms."""

import numpy as np
import pytest

from pertoken.connect.statsforecast_paths import statsforecast_expert
from pertoken.core.errors import InputError
from pertoken.forecast.expert import History
from pertoken.forecast.panel import Panel
from pertoken.forecast.peers import PEERS, alone, averaged, historic_average, lognormal, seasonal_naive, smoothed

DRAWS = 4000


def history(value, season=7):
    value = np.atleast_2d(np.asarray(value, dtype=float))
    since = np.argmax(np.isfinite(value), axis=1)
    return History(value, since, season, np.zeros(len(value), dtype=np.int64))


def series(count=3, periods=70, seed=3):
    rng = np.random.default_rng(seed)
    season = np.tile([5, 9, 9, 8, 7, 2, 1], periods // 7)
    return 100 + 10 * season + 8 * rng.standard_normal((count, periods))


@pytest.mark.parametrize(("ours", "theirs"), [(seasonal_naive, "SeasonalNaive"), (historic_average, "HistoricAverage")])
def test_plain_peers_draw_what_statsforecast_draws(ours, theirs):
    pytest.importorskip("statsforecast")
    past, horizon = history(series()), 17
    one = ours(past, horizon, DRAWS, np.random.default_rng(1))
    other = statsforecast_expert(theirs)(past, horizon, DRAWS, np.random.default_rng(2))
    np.testing.assert_allclose(one.mean(axis=0), other.mean(axis=0), rtol=0.02)
    np.testing.assert_allclose(one.std(axis=0), other.std(axis=0), rtol=0.1)
    if ours is seasonal_naive:  # theirs draws the mean's error anew in each period: its sums are too sure
        np.testing.assert_allclose(one.sum(axis=2).std(axis=0), other.sum(axis=2).std(axis=0), rtol=0.1)


def test_an_average_carries_its_own_error_through_all_periods():
    value = series(1)
    found = historic_average(history(value), 28, DRAWS, np.random.default_rng(1)).sum(axis=2)
    expected = value.std(ddof=1) * np.sqrt(28 + 28**2 / 70)
    assert found.std() == pytest.approx(expected, rel=0.05)


def test_smoothing_finds_a_level_that_wanders_and_its_error_grows_as_the_book_says():
    rng = np.random.default_rng(4)
    errors = rng.standard_normal((1, 900))
    level = 500 + np.concatenate([np.zeros((1, 1)), np.cumsum(0.3 * errors, axis=1)[:, :-1]], axis=1)
    found = smoothed(history(level + errors), 13, DRAWS, np.random.default_rng(5))
    expected = np.sqrt(1 + 0.3**2 * np.arange(13))  # Hyndman et al. 2008, table 6.1, ETS(A,N,N)
    np.testing.assert_allclose(found[:, 0].std(axis=0), expected, rtol=0.12)


def test_a_lognormal_keeps_its_share_of_idle_periods_and_its_mean():
    rng = np.random.default_rng(6)
    value = np.where(rng.random((1, 4000)) < 0.3, np.exp(rng.normal(1, 0.5, (1, 4000))), 0)
    found = lognormal(history(value), 5, DRAWS, np.random.default_rng(7))
    assert (found > 0).mean() == pytest.approx((value > 0).mean(), abs=0.01)
    assert found.mean() == pytest.approx(0.3 * np.exp(1 + 0.125), rel=0.1)


HARD = np.array([[np.nan] * 9 + [4.0], [0.0] * 10, [7.0] * 10, [1.0, np.nan, 3.0, np.nan, 2.0, 5.0, np.nan, 0, 0, 9.0]])


@pytest.mark.parametrize("name", [*PEERS, "AutoETS", "DynamicOptimizedTheta", "ConformalSeasonalPool", "CrostonSBA"])
def test_customers_of_one_day_of_nothing_and_with_gaps_are_forecast(name):
    if name not in PEERS:
        pytest.importorskip("statsforecast")
    expert = PEERS.get(name) or statsforecast_expert(name)
    found = expert(history(HARD), 3, 20, np.random.default_rng(8))
    assert found.shape == (20, 4, 3)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert not found[:, 1].any()
    np.testing.assert_allclose(found[:, 2], 7.0)


def made_panel():
    value = series(5)
    return Panel(tuple("abcde"), tuple(map(str, range(70))), value[None], "day", np.zeros(5, dtype=np.int64))


def test_a_forecaster_sums_paths_and_says_the_same_for_the_same_seed():
    forecaster = alone(seasonal_naive, "naive")
    one, again, other = (forecaster(made_panel(), 9, 31, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.samples, again.samples)
    assert (one.samples != other.samples).any()
    np.testing.assert_allclose(one.total, one.samples.sum(axis=1))
    assert one.weights == {"naive": 1.0}


def test_averaged_quantiles_are_the_means_of_quantiles():
    each = {name: alone(expert) for name, expert in PEERS.items()}
    found = averaged(each)(made_panel(), 9, 101, 3)
    shares = (np.arange(101) / 100).tolist()
    expected = np.mean([one(made_panel(), 9, 101, 3).quantiles(shares) for one in each.values()], axis=0)
    np.testing.assert_allclose(found.quantiles(shares), expected)
    assert found.weights == dict.fromkeys(each, 0.25)


def test_what_is_not_there_is_said(monkeypatch):
    with pytest.raises(InputError, match="no forecasters to average"):
        averaged({})
    pytest.importorskip("statsforecast")
    with pytest.raises(InputError, match=r"no model 'AutoEST'.*AutoETS"):
        statsforecast_expert("AutoEST")
    monkeypatch.setitem(__import__("sys").modules, "statsforecast", None)
    with pytest.raises(InputError, match=r"pip install 'pertoken\[statsforecast\]'"):
        statsforecast_expert("AutoETS")
