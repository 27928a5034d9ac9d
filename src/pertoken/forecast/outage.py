"""Outages found in a history: periods in which nobody used anything although many always do, and came back after."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.panel import Panel

UNLIKELY = -15.0
"""Log of the chance that all were idle of their own accord, below which it was an outage."""

NOTHING = 0.01
"""Share of a customer's mean below which use is as good as none."""

NAMED = 5
"""Periods of an outage that are named."""


def watched(panel: Panel, weights: Values) -> tuple[Panel, tuple[str, ...]]:
    """Take outages out of a history, whose periods are then not watched and no zeros; and say which they are.

    Args:
        panel: As it was read.
        weights: Of each cell in the one number by which they are found, shape `(cell,)`.
    """
    out = outages(panel.weighted(weights).value)
    if not out.any():
        return panel, ()
    return replace(panel, quantity=np.where(out, np.nan, panel.quantity)), named(panel.periods, out)


def named(periods: Sequence[str], out: NDArray[np.bool_]) -> tuple[str, ...]:
    """Say which periods are taken as an outage; nothing where none is.

    Args:
        periods: Their labels.
        out: Which of them are, shape `(period,)`.
    """
    if not out.any():
        return ()
    first = ", ".join(periods[int(at)] for at in np.flatnonzero(out)[:NAMED])
    more = " ..." if out.sum() > NAMED else ""
    return (f"nobody used anything in {first}{more}: taken as an outage, not as zeros",)


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
