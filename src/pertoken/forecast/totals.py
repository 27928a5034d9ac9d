"""Totals: how far the sum of all customers has been off at earlier dates, and so how wide it has to be."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.cases import Past

SHOCK = 0.09
"""Prior standard deviation of what all customers share in a month, of log."""

LEAVING = 0.25
"""The same of customers who come and go: how many are still there is known worse than how much the others use."""

SLOW = 0.2
"""Power of the horizon that shared errors grow with: days, months and years differ less than a random walk would."""

WORTH = 3.0
"""Earlier totals that the prior of their error is worth."""

DOUBT = 1.5
"""Earlier totals that the belief that sums are right on the mean is worth."""

MOST = 0.5
"""Share of what was expected at a date that must have been told of, for its error to be one of the total."""

TINY = 1e-300
"""In the place of nothing where is divided."""

SHORTEST = 0.03
"""Months below which a horizon is not told apart. [month]"""


@dataclass(frozen=True, slots=True)
class Shift:
    """Error of the total, of log.

    Args:
        bias: What the total has to be shifted by.
        size: One standard deviation.
    """

    bias: float
    size: float


def mean_of(quantiles: Values, shares: Values) -> Values:
    """Give the mean of a distribution held by its quantiles, shape `(customer,)`."""
    edges = np.concatenate([[0.0], (shares[1:] + shares[:-1]) / 2, [1.0]])
    mean: Values = np.diff(edges) @ quantiles
    return mean


def shift(before: Past, told: Values, months: float, regular: float = 1.0) -> Shift:
    """Learn from the totals of earlier dates, with a prior.

    Args:
        before: Earlier forecasts.
        told: Means that judged cases were given, shape `(case,)`; NaN where none was.
        months: Length of the horizon. [month]
        regular: Share of what is expected that is of customers whose sums may be shifted: those who come and go are at
            another time of their life than at an earlier date.
    """
    cases, longer = before.cases, (before.horizon / before.ahead) ** SLOW
    shock = SHOCK * regular + LEAVING * (1 - regular)
    prior = (shock * max(months, SHORTEST) ** SLOW) ** 2
    origin, actual = cases.like.origin[before.judged], cases.actual[before.judged]
    known, expected = np.isfinite(told), cases.reference[before.judged]
    errors = []
    for each in np.unique(origin[known]):
        here = known & (origin == each)
        if expected[here].sum() < MOST * expected[origin == each].sum():
            continue
        if told[here].sum() > 0 and actual[here].sum() > 0:
            errors.append(float(np.log(actual[here].sum() / told[here].sum())))
    off = np.clip(np.array(errors), -1.5, 1.5)
    count = min(float(len(off)), max(before.periods / before.ahead - 1, 0.5))
    bias = _believed(off, count, prior) * regular if len(off) else 0.0
    seen = float(((off - bias) ** 2).mean()) * longer**2 if len(off) else 0.0
    size = (WORTH * prior + count * seen) / (WORTH + count)
    unsure = 1 + 1 / (count + DOUBT)  # the next total is off by its own error and by that of the shift
    return Shift(bias, float(np.sqrt(size * unsure)))


def _believed(off: Values, count: float, prior: float) -> float:
    """Say how much of the mean error goes on: none where chance alone would bring as much (James and Stein 1961).

    Args:
        off: Error of each earlier total, of log, shape `(date,)`.
        count: How many of them are of dates apart.
        prior: Variance of an error.
    """
    mean = float(off.mean())
    chance = (WORTH * prior + count * float(((off - mean) ** 2).mean())) / (WORTH + count) / count
    return mean * count / (count + DOUBT) * max(0.0, 1 - chance / max(mean**2, TINY))
