"""Room for words in a picture: even ticks, how wide a text is, and labels that keep clear of each other."""

from collections.abc import Sequence
from itertools import count
from math import ceil, floor, isfinite, log10

import numpy as np
from numpy.typing import NDArray

from pertoken.present.dress import LETTER, NAME
from pertoken.present.sheet import Number

Numbers = Sequence[Number] | NDArray[np.float64]
"""Numbers to draw, in order."""

STEPS = (1, 2, 2.5, 5, 10)
NARROW = 6.4
"""Width of a letter beside an axis, where a little too much is no harm. [px]"""


def drawable(numbers: Numbers, what: str) -> list[float]:
    """Return numbers as floats, each of which has a place in a picture.

    Args:
        numbers: What is drawn.
        what: What they are, for the message.

    Raises:
        ValueError: If one is not finite.
    """
    floats = [float(number) for number in numbers]
    wrong = [number for number in floats if not isfinite(number)]
    if wrong:
        raise ValueError(f"{what} holds {wrong[0]}, which has no place in a picture; expected finite numbers")
    return floats


def ticks(low: float, high: float, *, most: int = 6) -> list[float]:
    """Return round numbers, evenly spaced, of which the first and the last enclose what is shown.

    >>> ticks(-3, 17), ticks(0.02, 0.13, most=4), ticks(7, 7)
    ([-5.0, 0.0, 5.0, 10.0, 15.0, 20.0], [0.0, 0.05, 0.1, 0.15], [0.0, 2.0, 4.0, 6.0, 8.0])

    Args:
        low: Smallest number shown; if it is the largest too, zero is shown with it.
        high: Largest number shown.
        most: How many numbers there may be, at least 3.
    """
    if low == high:
        low, high = min(low, 0.0), max(high, 0.0) or 1.0
    size = 10.0 ** floor(log10((high - low) / most))
    for step in (size * factor for factor in (*STEPS, *(10 * more for more in STEPS))):
        first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
        if last - first < most:
            break
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def powers(low: float, high: float) -> list[list[float]]:
    """Return choices of round numbers on a scale of powers of ten, from many to few.

    >>> powers(30, 2000)[0], powers(30, 2000)[2]
    ([10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0], [10.0, 100.0, 1000.0])

    Args:
        low: Smallest number shown, above zero.
        high: Largest number shown.
    """
    decades = range(floor(log10(low)), floor(log10(high)) + 1)
    fine = [
        [float(f"{factor}e{decade}") for decade in decades for factor in factors] for factors in ((1, 2, 5), (1, 3))
    ]
    return [*fine, *([float(f"1e{decade}") for decade in decades[::every]] for every in (1, 2, 3, 6))]


def width(text: str) -> float:
    """Return how wide a text may become [px]."""
    return LETTER * len(text)


def cut(text: str, most: int = NAME) -> str:
    """Return a text of so many letters at most, its end an ellipsis where something is missing.

    >>> cut("Northwind Legal", 10)
    'Northwind…'
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def apart(places: Sequence[float], gap: float, *, low: float, high: float) -> list[float]:
    """Return places near the wanted ones and in their order, at least a gap from each other and inside the bounds.

    Neighbours that are too close become a group, which stands around the middle of what its members wanted; groups
    that meet become one (the pool of adjacent violators, so that the squared moves are the least possible).

    >>> apart([10.0, 12.0, 50.0], 6.0, low=0, high=100)
    [8.0, 14.0, 50.0]

    Args:
        places: Wanted places.
        gap: The least distance.
        low: The least place.
        high: The greatest place; if all do not fit, they share the room evenly.
    """
    size = len(places)
    gap = min(gap, (high - low) / max(size - 1, 1))
    order = sorted(range(size), key=lambda index: places[index])
    groups: list[tuple[float, int]] = []  # the mean of where the members' first would stand, and how many they are
    for rank, index in enumerate(order):
        mean, members = places[index] - rank * gap, 1
        while groups and groups[-1][0] >= mean:
            other, more = groups.pop()
            mean, members = (mean * members + other * more) / (members + more), members + more
        groups.append((mean, members))
    firsts = [min(max(mean, low), high - (size - 1) * gap) for mean, members in groups for _ in range(members)]
    out = [0.0] * size
    for rank, (index, first) in enumerate(zip(order, firsts, strict=True)):
        out[index] = first + rank * gap
    return out


def rows(spans: Sequence[tuple[float, float]]) -> list[int]:
    """Return a row for each span of words so that no two in a row meet: the lowest that is free, in order.

    >>> rows([(0, 10), (5, 15), (12, 20)])
    [0, 1, 0]

    Args:
        spans: Where each begins and ends.
    """
    taken: list[list[tuple[float, float]]] = []
    out = []
    for left, right in spans:
        free = (row for row in count() if row == len(taken) or not _meets(taken[row], left, right))
        row = next(free)
        if row == len(taken):
            taken.append([])
        taken[row].append((left, right))
        out.append(row)
    return out


def _meets(others: Sequence[tuple[float, float]], left: float, right: float) -> bool:
    return any(left < end and start < right for start, end in others)
