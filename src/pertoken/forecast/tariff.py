"""Tariffs: rate cards as arrays, which price a customer whose usage is one number a month times a fixed mix.

A charge then is a curve of that number. What a card says that no such array can is refused by name (see `refused`);
such a card is rated line by line (`pertoken.forecast.replayed`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError, UnpricedUsage
from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.forecast.tariff_arrays import Arrays, arrays
from pertoken.forecast.tariff_card import PlanRows, plan_rows
from pertoken.rating.card import Card

STAGES = ("list", "discount", "minimum", "maximum", "covered", "drawn", "unused", "purchase", "refund")
"""Stages in which the simulation adds money up; a line's rounding is part of its own stage."""


@dataclass(frozen=True, eq=False)
class Tariffs:
    """Plans as arrays.

    Args:
        plans: Their names, shape `(plan,)`.
        cells: Keys of the cells that mixes are of, each `(cell,)`.
        months: Labels of the months, shape `(month,)`.
        currency: ISO 4217 code.
        account: `revenue`, or `cost` for vendors' cards.
        weights: Of each cell in the count of each charge, shape `(charge, cell)`.
        owner: Plan of each charge, shape `(charge,)`.
        unpriced: Cells that a plan has no price for, shape `(plan, cell)`.
        rows: The cards of each plan, charge by charge and step by step.
    """

    plans: tuple[str, ...]
    cells: Mapping[str, Key]
    months: tuple[str, ...]
    currency: str
    account: str
    weights: Values
    owner: NDArray[np.int64]
    unpriced: NDArray[np.bool_]
    rows: tuple[PlanRows, ...]

    @cached_property
    def double(self) -> Arrays:
        """The arrays in double precision, for money to the cent."""
        return arrays(self.rows, len(self.months), np.float64)

    @cached_property
    def single(self) -> Arrays:
        """The arrays in single precision, for many paths."""
        return arrays(self.rows, len(self.months), np.float32)

    @property
    def used(self) -> tuple[str, ...]:
        """Stages in which these plans can have money."""
        kinds = {step.kind for plan in self.rows for card in plan.cards for step in card.steps}
        pools = [row.pool for plan in self.rows for card in plan.cards for row in card.pools]
        some = {"list"} | ({"discount"} if kinds & {"percent", "amount"} else set()) | (kinds & {"minimum", "maximum"})
        some |= {"covered", "drawn", "unused", "purchase"} if pools else set()
        some |= {"refund"} if any(pool.unused == "refund" for pool in pools) else set()
        return tuple(stage for stage in STAGES if stage in some)

    def counts(self, mix: Values, plan: NDArray[Any] | None = None) -> Values:
        """Say what a unit of the driver counts for each charge.

        Args:
            mix: Quantity of each cell for one unit of the driver, shape `(customer, cell)`. [unit / driver]
            plan: Of each customer, shape `(customer,)`; None where customers may be on any.

        Returns:
            Shape `(customer, charge)`. [counted unit / driver]

        Raises:
            InputError: The mix is of other cells.
            UnpricedUsage: A customer uses what its plan has no price for.
        """
        if mix.ndim != 2 or mix.shape[1] != self.weights.shape[1]:  # noqa: PLR2004  customers by cells
            msg = f"a mix of shape {mix.shape} for tariffs of {self.weights.shape[1]} cells; expected (customer, cell)"
            raise InputError(msg)
        if plan is not None and (bad := (mix > 0) & self.unpriced[plan]).any():
            i, cell = (int(each) for each in np.argwhere(bad)[0])
            about = " ".join(key.labels[key.codes[cell]] for key in self.cells.values())
            msg = f"plan {self.plans[int(plan[i])]!r} has no price for {about}; price it, at 0 if it is free"
            raise UnpricedUsage(msg)
        counts: Values = mix @ self.weights.T
        return counts


def tariffs(
    plans: Mapping[str, Card | Sequence[Card]] | Sequence[Card | Sequence[Card]],
    cells: Mapping[str, Key],
    months: Sequence[str],
    *,
    known: Sequence[Mapping[str, str]] = (),
) -> Tariffs:
    """Bring plans to arrays.

    Args:
        plans: The cards of each plan, by its name; or in a row, and then named after the first card of each.
        cells: Keys of the cells, each `(cell,)`; a `meter` at least.
        months: Labels of the months, shape `(month,)`.
        known: What else each plan's cards ask for in their conditions (`{"plan": "pro"}`), in the order of the plans.

    Raises:
        CardError: A card says what no array can; the message names it.
        InputError: No plan, or plans in several currencies.
    """
    named = plans.items() if isinstance(plans, Mapping) else [("", each) for each in plans]
    books = [(name, (each,) if isinstance(each, Card) else tuple(each)) for name, each in named]
    if not books or not all(cards for _, cards in books):
        raise InputError("no card to make a tariff of; expected at least one for each plan")
    for name in ("currency", "party"):
        said = sorted({str(getattr(card, name)) for _, cards in books for card in cards})
        if len(said) > 1:
            raise InputError(f"plans of more than one {name}: {', '.join(said)}; expected one; forecast them apart")
    about = list(known) or [{}] * len(books)
    rows = tuple(plan_rows(cards, cells, months, more) for (_, cards), more in zip(books, about, strict=True))
    charges = [(i, row) for i, plan in enumerate(rows) for card in plan.cards for row in card.charges]
    size = len(cells["meter"])
    weights = np.array([np.zeros(size) if row.fee else row.weights for _, row in charges]).reshape(len(charges), size)
    first = books[0][1][0]
    return Tariffs(
        plans=tuple(name or cards[0].name for name, cards in books),
        cells=dict(cells),
        months=tuple(months),
        currency=first.currency,
        account=first.account,
        weights=weights,
        owner=np.array([i for i, _ in charges], dtype=np.int64),
        unpriced=np.stack([plan.unpriced for plan in rows]),
        rows=rows,
    )
