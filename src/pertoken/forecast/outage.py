"""Outages found in a history: periods in which nobody used anything although many always do, and came back after."""

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values

UNLIKELY = -15.0
"""Log of the chance that all were idle of their own accord, below which it was an outage."""

NOTHING = 0.01
"""Share of a customer's mean below which use is as good as none."""


def outages(value: Values) -> NDArray[np.bool_]:
    """Say in which periods there was an outage, shape `(period,)`.

    Args:
        value: Usage, shape `(customer, period)`; NaN for what was not watched.

    >>> steady = np.ones((9, 9))
    >>> steady[:, 4] = 0
    >>> np.flatnonzero(outages(steady)).tolist()
    [4]
    """
    watched = ~np.isnan(value)
    filled = np.where(watched, value, 0.0)
    seen = watched.sum(axis=1)
    mean = filled.sum(axis=1) / np.maximum(seen, 1)
    idle = filled <= NOTHING * mean[:, None]
    share = (watched & idle).sum(axis=1) / np.maximum(seen, 1)
    log_idle = np.log(np.clip(share, 0.5 / np.maximum(seen, 1), 1.0))
    chance = (watched * log_idle[:, None]).sum(axis=0)
    quiet = (idle | ~watched).all(axis=0) & watched.any(axis=0) & (chance < UNLIKELY)
    busy = np.flatnonzero(~quiet)
    if not len(busy):
        return np.zeros_like(quiet)
    place = np.arange(value.shape[1])
    out: NDArray[np.bool_] = quiet & (place > busy[0]) & (place < busy[-1])
    return out
