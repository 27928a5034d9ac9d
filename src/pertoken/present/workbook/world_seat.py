"""A cell of a world as the place from which a formula asks: worlds go down, quantities and months across."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from pertoken.present.workbook.grid import HERE, MONTHS, Grid, letters
from pertoken.present.workbook.plan import CALC
from pertoken.present.workbook.words import Tiers
from pertoken.scenario.program import Ladder

WORLD = "\x03"
"""Stands for the sheet row of a world in a formula that is copied down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where things stand on the sheet of worlds; columns count from zero.

    Args:
        grid: The rows in the chosen case, for what is the same in all worlds.
        shares: Column of the first share.
        rows: Column of each row's single number, or of its first month.
        monthly: Rows that have a number each month.
        tiers: First columns of the bounds, intercepts and slopes of the ladders that differ by world.
        end: The first column that is free.
    """

    grid: Grid
    shares: int
    rows: Mapping[str, int]
    monthly: frozenset[str]
    tiers: Mapping[str, tuple[int, int, int]]
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A cell of the first world as the place from which a formula asks; see `words.Places`.

    Args:
        columns: Where things stand.
        row: Name of the row whose formula is written.
        at: Number of the month, from zero; -1 for the opening.
        ladders: Ladders by name.
    """

    columns: Columns
    row: str
    at: int = 0
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    drawn: ClassVar[bool] = True

    def here(self, name: str) -> str:
        """Return its cell in this month, or its single cell."""
        return self._cell(name, self.at)

    def before(self, name: str) -> str:
        """Return its cell in the month before."""
        return self._cell(name, self.at - 1)

    def cumulative(self, name: str) -> str:
        """Return words for its sum from the first month to this."""
        if name not in self.columns.grid.monthly:
            return f"({self._cell(name, 0)}*{self.month()})"
        return f"SUM({self._cell(name, 0, fixed=True)}:{self._cell(name, self.at)})"

    def total(self, name: str) -> str:
        """Return words for its sum over all months."""
        if name not in self.columns.grid.monthly:
            return f"({self._cell(name, 0)}*{self.columns.grid.count().replace('(', f'({CALC}!')})"
        return f"SUM({self.all(name)})"

    def first(self, name: str) -> str:
        """Return its cell in the first month."""
        return self._cell(name, 0, fixed=True)

    def last(self, name: str) -> str:
        """Return its cell in the last month."""
        return self._cell(name, self.columns.grid.months - 1, fixed=True)

    def all(self, name: str) -> str:
        """Return the cells of all months."""
        if name not in self.columns.rows:
            return f"{CALC}!{_absolute(self.columns.grid.across(name))}"
        first = self.columns.rows[name]
        return f"${letters(first)}{WORLD}:${letters(first + self.columns.grid.months - 1)}{WORLD}"

    def month(self) -> str:
        """Return the number of this month."""
        return f"{CALC}!{letters(MONTHS + self.at)}${self.columns.grid.counter[1]}"

    def tiers(self, ladder: str) -> Tiers:
        """Return the cells of a ladder."""
        if ladder not in self.columns.tiers:
            return self.columns.grid.tiers[ladder]
        of = self.ladders[ladder]
        firsts = self.columns.tiers[ladder]
        sizes = (len(of.up_to), len(of.a), len(of.b))
        return Tiers(
            *(_side_by_side(first, size, several=bool(of.up_to)) for first, size in zip(firsts, sizes, strict=True))
        )

    def worlds(self, sample: str) -> str:
        """Return the cells of a month's worlds of a forecast."""
        return self.columns.grid.samples[sample].replace(HERE, letters(MONTHS + self.at))

    def number(self, value: float) -> str:
        """Return the cell of a number written in this row's formula."""
        return self.columns.grid.literals[self.row, value]

    def _cell(self, name: str, month: int, *, fixed: bool = False) -> str:
        grid = self.columns.grid
        if name not in grid.monthly:
            column = self.columns.rows.get(name)
            return f"{CALC}!{_absolute(grid.single(name))}" if column is None else f"${letters(column)}{WORLD}"
        dollar = "$" * fixed
        if name in self.columns.rows:
            return f"{dollar}{letters(self.columns.rows[name] + month)}{WORLD}"
        return f"{CALC}!{dollar}{letters(MONTHS + month)}${grid.rows[name]}"


def _absolute(cells: str) -> str:
    """Fix the rows of cells whose columns are fixed, so that a formula can be copied down."""
    return ":".join(
        f"{cell[: len(cell.rstrip('0123456789'))]}${cell[len(cell.rstrip('0123456789')) :]}"
        for cell in cells.split(":")
    )


def _side_by_side(first: int, size: int, *, several: bool) -> str:
    if not size:
        return ""
    start = f"${letters(first)}{WORLD}"
    return f"{start}:${letters(first + size - 1)}{WORLD}" if several else start
