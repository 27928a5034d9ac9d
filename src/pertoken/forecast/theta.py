"""Theta: a recent level and half of the long-run trend, guarded; what simple trend forecasts do well.

The method of Assimakopoulos and Nikolopoulos (2000) as Hyndman and Billah (2003) read it: the mean of the extrapolated
trend line and of the smoothed line that bends twice as much as the history.
"""

import numpy as np

from pertoken.core.money import Values

LEAST = 6
"""Periods from which a trend is looked for."""

LOWEST, HIGHEST = 0.3, 2.5
"""Bounds of the forecast as a share of the recent level."""


def theta(value: Values, half: float, horizon: int) -> Values:
    """Forecast the mean of the periods ahead, in units a period, shape `(customer,)`.

    Args:
        value: Usage without its seasonal pattern, shape `(customer, period)`; NaN for what was not watched.
        half: Half-life of the smoothing. [period]
        horizon: Periods ahead.

    >>> theta(np.arange(1.0, 13.0)[None], 0.01, 1).round(2).tolist()
    [12.5]
    """
    watched = ~np.isnan(value)
    filled = np.where(watched, value, 0.0)
    count = np.maximum(watched.sum(axis=1), 1)
    time = np.arange(value.shape[1], dtype=float)
    middle = (watched @ time) / count
    apart = np.where(watched, time - middle[:, None], 0.0)
    mean = filled.sum(axis=1) / count
    slope = np.where(count >= LEAST, (apart * filled).sum(axis=1) / np.maximum((apart**2).sum(axis=1), 1e-12), 0.0)
    line = mean[:, None] + slope[:, None] * (time - middle[:, None])
    weight = np.where(watched, 0.5 ** ((len(time) - 1 - time) / half), 0.0)
    total = np.maximum(weight.sum(axis=1), 1e-300)
    bent = (weight * (2 * filled - line)).sum(axis=1) / total
    level = (weight * filled).sum(axis=1) / total
    ahead = mean + slope * (len(time) - 1 + (horizon + 1) / 2 - middle)
    out: Values = np.clip((bent + ahead) / 2, LOWEST * level, HIGHEST * level)
    return out
