"""Swings: how much one customer's use moves from month to month, what of it stays, and how often a month is empty."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.forecast.growth import DAYS, WINDOW, by_window
from pertoken.forecast.panel import Panel

MIDDLE = 1.349
"""Width of the middle half of a normal, in standard deviations."""

FEWEST = 3
"""Steps and customers below which nothing is told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwingPrior:
    """What is believed of one customer's swings before the history speaks; logs, a month.

    Args:
        noise: Standard deviation of what is gone the month after.
        walk: Standard deviation of what stays.
        customers: Customers that the prior counts for.
        most: The most that either may be: beyond it a log-normal's mean is made by its tail alone.
    """

    noise: float = 0.25
    walk: float = 0.15
    customers: float = 20.0
    most: float = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Swings:
    """Standard deviations of logs a month, by segment.

    Args:
        noise: Of what is gone the month after, shape `(segment,)`.
        walk: Of what stays, shape `(segment,)`.
    """

    noise: Values
    walk: Values


def swung(panel: Panel, segment: Key, *, prior: SwingPrior) -> Swings:
    """Tell what stays from what is gone: differences over one step hold both noises and one walk, over two steps two.

    From three windows of 28 days on these are the steps; before, weeks, whose noise is averaged over a month and whose
    walk goes on through it.
    """
    step = WINDOW if len(panel.periods) >= 3 * WINDOW else 7
    weeks = step / 7
    totals, _ = by_window(panel.value, step)
    noises, walks = [], []
    for code in range(len(segment.labels)):
        noise, walk, count = _parted(totals[segment.codes == code])
        noise, walk = noise * weeks / (DAYS / 7), walk * (DAYS / 7) / weeks
        share = count / (count + prior.customers)
        noises.append(np.sqrt((1 - share) * prior.noise**2 + share * min(noise, prior.most**2)))
        walks.append(np.sqrt((1 - share) * prior.walk**2 + share * min(walk, prior.most**2)))
    return Swings(np.array(noises), np.array(walks))


def _parted(totals: Values) -> tuple[float, float, int]:
    """Variances of a step's noise and walk, and of how many customers; robust, by medians over the customers."""
    steady = totals[(totals > 0).all(axis=1)] if totals.shape[1] >= FEWEST else totals[:0]
    if len(steady) < FEWEST:
        return 0.0, 0.0, 0
    log = np.log(steady)
    first, second = (_variance(log[:, lag:] - log[:, :-lag]) for lag in (1, 2))
    walk = min(max(second - first, 0.0), first)
    return (first - walk) / 2, walk, len(steady)


def _variance(steps: Values) -> float:
    """Variance around what all did together, by the middle half: one who changed their plan is no swing."""
    own = steps - np.median(steps, axis=0)
    low, high = np.quantile(own, [0.25, 0.75])
    return float((high - low) / MIDDLE) ** 2
