"""Solve: which value of an input brings a result to its target; all of them, and how far they range over the worlds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError
from pertoken.core.money import Values

Gap = Callable[[Values, NDArray[np.intp]], Values]
"""How far a result is above its target, for values of the input and the worlds that they are tried in."""

POINTS = 65
"""Values of the range that are looked at for changes of sign."""

SHARE = 1e-10
"""How exactly a root is found, by the width of the range."""

STEP = 1e-3
"""A gap that is left is a step of cents, and no jump, up to this share of the change between two points."""


ENDLESS = 1e100
"""What stands for infinity while a root is narrowed down."""


@dataclass(frozen=True, slots=True, eq=False)
class Roots:
    """Values that bring a result to its target.

    Args:
        values: All roots in the first world, rising.
        tried: Values that were looked at, shape `(point,)`.
        gaps: How far above its target the result was there, in the first world, shape `(point,)`.
        jumps: Values at which the result jumps over its target without meeting it.
        by_world: The lowest root of each world, nan where a world has none, shape `(world,)`.
    """

    values: tuple[float, ...]
    tried: Values
    gaps: Values
    jumps: tuple[float, ...]
    by_world: Values

    @property
    def without(self) -> float:
        """Share of the worlds that have no root in the range."""
        return float(np.isnan(self.by_world).mean())


def roots(gap: Gap, low: float, high: float, *, worlds: int = 1, points: int = POINTS) -> Roots:
    """Find all values in a range at which a gap closes, by changes of its sign between points, then bracketing.

    Args:
        gap: The gap, for values and the indices of their worlds, elementwise.
        low: Lowest value tried.
        high: Highest value tried.
        worlds: How many worlds there are; the first is told in full.
        points: Values looked at in the range. Two roots between neighbours are not seen.

    Raises:
        InputError: The range is empty.
    """
    if not low < high:
        msg = f"the range runs from {low:g} to {high:g}; expected the lower end first; say --from and --to"
        raise InputError(msg)
    tried = np.linspace(low, high, points)
    first = gap(tried, np.zeros(points, dtype=np.intp))
    found, jumps = _exact(gap, tried, first)
    by_world = np.full(worlds, found[0] if found else np.nan)
    if worlds > 1:
        by_world = _by_world(gap, tried, worlds)
    return Roots(tuple(found), tried, first, tuple(jumps), by_world)


def _exact(gap: Gap, tried: Values, gaps: Values) -> tuple[list[float], list[float]]:
    """Narrow every change of sign in the first world down to a root, or to a jump; of a stretch of roots, its ends."""
    zero = np.pad(gaps == 0, 1)
    on = tried[zero[1:-1] & ~(zero[:-2] & zero[2:])].tolist()
    at = np.flatnonzero(np.sign(gaps[:-1]) * np.sign(gaps[1:]) < 0)
    if not len(at):
        return on, []
    root, met = _bracketed(gap, (tried[at], tried[at + 1]), (gaps[at], gaps[at + 1]), np.zeros(len(at), dtype=np.intp))
    return sorted([*on, *root[met].tolist()]), root[~met].tolist()


def _by_world(gap: Gap, tried: Values, worlds: int) -> Values:
    """The lowest root of each world: the first change of sign between a few points that is no jump, narrowed down."""
    few = tried[:: max(1, (len(tried) - 1) // 16)]
    every = np.arange(worlds)
    gaps = np.stack([gap(np.full(worlds, x), every) for x in few])
    change = np.sign(gaps[:-1]) * np.sign(gaps[1:]) <= 0
    out = np.full(worlds, np.nan)
    while (has := np.flatnonzero(change.any(axis=0))).size:
        at = change.argmax(axis=0)[has]
        root, met = _bracketed(gap, (few[at], few[at + 1]), (gaps[at, has], gaps[at + 1, has]), has)
        out[has[met]] = root[met]
        change[at, has] = False
        change[:, has[met]] = False
    return out


def _bracketed(
    gap: Gap, ends: tuple[Values, Values], gaps: tuple[Values, Values], world: NDArray[np.intp]
) -> tuple[Values, NDArray[np.bool_]]:
    """Find a root between two ends in each world, by Chandrupatla's method; tell where the gap closes and is no jump.

    A gap may be infinite at an end, as that of a share of no revenue.
    """
    from scipy.optimize import elementwise  # noqa: PLC0415  a plain run does not wait for it

    def bounded(value: Values, index: NDArray[np.intp]) -> Values:
        return np.clip(gap(value, index), -ENDLESS, ENDLESS)

    width = float(np.max(np.abs(ends[1] - ends[0])))
    found = elementwise.find_root(
        bounded, ends, args=(world,), tolerances={"xatol": SHARE * width, "xrtol": 1e-12, "fatol": 0, "frtol": 0}
    )
    scale = sum(np.where(np.isfinite(each), np.abs(each), 0.0) for each in gaps)
    return np.asarray(found.x), np.abs(np.asarray(found.f_x)) <= STEP * scale
