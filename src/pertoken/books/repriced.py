"""Repriced: what the same usage costs at other prices, beside what it costs now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from pertoken.books.allocate import allocate
from pertoken.books.unsure import Unsure
from pertoken.core.lines import Lines, Usage
from pertoken.rating.card import Card
from pertoken.rating.rate import Rated, amount
from pertoken.usage.report import Report

MODEL = "model before"
"""Key of the model that a request was really made to."""

NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cell:
    """Usage of one meter of one model, and of what else is asked for.

    Args:
        labels: Key to label; `model` is the one that the requests were made to, `to` the one they are priced as.
        quantity: How much. [unit of the meter]
        before: What it costs now. [currency]
        after: What it would cost. [currency]
        unpriced: Where some of it has no price: `before`, `after`; empty if all of it has both.
    """

    labels: Mapping[str, str]
    quantity: Decimal
    before: Decimal = NONE
    after: Decimal = NONE
    unpriced: tuple[str, ...] = ()

    @property
    def difference(self) -> Decimal:
        """What it would cost more. [currency]."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, eq=False)
class Repriced:
    """A log at other prices.

    Args:
        cells: By model, meter and the keys asked for.
        by: Keys asked for.
        currency: ISO 4217 code.
        report: What was read and what was left out.
        cards: Cards of the cost.
        at: Day or moment whose prices hold after; None for the time of each request.
        models: Model to the one that its requests are priced as.
        makers: Models whose stand-in is of another maker, or of one that isn't known: their tokenisers may differ.
        unsure: What of the cost after rests on unsure prices.
    """

    cells: tuple[Cell, ...]
    by: tuple[str, ...]
    currency: str
    report: Report
    cards: tuple[Card, ...]
    at: date | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    makers: tuple[tuple[str, str], ...] = ()
    unsure: tuple[Unsure, ...] = ()

    @property
    def compared(self) -> tuple[Cell, ...]:
        """Usage that both sides price, all of it."""
        return tuple(cell for cell in self.cells if not cell.unpriced)

    @property
    def apart(self) -> tuple[Cell, ...]:
        """Usage that one side or both can't price."""
        return tuple(cell for cell in self.cells if cell.unpriced)

    @property
    def before(self) -> Decimal:
        """What the usage that is compared costs now. [currency]."""
        return sum((cell.before for cell in self.compared), NONE)

    @property
    def after(self) -> Decimal:
        """What the same would cost. [currency]."""
        return sum((cell.after for cell in self.compared), NONE)

    def fold(self, by: Sequence[str]) -> tuple[Cell, ...]:
        """Add up what is compared by some keys, what costs most now first."""
        sums: dict[tuple[str, ...], list[Decimal]] = {}
        for cell in self.compared:
            found = sums.setdefault(tuple(cell.labels[name] for name in by), [NONE, NONE, NONE])
            for at, number in enumerate((cell.quantity, cell.before, cell.after)):
                found[at] += number
        made = (Cell(dict(zip(by, labels, strict=True)), q, b, a) for labels, (q, b, a) in sums.items())
        return tuple(sorted(made, key=lambda cell: (-max(cell.before, cell.after), tuple(cell.labels.values()))))


def cells(usage: Usage, before: Rated, after: Rated, by: Sequence[str]) -> tuple[Cell, ...]:
    """Put two ratings of the same usage beside each other.

    Args:
        usage: What was rated, with the keys `by`, `model` as it is priced after, and `MODEL`.
        before: Its cost now.
        after: Its cost at other prices; its lines carry `MODEL` too.
        by: Keys to keep besides the models and the meter.
    """
    names = tuple(dict.fromkeys((*by, MODEL, "meter")))
    to = dict(zip(*(usage.keys[name].column().tolist() for name in (MODEL, "model")), strict=True))
    quantity = _folded(usage, names, "quantity")
    sides = {side: _folded(_ledger(rated, names), names, "amount") for side, rated in (("b", before), ("a", after))}
    lacking = {side: set(_folded(rated.unpriced, names, "quantity")) for side, rated in (("b", before), ("a", after))}
    out = []
    for labels in dict.fromkeys((*quantity, *sides["b"], *sides["a"])):
        money = {side: own.get(labels, NONE) for side, own in sides.items()}
        where = tuple(word for side, word in (("b", "before"), ("a", "after")) if labels in lacking[side])
        if not (where or money["b"] or money["a"]):
            continue
        said = dict(zip(names, labels, strict=True))
        model = said.pop(MODEL)
        said |= {"model": model, "to": to.get(model, model)}
        out.append(Cell(said, quantity.get(labels, NONE), money["b"], money["a"], where))
    return tuple(out)


def _ledger(rated: Rated, names: Sequence[str]) -> Lines:
    ledger = amount(allocate(rated.parts, [name for name in names if name != "meter"]), "effective")
    return ledger if "meter" in ledger.keys else ledger.with_keys(meter="")


def _folded(lines: Lines, names: Sequence[str], value: str) -> dict[tuple[str, ...], Decimal]:
    """Sum a value by some keys; periods may be coarser than those of the lines."""
    if not len(lines):
        return {}
    wide = lines.with_keys(**{name: lines.period(name) for name in names if name not in lines.keys})
    folded = Lines({name: wide.key(name) for name in names}, {value: lines.values[value]}).fold(names)
    columns: Iterable[Any] = zip(*(folded.keys[name].column().tolist() for name in names), strict=True)
    return {labels: Decimal(str(number)) for labels, number in zip(columns, folded.values[value].tolist(), strict=True)}
