"""Features say what was known at a date, and nothing that came later."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.forecast.expert import History
from pertoken.forecast.features import NAMES, features


def history(value, *, season=7, since=None, segment=None):
    none = np.zeros(len(value), dtype=np.int64)
    return History(value, none if since is None else since, season, none if segment is None else segment)


def column(table, name, horizon):
    return table.rows[:, NAMES.index(name)].reshape(-1, horizon)


@given(st.integers(29, 41), st.integers(0, 99))
def test_what_comes_later_changes_no_feature(origin, seed):
    rng = np.random.default_rng(seed)
    one, other = rng.gamma(1, size=(2, 3, 50))
    other[:, :origin] = one[:, :origin]
    found, again = features(history(one), origin, 5), features(history(other), origin, 5)
    np.testing.assert_array_equal(found.rows, again.rows)
    np.testing.assert_array_equal(found.scale, again.scale)


def test_a_week_and_its_scale_are_as_on_paper():
    """Seven days of 1 to 7, four times, then 28 days twice as large: the scale is 8, Monday is 2 / 8."""
    week = np.arange(1.0, 8)
    value = np.concatenate([np.tile(week, 4), np.tile(2 * week, 4)])[None]
    table = features(history(value), 56, 3)
    assert table.scale.tolist() == [8, 8, 8]
    assert column(table, "lag", 3).tolist() == [[0.25, 0.5, 0.75]]
    assert column(table, "phase_mean", 3).tolist() == [[0.25, 0.5, 0.75]]
    assert column(table, "phase", 3).tolist() == [[0, 1, 2]]
    assert column(table, "last", 3).tolist() == [[14 / 8] * 3]
    assert column(table, "mean_12", 3)[0, 0] == pytest.approx(6 / 8)
    assert column(table, "ahead", 3).tolist() == [[1, 2, 3]]


def test_a_customer_ten_times_as_large_is_the_same_but_for_size():
    value = np.random.default_rng(1).gamma(2, size=(2, 60))
    value[1] = 10 * value[0]
    table = features(history(value, segment=np.array([0, 1])), 50, 4)
    rows = table.rows.reshape(2, 4, -1)
    apart = [name for k, name in enumerate(NAMES) if not np.allclose(rows[0, :, k], rows[1, :, k])]
    assert apart == ["size", "segment"]
    np.testing.assert_allclose(table.target[:4], table.target[4:])


def test_a_segment_that_doubles_says_so_to_all_of_it():
    value = np.ones((3, 28))
    value[0, 21:] = 3
    value[1, 21:] = 1
    table = features(history(value, segment=np.array([0, 0, 1])), 28, 1)
    trend = column(table, "segment_trend", 1)[:, 0]
    assert trend == pytest.approx([np.log(2 / 1.25), np.log(2 / 1.25), 0])


def test_a_customer_without_use_has_features_and_no_infinity():
    value = np.array([[0.0] * 30, [5.0] * 30, [np.nan] * 28 + [0.0, 2.0]])
    table = features(history(value, since=np.array([0, 0, 28])), 30, 2)
    assert not np.isinf(table.rows).any()
    assert (table.scale > 0).all()
    assert np.isnan(column(table, "since_active", 2)[0]).all()
    assert np.isnan(table.target).all()
