"""Arrivals: how many new customers come, how unsure that is, and how large they may be.

The largest customers of a year are often not there yet, so sizes have a heavy tail beyond those that were seen.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.forecast.growth import DAYS
from pertoken.forecast.panel import Panel

TAIL_FROM = 0.95
"""Share of sizes above which the tail is a generalised Pareto's."""

WEEK, GAPS = 7, 3
"""Days in which a first use is always taken for an old customer's; gaps, after which one in twenty is one still."""

FEWEST_IN_TAIL = 2
"""Sizes below which a tail says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalPrior:
    """What is believed of newcomers before the history speaks.

    Args:
        share: Newcomers a month for each customer who is there.
        months: Months of history that it counts for.
        error: Least standard deviation of the log of the rate, which no history takes away: channels change.
        turn: How much further off the log of the rate gets with each month: what brings customers turns.
        size: Size of the negative binomial of a month's count.
        tail: Shape of the tail of sizes; usage of AI products is heavier than an exponential's (0).
        tail_count: Customers in the tail that it counts for.
    """

    share: float = 0.02
    months: float = 0.5
    error: float = 0.3
    turn: float = 0.04
    size: float = 4.0
    tail: float = 0.4
    tail_count: float = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """What the history and the prior say together.

    Args:
        rate: Newcomers a month, shape `(segment,)`.
        error: Standard deviation of the log of the rate of all segments, now.
        size: Size of the negative binomial.
        tail: Shape of the tail of sizes, shape `(segment,)`.
        seen: Newcomers seen, shape `(segment,)`.
        months: Months in which they could be seen.
    """

    rate: Values
    error: float
    size: float
    tail: Values
    seen: Values
    months: float


def arrived(panel: Panel, segment: Key, level: Values, *, prior: ArrivalPrior, more: float = 1.0) -> Arrivals:
    """Estimate the rate of arrivals, and the tail of sizes.

    Args:
        panel: By day; `since` says when each customer came.
        segment: Of each customer, shape `(customer,)`.
        level: Usage of each in a month, shape `(customer,)`.
        prior: What is believed before.
        more: Reckon the error as if the history were so many times as long; what is expected stays.
    """
    watched_from = _old_until(panel)
    days = len(panel.periods) - watched_from
    months = max(days, 0) / DAYS
    count = len(segment.labels)
    new = np.bincount(segment.codes[panel.since >= watched_from], minlength=count).astype(float)
    there = np.bincount(segment.codes, minlength=count)
    believed = prior.share * there * prior.months
    rate = (believed + new) / (prior.months + months)
    total = max(float((believed + more * new).sum()), 0.5)
    error = float(np.sqrt(prior.error**2 + 1 / total))
    tail = np.array([_tail(level[segment.codes == code], prior) for code in range(count)])
    return Arrivals(rate, error, prior.size, tail, new, months)


def _old_until(panel: Panel) -> int:
    """Count the days at the beginning in which a first use may be an old customer's: some usual gaps between uses.

    A week at least, and half of the history at most.
    """
    used = np.nan_to_num(panel.value) > 0
    days = int(used.shape[1])
    share = used.sum(axis=1) / np.maximum(days - np.argmax(used, axis=1), 1)
    gap = 1 / float(np.median(share[share > 0])) if (share > 0).any() else 1.0
    return max(WEEK, min(round(GAPS * gap), days // 2))


def _tail(level: Values, prior: ArrivalPrior) -> float:
    """Hill's estimate (Annals of Statistics 3(5), 1975) over the largest tenth, shrunk to the prior, at most 0.7."""
    used = np.sort(level[level > 0])[::-1]
    count = len(used) // 10
    if count < FEWEST_IN_TAIL:
        return prior.tail
    hill = float(np.log(used[:count] / used[count]).mean())
    weight = count / (count + prior.tail_count)
    return float(min(prior.tail + weight * (hill - prior.tail), 0.7))
