"""Metrics of retention and growth: what boards and investors ask of a business that is paid by use, one function each.

All take sums of customers over windows of one length and reduce over the last axis; a ratio to nothing is NaN.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pertoken.core.money import Values

NEVER = 1e-9
"""What is no larger is nothing. [currency or unit]"""


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """What became of the customers of one window in a later one; each shape `(*batch,)`. [currency or unit].

    Args:
        start: What all paid then.
        new: Of those who had never paid before.
        expansion: More of those who paid then.
        reactivation: Of those who had paid before, but not then.
        contraction: Less of those who paid then and still pay.
        churn: What those paid then who now pay nothing.
    """

    start: Values
    new: Values
    expansion: Values
    reactivation: Values
    contraction: Values
    churn: Values

    @property
    def end(self) -> Values:
        """What all pay now."""
        end: Values = self.start + self.new + self.expansion + self.reactivation - self.contraction - self.churn
        return end


def movement(then: Values, now: Values, before: NDArray[np.bool_]) -> Movement:
    """Tell apart what moved revenue from one window to a later one.

    Args:
        then: What each paid in the earlier window, shape `(*batch, customer)`. [currency or unit]
        now: The same of the later one.
        before: Who had paid until the end of the earlier window, shape `(*batch, customer)`.

    >>> made = movement(np.array([10.0, 10, 10, 0, 0]), np.array([15.0, 4, 0, 7, 2]), np.array([1, 1, 1, 1, 0]) > 0)
    >>> [float(x) for x in (made.start, made.new, made.expansion, made.reactivation, made.contraction, made.churn)]
    [30.0, 2.0, 5.0, 7.0, 6.0, 10.0]
    >>> float(made.end)
    28.0
    """
    had, has = then > NEVER, now > NEVER
    change = now - then

    def of(who: NDArray[np.bool_], value: Values) -> Values:
        return np.asarray(np.where(who, value, 0.0).sum(axis=-1))

    return Movement(
        start=of(had, then),
        new=of(~had & has & ~before, now),
        expansion=of(had & has, np.maximum(change, 0)),
        reactivation=of(~had & has & before, now),
        contraction=of(had & has, np.maximum(-change, 0)),
        churn=of(had & ~has, then),
    )


def contract_retention(moved: Movement) -> Values:
    """Net revenue retention as contracts are reckoned: what the customers of then pay now for what they paid then.

    Start plus expansion and reactivation less contraction and churn, over start; nothing of new customers is in it.
    """
    kept = moved.start + moved.expansion + moved.reactivation - moved.contraction - moved.churn
    return _ratio(kept, moved.start)


def gross_retention(then: Values, now: Values) -> Values:
    """Gross revenue retention: what is left of then, where nobody counts for more than then; at most 1.

    Args:
        then: What each paid in the earlier window, shape `(*batch, customer)`.
        now: The same of the later one.
    """
    return _ratio(np.minimum(now, then).clip(0).sum(axis=-1), then.clip(0).sum(axis=-1))


def consumption_retention(value: Values) -> Values:
    """Net revenue retention as consumption is reckoned (Snowflake): second half of a span over its first half.

    The customers are those who used in the first window of the span. With 24 months it is the second year over the
    first; Snowflake's annual reports (form 10-K, "Net Revenue Retention Rate") define it so.

    Args:
        value: Of each customer and window, of an even count of windows, shape `(*batch, customer, window)`.
    """
    count = value.shape[-1]
    if count < len(("first half", "second half")) or count % 2:
        msg = f"{count} windows have no two halves; expected an even count"
        raise ValueError(msg)
    cohort = (value[..., 0] > NEVER)[..., None]
    halves = np.where(cohort, value, 0.0).reshape(*value.shape[:-1], 2, count // 2).sum(axis=(-1, -3))
    return _ratio(halves[..., 1], halves[..., 0])


def alive_retention(then: Values, run_rate: Values, alive: Values) -> Values:
    """Net revenue retention in which each customer counts by the chance still to be one, not by a rule of silence.

    Args:
        then: What each paid in the earlier window, shape `(*batch, customer)`.
        run_rate: What each pays in a window as long as a customer, shape `(*batch, customer)`.
        alive: Chance that each still is one, shape `(*batch, customer)`.
    """
    return _ratio(np.where(then > NEVER, alive * run_rate, 0.0).sum(axis=-1), then.clip(0).sum(axis=-1))


def quick_ratio(moved: Movement) -> Values:
    """Quick ratio of recurring revenue (Mamoon Hamid, Social Capital, 2015): gained for each unit lost.

    New and expansion over churn and contraction.
    """
    return _ratio(moved.new + moved.expansion, moved.churn + moved.contraction)


def magic_number(before: ArrayLike, now: ArrayLike, spent: ArrayLike, *, a_year: float = 4.0) -> Values:
    """Magic number (Scale Venture Partners, 2008): yearly revenue gained for each unit of selling the quarter before.

    Args:
        before: Revenue of a quarter. [currency]
        now: Revenue of the next. [currency]
        spent: Sales and marketing of the first. [currency]
        a_year: Quarters of a year.

    >>> float(magic_number(100_000, 130_000, 120_000))
    1.0
    """
    gained = (np.asarray(now, dtype=np.float64) - np.asarray(before, dtype=np.float64)) * a_year
    return _ratio(gained, np.asarray(spent, dtype=np.float64))


def growth(before: Values, now: Values) -> Values:
    """Growth of all from one window to the next of the same weekdays, so that no month length is taken for growth."""
    return _ratio(now.sum(axis=-1), before.sum(axis=-1)) - 1


def formula_value(paid: ArrayLike, margin_share: ArrayLike, churn: ArrayLike) -> Values:
    """Lifetime value by formula (D. Skok): average revenue a month x margin share / churn a month; a cross-check only.

    It takes churn to be the same at any age, growth to be none and money to cost nothing.

    >>> float(formula_value(100, 0.8, 0.02).round(9))
    4000.0
    """
    return _ratio(np.asarray(paid, dtype=np.float64) * np.asarray(margin_share), np.asarray(churn, dtype=np.float64))


def largest_share(value: Values) -> Values:
    """Share of the largest customer, shape `(*batch,)`."""
    return _ratio(value.max(axis=-1), value.sum(axis=-1))


def effective_count(value: Values) -> Values:
    """How many customers of one size would be as concentrated: one over the index of Herfindahl.

    >>> float(effective_count(np.array([1.0, 1, 1, 1])))
    4.0
    """
    return _ratio(value.sum(axis=-1) ** 2, (value**2).sum(axis=-1))


def _ratio(top: Values, bottom: Values) -> Values:
    top, bottom = np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64)
    ratio: Values = np.divide(top, bottom, out=np.full(np.broadcast(top, bottom).shape, np.nan), where=bottom > NEVER)
    return ratio
