"""Stretch: how far a count got in an invoice's period, so that a charge can be reckoned at both ends of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.lines import Key
from pertoken.core.money import to_exact
from pertoken.rating.card import Charge
from pertoken.rating.counted import Counted
from pertoken.rating.curve import running

Who = tuple[str, ...]
"""Labels of a contract and of what a charge keeps apart, and the period, in order."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the cumulative price.

    Args:
        quantity: What was counted so far. [unit of the measure]
        select: What picks the tier, if something else does; as it is counted.
    """

    quantity: Decimal
    select: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a count did in a window within a period.

    Args:
        charge: The charge, as its price is reckoned.
        begin: Where it stood; None where nothing had been charged.
        end: Where it stood after.
        net: The same two points without what pools cover; None where none did.
        factor: Factor of the price of what no pool covers.
    """

    charge: Charge
    begin: Point | None
    end: Point
    net: tuple[Point | None, Point] | None = None
    factor: Decimal = Decimal(1)


def stretches(
    rows: Counted, names: Sequence[str], period: Key, mask: NDArray[np.bool_] | None = None
) -> dict[Who, list[Stretch]]:
    """Gather the rows of a count to stretches: the rows of one window and one invoice.

    Args:
        rows: What was counted, in certain worlds only.
        names: Keys of the contract, and what the charge keeps apart.
        period: The invoice of each row.
        mask: Rows to look at; all if None.
    """
    chosen = np.flatnonzero(mask) if mask is not None else np.arange(len(rows.lines))
    window = np.repeat(np.arange(len(rows.starts)), np.diff(rows.starts, append=len(rows.lines)))
    table = _table(rows)
    keys = [*(rows.lines.key(name) for name in names), period]
    out: dict[Who, list[Stretch]] = {}
    for group in _groups(window, period, chosen, apart="factor" in table):
        who = tuple(key.labels[key.codes[group[0]]] for key in keys)
        out.setdefault(who, []).append(_stretch(rows, table, int(group[0]), int(group[-1])))
    return out


def _groups(window: NDArray[np.intp], period: Key, chosen: NDArray[np.intp], *, apart: bool) -> list[NDArray[np.intp]]:
    """Rows that follow each other in one window and one invoice; each alone where prices differ from row to row."""
    if not len(chosen):
        return []
    code = np.stack([window[chosen], period.codes[chosen]])
    new = (code[:, 1:] != code[:, :-1]).any(axis=0) | apart
    return np.split(chosen, np.flatnonzero(new) + 1)


def _table(rows: Counted) -> dict[str, list[Decimal]]:
    """What each row begins and ends with, as lists of decimals."""
    values = {name: to_exact(value) for name, value in rows.lines.values.items()}
    out: dict[str, Any] = {"begin": None, "end": None}
    out["begin"], out["end"] = rows.reached(values["quantity"])
    if "net" in values:
        out["net_begin"], out["net_end"] = rows.reached(values["net"])
    if "select" in values:
        out["select_end"] = running(values["select"], rows.starts)
        out["select_begin"] = out["select_end"] - values["select"]
    if "factor" in values:
        out["factor"] = values["factor"]
    return {name: value.tolist() for name, value in out.items()}


def _stretch(rows: Counted, table: Mapping[str, Sequence[Decimal]], first: int, last: int) -> Stretch:
    window = int(np.searchsorted(rows.starts, first))
    opens = window < len(rows.starts) and rows.starts[window] == first
    fresh = opens and (rows.begun is None or not rows.begun[window])

    def points(kind: str) -> tuple[Point | None, Point]:
        select = ("select_begin" in table) or None
        begin = Point(table[f"{kind}begin"][first], select and table["select_begin"][first])
        end = Point(table[f"{kind}end"][last], select and table["select_end"][last])
        return None if fresh else begin, end

    begin, end = points("")
    net = points("net_") if "net_end" in table else None
    factor = table["factor"][first] if "factor" in table else Decimal(1)
    return Stretch(rows.charge, begin, end, net, factor)
