"""One boosted model of all customers beats each one's last season, and is coupled so that totals are wide enough."""

import sys

import numpy as np
import pytest

from pertoken.connect.lightgbm_quantiles import Boosting, lightgbm_expert
from pertoken.core.errors import InputError
from pertoken.forecast.expert import History
from pertoken.forecast.peers import seasonal_naive
from pertoken.forecast.score import crps

AHEAD = 14


def made(customers, days, seed=5):
    """Customers with a week, a level that wanders, noise, and days off; what comes in the last days is kept aside."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(5, 1.2, customers)[:, None]
    week = np.where(np.arange(days + AHEAD) % 7 >= 5, 0.3, 1.0)
    walk = np.exp(np.cumsum(rng.normal(0, 0.04, (customers, days + AHEAD)), axis=1))
    noise = rng.lognormal(0, 0.35, (customers, days + AHEAD)) * (rng.random((customers, days + AHEAD)) < 0.9)
    value = level * week * walk * noise
    none = np.zeros(customers, dtype=np.int64)
    return History(value[:, :days], none, 7, none), value[:, days:]


@pytest.fixture(scope="module")
def forecast(request):
    full = request.config.getoption("--many")
    history, actual = made(2_000, 400) if full else made(150, 120)
    paths = lightgbm_expert(Boosting() if full else Boosting(trees=40, leaves=15))(
        history, AHEAD, 100, np.random.default_rng(1)
    )
    return history, actual, paths


def relative(paths, actual, history):
    return (crps(paths, actual) / np.nanmean(history.value, axis=1)).mean()


def test_it_beats_the_last_season_on_totals_and_on_days(forecast):
    history, actual, paths = forecast
    naive = seasonal_naive(history, AHEAD, 100, np.random.default_rng(1))
    ours = relative(paths.sum(axis=2), actual.sum(axis=1), history)
    assert ours < 0.9 * relative(naive.sum(axis=2), actual.sum(axis=1), history)
    assert crps(paths, actual).sum() < 0.8 * crps(naive, actual).sum()


def test_intervals_of_totals_and_of_days_are_about_right(forecast):
    _, actual, paths = forecast
    for drawn, came in ((paths, actual), (paths.sum(axis=2), actual.sum(axis=1))):
        low, high = np.quantile(drawn, [0.1, 0.9], axis=0)
        assert 0.65 < ((low <= came) & (came <= high)).mean() < 0.92


def test_no_path_is_negative_or_out_of_all_proportion(forecast):
    history, _, paths = forecast
    assert paths.min() >= 0
    assert (paths.max(axis=(0, 2)) < 10 * history.value.max(axis=1)).all()


def test_the_same_seed_gives_the_same_bits():
    history, _ = made(60, 100)
    few = Boosting(trees=5, leaves=7, rows=2_000)
    one, other = (lightgbm_expert(few)(history, 7, 11, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("days", [9, 40, 130])
def test_with_too_little_to_learn_from_the_last_season_is_drawn_again(days):
    history, _ = made(20, days)
    found, naive = (each(history, AHEAD, 10, np.random.default_rng(1)) for each in (lightgbm_expert(), seasonal_naive))
    np.testing.assert_array_equal(found, naive)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(InputError, match=r"pip install 'pertoken\[lightgbm\]'"):
        lightgbm_expert()
