"""Room for words: labels stay near, in order and clear of each other; marks are round and enclose what is shown."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from pertoken.present.plane import Plane, written
from pertoken.present.room import apart, cut, powers, rows, ticks

PLACES = st.lists(st.floats(-50, 350), min_size=1, max_size=11)
GAP, LOW, HIGH = 17.0, 7.0, 293.0


@given(PLACES)
def test_labels_keep_their_order_their_distance_and_the_picture(places):
    moved = apart(places, GAP, low=LOW, high=HIGH)
    by_place = [moved[index] for index in sorted(range(len(places)), key=places.__getitem__)]
    assert all(right - left >= GAP - 1e-9 for left, right in pairwise(by_place))
    assert min(moved) >= LOW - 1e-9
    assert max(moved) <= HIGH + 1e-9


@given(PLACES)
def test_labels_move_as_little_as_they_can(places):
    """Oracle: SciPy's isotonic regression of the places less what the gaps take, clipped to the bounds."""
    ordered = np.sort(places)
    gaps = GAP * np.arange(len(ordered))
    best = np.clip(isotonic_regression(ordered - gaps).x, LOW, HIGH - gaps[-1]) + gaps
    assert apart(ordered.tolist(), GAP, low=LOW, high=HIGH) == pytest.approx(best.tolist())


def test_labels_that_do_not_fit_share_the_room():
    assert apart([5.0, 5.0, 5.0], 60.0, low=0.0, high=100.0) == [0, 50, 100]


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(1, 200)), max_size=13))
def test_words_of_one_row_never_meet_and_none_is_higher_than_it_must(spans):
    ends = [(left, left + wide) for left, wide in spans]
    levels = rows(ends)
    for index, level in enumerate(levels):
        below = set(range(level))
        for other in range(index):
            meets = ends[index][0] < ends[other][1] and ends[other][0] < ends[index][1]
            assert not (meets and levels[other] == level)
            below -= {levels[other]} if meets else set()
        assert not below  # every lower row was taken by words that it would have met


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(3, 60))
def test_marks_are_even_enclose_what_is_shown_and_are_few(low, spread, most):
    high = low + spread
    assume(high - low > 1e-9 * max(abs(low), abs(high)))
    marks = ticks(low, high, most=most)
    step = marks[1] - marks[0]
    assert len(marks) <= most
    assert marks[0] <= low + 1e-6 * step
    assert marks[-1] >= high - 1e-6 * step
    assert np.diff(marks) == pytest.approx([step] * (len(marks) - 1), rel=1e-3)


def test_marks_on_powers_of_ten_become_fewer():
    """30 to 2,000 spans the decades 10, 100 and 1,000."""
    sizes = [len(marks) for marks in powers(30, 2000)]
    assert sizes == [9, 6, 3, 2, 1, 1]


def test_a_long_name_is_cut_with_an_ellipsis():
    assert cut("A customer with a name that never ends", 10) == "A custome…"
    assert cut("short", 10) == "short"


@pytest.mark.parametrize("log", [False, True])
def test_a_place_in_the_picture_and_its_number_are_two_names_of_one_thing(log):
    plane = Plane((3.0, 700.0), (0.0, 50.0, 100.0), "money", "USD", right=80, above=30, log=log)
    assert [plane.at(plane.left_of(x)) for x in (3.0, 41.0, 700.0)] == pytest.approx([3, 41, 700])
    assert [plane.level(plane.over(y)) for y in (0.0, 37.0, 100.0)] == pytest.approx([0, 37, 100])
    assert plane.left_of(3.0) == pytest.approx(0)
    assert plane.over(100.0) == pytest.approx(plane.height - 30)


def test_numbers_below_are_thinned_until_they_keep_clear():
    plane = Plane((0.0, 2e9), (0.0, 1.0), "money", "USD", right=200)
    marks = plane.foot("count", "tokens")["axis"]["values"]
    half = [len(written(mark, "count")) * 7.6 / 2 for mark in marks]
    at = [plane.left_of(mark) for mark in marks]
    assert len(marks) >= 2
    assert all(a + u < b - v for (a, b), (u, v) in zip(pairwise(at), pairwise(half), strict=True))
