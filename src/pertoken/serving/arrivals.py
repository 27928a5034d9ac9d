"""Arrivals: when requests come, by a rate that changes over time and gaps that are even, random or in bursts."""

from typing import Literal

import numpy as np

from pertoken.core.errors import InputError
from pertoken.serving.values import Values

HOUR, DAY, WEEK = 3600.0, 86_400.0, 604_800.0

Kind = Literal["gamma", "weibull"]


def arrivals(rates: Values, *, width: float, rng: np.random.Generator, cv: float = 1.0, kind: Kind = "gamma") -> Values:
    """Draw when requests come.

    Gaps are drawn with a mean of one and strung together; time runs faster where the rate is higher. With
    gaps of a coefficient of variation of 1 that is a Poisson process whose rate changes.

    Args:
        rates: Requests a second in each bin of time, shape `(bin,)`. [1/s]
        width: Of a bin. [s]
        rng: Source of chance.
        cv: Coefficient of variation of the gaps: 0 for a beat, 1 for chance, above for bursts.
        kind: Law of the gaps; for `cv` 1 both are exponential.

    Returns:
        Times, from 0 to the end of the last bin. [s]

    Raises:
        InputError: Rates or a variation that can't be.

    >>> arrivals(np.array([1.0, 0.0, 2.0]), width=2.0, rng=np.random.default_rng(1), cv=0).tolist()
    [1.0, 2.0, 4.5, 5.0, 5.5, 6.0]
    """
    rates = np.atleast_1d(np.asarray(rates, dtype=float))
    if not np.isfinite(rates).all() or rates.min() < 0 or rates.max() == 0 or width <= 0 or not 0 <= cv < np.inf:
        raise InputError("rates must be 0 or more requests a second, one of them above 0, in bins of a width above 0")
    edges = np.concatenate([[0.0], np.cumsum(rates * width)])
    beats = _beats(edges[-1], cv, kind, rng)
    kept = np.concatenate([[True], np.diff(edges) > 0])  # where nothing comes, time has no beat
    starts, ends = np.flatnonzero(kept[1:]), np.flatnonzero(kept[1:]) + 1
    at = np.minimum(np.searchsorted(edges[ends], beats, side="left"), len(ends) - 1)
    return (starts[at] + (beats - edges[starts[at]]) / (edges[ends[at]] - edges[starts[at]])) * width


def _beats(total: float, cv: float, kind: Kind, rng: np.random.Generator) -> Values:
    """String gaps with a mean of one together, up to a total."""
    if cv == 0:
        return np.arange(1.0, np.floor(total) + 1)
    parts, reached = [], 0.0
    while reached <= total:
        count = int((total - reached) * 1.01 + 10 * cv * np.sqrt(total - reached) + 100)
        parts.append(reached + np.cumsum(_gaps(count, cv, kind, rng)))
        reached = parts[-1][-1]
    beats = np.concatenate(parts)
    return beats[: np.searchsorted(beats, total, side="right")]


def _gaps(count: int, cv: float, kind: Kind, rng: np.random.Generator) -> Values:
    if cv == 1:
        return rng.standard_exponential(count)
    if kind == "gamma":
        return rng.standard_gamma(cv**-2, count) * cv**2
    from scipy.special import gamma  # noqa: PLC0415  slow to load

    shape = weibull_shape(cv)
    return rng.weibull(shape, count) / gamma(1 + 1 / shape)


def weibull_shape(cv: float) -> float:
    """Find the shape of a Weibull law of a coefficient of variation.

    >>> round(weibull_shape(1.0), 12)
    1.0
    """
    from scipy.optimize import brentq  # noqa: PLC0415  slow to load
    from scipy.special import gammaln  # noqa: PLC0415

    def off(log_shape: float) -> float:
        inverse = np.exp(-log_shape)
        return float(gammaln(1 + 2 * inverse) - 2 * gammaln(1 + inverse) - np.log1p(cv**2))

    return float(np.exp(brentq(off, -3.0, 7.0, xtol=1e-13)))


def profile(
    mean: float, *, days: int = 7, width: float = 300.0, swing: float = 0.5, peak: float = 14.0, weekend: float = 1.0
) -> Values:
    """Make rates that go up and down with the day, from Monday on.

    Args:
        mean: Requests a second on average over the days. [1/s]
        days: How many.
        width: Of a bin. [s]
        swing: How far the peak lies above the mean of a day, and the trough below, as a share of it.
        peak: Hour of the day with most. [h]
        weekend: Traffic of a Saturday or Sunday as a multiple of that of another day.

    Returns:
        Rate in each bin. [1/s]

    >>> found = profile(16.0, swing=0.6, weekend=0.5)
    >>> (len(found), round(float(found.mean()), 9), round(float(found[168] / found[24]), 3))
    (2016, 16.0, 4.0)
    """
    if not 0 <= swing <= 1 or weekend < 0 or mean <= 0 or days < 1:
        raise InputError(
            "a profile needs a mean above 0, at least a day, a swing from 0 to 1, and a weekend of 0 or more"
        )
    middle = (np.arange(round(days * DAY / width)) + 0.5) * width
    shape = 1 + swing * np.cos(2 * np.pi * (middle - peak * HOUR) / DAY)
    shape *= np.where(middle // DAY % 7 >= 5, weekend, 1.0)  # noqa: PLR2004  Saturday
    made: Values = mean * shape / shape.mean()
    return made


def lognormal(
    mean: Values | float, *, cv: float, size: int, rng: np.random.Generator, most: int | None = None
) -> Values:
    """Draw lengths of prompts or answers by a lognormal law.

    Args:
        mean: Tokens on average, before lengths are rounded and cut; one for all, or one for each.
        cv: Coefficient of variation; 0 for all alike.
        size: How many.
        rng: Source of chance.
        most: What lengths are cut at.

    Returns:
        Whole numbers of at least 1. [token]
    """
    if np.min(mean) < 1 or cv < 0:
        raise InputError(f"lengths of {mean} tokens with a variation of {cv}; expected at least 1 token and 0")
    spread = np.log1p(cv**2)
    drawn = np.exp(rng.standard_normal(size) * np.sqrt(spread) + np.log(mean) - spread / 2)
    return np.clip(np.rint(drawn), 1, most or 2**31 - 1).astype(np.int32)
