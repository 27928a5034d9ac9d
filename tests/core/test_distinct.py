"""Long columns told apart without sorting: the same as sorting gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.distinct import distinct, first_of, order_of, pairs

NUMBERS = st.lists(st.integers(-(10**6), 10**6), max_size=23) | st.lists(st.integers(0, 5), max_size=23)
UNITS = st.sampled_from(["h", "D", "M", "s"])


@given(NUMBERS)
def test_numbers_are_told_apart_as_by_sorting(numbers):
    column = np.array(numbers, dtype=np.int64)
    found, which = distinct(column)
    assert found.tolist() == sorted(set(numbers))
    assert found[which].tolist() == numbers
    assert column[first_of(which, len(found))].tolist() == found.tolist()
    assert [numbers.index(x) for x in found] == first_of(which, len(found)).tolist()
    assert order_of(which, len(found)).tolist() == sorted(range(len(numbers)), key=lambda i: numbers[i])


@given(st.lists(st.integers(0, 3 * 10**5), min_size=1, max_size=23), UNITS)
def test_moments_are_told_apart_whatever_their_unit(numbers, unit):
    column = np.array(numbers, dtype=np.int64).astype(f"datetime64[{unit}]").astype("datetime64[s]")
    found, which = distinct(column)
    assert (found == np.unique(column)).all()
    assert (found[which] == column).all()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=23))
def test_pairs_are_told_apart_by_both(rows):
    one, two = (np.array(column) for column in zip(*rows, strict=True))
    first, second, which = pairs(one, two)
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == sorted(set(rows))
    assert list(zip(first[which].tolist(), second[which].tolist(), strict=True)) == rows


@pytest.mark.parametrize("moments", [["0001-01-01", "9999-01-01"], ["2026-01-01T00:00:01", "2026-01-01T00:00:02"]])
def test_far_and_odd_moments_are_sorted(moments):
    column = np.array(moments[::-1], dtype="datetime64[s]")
    found, which = distinct(column)
    assert found.astype(str).tolist() == column[::-1].astype(str).tolist()
    assert which.tolist() == [1, 0]
