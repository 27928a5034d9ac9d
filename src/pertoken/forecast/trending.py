"""Trending: what a customer's own history says alone where its trend moves as its level does: stocks, late turns.

Where `smoothing` has one line through all of the history, here each period corrects the trend by a part of what it
corrects the level by. A stored volume, or a number of users, goes on from where it is, as it has gone of late. No
pattern is taken out, so that what two cycles may have shown by accident does no harm.
"""

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.peers import filled
from pertoken.forecast.smoothing import BLOCKS, SHORT, bounded_trend, cycles, law, slope_doubt, weighed

LEVELS = np.array([0.02, 0.1, 0.3, 0.5, 0.75, 0.99])
"""Smoothing factors of a level without a trend."""

FACTORS, PARTS, STAYS = (0.1, 0.3, 0.5, 0.75, 0.99), (0.1, 0.6), (0.9, 1.0)
"""Smoothing factors of a level with a trend; parts of what corrects it that correct the trend; what is left of a trend
a period later."""

FAR = 2
"""Long cycles ahead beyond which whole ones tell more than periods one by one: days than hours."""


def _ways() -> tuple[Values, Values, Values]:
    """List factor, part and stay of each way, each `(way, 1)`; a level alone has no part."""
    trends = [(factor, part, stays) for factor in FACTORS for part in PARTS for stays in STAYS]
    every = np.array([(factor, 0.0, 0.0) for factor in LEVELS.tolist()] + trends)
    return every[:, :1], every[:, 1:2], every[:, 2:]


def trending(value: Values, season: int, horizon: int, shares: Values, *, growing: bool = False) -> Values:
    """Give quantiles of the usage over a horizon, shape `(share, customer)`.

    Source: Hyndman, Koehler, Ord and Snyder 2008, Forecasting with Exponential Smoothing, sections 3.4 and 6: additive
    errors, a level, and a trend that is damped or is not. Weights as of `smoothing`.

    Args:
        value: History, shape `(customer, period)`; NaN for what was not watched.
        season: Periods of a cycle, which is long if there are more of them than days in a week.
        horizon: Periods ahead.
        shares: Shape `(share,)`.
        growing: Whether growth is expected over such a horizon, so that a trend needs no more evidence than none.
    """
    if season > SHORT and horizon > FAR * season and value.shape[1] >= BLOCKS * season:
        count = -(-horizon // season)
        told = trending(cycles(value, season), 1, count, shares, growing=growing)
        return told * (horizon / (season * count))
    factor, part, stays = _ways()
    watched, usage = ~np.isnan(value), filled(value)
    gaps = not watched.all()
    seen = watched if gaps else watched[:1]
    level, trend = np.repeat(usage[None, :, 0], len(factor), axis=0), np.zeros((len(factor), len(usage)))
    square, known = np.zeros_like(level), seen[:, 0] * np.ones_like(factor)
    for t in range(1, value.shape[1]):
        trend *= stays
        level += trend
        error = usage[:, t] - level
        if gaps:
            error *= seen[:, t]
        square += error * error
        known = (1 - factor) * known + seen[:, t]  # what comes first counts no more than it would later
        error /= np.maximum(known, 1.0)
        level += error
        error *= part
        trend += error
    count = watched.sum(axis=1)
    freedom = np.maximum(count - 2.0, 1.0)
    weight = weighed(square, count, usage, slope_doubt(part > 0, count, growing=growing))
    goes_on = (stays ** np.arange(1, horizon + 1)).cumsum(axis=1)
    led = level * horizon + trend * goes_on.sum(axis=1, keepdims=True)
    point = bounded_trend(led, np.maximum(level, 0.0) * horizon)
    after = np.hstack([np.ones_like(factor), factor * (1 + part * goes_on[:, :-1])]).cumsum(axis=1)
    variance = square / freedom * (after**2).sum(axis=1, keepdims=True)
    return law(weight, point, variance, freedom, shares)
