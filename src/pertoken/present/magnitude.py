"""How a table is told where a terminal has no room for all digits: amounts in thousands, shares in whole percent."""

from collections.abc import Mapping
from dataclasses import replace

from pertoken.present.numbers import shortened, show_aligned, show_rows, show_total, whole_percent
from pertoken.present.sheet import Cell, Column, Kind, Table, total_row

Texts = list[str]

NAMES = ("", "K", "M", "B", "T")
"""A thousand, a million, a billion, a trillion, as prefixes of a unit."""

LEAST = 100
"""The largest amount of a unit keeps three digits before the point, and has a fourth after it."""

AMOUNTS: frozenset[Kind] = frozenset({"count", "money", "quantity", "estimate", "exact"})
"""Numbers that may be told in thousands, where they have a unit."""


def in_thousands(table: Table) -> tuple[tuple[Column, ...], list[Texts], Texts | None]:
    """Write a table's amounts in thousands, millions or billions of their unit, alike wherever the unit is the same.

    Where a column `unit` says what each row is of, each row has its own.

    Returns:
        Columns with their units; the texts of each row; those of the total row, None without one.
    """
    places = [i for i, column in enumerate(table.columns) if column.kind in AMOUNTS]
    said = next((i for i, column in enumerate(table.columns) if column.name == "unit"), None)
    rows, total = show_aligned(table) if said is None else (show_rows(table), show_total(table))
    totals = total_row(table)
    every, texts = [*table.rows, *([totals] if totals else [])], [*rows, *([total] if total else [])]
    units = [[table.columns[i].unit if said is None else str(row[said] or "") for i in places] for row in every]
    largest: dict[str, float] = {}
    for row, named in zip(every, units, strict=True):
        for place, unit in zip(places, named, strict=True):
            largest[unit] = max(largest.get(unit, 0.0), _size(row[place]))
    steps = {unit: _step(unit, size) for unit, size in largest.items() if unit}
    for row, text, named in zip(every, texts, units, strict=True):
        for place, unit in zip(places, named, strict=True):
            if steps.get(unit) and text[place]:
                text[place] = shortened(row[place], 3 * steps[unit])
        if said is not None:
            text[said] = _named(text[said], steps)
    return tuple(replace(column, unit=_named(column.unit, steps)) for column in table.columns), rows, total


def in_whole_percent(table: Table) -> tuple[tuple[Column, ...], list[Texts], Texts | None]:
    """Write a table's amounts as `in_thousands`, its shares in whole percent, and its headers as briefly as they go.

    Returns:
        Columns; the texts of each row; those of the total row, None without one.
    """
    columns, rows, total = in_thousands(table)
    places = [i for i, column in enumerate(table.columns) if column.kind == "share" and not table.kinds]
    totals = total_row(table)
    every, texts = [*table.rows, *([totals] if totals else [])], [*rows, *([total] if total else [])]
    for row, text in zip(every, texts, strict=True):
        for place in places:
            if text[place]:
                text[place] = whole_percent(row[place])
    return tuple(replace(column, label=column.brief or column.label) for column in columns), rows, total


def _size(cell: Cell) -> float:
    return 0.0 if cell is None or isinstance(cell, str) else abs(float(cell))


def _step(unit: str, largest: float) -> int:
    """Say by how many thousands a unit grows."""
    first, _ = _parted(unit)
    steps = range(1, len(NAMES) - first)
    return max((step for step in steps if largest >= LEAST * 1000**step), default=0)


def _named(unit: str, steps: Mapping[str, int]) -> str:
    """Say how a unit is called, grown by its step."""
    first, base = _parted(unit)
    return f"{NAMES[first + steps[unit]]} {base}" if steps.get(unit) else unit


def _parted(unit: str) -> tuple[int, str]:
    """Part a unit into the thousands that it has already, and the rest.

    >>> _parted("M tokens"), _parted("USD")
    ((2, 'tokens'), (0, 'USD'))
    """
    prefix, _, rest = unit.partition(" ")
    return (NAMES.index(prefix), rest) if rest and prefix in NAMES[1:] else (0, unit)
