"""Chance of worlds in compiled loops: normals of shares in double precision, and counts by inversion."""

import math
from typing import Any

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.kernel_lanes import compiled
from pertoken.machine.loop import Loop

STRETCH = 512
"""Lanes that a product keeps close to the processor at a time."""

SPLIT, NEAR, FAR = 0.425, 1.6, 5.0
MIDDLE = (
    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457,
    67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
), (
    1.0, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
    39307.89580009271061, 28729.085735721942674, 5226.495278852545925,
)  # fmt: skip
OUTER = (
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
), (
    1.0, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
    0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
)  # fmt: skip
TAIL = (
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
    0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
), (
    1.0, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
    1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
)  # fmt: skip
"""Numerators and denominators around the median, farther out, and in the tail (Wichura, algorithm AS 241, 1988)."""
# signatures are numba's
# ruff: noqa: ANN001, ANN201, D103, PLR0917


@compiled
def fraction(x, above, below):  # type: ignore[no-untyped-def]
    top, bottom = above[7], below[7]
    for k in range(6, -1, -1):
        top, bottom = top * x + above[k], bottom * x + below[k]
    return top / bottom


@Loop
def normals_of(shares, out):  # type: ignore[no-untyped-def]
    """Find the normals at or below which there are these shares, to 1e-15; both arrays are flat."""
    for k in range(len(shares)):
        q = shares[k] - 0.5
        if abs(q) <= SPLIT:
            out[k] = q * fraction(SPLIT * SPLIT - q * q, *MIDDLE)
        else:
            r = math.sqrt(-math.log(min(shares[k], 1 - shares[k])))
            z = fraction(r - NEAR, *OUTER) if r <= FAR else fraction(r - FAR, *TAIL)
            out[k] = z if q > 0 else -z


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
            for j in range(len(lanes)):
                each = root[i, j]
                for k in range(first, last):
                    out[i, k] += each * lanes[j, k]


def product(root: Values, lanes: Values) -> Values:
    """Multiply a matrix by lanes, of shape `(row, lane)`.

    >>> product(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])).tolist()
    [[11.0]]
    """
    out = np.empty((len(root), lanes.shape[1]))
    summed(np.ascontiguousarray(root), lanes, out)
    found: Values = out
    return found


def normals(shares: Values) -> Values:
    """Turn shares into normals, whatever their shape.

    >>> normals(np.array([0.5, 0.975])).round(4).tolist()
    [0.0, 1.96]
    """
    out: Any = np.empty(shares.shape)
    normals_of(np.ascontiguousarray(shares, dtype=np.float64).reshape(-1), out.reshape(-1))
    found: Values = out
    return found
