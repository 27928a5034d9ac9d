"""A smooth curve through P10, P50 and P90: the metalog of three terms, on an open scale or between bounds.

On its scale z the curve is `z(u) = a1 + logit(u) * (a2 + a3 * (u - 0.5))`. A lower bound makes z the logarithm of the
distance to it, an upper bound the same seen from above, both bounds the log-odds between them.

Source: T. W. Keelin, *The Metalog Distributions*, Decision Analysis 13(4), 2016, doi:10.1287/deca.2016.0338: equations
of the symmetric-percentile triplet and of its feasible medians.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log
from types import MappingProxyType

import numpy as np

from pertoken.core.money import Values

LEVEL = 0.1
"""The lower of the two shares: P10, with P90 opposite."""
LOG_ODDS = log((1 - LEVEL) / LEVEL)
NARROWEST = (1 - 1.66711 * (0.5 - LEVEL)) / 2
"""How near the median may come to P10 or P90, as a share of the way between them on the scale."""
FURTHEST = 12.0
NODES = 2401


@dataclass(frozen=True, slots=True)
class Scale:
    """How a quantity is stretched until it has no bounds.

    Args:
        to: Quantity to its place on the scale.
        move: A quantity, and how far to go on the scale, to the quantity there.
        excel_to: `to` in a spreadsheet, of `{x}`.
        excel_move: `move` in a spreadsheet, from `{p50}` by `{z}`.
    """

    to: Callable[..., Values]
    move: Callable[..., Values]
    excel_to: str
    excel_move: str


def _move_between(x: Values, by: Values, low: float, high: float) -> Values:
    with np.errstate(over="ignore"):
        return low + (high - low) / (1 + (high - x) / (x - low) * np.exp(-by))


OPEN = Scale(lambda x: x, lambda x, by: x + by, "{x}", "{p50}+{z}")
ABOVE = Scale(
    lambda x, low: np.log(x - low),
    lambda x, by, low: low + (x - low) * np.exp(by),
    "LN({x}-{low})",
    "{low}+({p50}-{low})*EXP({z})",
)
BELOW = Scale(
    lambda x, high: -np.log(high - x),
    lambda x, by, high: high - (high - x) * np.exp(-by),
    "-LN({high}-{x})",
    "{high}-({high}-{p50})*EXP(-{z})",
)
BETWEEN = Scale(
    lambda x, low, high: np.log((x - low) / (high - x)),
    _move_between,
    "LN(({x}-{low})/({high}-{x}))",
    "{low}+({high}-{low})/(1+({high}-{p50})/({p50}-{low})*EXP(-{z}))",
)
SCALES: Mapping[tuple[str, ...], Scale] = MappingProxyType(
    {(): OPEN, ("low",): ABOVE, ("high",): BELOW, ("low", "high"): BETWEEN}
)
"""The scale by the bounds that are given."""


def scale_of(bounds: Mapping[str, float]) -> Scale:
    """Find the scale for the bounds that are given."""
    return SCALES[tuple(name for name in ("low", "high") if name in bounds)]


def _distances(p10: float, p50: float, p90: float, bounds: Mapping[str, float]) -> tuple[float, float]:
    """Find how far the median lies from P10 and from P90 on the scale."""
    z10, z50, z90 = (float(scale_of(bounds).to(np.float64(x), **bounds)) for x in (p10, p50, p90))
    return z50 - z10, z90 - z50


def terms(p10: float, p50: float, p90: float, **bounds: float) -> tuple[float, float]:
    """Find the second and the third coefficient of the curve; the first is the median's place on the scale.

    >>> a2, a3 = terms(10, 20, 30)
    >>> round(a2, 4), a3
    (4.5512, 0.0)
    """
    below, above = _distances(p10, p50, p90, bounds)
    return (above + below) / (2 * LOG_ODDS), (above - below) / ((1 - 2 * LEVEL) * LOG_ODDS)


def quantile(u: Values, p10: float, p50: float, p90: float, **bounds: float) -> Values:
    """Read the curve at shares strictly between 0 and 1; the median comes out as it went in.

    >>> quantile(np.array([0.1, 0.5, 0.9]), 5, 20, 45, low=0, high=100).round(9).tolist()
    [5.0, 20.0, 45.0]
    """
    a2, a3 = terms(p10, p50, p90, **bounds)
    return scale_of(bounds).move(p50, np.log(u / (1 - u)) * (a2 + a3 * (u - 0.5)), **bounds)


def between(p10: float, p90: float, share: float, **bounds: float) -> float:
    """Find the quantity at a share of the way from P10 to P90 on the scale.

    >>> round(between(10, 1000, 0.5, low=0), 9)
    100.0
    """
    far = sum(_distances(p10, p10, p90, bounds))
    return float(scale_of(bounds).move(p10, share * far, **bounds))


def medians(p10: float, p90: float, **bounds: float) -> tuple[float, float]:
    """Find the lowest and the highest median for which there is a curve.

    >>> [round(x, 3) for x in medians(10, 30)]
    [13.332, 26.668]
    """
    return between(p10, p90, NARROWEST, **bounds), between(p10, p90, 1 - NARROWEST, **bounds)


def has_mean(p10: float, p50: float, p90: float, **bounds: float) -> bool:
    """Tell whether the open side of the curve is short enough for a mean to exist.

    Beside one bound the other side grows as a power of the odds; from the first power on, its mean is infinite.
    """
    a2, a3 = terms(p10, p50, p90, **bounds)
    scale = scale_of(bounds)
    return scale in {OPEN, BETWEEN} or a2 + (a3 if scale is ABOVE else -a3) / 2 < 1


def mean(p10: float, p50: float, p90: float, **bounds: float) -> float:
    """Average the curve over all shares: the median and `a3 / 2` on the open scale, else by quadrature.

    The integral over log-odds t is taken by the trapezoidal rule in s with `t = sinh(s)`, which converges exponentially
    (H. Takahasi and M. Mori, *Double exponential formulas for numerical integration*, 1974).

    >>> round(mean(10, 20, 40), 3), round(mean(10, 20, 40, low=0), 3)
    (22.844, 23.692)
    """
    a2, a3 = terms(p10, p50, p90, **bounds)
    scale = scale_of(bounds)
    if scale is OPEN:
        return p50 + a3 / 2
    s, step = np.linspace(-FURTHEST, FURTHEST, NODES, retstep=True)
    t = np.sinh(s)
    by = t * (a2 + a3 * np.tanh(t / 2) / 2)
    weight = np.log(np.cosh(s) * step) - np.abs(t) - 2 * np.log1p(np.exp(-np.abs(t)))
    if scale is BETWEEN:
        return float((scale.move(p50, by, **bounds) * np.exp(weight)).sum())
    sign, bound = (1, bounds["low"]) if scale is ABOVE else (-1, bounds["high"])
    return bound + (p50 - bound) * float(np.exp(sign * by + weight).sum())
