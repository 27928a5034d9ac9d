"""Tariff: a plan as a function from usage to what is charged, customer by customer and month by month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np

from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Ledger, Lines, Usage
from pertoken.core.money import Values
from pertoken.forecast.panel import Indices
from pertoken.rating.card import Card
from pertoken.rating.rate import amount, rate

IDLE = ("unused", "minimum")
"""Stages of the ledger that are paid for and not used: the rest of a bundle, what tops up to a minimum."""


@dataclass(frozen=True, slots=True, eq=False)
class Charged:
    """What customers are charged.

    Args:
        total: Shape `(draw, customer, month)`. [currency]
        idle: The part of it that is paid for and not used. [currency]
    """

    total: Values
    idle: Values

    def first(self, draws: int) -> "Charged":
        """Keep the first worlds."""
        return Charged(self.total[:draws], self.idle[:draws])


class Tariff(Protocol):
    """A plan: `tariff(usage, rows)`, usage of shape `(draw, customer, month)`, rows the index of each customer."""

    def __call__(self, usage: Values, rows: Indices, /) -> Charged:
        """Charge the usage."""
        ...


class Ahead(Protocol):
    """Usage ahead: `ahead(rows)` gives `(draw, customer, month)`; a row of draws is the same world for everybody."""

    def __call__(self, rows: Indices, /) -> Values:
        """Usage of some customers while they are customers. [driver]."""
        ...


@dataclass(frozen=True, eq=False)
class RatedTariff:
    """Any cards as a tariff, by the rating of the books.

    Args:
        cards: Cards of one side.
        names: Of the customers, shape `(customer,)`.
        months: Months ahead.
        mix: Quantity of each cell for one unit of usage, shape `(customer, cell)`. [unit / driver]
        cells: Keys of the cells, each `(cell,)`; a `meter` at least.
        known: Keys that don't change, each `(customer,)`.
    """

    cards: Sequence[Card]
    names: tuple[str, ...]
    months: tuple[str, ...]
    mix: Values
    cells: Mapping[str, Key]
    known: Mapping[str, Key]

    def __call__(self, usage: Values, rows: Indices, /) -> Charged:
        """Rate the usage as it comes, and fold what is charged."""
        size = (len(rows), len(self.months))
        who, cell = np.nonzero(self.mix[rows] > 0)
        named = set(who.tolist())
        idle = np.array([row for row in range(len(rows)) if row not in named], dtype=np.int64)
        who, cell = np.concatenate([who, idle]), np.concatenate([cell, np.zeros(len(idle), dtype=np.int64)])
        quantity = usage[:, who] * self.mix[rows[who], cell][:, None]
        lines = Usage(self._keys(rows[who], cell), {"quantity": quantity.reshape(len(usage), -1)})
        span = tuple(each.astype("datetime64[D]").astype(date) for each in self._edges())
        ledger = amount(rate(lines, self.cards, exact=False, span=(span[0], span[1])).ledger, "effective")
        shape = (len(usage), *size)
        return Charged(self._dense(ledger, rows, shape), self._dense(_idle(ledger), rows, shape))

    def _edges(self) -> tuple[np.datetime64, np.datetime64]:
        return period.begins(self.months[:1])[0], period.ends(self.months[-1:])[0]

    def _keys(self, rows: Indices, cell: Indices) -> dict[str, Key]:
        """Keys of the lines: customer by customer, cell by cell, month by month."""
        count = len(self.months)
        made = {
            name: Key(np.repeat(key.codes[cell], count), key.labels)
            for name, key in self.cells.items()
        } | {
            name: Key(np.repeat(key.codes[rows], count), key.labels)
            for name, key in self.known.items()
        }  # fmt: skip
        month = Key(np.tile(np.arange(count, dtype=np.int32), len(rows)), self.months)
        order = np.argsort(np.array(self.names, dtype=object))
        rank = np.empty(len(order), dtype=np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        names = tuple(self.names[i] for i in order)
        return made | {"customer": Key(np.repeat(rank[rows], count), names), "month": month}

    def _dense(self, ledger: Lines, rows: Indices, shape: tuple[int, int, int]) -> Values:
        """Put the lines of a ledger where their customer and month stand."""
        out = np.zeros((shape[0], shape[1] * shape[2]))
        if not len(ledger):
            return out.reshape(shape)
        folded = Lines(
            {"customer": ledger.key("customer"), "month": ledger.period("month")}, {"amount": ledger.values["amount"]}
        ).fold(["customer", "month"])
        place = {self.names[row]: i for i, row in enumerate(rows.tolist())}
        who, month = folded.keys["customer"], folded.keys["month"]
        customer = np.array([place.get(label, -1) for label in who.labels])[who.codes]
        at = np.array([self.months.index(label) if label in self.months else -1 for label in month.labels])[month.codes]
        inside = (customer >= 0) & (at >= 0)
        out[:, (customer * shape[2] + at)[inside]] = folded.values["amount"][..., inside]
        return out.reshape(shape)


def rated_tariff(
    cards: Sequence[Card],
    names: Sequence[str],
    months: Sequence[str],
    *,
    mix: Values,
    cells: Mapping[str, Key],
    known: Mapping[str, Key] | None = None,
) -> RatedTariff:
    """Make a tariff of cards.

    Raises:
        InputError: A card has no contract for each customer, so that nobody could change it.
    """
    for card in cards:
        if "customer" not in card.scope:
            raise InputError(
                f"{card.source or card.name} has contracts by {', '.join(card.scope) or 'the account'}; customers can "
                "only move one by one between plans by customer; say scope: [customer]"
            )
    return RatedTariff(tuple(cards), tuple(names), tuple(months), mix, cells, known or {})


def _idle(ledger: Lines) -> Lines:
    stage = ledger.key("stage")
    return Ledger(ledger.keys, ledger.values).pick(np.isin(stage.codes, [
        code for code, label in enumerate(stage.labels) if label in IDLE
    ]))  # fmt: skip
