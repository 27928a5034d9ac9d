"""Operations: what each operator and function of a formula does to arrays of any shape."""

from collections.abc import Callable, Mapping
from functools import reduce
from math import erfc, inf, nan, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np

from pertoken.core.errors import Fault, InputError
from pertoken.core.money import TIE, Values, round_half_up
from pertoken.core.nodes import Curve, Sample

Worlds = Any
"""Numbers of any shape, a single one included; what broadcasts against each other."""


def tiered(quantity: Worlds, up_to: list[Worlds], a: list[Worlds], b: list[Worlds]) -> Worlds:
    """Charge a quantity by tiers that may differ by world: the tier k of it (a bound belongs below), then a_k + b_k q.

    Args:
        quantity: What was used, shape `(*batch, month)`.
        up_to: Upper bound of all tiers but the last.
        a: Intercept of each tier. [currency]
        b: Slope of each tier. [currency / unit of the quantity]

    Returns:
        Money in the shape that all have together. [currency]

    >>> tiered(np.array([10.0, 11.0]), [10.0], [0.0, 10.0], [2.0, 1.0]).tolist()
    [20.0, 21.0]
    """
    if all(np.size(each) == 1 for each in (*up_to, *a, *b)):
        bounds, heights, slopes = (np.array([np.asarray(x).item() for x in each]) for each in (up_to, a, b))
        tier = np.searchsorted(_reached(bounds), quantity, side="left")
        return heights[tier] + slopes[tier] * quantity
    height, slope = a[0], b[0]
    for bound, above, steeper in zip(up_to, a[1:], b[1:], strict=True):
        beyond = quantity > _reached(bound)
        height, slope = np.where(beyond, above, height), np.where(beyond, steeper, slope)
    return height + slope * quantity


def _reached(bound: Worlds) -> Worlds:
    """How far a tier reaches: its bound, and what a float may lie above the decimal that is meant."""
    return bound + np.abs(bound) * (TIE - 1)


def _minus(*args: Worlds) -> Worlds:
    return -args[0] if len(args) == 1 else args[0] - args[1]


def _rounded(values: Worlds, digits: Worlds = 0) -> Worlds:
    places = np.unique(np.asarray(digits))
    if places.size != 1:
        raise InputError.of([Fault("", f"round to {places.size} numbers of digits", "one number of digits")])
    return round_half_up(np.asarray(values, dtype=np.float64), int(places[0]))


def _away(values: Worlds) -> Worlds:
    return np.copysign(np.ceil(np.abs(values) / TIE), values)


def _toward(values: Worlds) -> Worlds:
    return np.copysign(np.floor(np.abs(values) * TIE), values)


FEW = 64
"""So many numbers are reckoned one by one: SciPy takes longer to load than a certain model to run."""


def _normal(values: Worlds) -> Worlds:
    if np.size(values) <= FEW:
        return _each(lambda x: 0.5 * erfc(-x / sqrt(2)), values)
    from scipy.special import ndtr  # noqa: PLC0415  few models need it

    return ndtr(values)


def _normal_inverse(shares: Worlds) -> Worlds:
    if np.size(shares) <= FEW:
        return _each(_quantile, shares)
    from scipy.special import ndtri  # noqa: PLC0415  few models need it

    return ndtri(shares)


def _quantile(share: float) -> float:
    """Where a share of a standard normal lies below; endless at the ends, undefined beyond them."""
    if 0 < share < 1:
        return NormalDist().inv_cdf(share)
    return {0.0: -inf, 1.0: inf}.get(share, nan)


def _each(of: Callable[[float], float], values: Worlds) -> Worlds:
    """Reckon numbers one by one."""
    own = np.asarray(values, dtype=np.float64)
    return np.array([of(x) for x in own.ravel().tolist()]).reshape(own.shape)


def _truth(values: Worlds) -> Values:
    return np.asarray(values, dtype=np.float64)


def _all(*args: Worlds) -> Values:
    return _truth(reduce(np.logical_and, args))


def _any(*args: Worlds) -> Values:
    return _truth(reduce(np.logical_or, args))


def replicas_on(load: Worlds, least: Worlds, curve: Curve) -> Values:
    """Count machines that a load needs on average over a curve, in whole numbers at each of its heights.

    >>> replicas_on(np.array([1.0, 2.5]), 2.0, Curve("day and night", (0.5, 1.5), (12.0, 12.0))).tolist()
    [2.0, 3.0]
    """
    own, whole = np.asarray(load, dtype=np.float64), sum(curve.weights)
    parts = zip(curve.heights, curve.weights, strict=True)
    each = [weight * np.maximum(np.ceil(own * height), least) for height, weight in parts]
    total: Values = reduce(np.add, each) / whole
    return total


def world_of(sample: Sample, rank: Worlds, width: Worlds) -> Values:
    """Take the world at a rank, or the mean of the worlds around it.

    Args:
        sample: The worlds, from the lowest rank to the highest.
        rank: Share of them that lies below, shape `(*batch, 1)`.
        width: Share of them that is averaged, half of it on either side as far as there are so many, same shape.

    >>> from pertoken.core.units import ONE
    >>> worlds = Sample("growth.revenue", np.array([[1.0, 2.0], [3.0, 4.0], [8.0, 9.0]]), ONE)
    >>> world_of(worlds, np.array([0.5]), np.array([0.0])).tolist()
    [3.0, 4.0]
    >>> world_of(worlds, np.array([0.5]), np.array([1.0])).tolist()
    [4.0, 5.0]
    """
    many = len(sample.values)
    averaged = np.clip(_counted(np.asarray(width) * many + 0.5), 1, many)
    first = np.clip(_counted(np.asarray(rank) * many - averaged / 2 + 0.5), 0, many - averaged)
    at, count = (each[..., 0].astype(np.int64) for each in np.broadcast_arrays(first, averaged))
    if (count == 1).all():
        return np.asarray(sample.values[at])
    means = [sample.values[low : low + size].mean(axis=0) for low, size in zip(at.flat, count.flat, strict=True)]
    return np.reshape(means, (*at.shape, -1))


def _counted(worlds: Worlds) -> Values:
    """Count whole worlds: 29 % of 100 are 29, though the product of the floats is a little less."""
    return np.asarray(np.floor(np.round(worlds, 9)))


def _folded(join: Callable[[Worlds, Worlds], Worlds]) -> Callable[..., Worlds]:
    def fold(*args: Worlds) -> Worlds:
        return reduce(join, args)

    return fold


def _compared(compare: Callable[[Worlds, Worlds], Worlds]) -> Callable[[Worlds, Worlds], Values]:
    def test(left: Worlds, right: Worlds) -> Values:
        return _truth(compare(left, right))

    return test


OPERATIONS: Mapping[str, Callable[..., Worlds]] = {
    "+": _folded(np.add),
    "-": _minus,
    "*": _folded(np.multiply),
    "/": np.divide,
    "^": np.power,
    "<": _compared(np.less),
    "<=": _compared(np.less_equal),
    ">": _compared(np.greater),
    ">=": _compared(np.greater_equal),
    "==": _compared(np.equal),
    "!=": _compared(np.not_equal),
    "and": _all,
    "or": _any,
    "not": lambda values: _truth(np.logical_not(values)),
    "min": _folded(np.minimum),
    "max": _folded(np.maximum),
    "round": _rounded,
    "round_up": _away,
    "round_down": _toward,
    "abs": np.abs,
    "exp": np.exp,
    "ln": np.log,
    "sqrt": np.sqrt,
    "if": lambda condition, then, otherwise: np.where(np.not_equal(condition, 0), then, otherwise),
    "replicas on": replicas_on,
    "world of": world_of,
    "normal": _normal,
    "normal_inverse": _normal_inverse,
}
"""What needs its arguments only; time and tiers are looked up in `evaluate`. Dividing by zero gives `inf` or `nan`."""
