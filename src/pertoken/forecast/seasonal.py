"""Seasonal profile: how usage is spread over a cycle, of each customer, shrunk towards that of all."""

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.panel import Indices

CYCLES = 3
"""Cycles that must be seen before a pattern is believed."""

MANY = 50
"""Customers of whom one cycle less is enough for the pattern that they have in common."""

LOWEST = 0.02
"""The least factor of a phase, so that what is divided by it stays finite."""

LEAST = 0.2
"""The least of a line of growth, as a share of its middle."""


def profile(value: Values, season: int) -> Values:
    """Give each customer's factor of each phase, with mean 1, shape `(customer, phase)`; phase 0 is the first period.

    Growth that all have in common is taken out first, or late phases would look large. The pooled profile is the mean
    of customers' own, each of their own size. A customer's own counts for as much as the phases of all customers differ
    beyond the noise of their cells (one-way analysis of variance).

    Args:
        value: Usage, shape `(customer, period)`; NaN for what was not watched.
        season: Periods of a cycle; 1 for no pattern.
    """
    needed = (CYCLES - (len(value) >= MANY)) * season
    if season == 1 or value.shape[1] < needed:
        return np.ones((len(value), max(season, 1)))
    phase = np.arange(value.shape[1]) % season
    watched = ~np.isnan(value)
    size = np.nansum(value, axis=1) / np.maximum(watched.sum(axis=1), 1)
    known = (watched.sum(axis=1) >= needed) & (size > 0)
    scaled = np.where(watched, value, 0.0) / np.where(size > 0, size, 1.0)[:, None]
    scaled /= _growth(scaled, watched & known[:, None], phase)
    member = (phase[:, None] == np.arange(season)).astype(float)
    sums, counts = scaled @ member, watched @ member
    own = sums / np.maximum(counts, 1)
    if not known.any():
        return np.ones((len(value), season))
    busy = (scaled[known] > 0).mean(axis=1)
    pooled = np.average(own[known], axis=0, weights=busy)
    pooled = 1 + (pooled / max(pooled.mean(), 1e-12) - 1) * _believed(scaled, watched & known[:, None], phase)
    pooled = np.maximum(pooled, LOWEST)
    within = np.where(watched, (scaled - own[:, phase]) ** 2, 0.0).sum(axis=1) / np.maximum(
        watched.sum(axis=1) - season, 1
    )
    between = np.maximum(((own - pooled) ** 2).mean(axis=1) - within / np.maximum(counts.mean(axis=1), 1), 0.0)
    ratio = np.average(between[known], weights=busy) / max(np.average(within[known], weights=busy), 1e-12)
    share = np.where(known, ratio * counts.mean(axis=1) / (1 + ratio * counts.mean(axis=1)), 0.0)[:, None]
    mixed = np.maximum(share * own + (1 - share) * pooled, LOWEST)
    factors: Values = mixed / mixed.mean(axis=1, keepdims=True)
    return factors


def _believed(scaled: Values, watched: NDArray[np.bool_], phase: Indices) -> float:
    """Say what part of the common pattern is no accident of single periods, which all customers may share: 0 to 1."""
    season, periods = int(phase.max()) + 1, len(phase)
    if periods >= CYCLES * season:
        return 1.0
    common = np.where(watched, scaled, 0.0).sum(axis=0) / np.maximum(watched.sum(axis=0), 1)
    middle = np.bincount(phase, common) / np.bincount(phase)
    noise = float(((common - middle[phase]) ** 2).sum()) / (periods - season) * season / periods
    return float(max(1 - noise / max(float(middle.var(ddof=1)), 1e-300), 0.0))


def _growth(scaled: Values, watched: NDArray[np.bool_], phase: Indices) -> Values:
    """Fit one line to all customers, each of their own size, from cycle to cycle; shape `(period,)`, mean 1."""
    count, time = watched.sum(axis=0), np.arange(len(phase), dtype=float)
    total = np.where(watched, scaled, 0.0).sum(axis=0)
    seen = np.bincount(phase, count)
    later = time - (np.bincount(phase, count * time) / np.maximum(seen, 1))[phase]
    slope = float(later @ total) / max(float(count @ later**2), 1e-12)
    middle = max(float(total.sum()) / max(float(count.sum()), 1.0), 1e-12)
    line: Values = 1 + slope / middle * (time - float(count @ time) / max(float(count.sum()), 1.0))
    return np.maximum(line, LEAST)


def without(value: Values, factors: Values) -> Values:
    """Take the pattern out of usage."""
    return value / factors[:, np.arange(value.shape[1]) % factors.shape[1]]


def ahead(factors: Values, first: int, horizon: int) -> Values:
    """Add up the factors of the periods ahead: periods of mean usage that they are worth, shape `(customer,)`.

    Args:
        factors: Of each phase.
        first: Index of the first period ahead.
        horizon: How many.
    """
    worth: Values = factors[:, np.arange(first, first + horizon) % factors.shape[1]].sum(axis=1)
    return worth


LIKELY = (24, 48, 96, 144, 7, 12, 4)
"""Cycles that are looked for where periods are only numbered: hours, halves, quarters and sixths of one; days, months,
quarters."""

CLEAR = 0.1
"""Autocorrelation by which a cycle has to stand out from its neighbours."""


def found(value: Values) -> int:
    """Find the cycle of numbered periods by the pooled autocorrelation of usage; 1 where none stands out.

    Args:
        value: Usage, shape `(customer, period)`; NaN for what was not watched.

    >>> found(np.tile([1.0, 5, 5, 5, 5, 5, 1], (3, 6)))
    7
    """
    size = np.nanmean(np.where(np.isnan(value), 0.0, value), axis=1)
    scaled = np.nan_to_num(value[size > 0] / size[size > 0][:, None], nan=1.0)
    scaled = np.diff(np.minimum(scaled, 5.0), axis=1)

    def alike(lag: int) -> float:
        return float((scaled[:, lag:] * scaled[:, :-lag]).sum() / max((scaled**2).sum(), 1e-12))

    possible = [lag for lag in LIKELY if value.shape[1] >= CYCLES * lag and len(scaled)]
    clear = {lag: alike(lag) - max(alike(lag - 1), alike(lag + 1), 0.0) for lag in possible}
    best = max(clear, key=lambda lag: clear[lag], default=1)
    return best if clear.get(best, 0.0) > CLEAR else 1
