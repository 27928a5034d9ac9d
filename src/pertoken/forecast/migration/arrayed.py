"""Arrayed: cards as a tariff by the fast arrays of the forecast, where arrays can hold what the cards say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import CardError
from pertoken.core.keys import Key
from pertoken.core.lines import Usage
from pertoken.core.money import Values
from pertoken.forecast.migration.tariff import IDLE, Charged, Tariff, rated_tariff
from pertoken.forecast.panel import Indices
from pertoken.forecast.tariff import Tariffs, tariffs
from pertoken.rating.assign import own_lines
from pertoken.rating.card import Card
from pertoken.rating.rate import STAGES


@dataclass(frozen=True, eq=False)
class ArrayTariff:
    """Cards as arrays, a plan for each kind of customer.

    Args:
        plans: The plans.
        plan: Of each customer, shape `(customer,)`.
        mix: Quantity of each cell for one unit of usage, shape `(customer, cell)`. [unit / driver]
    """

    plans: Tariffs
    plan: Indices
    mix: Values

    def __call__(self, usage: Values, rows: Indices, /) -> Charged:
        """Charge the usage, lines not rounded."""
        from pertoken.forecast.tariff_bill import stages  # noqa: PLC0415  it is compiled when it is first asked

        money = stages(self.plans, self.plan[rows], self.mix[rows], usage)
        total, idle = np.zeros(usage.shape), np.zeros(usage.shape)
        for name, amount in money.items():
            total += amount if "effective" in STAGES[name] else 0.0
            idle += amount if name in IDLE else 0.0
        return Charged(total, idle)


def tariff_of(
    cards: Sequence[Card],
    names: Sequence[str],
    months: Sequence[str],
    *,
    mix: Values,
    cells: Mapping[str, Key],
    known: Mapping[str, Key] | None = None,
) -> Tariff:
    """Make a tariff of cards: by arrays where they can, else by the rating of the books.

    Args:
        cards: Cards of one side.
        names: Of the customers, shape `(customer,)`.
        months: Months ahead.
        mix: Quantity of each cell for one unit of usage, shape `(customer, cell)`. [unit / driver]
        cells: Keys of the cells, each `(cell,)`; a `meter` at least.
        known: Keys that don't change, each `(customer,)`.

    Raises:
        InputError: A card has no contract for each customer, so that nobody could change it.
    """
    said = dict(known or {})
    rated = rated_tariff(cards, names, months, mix=mix, cells=cells, known=said)
    columns = [said[name].column().tolist() for name in said]
    labels = list(zip(*columns, strict=True)) if columns else [()] * len(names)
    kinds = list(dict.fromkeys(labels))
    about = [dict(zip(said, each, strict=True)) for each in kinds]
    books = [_own(cards, cells, each) for each in about]
    if not all(books):
        return rated
    try:
        plans = tariffs(books, cells, months, known=about)
    except CardError:
        return rated
    index = {each: i for i, each in enumerate(kinds)}
    return ArrayTariff(plans, np.array([index[each] for each in labels], dtype=np.int64), mix)


def _own(cards: Sequence[Card], cells: Mapping[str, Key], about: Mapping[str, str]) -> tuple[Card, ...]:
    """Find the cards that are for a kind of customer."""
    size = len(cells["meter"])
    unit = Usage({**cells}, {"quantity": np.ones(size)}).with_keys(customer="", **about)
    return tuple(card for card in cards if len(own_lines(unit, card, index=True)))
