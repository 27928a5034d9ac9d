"""What rows cost, once their cells are known: in floats, in whole numbers or in decimals; and how sure that is."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.exact import CONTEXT
from pertoken.rating.compiled import Grid
from pertoken.rating.cost import Status
from pertoken.rating.locate import CHUNK

STATUSES: tuple[Status, ...] = ("priced", "estimated", "partial", "unpriced")
"""What the numbers in a column of statuses mean."""

PRICED, ESTIMATED, PARTIAL, UNPRICED = range(4)

Numbers = NDArray[Any]


def floats(grid: Grid, cell: NDArray[np.int32], counts: Mapping[str, Numbers]) -> NDArray[np.float64]:
    """Multiply and add in floats."""
    amount = np.zeros(len(cell))
    priced = [(prices, counts[m]) for m, prices in zip(grid.meters, grid.prices, strict=True) if prices.any()]
    for begin in range(0, len(cell), CHUNK):
        rows = slice(begin, begin + CHUNK)
        at, sums = cell[rows].astype(np.intp), amount[rows]
        for prices, column in priced:
            product = prices.take(at, mode="clip")
            product *= column[rows].astype(np.float64)
            sums += product
    return amount


def exact(grid: Grid, cell: NDArray[np.int32], counts: Mapping[str, Numbers]) -> tuple[Numbers, int | None]:
    """Multiply and add exactly: in whole numbers where they fit, else in `Decimal`."""
    whole = {name: _whole(column) for name, column in counts.items()}
    if grid.scaled is not None and all(column is not None for column in whole.values()):
        places, units = grid.scaled
        tops = [int(column.max()) if column is not None and len(column) else 0 for column in whole.values()]
        if sum(top * int(each.max(initial=0)) for top, each in zip(tops, units, strict=True)) < 1 << 63:
            amount = np.zeros(len(cell), dtype=np.int64)
            for each, column in zip(units, whole.values(), strict=True):
                if each.any() and column is not None:
                    amount += each[cell] * column
            return amount, places
    return _decimals(grid, cell, counts), None


def _whole(column: Numbers) -> NDArray[np.int64] | None:
    """Read a column as whole numbers; None where it has fractions or doesn't fit."""
    if column.dtype.kind in "iu":
        return column.astype(np.int64, copy=False)
    if column.dtype.kind == "f" and (column == np.trunc(column)).all() and column.max(initial=0) < 1 << 53:
        return column.astype(np.int64)
    return None


def _decimals(grid: Grid, cell: NDArray[np.int32], counts: Mapping[str, Numbers]) -> Numbers:
    multiply, add = CONTEXT.multiply, CONTEXT.add
    amount = [Decimal(0)] * len(cell)
    cells = cell.tolist()
    for units, column in zip(grid.units, counts.values(), strict=True):
        if any(units):
            numbers = (each if isinstance(each, (int, Decimal)) else Decimal(repr(each)) for each in column.tolist())
            amount = [add(sum_, multiply(units[c], n)) for c, n, sum_ in zip(cells, numbers, amount, strict=True)]
    out = np.empty(len(cell), dtype=object)
    out[:] = amount
    return out


def status(
    grid: Grid, cell: NDArray[np.int32], counts: Mapping[str, Numbers], several: NDArray[np.bool_] | None
) -> NDArray[np.uint8]:
    """Say of each row whether all of it is priced, and surely."""
    found = np.zeros(len(cell), dtype=np.uint8)
    if several is not None:
        found[several] = ESTIMATED
    if not grid.flagged.any():
        return found
    rows = np.flatnonzero(grid.flagged[cell])
    at = cell[rows]
    doubt = np.array([bool(each.doubts) for each in grid.cells])[at] | (found[rows] == ESTIMATED)
    has, lacks = np.zeros((2, len(rows)), dtype=bool)
    for m, name in enumerate(grid.meters):
        used = counts[name][rows] > 0
        has |= used & np.array([each.rates[m] is not None for each in grid.cells])[at]
        lacks |= used & np.array([bool(each.missing[m]) for each in grid.cells])[at]
        doubt |= used & np.array([bool(each.unsure[m]) for each in grid.cells])[at]
    refused = np.array([bool(each.refusal) for each in grid.cells])[at]
    sure = np.where(doubt, ESTIMATED, PRICED)
    whole = np.where(lacks, np.where(has, PARTIAL, UNPRICED), sure)
    found[rows] = np.where(refused, UNPRICED, whole)
    return found
