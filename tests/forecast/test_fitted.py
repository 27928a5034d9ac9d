"""The first month's forecast, parted into what stays and what is gone, is the same law again."""

import numpy as np
import pytest

from pertoken.core.keys import Key
from pertoken.forecast.coupled import alike
from pertoken.forecast.fitted import months_after
from pertoken.forecast.levels import SHARES, parted, together, without_traces


def test_level_times_noise_has_the_law_of_the_first_month():
    rng = np.random.default_rng(1)
    month = np.exp(3 + 0.5 * rng.standard_normal(400_000))
    level, noise = parted(np.quantile(month, SHARES)[None], np.array([0.3]))
    z, other = rng.standard_normal((2, 400_000))
    spread = np.log(level[0, SHARES == 0.9] / level[0, SHARES == 0.1])[0] / (2 * 1.2816)
    again = level[0, SHARES == 0.5][0] * np.exp(spread * z) * np.exp(noise[0] * other - noise[0] ** 2 / 2)
    np.testing.assert_allclose(np.quantile(again, [0.1, 0.5, 0.9]), np.quantile(month, [0.1, 0.5, 0.9]), rtol=0.01)
    assert again.mean() == pytest.approx(month.mean(), rel=0.01)


def test_noise_is_never_more_than_the_spread():
    level, noise = parted(np.full((1, len(SHARES)), 5.0), np.array([0.4]))
    assert noise[0] == 0
    np.testing.assert_allclose(level, 5.0)


def test_who_never_uses_anything_has_no_level():
    level, _ = parted(np.zeros((1, len(SHARES))), np.array([0.4]))
    np.testing.assert_array_equal(level, 0.0)


def test_sums_of_the_first_month_are_as_wide_as_their_forecast_though_growth_and_shocks_move_them_too():
    """Oracle: the month drawn with the weights that were found, what moves all and what moves each segment beside."""
    rng, size = np.random.default_rng(2), 200_000
    spread, code = np.array([0.3, 0.2, 0.5, 0.4, 0.3, 0.2, 0.6]), np.array([0, 1, 0, 0, 1, 0, 1])
    key, moved = Key(code.astype(np.int32), ("a", "b")), (0.08**2, 0.06**2)

    def drawn(weight, correlation):
        normal = alike(rng.standard_normal(size), rng.standard_normal((2, size)), correlation).T
        own = rng.standard_normal((size, 7))
        return 40 + 40 * spread * (weight[code] * normal[:, code] + np.sqrt(1 - weight[code] ** 2) * own)

    told = drawn(np.array([0.5, 0.6]), 0.7)
    weight, correlation = together(told, key, moved)
    assert (weight < [0.5, 0.6]).all()
    shocks = [np.exp(np.sqrt(each) * rng.standard_normal((size, n))) for each, n in zip(moved, (1, 2), strict=True)]
    month = drawn(weight, correlation) * shocks[0] * shocks[1][:, code]
    for rows in (code == 0, code == 1, code >= 0):
        assert month[:, rows].sum(axis=1).std() == pytest.approx(told[:, rows].sum(axis=1).std(), rel=0.02)


def test_a_forecast_narrower_than_growth_and_shocks_leaves_them_all_of_what_is_shared():
    told = 40 + np.random.default_rng(3).standard_normal((1001, 5))
    weight, correlation = together(told, Key.of(["a"] * 5), (0.05**2, 0.0))
    assert weight.tolist() == [0.0]
    assert correlation == 1


def test_a_segment_of_one_customer_moves_with_the_others():
    """Oracle: the month drawn again with the weights that were found; the segment of one is as large as the other."""
    rng, size = np.random.default_rng(2), 100_000
    code, mean = np.array([0, 0, 0, 0, 0, 1]), np.array([10.0, 10, 10, 10, 20, 60])

    def drawn(weight, correlation):
        normal = alike(rng.standard_normal(size), rng.standard_normal((2, size)), correlation).T
        own = rng.standard_normal((size, 6))
        return mean + 0.3 * mean * (weight[code] * normal[:, code] + np.sqrt(1 - weight[code] ** 2) * own)

    told = drawn(np.array([0.6, 0.6]), 0.7)
    month = drawn(*together(told, Key(code.astype(np.int32), ("a", "b"))))
    for rows in (code == 0, code == 1, code >= 0):
        assert month[:, rows].sum(axis=1).std() == pytest.approx(told[:, rows].sum(axis=1).std(), rel=0.02)


def test_the_months_ahead_begin_after_that_of_the_last_day():
    assert months_after("2026-12-31", 2) == ("2027-01", "2027-02")


def test_who_seems_gone_is_there_only_in_worlds_where_they_use_something_worth_the_name():
    days = np.ones((2, 60))
    days[0, 30:] = 0.0  # used a unit a day for a month, then nothing
    monthly = np.array([[1.0, 1.0], [20.0, 20.0]])
    kept = without_traces(monthly, np.array([0.01, 1.0]), days)
    np.testing.assert_array_equal(kept, [[0.0, 1.0], [20.0, 20.0]])


@pytest.mark.parametrize("correlation", [-0.3, 0.0, 0.5, 1.0])
def test_weights_of_the_first_month_are_those_that_its_worlds_were_drawn_with(correlation):
    """Oracle: normal customers of three segments, drawn with weights and a correlation that are to be found again."""
    rng, code, weight = np.random.default_rng(2), np.arange(90) % 3, np.array([0.2, 0.5, 0.8])
    normal = alike(rng.standard_normal(40_000), rng.standard_normal((3, 40_000)), correlation)
    own = rng.standard_normal((90, 40_000))
    ranks = weight[code, None] * normal[code] + np.sqrt(1 - weight[code, None] ** 2) * own
    monthly = 100 + np.linspace(1, 9, 90)[:, None] * ranks
    found, alike_found = together(monthly.T, Key(code.astype(np.int32), ("a", "b", "c")))
    np.testing.assert_allclose(found, weight, atol=0.01)
    assert alike_found == pytest.approx(correlation, abs=0.03)
    assert together(monthly.T, Key.constant("all", 90))[1] == 1
