"""Tests of a trend that moves: stocks, and the far ends of hours."""

import numpy as np
import pytest
from scipy.stats import t as student

from pertoken.core.money import Values
from pertoken.forecast import trending as module
from pertoken.forecast.blended import lost
from pertoken.forecast.dressed import SHARES
from pertoken.forecast.panel import Panel
from pertoken.forecast.prediction import predicted
from pertoken.forecast.smoothing import cycles, smoothing
from pertoken.forecast.trending import trending


def stored(seed: int, customers: int, periods: int) -> Values:
    """Make up stored volumes: each grows at a rate of its own that wanders, shape `(customer, period)`."""
    rng = np.random.default_rng(seed)
    rate = np.full((customers, periods), 0.01) + 0.004 * rng.standard_normal((customers, 1))
    rate += 0.001 * rng.standard_normal((customers, periods)).cumsum(axis=1)
    volume: Values = np.exp(rng.normal(4, 1, (customers, 1)) + rate.cumsum(axis=1))
    return volume


def panel(value: Values) -> Panel:
    names, periods = (tuple(f"{kind}{i}" for i in range(n)) for kind, n in zip("ct", value.shape, strict=True))
    return Panel(names, periods, value[None], "month", np.zeros(len(value), dtype=np.int64))


def twin(history: list[float], factor: float, part: float, stays: float, horizon: int) -> tuple[float, float]:
    """Mean and deviation of the sum ahead, period by period and shock by shock (Hyndman et al. 2008, section 6)."""
    level, trend, known, square = history[0], 0.0, 1.0, 0.0
    for each in history[1:]:
        error = each - (level + stays * trend)
        known = (1 - factor) * known + 1
        level, trend = level + stays * trend + error / known, stays * trend + part * error / known
        square += error**2
    mean, move = 0.0, 0.0
    for step in range(1, horizon + 1):
        move += stays**step
        mean += level + trend * move
    variance = 0.0
    for first in range(horizon):  # a shock in one period is in all that follow
        shock = 1.0
        for later in range(1, horizon - first):
            shock += factor + factor * part * sum(stays**i for i in range(1, later + 1))
        variance += square / (len(history) - 2) * shock**2
    return mean, variance**0.5


@pytest.mark.parametrize(("factor", "part", "stays"), [(0.3, 0.0, 0.0), (0.5, 0.3, 1.0), (0.9, 0.6, 0.9)])
def test_one_way_says_what_its_slow_twin_says(
    monkeypatch: pytest.MonkeyPatch, factor: float, part: float, stays: float
):
    monkeypatch.setattr(module, "_ways", lambda: tuple(np.array([[each]]) for each in (factor, part, stays)))
    value = 100 + np.random.default_rng(3).standard_normal((5, 13)).cumsum(axis=1)
    shares = np.array([0.1, 0.5, 0.9])
    told = trending(value, 1, 7, shares)
    for customer, history in enumerate(value.tolist()):
        mean, wide = twin(history, factor, part, stays, 7)
        assert told[:, customer] == pytest.approx(mean + wide * student.ppf(shares, 11), rel=1e-9)


def test_a_stock_goes_on_as_it_has_gone_of_late():
    value = stored(5, 61, 23)
    came = value[:, 19:].sum(axis=1)
    moves, line = (
        lost(each / came, SHARES, np.ones(61)).sum()
        for each in (trending(value[:, :19], 1, 4, SHARES), smoothing(value[:, :19], 1, 4, SHARES))
    )
    assert moves < line / 2


def test_ranges_of_a_stock_hold_what_comes_and_more_since_each_begins_without_a_trend():
    held = []
    for seed in range(7):
        value = stored(seed, 61, 29)
        low, high = trending(value[:, :23], 1, 6, np.array([0.1, 0.9]))
        came = value[:, 23:].sum(axis=1)
        held.append(((low <= came) & (came <= high)).mean())
    assert 0.8 < np.mean(held) < 0.96


def test_a_panel_of_stocks_is_told_by_its_trends():
    value = stored(11, 41, 30)
    told = predicted(panel(value[:, :24]), horizon=6, draws=301)
    came = value[:, 24:].sum(axis=1)
    assert told.weights["trend"] > 0.5
    assert np.median(np.abs(np.median(told.samples, axis=0) / came - 1)) < 0.03


def test_far_hours_are_told_by_whole_days():
    hours = np.random.default_rng(2).lognormal(0, 0.3, (5, 240))
    far = trending(hours, 24, 84, SHARES)
    assert far == pytest.approx(trending(cycles(hours, 24), 1, 4, SHARES) * 84 / 96)
    near = trending(hours, 24, 48, SHARES)
    assert not np.allclose(near, trending(cycles(hours, 24), 1, 2, SHARES))


def test_periods_that_were_not_watched_are_passed_over():
    value = stored(7, 17, 20)
    gaps = value.copy()
    gaps[:, 4] = gaps[3, :9] = np.nan
    told, whole = (trending(each, 1, 3, np.array([0.5]))[0] for each in (gaps, value))
    assert told == pytest.approx(whole, rel=0.05)
