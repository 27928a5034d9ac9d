"""Purchases: all that a law of buying needs to know of a customer's history."""

from dataclasses import dataclass

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

    def pick(self, rows: Indices) -> "Purchases":
        """Keep some customers, by index."""
        return Purchases(self.repeats[rows], self.last[rows], self.age[rows])

    def folded(self) -> "tuple[Purchases, Values, Indices]":
        """Bring customers with the same history together.

        Returns:
            The distinct histories, how many customers have each, and which one each customer has.
        """
        rows = np.stack([self.repeats, self.last, self.age], axis=1)
        distinct, place, count = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
        return Purchases(*distinct.T), count.astype(np.float64), place.reshape(-1)


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
