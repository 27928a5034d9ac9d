"""Special functions of arrays in compiled loops: what a forecast needs of SciPy's, whose package loads slowly."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from pertoken.core.money import Values
from pertoken.machine.loop import Loop

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

STEPS, CLOSE = 60, 1e-13
"""The most steps of Newton's method; the relative step below which it is done."""

BEYOND = np.arange(8.0)
"""What an argument is raised by, one by one, until the series of the digamma function is exact to 1e-12."""

ROOT, LARGE, MEDIAN = math.sqrt(0.5), 20.0, 0.5
"""Root of a half; number from which on Stirling's formula is as exact as a float; share below the median."""
# signatures are numba's
# ruff: noqa: ANN001, ANN201, D103


@Loop
def fraction(x, above, below):  # type: ignore[no-untyped-def]
    a, b, c, d, e, f, g, h = above
    top = ((((((h * x + g) * x + f) * x + e) * x + d) * x + c) * x + b) * x + a
    a, b, c, d, e, f, g, h = below
    return top / (((((((h * x + g) * x + f) * x + e) * x + d) * x + c) * x + b) * x + a)


@Loop
def normals_of(shares, out):  # type: ignore[no-untyped-def]
    """Find the normals at or below which there are these shares, to 1e-15; both arrays are flat.

    All as if they were near the median, several at a time, then the others one by one.
    """
    for k in range(len(shares)):
        q = shares[k] - 0.5
        out[k] = q * fraction(SPLIT * SPLIT - q * q, *MIDDLE)
    for k in range(len(shares)):
        q = shares[k] - 0.5
        if abs(q) > SPLIT:
            r = math.sqrt(-math.log(min(shares[k], 1 - shares[k])))
            z = fraction(r - NEAR, *OUTER) if r <= FAR else fraction(r - FAR, *TAIL)
            out[k] = z if q > 0 else -z


@Loop
def shares_of(normals, out):  # type: ignore[no-untyped-def]
    for k in range(len(normals)):
        out[k] = 0.5 * math.erfc(-normals[k] * ROOT)


@Loop
def log_gammas(numbers, out):  # type: ignore[no-untyped-def]
    for k in range(len(numbers)):
        out[k] = math.lgamma(numbers[k])


@Loop
def rest(x):  # type: ignore[no-untyped-def]
    """What Stirling's formula leaves out of the log of the gamma function (Abramowitz and Stegun 6.1.41)."""
    y = 1 / (x * x)
    return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y / 1680))) / x


@Loop
def log_betas(ones, others, out):  # type: ignore[no-untyped-def]
    """Take logs of the beta function; of large numbers by Stirling's formula, whose large parts cancel on paper."""
    for k in range(len(ones)):
        a, b = min(ones[k], others[k]), max(ones[k], others[k])
        if b < LARGE:
            out[k] = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
        else:
            apart = a - (b - 0.5) * math.log1p(a / b) - a * math.log(a + b)
            out[k] = math.lgamma(a) + apart + rest(b) - rest(a + b)


@Loop
def below(t, freedom):  # type: ignore[no-untyped-def]
    """Share of Student's t below a number that is not negative (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    square, odd = math.cos(angle) ** 2, freedom % 2
    term = math.cos(angle) if odd else 1.0
    summed = term if freedom > 1 else 0.0
    for k in range(2 + odd, freedom - 1, 2):
        term *= square * (k - 1) / k
        summed += term
    summed *= math.sin(angle)
    return 0.5 + ((angle + summed) / math.pi if odd else summed / 2)


@Loop
def student_of(normals, shares, freedom, out):  # type: ignore[no-untyped-def]
    """Find quantiles by Newton's method: beyond a normal's, which is nearer to the middle, steps never go too far."""
    for k in range(len(shares)):
        n = freedom[k]
        scale = math.exp(math.lgamma((n + 1) / 2) - math.lgamma(n / 2)) / math.sqrt(n * math.pi)
        share, t = max(shares[k], 1 - shares[k]), abs(normals[k])
        for _ in range(STEPS):
            step = (share - below(t, n)) * (1 + t * t / n) ** ((n + 1) / 2) / scale
            t += step
            if abs(step) <= CLOSE * t:
                break
        out[k] = t if shares[k] > MEDIAN else -t


def _flat(values: Any) -> tuple[Values, Values]:  # noqa: ANN401  numbers of any shape
    """Lay numbers in a row, and make room for as many."""
    given = np.array(values, dtype=np.float64, order="C")
    return given, np.empty(given.shape)


def _each(kernel: Callable[[Values, Values], None], values: Any) -> Values:  # noqa: ANN401  numbers of any shape
    """Apply a compiled loop to each number."""
    given, out = _flat(values)
    kernel(given.reshape(-1), out.reshape(-1))
    return out


def normal_scores(shares: Any) -> Values:  # noqa: ANN401  numbers of any shape
    """Find the standard normals at or below which there are these shares, to 1e-15.

    Args:
        shares: Of any shape.

    >>> normal_scores([0.5, 0.975]).round(4).tolist()
    [0.0, 1.96]
    """
    return _each(normals_of, shares)


def normal_shares(normals: Any) -> Values:  # noqa: ANN401  as above
    """Find which share of a standard normal lies below each number.

    >>> normal_shares([0.0, 1.96]).round(4).tolist()
    [0.5, 0.975]
    """
    return _each(shares_of, normals)


def gammaln(numbers: Any) -> Values:  # noqa: ANN401  as above
    """Take the log of the gamma function of positive numbers.

    >>> gammaln([1.0, 5.0]).round(6).tolist() == np.log([1.0, 24.0]).round(6).tolist()
    True
    """
    return _each(log_gammas, numbers)


def betaln(one: Any, other: Any) -> Values:  # noqa: ANN401  as above
    """Take the log of the beta function of positive numbers.

    >>> float(np.exp(betaln(2.0, 3.0)).round(6)) == round(1 / 12, 6)
    True
    """
    both = np.broadcast_arrays(np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64))
    (a, out), (b, _) = _flat(both[0]), _flat(both[1])
    log_betas(a.reshape(-1), b.reshape(-1), out.reshape(-1))
    return out


def digamma(numbers: Any) -> Values:  # noqa: ANN401  as above
    """Give the slope of the log of the gamma function of positive numbers (Abramowitz and Stegun 6.3.5 and 6.3.18).

    >>> digamma(1.0).round(6).tolist()  # Euler's constant, below zero
    -0.577216
    """
    x = np.asarray(numbers, dtype=np.float64)
    z = 1 / (x + len(BEYOND))
    y = z * z
    series = z / 2 + y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y / 132))))
    found: Values = -np.log(z) - series - (1 / (x[..., None] + BEYOND)).sum(axis=-1)
    return found


def trigamma(numbers: Any) -> Values:  # noqa: ANN401  as above
    """Give the slope of the digamma function of positive numbers (Abramowitz and Stegun 6.4.6 and 6.4.12).

    >>> trigamma(1.0).round(6).tolist() == round(np.pi**2 / 6, 6)
    True
    """
    x = np.asarray(numbers, dtype=np.float64)
    z = 1 / (x + len(BEYOND))
    y = z * z
    series = z * (1 + z / 2 + y * (1 / 6 - y * (1 / 30 - y * (1 / 42 - y * (1 / 30 - y * 5 / 66)))))
    found: Values = series + np.square(1 / (x[..., None] + BEYOND)).sum(axis=-1)
    return found


def students(shares: Any, freedom: Any) -> Values:  # noqa: ANN401  as above
    """Find quantiles of Student's t.

    Args:
        shares: Strictly between 0 and 1.
        freedom: Degrees of freedom, whole numbers; both take on one shape.

    >>> students(0.975, [4, 30]).round(3).tolist()
    [2.776, 2.042]
    """
    share, free = np.broadcast_arrays(np.asarray(shares, dtype=np.float64), np.asarray(freedom, dtype=np.int64))
    given, out = _flat(share)
    student_of(normal_scores(given).reshape(-1), given.reshape(-1), np.array(free).reshape(-1), out.reshape(-1))
    return out
