"""What a level is made of: spikes left out, how often customers are active, and how far own histories are trusted."""

import numpy as np
import pytest

from pertoken.forecast.dressed import SHARES
from pertoken.forecast.mixed import _kept, _parts
from pertoken.forecast.panel import Panel
from pertoken.forecast.prediction import OF_SEASON, SIX_HOURS, _a_month, predicted
from pertoken.forecast.spike import tamed
from pertoken.forecast.standing import often, standing


def panel(value: np.ndarray, grain: str = "day") -> Panel:
    names, periods = (tuple(f"{kind}{i}" for i in range(n)) for kind, n in zip("ct", value.shape, strict=True))
    return Panel(names, periods, value[None], grain, np.zeros(len(value), dtype=np.int64))


def test_a_single_spike_is_no_level_and_a_step_is():
    rng = np.random.default_rng(4)
    calm = rng.lognormal(0, 0.3, (3, 40))
    spiked, stepped, last = calm.copy(), calm.copy(), calm.copy()
    spiked[:, 20], stepped[:, 20:], last[:, -1] = 500.0, 500.0, 500.0
    np.testing.assert_array_equal(tamed(calm, 7), calm)
    assert tamed(spiked, 7)[:, 20].max() < 20
    np.testing.assert_array_equal(np.delete(tamed(spiked, 7), 20, axis=1), np.delete(calm, 20, axis=1))
    np.testing.assert_array_equal(tamed(stepped, 7), stepped)
    np.testing.assert_array_equal(tamed(last, 7), last)  # whether it stays up is not known yet
    np.testing.assert_array_equal(tamed(spiked, 60), spiked)  # one in forty is to be expected among sixty


def test_who_comes_and_goes_has_bursts_and_no_spikes():
    rare = np.zeros((2, 60))
    rare[:, ::5] = 1.0
    rare[0, 30] = 1e6
    np.testing.assert_array_equal(tamed(rare, 7), rare)


def test_a_spike_moves_a_forecast_less_than_the_level_that_it_would_make():
    value = np.random.default_rng(8).lognormal(0, 0.3, (30, 60))
    value[0, 55] = 1000.0
    told = predicted(panel(value), horizon=7, draws=101)
    assert np.median(told.samples[:, 0]) < 2 * np.median(told.samples[:, 1:])


def test_few_periods_tell_little_of_how_often_a_customer_is_active():
    """Oracle: shares of a beta law; the estimate has the error of the posterior mean (conjugate), to a tenth."""
    rng = np.random.default_rng(6)
    a, b, periods, customers = 1.0, 4.0, 6, 4001
    share = rng.beta(a, b, customers)
    value = (rng.random((customers, periods)) < share[:, None]).astype(float)
    told = often(standing(value, np.array([1.0]), 1))
    exact = (a + value.sum(axis=1)) / (a + b + periods)
    error, best = (float(np.sqrt(np.mean((each - share) ** 2))) for each in (told, exact))
    assert error < 1.1 * best
    assert error < 0.9 * float(np.sqrt(np.mean((value.mean(axis=1) - share) ** 2)))


def test_the_own_history_is_trusted_less_where_it_missed_much_more_than_others():
    came = np.full(5, 10.0), np.ones(5)
    good, bad = (np.full((len(SHARES), 5), each) for each in (9.0, 6.0))
    assert _kept(bad, good, came, 1.0) == pytest.approx((1.2 * 1 / 4) ** 2)
    assert _kept(bad[:, :0], good[:, :0], (came[0][:0], came[1][:0]), 1.0) == 1.0


def test_the_own_history_is_trusted_more_where_it_missed_less_and_more_so_where_its_trend_moves():
    came = np.full(5, 10.0), np.ones(5)
    good, bad = (np.full((len(SHARES), 5), each) for each in (9.0, 6.0))
    assert _kept(good, bad, came, 0.0) == pytest.approx(4.0**2)
    assert _kept(good, bad, came, 0.5) == pytest.approx(4.0 ** (2 + 4 * 0.5))


def test_ways_of_one_s_own_history_are_weighed_by_what_they_missed():
    told = np.array([np.full((len(SHARES), 5), each) for each in (8.0, 9.0)])  # the second missed half as much
    names, came = np.array(["own", "trend"]), (np.full(5, 10.0), np.ones(5))
    share = _parts(told, names, came, 4.0)
    assert share[1] / share[0] == pytest.approx(0.2 / 0.8 * 2 ** (5 * 2))
    assert _parts(told[:, :, :0], names, (came[0][:0], came[1][:0]), 4.0).tolist() == pytest.approx([0.8, 0.2])
    assert _parts(np.full_like(told, 10.0), names, came, 4.0).tolist() == pytest.approx([0.8, 0.2])


def test_six_hours_are_no_quarters():
    rng = np.random.default_rng(9)
    day = np.array([0.2, 1.0, 3.0, 1.5])
    restless = np.tile(day, 10) * rng.lognormal(0, 0.2, (20, 40))
    smooth = np.tile([1.0, 1.1, 1.2, 1.0], 10) * rng.lognormal(0, 0.05, (20, 40))
    assert [_a_month(panel(each, "period"), each, 4) for each in (restless, smooth)] == [SIX_HOURS, OF_SEASON[4]]
