"""Distinct: the different numbers of a long column and the place of each line among them, unsorted where it can be."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

HOUR = 3600
SPARSE = 4
"""How many places a table may have for each number, before sorting is the better way."""
LEAST = 1 << 16


def distinct(numbers: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Find the different numbers, or moments, in their order, and the place of each line among them.

    >>> found, which = distinct(np.array([7, 3, 7]))
    >>> found.tolist(), which.tolist()
    ([3, 7], [1, 0, 1])
    """
    if not len(numbers):
        return numbers, np.zeros(0, dtype=np.intp)
    whole = numbers.astype("datetime64[s]").astype(np.int64) if numbers.dtype.kind == "M" else numbers
    low, high = int(whole.min()), int(whole.max())
    step = HOUR if numbers.dtype.kind == "M" and low > np.iinfo(np.int64).min else 1
    if (high - low) // step > max(SPARSE * len(numbers), LEAST):
        return _sorted(numbers)
    offset = whole - low
    if step > 1:
        offset, rest = np.divmod(offset, step)
        if rest.any():
            return _sorted(numbers)
    table = np.zeros(int(offset.max()) + 1, dtype=bool)
    table[offset] = True
    found = np.flatnonzero(table) * step + low
    place: NDArray[np.intp] = (np.cumsum(table) - 1)[offset]
    return (found.astype("datetime64[s]") if numbers.dtype.kind == "M" else found.astype(numbers.dtype)), place


def _sorted(numbers: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    found, which = np.unique(numbers, return_inverse=True)
    return found, which.reshape(-1)


def pairs(one: NDArray[Any], two: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.intp]]:
    """Find the different pairs of two columns, in their order, and the place of each line among them."""
    found, which = distinct(one)
    partner = np.empty(len(found), dtype=two.dtype)
    partner[which] = two
    if (partner[which] == two).all():
        return found, partner, which
    other, second = distinct(two)
    both, place = distinct(which * len(other) + second)
    return found[both // len(other)], other[both % len(other)], place


def order_of(which: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Sort lines by their place among so many, those of one place in the order in which they stand."""
    small = which.astype(np.uint16) if size <= LEAST else which
    return np.argsort(small, kind="stable")


def first_of(which: NDArray[Any], size: int) -> NDArray[np.intp]:
    """Find the first line of each place."""
    first = np.zeros(size, dtype=np.intp)
    first[which[::-1]] = np.arange(len(which))[::-1]
    return first
