"""Worlds in compiled loops: counts by inversion, and products of matrices with lanes."""

import numpy as np

from pertoken.core.money import Values
from pertoken.machine.loop import Loop

STRETCH = 512
"""Lanes that a product keeps close to the processor at a time."""

# signatures are numba's
# ruff: noqa: ANN001, ANN201, PLR0917


@Loop
def reached(share, chance, ratio, size, most, out):  # type: ignore[no-untyped-def]
    """Find the first number whose chance to be reached or stayed below is no less than a share.

    Args:
        share: Strictly between 0 and 1.
        chance: Of the number 0.
        ratio: By which the chance of a number changes to that of the next, apart from what depends on the number.
        size: Of the negative binomial; 0 for a Poisson law.
        most: The most that is tried.
        out: Numbers; written.
    """
    for i in range(len(share)):
        each, below, k = chance[i], chance[i], 0
        while below < share[i] and k < most:
            each *= (ratio[i] / (k + 1)) if size == 0 else (ratio[i] * (k + size) / (k + 1))
            below += each
            k += 1
        out[i] = k


@Loop
def summed(root, lanes, out):  # type: ignore[no-untyped-def]
    """Multiply a matrix by lanes, shape `(row, lane)`: in one order, so with the same bits on any machine's threads."""
    for first in range(0, lanes.shape[1], STRETCH):
        last = min(first + STRETCH, lanes.shape[1])
        for i in range(len(root)):
            for k in range(first, last):
                out[i, k] = 0.0
            for j in range(0, len(lanes) - 3, 4):  # four at a time, so that what is summed is fetched less often
                a, b, c, d = root[i, j], root[i, j + 1], root[i, j + 2], root[i, j + 3]
                for k in range(first, last):
                    out[i, k] += a * lanes[j, k] + b * lanes[j + 1, k] + c * lanes[j + 2, k] + d * lanes[j + 3, k]
            for j in range(len(lanes) // 4 * 4, len(lanes)):
                for k in range(first, last):
                    out[i, k] += root[i, j] * lanes[j, k]


def product(root: Values, lanes: Values) -> Values:
    """Multiply a matrix by lanes, of shape `(row, lane)`.

    >>> product(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])).tolist()
    [[11.0]]
    """
    out = np.empty((len(root), lanes.shape[1]))
    summed(np.ascontiguousarray(root), lanes, out)
    found: Values = out
    return found
