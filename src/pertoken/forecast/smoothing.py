"""Smoothing: what a customer's own history says alone, level, trend and width, without learning from any other.

Many ways of smoothing are averaged by how likely each makes the history: with weeks of history none is known to be the
right one, and the width has to say so. Whole cycles are smoothed as well as periods: what a cycle adds up to tells more
of a horizon of many cycles than its periods one by one, whose errors are of a rhythm that the sum does not have.
"""

import numpy as np

from pertoken.core.money import Values
from pertoken.core.special import students
from pertoken.forecast import seasonal
from pertoken.forecast.peers import filled
from pertoken.forecast.shrunk import drawn_slopes, moderated

FACTORS = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99])
"""Smoothing factors that are averaged over."""

TRENDS = np.array([0.0, 0.5])
"""Shares of the long-run slope that are carried on: none, and half of it as in the theta method."""

LOWEST, HIGHEST = 0.2, 4.0
"""Bounds of a trend: the forecast as a share of that of the level alone."""

BLOCKS = 4
"""Whole cycles that must be there to be smoothed."""

SHORT = 7
"""Length of a cycle up to which single periods are smoothed beside whole cycles; of days, hours tell nothing."""

LONGER = {24: 7}
"""Cycle of the sums of a cycle: days come again by the week."""

EM, BELIEF = 8, 2.0
"""Rounds in which the chance of each way is learnt from all customers; customers that equal chances are worth."""

LEAST = 3.0
"""Least degrees of freedom of a width."""

SLOPE = 5
"""Periods from which there is a slope."""


def smoothing(value: Values, season: int, horizon: int, shares: Values, *, growing: bool = False) -> Values:
    """Give quantiles of the usage over a horizon, shape `(share, customer)`.

    Args:
        value: History, shape `(customer, period)`; NaN for what was not watched.
        season: Periods of a cycle.
        horizon: Periods ahead.
        shares: Shape `(share,)`.
        growing: Whether growth is expected over such a horizon, so that a slope needs no more evidence than none.
    """
    factors = seasonal.profile(value, season)
    whole = 1 < season <= horizon and value.shape[1] >= BLOCKS * season
    told = []
    if not whole or season <= SHORT:
        ahead = factors[:, np.arange(value.shape[1], value.shape[1] + horizon) % factors.shape[1]]
        told.append(_averaged(seasonal.without(value, factors), ahead, shares, growing=growing))
    if whole:
        blocks = cycles(value, season)
        later = seasonal.profile(blocks, LONGER.get(season, 1))
        count, rest = divmod(horizon, season)
        ahead = later[:, np.arange(blocks.shape[1], blocks.shape[1] + count + (rest > 0)) % later.shape[1]]
        if rest:
            ahead[:, -1] *= seasonal.ahead(factors, value.shape[1], rest) / season
        told.append(_averaged(seasonal.without(blocks, later), ahead, shares, growing=growing))
    mean: Values = np.mean(told, axis=0)
    return mean


def cycles(value: Values, season: int) -> Values:
    """Add up the last whole cycles, shape `(customer, cycle)`; NaN where less than half was watched."""
    count = value.shape[1] // season
    cut = value[:, value.shape[1] - count * season :].reshape(len(value), count, season)
    share = (~np.isnan(cut)).mean(axis=2)
    total: Values = np.where(share >= 0.5, np.nansum(cut, axis=2) / np.maximum(share, 0.5), np.nan)  # noqa: PLR2004  half
    return total


def _averaged(plain: Values, ahead: Values, shares: Values, *, growing: bool) -> Values:
    """Smooth usage without a pattern in all ways; the mean over them, with a variance that has their disagreement.

    Source: Hyndman, Koehler, Ord and Snyder 2008, Forecasting with Exponential Smoothing, section 6: additive errors,
    carried on in the level. Weights by the likelihood of normal errors; quantiles of Student's t, since the variance is
    itself of few periods.
    """
    watched, usage = ~np.isnan(plain), filled(plain)
    factor, trend = (each.ravel()[:, None] for each in np.meshgrid(FACTORS, TRENDS, indexing="ij"))
    drift = trend * drawn_slopes(*slope(plain))
    gaps = not watched.all()
    seen = watched if gaps else watched[:1]
    level = np.repeat(usage[None, :, 0], len(factor), axis=0)
    square, known = np.zeros_like(level), seen[:, 0] * np.ones_like(factor)
    for t in range(1, plain.shape[1]):
        level += drift
        error = usage[:, t] - level
        if gaps:
            error *= seen[:, t]
        square += np.where(known > 0, error * error, 0.0)
        known = (1 - factor) * known + seen[:, t]  # what comes first counts no more than it would later
        error /= np.maximum(known, 1.0)
        level += error
    count = watched.sum(axis=1)
    freedom = np.maximum(count - 2.0, 1.0)
    weight = weighed(square, count, usage, slope_doubt(trend > 0, count, growing=growing))
    later = ahead[:, ::-1].cumsum(axis=1)[:, ::-1] - ahead
    steps = np.arange(1, ahead.shape[1] + 1)
    point = bounded_trend(
        level * ahead.sum(axis=1) + drift * (ahead @ steps), np.maximum(level, 0.0) * ahead.sum(axis=1)
    )
    own, both, carried = ((each).sum(axis=1) for each in (ahead**2, ahead * later, later**2))
    variance = square / freedom * (own + 2 * factor * both + factor**2 * carried)
    return law(weight, point, variance, freedom, shares)


def slope_doubt(sloped: Values, count: Values, *, growing: bool) -> Values:
    """Say by how much less likely a way with a slope is, for it is one more number that was fitted (Schwarz 1978).

    Args:
        sloped: Whether each way has one, shape `(way, 1)`.
        count: Periods watched, shape `(customer,)`.
        growing: Whether growth is expected, so that a slope needs no more evidence than none.
    """
    doubt: Values = (0.0 if growing else 0.5) * sloped * np.log(np.maximum(count, 2))
    return doubt


def bounded_trend(point: Values, flat: Values) -> Values:
    """Keep what a trend leads to within bounds of what the level alone would, shape `(way, customer)`."""
    bounded: Values = np.clip(point, LOWEST * flat, HIGHEST * flat)
    return bounded


def law(weight: Values, point: Values, variance: Values, freedom: Values, shares: Values) -> Values:
    """Average ways into one distribution, whose variance has their disagreement, shape `(share, customer)`.

    Args:
        weight: Of each way, shape `(way, customer)`.
        point: What each expects.
        variance: How far it may be off; customers' are drawn to what all have in common.
        freedom: Degrees of freedom of the variances, shape `(customer,)`.
        shares: Shape `(share,)`.
    """
    mean = (weight * point).sum(axis=0)
    among = (weight * (point - mean) ** 2).sum(axis=0)
    own, worth = moderated((weight * variance).sum(axis=0), freedom, mean)
    few, which = np.unique(np.maximum(worth, LEAST), return_inverse=True)
    told: Values = np.maximum(mean + np.sqrt(own + among) * students(shares[:, None], few)[:, which], 0.0)
    return told


def weighed(square: Values, count: Values, usage: Values, doubt: Values) -> Values:
    """Weigh ways of smoothing for each customer, shape `(way, customer)`; what suits many is the likelier for each.

    Empirical Bayes: the chance of each way before anything is known of a customer is that of all, found by expectation
    and maximisation (Dempster, Laird and Rubin 1977).

    Args:
        square: Sum of the squared errors of each way, shape `(way, customer)`.
        count: Periods watched, shape `(customer,)`.
        usage: History, shape `(customer, period)`.
        doubt: What the log of the likelihood is lowered by.
    """
    floor = 1e-12 * np.maximum(usage.max(axis=1) ** 2, 1e-300)
    likely: Values = -0.5 * np.maximum(count - 1, 1) * np.log(np.maximum(square, floor)) - doubt
    ways, customers = likely.shape
    chance, weight = np.full(ways, 1 / ways), likely
    for _ in range(EM):
        weight = likely + np.log(chance)[:, None]
        weight = np.exp(weight - weight.max(axis=0))
        weight /= weight.sum(axis=0)
        chance = (weight.sum(axis=1) + BELIEF / ways) / (customers + BELIEF)
    return weight


def slope(value: Values) -> tuple[Values, Values, Values]:
    """Fit a line to each history by least squares.

    Returns:
        Its slope by period, the variance of the slope (both zero where periods are few), and the mean of the history,
        each `(customer,)`.
    """
    watched = ~np.isnan(value)
    count = watched.sum(axis=1)
    time = np.arange(value.shape[1], dtype=float)
    apart = np.where(watched, time - ((watched @ time) / np.maximum(count, 1))[:, None], 0.0)
    known, scale = np.nan_to_num(value), np.maximum((apart**2).sum(axis=1), 1e-12)
    mean = known.sum(axis=1) / np.maximum(count, 1)
    rise = (apart * known).sum(axis=1) / scale
    left = np.where(watched, known - mean[:, None] - rise[:, None] * apart, 0.0)
    error = np.einsum("ct,ct->c", left, left) / np.maximum(count - 2, 1) / scale
    enough = count >= SLOPE
    return np.where(enough, rise, 0.0), np.where(enough, error, 0.0), mean
