"""Roots: all values at which a gap closes, in the first world and the lowest of each."""

import numpy as np
import pytest

from pertoken.core.errors import InputError
from pertoken.scenario.solve import roots


def gap(function):
    """A gap that is the same in all worlds."""
    return lambda value, _: function(np.asarray(value, dtype=float))


def test_all_roots_of_a_cubic_are_found():
    found = roots(gap(lambda x: (x - 1.3) * (x - 4.1) * (x - 8.7)), 0, 10)
    assert found.values == pytest.approx((1.3, 4.1, 8.7), abs=1e-8)
    assert found.jumps == ()


def test_roots_at_both_ends_are_found():
    found = roots(gap(lambda x: x * (x - 10)), 0, 10, worlds=2)
    assert list(found.values) == [0, 10]
    assert found.by_world.tolist() == [0, 0]


def test_a_target_that_is_never_reached_has_no_root():
    found = roots(gap(lambda x: x**2 + 1), -3, 3, worlds=3)
    assert found.values == found.jumps == ()
    assert found.without == 1


def test_a_step_is_a_jump_and_no_root_in_any_world():
    found = roots(gap(lambda x: np.where(x <= 3.3, -10.0, 15.0)), 0, 10, worlds=5)
    assert found.values == ()
    assert found.jumps == pytest.approx((3.3,), abs=1e-8)
    assert np.isnan(found.by_world).all()


def test_behind_a_jump_each_world_still_has_its_root():
    """Volume tiers: a jump up at 3.3, and where the line comes back down to zero, at 6 and more by world."""
    places = np.array([6.0, 6.6, 7.4])
    found = roots(lambda x, i: np.where(x <= 3.3, -5.0, places[i] - x), 0, 10, worlds=3)
    assert found.values == pytest.approx((6.0,))
    assert found.jumps == pytest.approx((3.3,))
    assert found.by_world == pytest.approx(places, abs=1e-7)


def test_a_share_of_no_revenue_is_no_hindrance():
    """Margin 1 - 2 / x is 60 % at x = 5, and minus infinity at 0; here the root lies right beside it, too."""
    with np.errstate(divide="ignore"):
        for most in (10, 1000):
            found = roots(gap(lambda x: 1 - 2 / x - 0.6), 0, most, worlds=2)
            assert found.values == pytest.approx((5,), rel=1e-6)
            assert found.by_world == pytest.approx([5, 5], rel=1e-6)


def test_a_pole_is_no_root():
    with np.errstate(divide="ignore"):
        found = roots(gap(lambda x: 1 / (x - 3.3)), 0, 10)
    assert found.values == ()


def test_a_stretch_without_a_gap_is_told_by_its_ends():
    """A minimum that holds up to 5: every price below is a root."""
    found = roots(gap(lambda x: np.maximum(x - 5, 0)), 0, 10)
    assert found.values == (0, 5)


def test_an_empty_range_is_refused():
    with pytest.raises(InputError, match="the range runs from 3 to 3"):
        roots(gap(lambda x: x), 3, 3)
