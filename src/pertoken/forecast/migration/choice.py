"""Choice: what the new plan is worth to each customer, judged on the distribution of their bills under both."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.migration.priors import Traits

STEP = 0.1
"""Share by which usage is raised to find what one more unit costs."""

FAINT = 0.1
"""Share of the larger of two bills below which the smaller counts as that much."""

FREE = 0.05
"""A unit is free where it costs less than this share of what a unit costs on average under the old plan."""


@dataclass(frozen=True, slots=True, eq=False)
class Appraisal:
    """What a customer sees of a plan, over the worlds and months that they look ahead.

    Args:
        mean: Expected bill of a month, shape `(customer,)`. [currency]
        spread: Its standard deviation over worlds and months. [currency]
        marginal: What a month's bill rises by for one more unit, in expectation. [currency / driver]
        free: Share of months and worlds in which one more unit is free.
    """

    mean: Values
    spread: Values
    marginal: Values
    free: Values


def appraised(bill: Values, more: Values, usage: Values, price: Values) -> Appraisal:
    """Look at a plan through its bills.

    Args:
        bill: Shape `(draw, customer, month)`. [currency]
        more: The bill for usage that is higher by `STEP`. [currency]
        usage: What is used. [driver]
        price: What a unit costs on average under the old plan, shape `(customer,)`. [currency / driver]
    """
    axes = (0, 2)
    rise, used = more - bill, STEP * usage
    total = used.sum(axis=axes)
    marginal = np.divide(rise.sum(axis=axes), total, out=np.zeros(len(price)), where=total > 0)
    free = (rise <= FREE * price[:, None] * used) & (used > 0)
    counted = np.maximum((used > 0).sum(axis=axes), 1)
    return Appraisal(bill.mean(axis=axes), bill.std(axis=axes), marginal, free.sum(axis=axes) / counted)


def gain(old: Appraisal, new: Appraisal, traits: Traits) -> Values:
    """What the new plan is worth more than the old one, in the units of the logit, shape `(draw, customer)`.

    It is the fall of the expected bill, of its spread at the price of risk, and the worth of more free units, over what
    customers overlook, a share of their bill; and the liking of the world. Choice among two plans with extreme-value
    tastes is the logit (McFadden, in Zarembka, Frontiers in Econometrics, 1974); bills enter by their distribution, as
    Lambrecht, Seim and Skiera (Marketing Science 26(5), 2007) find that customers choose.
    """
    usual = between(old.mean, new.mean)
    saved = (old.mean - new.mean) / usual
    calmer = (old.spread - new.spread) / usual
    freer = (new.free - old.free) * old.mean / usual
    worth = saved + traits.risk[:, None] * calmer + traits.free_units[:, None] * freer
    made: Values = worth / traits.scale[:, None] + traits.taste[:, None]
    return made


def between(one: Values, other: Values) -> Values:
    """Take the logarithmic mean of two bills, the smaller at least `FAINT` of the larger.

    Differences are held against it: over it they are the log of the ratio, so that twice and half of a bill weigh the
    same.

    >>> between(np.array([10.0, 7.0]), np.array([20.0, 7.0])).round(3).tolist()
    [14.427, 7.0]
    """
    most = np.maximum(np.maximum(one, other), np.finfo(np.float64).tiny)
    low, high = np.maximum(np.minimum(one, other), FAINT * most), most
    ratio = np.log(high / low)
    made: Values = np.divide(high - low, ratio, out=high.copy(), where=ratio > 0)
    return made


def logit(value: Values) -> Values:
    """Chance to choose what is worth so much more.

    >>> logit(np.array([0.0, 2.0])).round(4).tolist()
    [0.5, 0.8808]
    """
    made: Values = 1 / (1 + np.exp(-value))
    return made


def tastes(share: Values) -> Values:
    """What one customer likes more than another, standard logistic, from shares of chance: the logit's own noise."""
    made: Values = np.log(share) - np.log1p(-share)
    return made
