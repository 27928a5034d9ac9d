"""One abstract sheet: what every output shows, as plain data that no renderer changes."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import chain
from math import fsum, isclose, isfinite
from typing import Any, Literal, TypeVar, get_args

from pertoken.present import formula as formulas

Number = int | float | Decimal
Cell = str | Number | None
Kind = Literal["text", "count", "quantity", "estimate", "exact", "money", "unit_money", "share"]
Total = Literal["sum", "formula"]
Level = Literal["info", "warning"]

KINDS: tuple[Kind, ...] = get_args(Kind)
SNAKE_CASE = re.compile(r"[a-z][a-z0-9_]*")
CLOSE = 1e-9
CHECKED = 1000
"""Rows of a long table, spread evenly, whose formulas are held against their cells."""

Block = TypeVar("Block")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Args:
        name: Machine name in snake_case: the key in JSON, the header in CSV, the name in formulas.
        label: Header for people.
        kind: What the values are; decides how they are shown.
        unit: Unit of the values, e.g. ``USD``.
        formula: How a cell follows from others of its row, e.g. ``margin / revenue``; must hold exactly.
        total: How the total row gets its value: the sum, or the formula over the totals.
        share_of: Column of the same table of whose sum over all rows each cell is the row's share; must hold exactly.
        brief: Header where there is little room; the label if empty.
    """

    name: str
    label: str
    kind: Kind
    unit: str = ""
    formula: str | None = None
    total: Total | None = None
    share_of: str | None = None
    brief: str = ""

    def __post_init__(self) -> None:
        """Refuse a column that no renderer could show."""
        _check_name(self.name, "column")
        _check_kind(self.kind, f"column {self.name!r}")
        if self.total == "formula" and self.formula is None:
            raise ValueError(f"column {self.name!r} totals by formula but has none; give one, or total='sum'")
        if self.kind == "text" and (self.formula or self.total or self.share_of):
            raise ValueError(f"column {self.name!r} is text; expected neither formula nor total")


@dataclass(frozen=True)
class Table:
    """Rows under columns; ``None`` in a cell means not applicable.

    Args:
        name: Machine name in snake_case.
        title: Title for people.
        columns: Columns.
        rows: Cells, row by row.
        note: A sentence below.
        total: Whether a total row is shown where columns have totals.
        kinds: What the numbers of each row are, where rows differ; empty where columns say it.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    total: bool = True
    kinds: tuple[Kind, ...] = ()

    def __post_init__(self) -> None:
        """Refuse rows that do not fit the columns, and cells that contradict their formula."""
        if self.kinds and len(self.kinds) != len(self.rows):
            raise ValueError(f"table {self.name!r} has {len(self.rows)} rows but kinds of {len(self.kinds)}")
        _check_name(self.name, "table")
        _check_unique((column.name for column in self.columns), f"columns of table {self.name!r}")
        _check_formulas(self)
        _check_shares(self)
        for row in self.rows:
            _check_cells(self, row)
        for row in self.rows[:: max(len(self.rows) // CHECKED, 1)]:
            _check_formulas_hold(self, row)


def kind_in(table: Table, row: int, column: Column) -> Kind:
    """Tell what a cell is: of the kind of its row, where rows differ, or of its column."""
    return table.kinds[row] if table.kinds and column.kind != "text" else column.kind


@dataclass(frozen=True)
class Figure:
    """One number worth a place at the top: a key figure."""

    name: str
    label: str
    value: Cell
    kind: Kind
    unit: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a value that does not fit the kind."""
        _check_name(self.name, "figure")
        _check_kind(self.kind, f"figure {self.name!r}")
        _check_cell(self.value, self.kind, lambda: f"figure {self.name!r}")


@dataclass(frozen=True)
class Figures:
    """A row of key figures."""

    items: tuple[Figure, ...]


@dataclass(frozen=True)
class Chart:
    """A picture as data, its description in words and the table with the same numbers.

    Args:
        name: Machine name in snake_case.
        title: Title for people.
        draw: Makes the Vega-Lite specification; called only where a picture is shown.
        alt: What is to be seen, in words.
        table: Name of the table with the same numbers.
    """

    name: str
    title: str
    draw: Callable[[], Mapping[str, Any]]
    alt: str
    table: str

    @property
    def spec(self) -> Mapping[str, Any]:
        """The Vega-Lite specification, drawn now."""
        return self.draw()


@dataclass(frozen=True)
class Note:
    """A sentence the reader must have beside the numbers."""

    text: str
    level: Level = "info"


@dataclass(frozen=True)
class Sheet:
    """Everything one answer shows, in reading order.

    Args:
        title: What this is, e.g. ``Statement 2026-09``.
        subtitle: The finding in one sentence.
        blocks: Figures, tables, charts and notes.
        meta: What the numbers rest on: when, which cards, which versions.
        rounds: Whether amounts may be told in thousands, millions or billions where a terminal has no room for them.
    """

    title: str
    subtitle: str
    blocks: tuple[Figures | Table | Chart | Note, ...]
    meta: Mapping[str, str] = field(default_factory=dict)
    rounds: bool = False

    def __post_init__(self) -> None:
        """Refuse two things of one name, and a chart without its table."""
        tables = {table.name for table in self.of(Table)}
        _check_unique((table.name for table in self.of(Table)), "tables of the sheet")
        _check_unique((chart.name for chart in self.of(Chart)), "charts of the sheet")
        _check_unique((figure.name for figure in self.figures), "figures of the sheet")
        for chart in self.of(Chart):
            if chart.table not in tables:
                raise ValueError(f"chart {chart.name!r} names table {chart.table!r}; expected one of {sorted(tables)}")

    def of(self, kind: type[Block]) -> tuple[Block, ...]:
        """Return the blocks of one kind, in reading order."""
        return tuple(block for block in self.blocks if isinstance(block, kind))

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All key figures, in reading order."""
        return tuple(chain.from_iterable(block.items for block in self.of(Figures)))


def total_row(table: Table) -> tuple[Cell, ...] | None:
    """Return the total row: sums, then formulas over the sums; ``None`` when the table shows no total."""
    if not (table.total and table.rows and any(column.total for column in table.columns)):
        return None
    totals: dict[str, Cell] = {column.name: None for column in table.columns}
    for index, column in enumerate(table.columns):
        if column.total == "sum":
            totals[column.name] = _sum([row[index] for row in table.rows])
    by_formula = {column.name: column.formula or "" for column in table.columns if column.total == "formula"}
    for name in formulas.ordered(by_formula):
        totals[name] = formulas.evaluate(by_formula[name], totals)
    label = next((column.name for column in table.columns if column.kind == "text"), None)
    return tuple("Total" if name == label else value for name, value in totals.items())


def operands(table: Table, column: Column, row: tuple[Cell, ...]) -> dict[str, Cell]:
    """Return what a column's formula reads in a row, by column name."""
    wanted = formulas.names(column.formula or "0")
    return {other.name: cell for other, cell in zip(table.columns, row, strict=True) if other.name in wanted}


def _sum(cells: list[Cell]) -> Number | None:
    numbers = [cell for cell in cells if cell is not None and not isinstance(cell, str)]
    if not numbers:
        return None
    if any(isinstance(number, float) for number in numbers):
        return fsum(numbers)
    return sum(number for number in numbers if not isinstance(number, float))


def _check_name(name: str, what: str) -> None:
    if not SNAKE_CASE.fullmatch(name):
        raise ValueError(f"{what} name {name!r} is not snake_case; expected lower-case letters, digits and _")


def _check_kind(kind: str, where: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"{where} has kind {kind!r}; expected one of {', '.join(KINDS)}")


def _check_unique(names: Iterable[str], what: str) -> None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise ValueError(f"{what} share the name {twice}; expected each once")


def _check_formulas(table: Table) -> None:
    known = {column.name for column in table.columns if column.kind != "text"}
    for column in table.columns:
        unknown = formulas.names(column.formula or "0") - known
        if unknown:
            raise ValueError(
                f"formula {column.formula!r} of column {column.name!r} reads {sorted(unknown)}; "
                f"expected number columns of table {table.name!r}: {sorted(known)}"
            )
    formulas.ordered({column.name: column.formula for column in table.columns if column.formula})


def _check_cells(table: Table, row: tuple[Cell, ...]) -> None:
    if len(row) != len(table.columns):
        raise ValueError(
            f"table {table.name!r} has {len(table.columns)} columns but a row of {len(row)} cells: {row!r}"
        )
    for column, cell in zip(table.columns, row, strict=True):
        if column.kind != "text" or type(cell) is not str:
            _check_cell(cell, column.kind, partial(_place, table, column, row))


def _check_shares(table: Table) -> None:
    """Refuse shares of a column that is not there, or that are not those of its sum."""
    place = {column.name: index for index, column in enumerate(table.columns)}
    for index, column in enumerate(table.columns):
        if column.share_of is None:
            continue
        if column.share_of not in place:
            raise ValueError(f"column {column.name!r} is a share of {column.share_of!r}, which is not in the table")
        cells = [float(row[place[column.share_of]] or 0) for row in table.rows]
        whole = sum(cells)
        for row, cell in zip(table.rows, cells, strict=True):
            if row[index] is not None and not isclose(float(row[index] or 0) * whole, cell, rel_tol=1e-9, abs_tol=1e-9):
                raise ValueError(f"{row[0]!r} of {column.name!r} is {row[index]}, not its share of {column.share_of!r}")


def _check_formulas_hold(table: Table, row: tuple[Cell, ...]) -> None:
    for column, cell in zip(table.columns, row, strict=True):
        if column.formula and cell is not None:
            _check_holds(cell, column.formula, operands(table, column, row), _place(table, column, row))


def _place(table: Table, column: Column, row: tuple[Cell, ...]) -> str:
    return f"column {column.name!r} of table {table.name!r}, row {row[0]!r},"


def _check_cell(cell: Cell, kind: Kind, where: Callable[[], str]) -> None:
    if cell is None:
        return
    if isinstance(cell, bool) or not isinstance(cell, str if kind == "text" else (int, float, Decimal)):
        raise TypeError(
            f"{where()} holds {type(cell).__name__} {cell!r}; expected {'str' if kind == 'text' else 'a number'}"
        )
    if not isinstance(cell, (str, int)) and not isfinite(cell):
        raise ValueError(f"{where()} holds {cell}; expected a finite number, or None when it does not apply")


def _check_holds(cell: Cell, formula: str, reads: Mapping[str, Cell], where: str) -> None:
    if None in reads.values():
        return
    found = formulas.evaluate(formula, reads)
    size = max((abs(float(value)) for value in reads.values() if value is not None), default=0.0)
    given = float(cell or 0)
    if found is None or not isclose(given, float(found), rel_tol=CLOSE, abs_tol=CLOSE * min(size, 1.0)):
        raise ValueError(
            f"{where} holds {cell} but {formula} gives {found}; give the exact value (rounding is for showing)"
        )
