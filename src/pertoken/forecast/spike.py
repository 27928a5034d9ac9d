"""Spikes: single periods far above all that a regular customer uses, which say little of its level."""

import numpy as np

from pertoken.core.money import Values

LEAST = 10
"""Periods with use from which it is told what is usual."""

REGULAR = 0.5
"""Share of periods with use from which a customer is regular; who comes and goes has nothing but bursts."""

FAR = 6.0
"""Standard deviations of log from the median beyond which a period is unusual, if those before and after are not."""

NARROWEST = 0.25
"""Least of such a standard deviation: what is as good as constant is not held to its last digit."""


def tamed(value: Values, horizon: int) -> Values:
    """Cut spikes off at the most that would be usual, where none is to be expected over the horizon.

    What stays up for a second period is a new level, and stays.

    Args:
        value: Usage, shape `(customer, period)`; NaN for what was not watched.
        horizon: Periods ahead.

    >>> float(tamed(np.array([[2.0] * 12 + [900.0] + [2.0] * 12]), 7).max().round(2))
    8.96
    """
    used = value > 0
    count = used.sum(axis=1)
    regular = np.flatnonzero((count >= LEAST) & (count >= REGULAR * np.isfinite(value).sum(axis=1)))
    if not len(regular):
        return value
    some = value[regular]
    with np.errstate(divide="ignore"):
        log = np.where(used[regular], np.log(some), np.nan)
    middle = np.nanmedian(log, axis=1, keepdims=True)
    wide = 1.4826 * np.nanmedian(np.abs(log - middle), axis=1, keepdims=True)  # of a normal
    bound = np.exp(middle + FAR * np.maximum(wide, NARROWEST))
    over = some > bound
    alone = over[:, 1:-1] & ~over[:, :-2] & ~over[:, 2:]
    alone &= alone.sum(axis=1, keepdims=True) * horizon < count[regular, None]
    if not alone.any():
        return value
    out = value.copy()
    out[regular, 1:-1] = np.where(alone, bound, some[:, 1:-1])
    return out
