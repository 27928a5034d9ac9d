"""Promises: what contracts do to the customers who have one, by contract and month, as the simulation needs it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values

Rows = tuple[NDArray[np.int64], Values, Values, Values, Values]


@dataclass(frozen=True, kw_only=True, eq=False)
class Promises:
    """Contracts of customers, each `(contract, month)` if nothing else is said.

    Args:
        row: Row of each customer's contract; -1 for none, shape `(customer,)`.
        names: Of the customers, which their chance is drawn by, shape `(contract,)`.
        due: What is committed for the term that ends in a month, else 0. [currency]
        counts: Share of a month's charges that counts for the term that runs as it begins.
        later: Share that counts for the term that begins in it.
        paid: What was billed of the first term before the first month, shape `(contract,)`. [currency]
        lift: Factor on usage: a ramp; 0 before the contract begins.
        begins: Month from which the customer is there, shape `(contract,)`.
        chance: Chance that the customer goes on into a month; 1 where no contract ends.
        unsure: Whether how fast all customers leave moves these chances, shape `(contract,)`.
        plan: Tariff that the contract puts its customer on; -1 where it stays as it is.
    """

    row: NDArray[np.int64]
    names: tuple[str, ...]
    due: Values
    counts: Values
    later: Values
    paid: Values
    lift: Values
    begins: NDArray[np.int64]
    chance: Values
    unsure: NDArray[np.bool_]
    plan: NDArray[np.int64]

    def __len__(self) -> int:
        """Count the contracts."""
        return len(self.names)

    def arrays(self, rows: NDArray[np.int64]) -> Rows:
        """Give compiled loops what is settled, for some rows of people (see `People.promise`)."""
        due, counts, later = (np.ascontiguousarray(each, float) for each in (self.due, self.counts, self.later))
        return rows, due, counts, later, self.paid.astype(float)

    def moves(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a contract changes the plan, for some rows of people (see `People.promise`)."""
        return np.append((self.plan >= 0).any(axis=1), False)[rows]

    @classmethod
    def none(cls, customers: int, months: int) -> "Promises":
        """Make contracts of nobody."""
        return cls.of(np.full(customers, -1, dtype=np.int64), (), months)

    @classmethod
    def of(cls, row: NDArray[np.int64], names: tuple[str, ...], months: int) -> "Promises":
        """Make contracts that commit to nothing, lift nothing and never end."""
        size = len(names)
        nothing, all_of = np.zeros((size, months)), np.ones((size, months))
        return cls(
            row=row, names=names, due=nothing, counts=nothing.copy(), later=nothing.copy(), paid=np.zeros(size),
            lift=all_of, begins=np.zeros(size, dtype=np.int64), chance=all_of.copy(), unsure=np.zeros(size, dtype=bool),
            plan=np.full((size, months), -1, dtype=np.int64),
        )  # fmt: skip
