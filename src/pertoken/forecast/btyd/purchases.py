"""Purchases: all that a law of buying needs to know of a customer's history."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.panel import Indices


@dataclass(frozen=True, slots=True, eq=False)
class Purchases:
    """When customers bought, in three numbers each.

    Args:
        repeats: Periods with a purchase after the first one, shape `(customer,)`.
        last: When the last one was, counted from the first, shape `(customer,)`. [period]
        age: How long the customer has been watched since the first, shape `(customer,)`. [period]

    Raises:
        InputError: A last purchase lies before the first or after the end.
    """

    repeats: Values
    last: Values
    age: Values

    def __post_init__(self) -> None:
        """Check the order of first purchase, last purchase and today."""
        wrong = np.flatnonzero((self.last < 0) | (self.last > self.age) | ((self.repeats > 0) & (self.last <= 0)))
        if len(wrong):
            at = int(wrong[0])
            raise InputError(
                f"customer {at} has {self.repeats[at]:g} repeat purchases, the last {self.last[at]:g} after the first, "
                f"and is {self.age[at]:g} old; expected 0 < last <= age where there are repeats"
            )

    def __len__(self) -> int:
        """Count the customers."""
        return len(self.repeats)

    def pick(self, rows: Indices) -> Self:
        """Keep some customers, by index."""
        return type(self)(*(getattr(self, each.name)[rows] for each in fields(self)))

    def folded(self) -> tuple[Self, Values, Indices]:
        """Bring customers with the same history together.

        Returns:
            The distinct histories, how many customers have each, and which one each customer has.
        """
        rows = np.column_stack([getattr(self, each.name) for each in fields(self)])
        _, first, place, count = np.unique(rows, axis=0, return_index=True, return_inverse=True, return_counts=True)
        return self.pick(first), count.astype(np.float64), place.reshape(-1)


@dataclass(frozen=True, slots=True, eq=False)
class Dated(Purchases):
    """The same with the period of each purchase.

    Args:
        so_far: How many purchases there had been after each period since the first, from 0 periods on, shape
            `(customer, period + 1)`; all of them after the last period.
    """

    so_far: Values


def purchases_of(value: Values, since: Indices | None = None, fold: int = 1) -> Purchases:
    """Read purchases off usage by period: a period with usage is a purchase, and the first one brings the customer.

    Args:
        value: Shape `(customer, period)`; NaN for what was not watched.
        since: First period of each customer, shape `(customer,)`; the first with usage if None.
        fold: Periods that are taken as one, counted back from the last.

    >>> seen = purchases_of(np.array([[np.nan, 2.0, 0.0, 1.0, 0.0]]))
    >>> seen.repeats.tolist(), seen.last.tolist(), seen.age.tolist()
    ([1.0], [2.0], [3.0])
    """
    active: Values = np.greater(np.nan_to_num(value), 0)
    if fold > 1:
        short = -active.shape[1] % fold
        active = np.asarray(np.pad(active, ((0, 0), (short, 0))).reshape(len(active), -1, fold).any(axis=2))
        since = None if since is None else (since + short) // fold
    count = active.shape[1]
    ever = active.any(axis=1)
    first = np.where(ever, active.argmax(axis=1), count - 1)
    last = np.where(ever, count - 1 - active[:, ::-1].argmax(axis=1), first)
    begin = first if since is None else np.minimum(since, first)
    came = active[np.arange(len(active)), begin]
    repeats = np.maximum(active.sum(axis=1) - came, 0)
    return Purchases(*(each.astype(np.float64) for each in (repeats, last - begin, count - 1 - begin)))


def dated_of(value: Values, since: Indices | None = None) -> Dated:
    """Read purchases off usage with the period of each, as `purchases_of` does.

    >>> dated_of(np.array([[np.nan, 2.0, 0.0, 1.0, 0.0]])).so_far.tolist()
    [[0, 0, 1, 1]]
    """
    seen = purchases_of(value, since)
    active = np.greater(np.nan_to_num(value), 0)
    periods = np.arange(int(seen.age.max(initial=0)) + 1)
    at = (active.shape[1] - 1 - seen.age.astype(np.int64))[:, None] + periods
    there = (at < active.shape[1]) & (periods > 0)
    bought = np.take_along_axis(active, np.minimum(at, active.shape[1] - 1), axis=1) & there
    return Dated(seen.repeats, seen.last, seen.age, bought.cumsum(axis=1, dtype=np.int32))
