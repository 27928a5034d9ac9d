"""Split: usage over a horizon spread over its periods, by the pattern of the cycle and as uneven as it was."""

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast import seasonal

STEADIEST, WILDEST = 0.02, 50.0
"""Bounds on the squared variation of single periods."""

BLOCK = 256
"""Customers split at a time."""


def split(value: Values, season: int, samples: Values, horizon: int, seed: int) -> Values:
    """Spread each sample over periods by Dirichlet shares, float32, shape `(draw, customer, period)`.

    Args:
        value: History, shape `(customer, period)`; NaN for what was not watched.
        season: Periods of a cycle.
        samples: Usage over the horizon, shape `(draw, customer)`.
        horizon: Periods ahead.
        seed: The same seed gives the same bits.
    """
    factors = seasonal.profile(value, season)
    phase = np.arange(value.shape[1], value.shape[1] + horizon) % factors.shape[1]
    plain = seasonal.without(value, factors)
    watched = ~np.isnan(plain)
    mean = np.nansum(plain, axis=1) / np.maximum(watched.sum(axis=1), 1)
    square = np.where(watched, (np.nan_to_num(plain) - mean[:, None]) ** 2, 0.0).sum(axis=1)
    uneven = square / np.maximum(watched.sum(axis=1), 1) / np.maximum(mean, 1e-300) ** 2
    shape = factors[:, phase] / np.clip(uneven, STEADIEST, WILDEST)[:, None]
    out = np.empty((*samples.shape, horizon), dtype=np.float32)
    for first in range(0, samples.shape[1], BLOCK):
        here = slice(first, first + BLOCK)
        rng = np.random.default_rng([seed, 2, first])
        drawn = rng.gamma(shape[here], size=(len(samples), *shape[here].shape)) + 1e-30
        out[:, here] = samples[:, here, None] * (drawn / drawn.sum(axis=2, keepdims=True))
    return out
