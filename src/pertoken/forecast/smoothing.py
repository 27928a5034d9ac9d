"""Smoothing: what a customer's own history says alone, level and width, without learning from any other."""

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast import seasonal
from pertoken.forecast.peers import smoothed_level


def smoothing(value: Values, season: int, horizon: int, shares: Values) -> Values:
    """Give quantiles of the usage over a horizon by exponential smoothing, shape `(share, customer)`.

    Errors are carried on in the level by the smoothing factor, and by the pattern of the cycle; their sum is normal.

    Source: Hyndman, Koehler, Ord and Snyder 2008, Forecasting with Exponential Smoothing, section 6: additive errors.

    Args:
        value: History, shape `(customer, period)`; NaN for what was not watched.
        season: Periods of a cycle.
        horizon: Periods ahead.
        shares: Shape `(share,)`.
    """
    from scipy.special import ndtri  # noqa: PLC0415  loaded by those who forecast

    factors = seasonal.profile(value, season)
    level, spread, factor = smoothed_level(seasonal.without(value, factors))
    ahead = factors[:, np.arange(value.shape[1], value.shape[1] + horizon) % factors.shape[1]]
    later = ahead[:, ::-1].cumsum(axis=1)[:, ::-1] - ahead
    wide = spread * np.sqrt(((ahead + factor[:, None] * later) ** 2).sum(axis=1))
    told: Values = np.maximum(level * ahead.sum(axis=1) + wide * ndtri(shares)[:, None], 0.0)
    return told
