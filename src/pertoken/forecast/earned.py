"""Earned: the money of months laid over their days, so that it can be added up by weeks and by age."""

from collections.abc import Sequence

import numpy as np

from pertoken.core.money import Values
from pertoken.core.period import begins, ends, roll_up
from pertoken.forecast.panel import Panel


def earned(used: Panel, months: Sequence[str], amount: Values, committed: Values) -> Values:
    """Lay what customers were charged over days: what is owed anyhow evenly, the rest as they used.

    What is owed for a month counts for each of its days, also for those that the log does not have and those before a
    customer came, which are left out. The rest goes by the day's usage; evenly over the log's days where there is none.

    Args:
        used: One cell of usage, by day.
        months: Labels.
        amount: What each was charged, shape `(customer, month)`. [currency]
        committed: What of it is owed whatever is used, of the same shape. [currency]

    Returns:
        Shape `(customer, day)`; NaN where the usage is. [currency / day]
    """
    value = used.value
    usage, out = np.nan_to_num(value), np.zeros(value.shape)
    of_day = np.array([roll_up(day, "month") for day in used.periods])
    length = (ends(months) - begins(months)).astype("timedelta64[D]").astype(np.float64)
    for at, month in enumerate(months):
        days = np.flatnonzero(of_day == month)
        if not len(days):
            continue
        total = usage[:, days].sum(axis=1, keepdims=True)
        share = np.divide(usage[:, days], total, out=np.full((len(usage), len(days)), 1 / len(days)), where=total > 0)
        out[:, days] = committed[:, [at]] / length[at] + (amount - committed)[:, [at]] * share
    missed = np.isnan(value)
    out[missed] = np.nan
    return out
