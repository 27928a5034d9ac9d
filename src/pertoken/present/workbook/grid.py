"""Grid: a block of rows with the months across, and where each quantity stands in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar

from xlsxwriter.utility import xl_col_to_name

from pertoken.present.workbook.words import Tiers
from pertoken.scenario.program import Ladder, Program, Row

NAME, LABEL, UNIT, CONSTANT, TOTAL, OPENING, MONTHS = range(7)
"""Columns of every sheet with months, counted from zero: one purpose each."""

HERE, BEFORE = "\x01", "\x02"
"""Stand for the letters of this month's column and of the one before in a formula that is copied across."""

SECTIONS = (
    "inputs", "forecasts", "drivers", "customers", "usage", "levers", "vendors", "plans", "costs", "results", "checks",
)  # fmt: skip
"""Order of the headings, so that a sheet is read from top to bottom."""


@cache
def letters(column: int) -> str:
    """Return a column's letters; columns count from zero.

    >>> letters(0), letters(26)
    ('A', 'AA')
    """
    return str(xl_col_to_name(column))


FIRST = letters(MONTHS)
SINGLE = letters(CONSTANT)


def copied(template: str, month: int) -> str:
    """Return a formula as it stands in a month's column; months count from zero."""
    return template.replace(HERE, letters(MONTHS + month)).replace(BEFORE, letters(MONTHS + month - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Where the quantities of one block stand.

    Args:
        sheet: Name of its sheet.
        months: How many months there are.
        rows: Sheet row of each quantity, counted from one as people do.
        monthly: Quantities that have a number each month.
        headings: Sheet row and text of each heading.
        tiers: Cells of each ladder.
        samples: Cells of a month's worlds of each quantity of a forecast, with `HERE` for the column.
        lines: Sheet row of cells that repeat single numbers so that the tiers of a ladder stand together, each with
            the row it repeats and its label.
        counter: Sheet row of the months' numbers, with its sheet where that is another.
        literals: Cell of each number that the modeller wrote in a formula, by row and number.
        end: First sheet row under the block.
    """

    sheet: str
    months: int
    rows: Mapping[str, int]
    monthly: frozenset[str]
    headings: tuple[tuple[int, str], ...] = ()
    tiers: Mapping[str, Tiers] = field(default_factory=dict)
    samples: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[tuple[int, str, str], ...] = ()
    counter: tuple[str, int] = ("", 3)
    literals: Mapping[tuple[str, float], str] = field(default_factory=dict)
    end: int = 0

    def single(self, name: str) -> str:
        """Return the cell of a single number."""
        return f"${SINGLE}{self.rows[name]}"

    def across(self, name: str) -> str:
        """Return the cells of all months."""
        row = self.rows[name]
        return f"${FIRST}{row}:${letters(MONTHS + self.months - 1)}{row}"

    def count(self) -> str:
        """Return words for the number of months."""
        sheet, row = self.counter
        return f"COUNT({sheet}${FIRST}${row}:${letters(MONTHS + self.months - 1)}${row})"


@dataclass(frozen=True, slots=True)
class Seat:
    """A row of a grid as the place from which a formula asks; see `words.Places`.

    Args:
        grid: The grid.
        row: Name of the row whose formula is written.
    """

    grid: Grid
    row: str
    drawn: ClassVar[bool] = False

    def here(self, name: str) -> str:
        """Return its cell in this month, or its single cell."""
        return f"{HERE}{self.grid.rows[name]}" if name in self.grid.monthly else self.grid.single(name)

    def before(self, name: str) -> str:
        """Return its cell in the month before."""
        return f"{BEFORE}{self.grid.rows[name]}" if name in self.grid.monthly else self.grid.single(name)

    def cumulative(self, name: str) -> str:
        """Return words for its sum from the first month to this."""
        if name not in self.grid.monthly:
            return f"({self.grid.single(name)}*{self.month()})"
        return f"SUM(${FIRST}{self.grid.rows[name]}:{HERE}{self.grid.rows[name]})"

    def total(self, name: str) -> str:
        """Return words for its sum over all months."""
        if name in self.grid.monthly:
            return f"SUM({self.grid.across(name)})"
        return f"({self.grid.single(name)}*{self.grid.count()})"

    def first(self, name: str) -> str:
        """Return its cell in the first month."""
        return f"${FIRST}{self.grid.rows[name]}" if name in self.grid.monthly else self.grid.single(name)

    def last(self, name: str) -> str:
        """Return its cell in the last month."""
        if name not in self.grid.monthly:
            return self.grid.single(name)
        return f"${letters(MONTHS + self.grid.months - 1)}{self.grid.rows[name]}"

    def month(self) -> str:
        """Return the number of this month."""
        sheet, row = self.grid.counter
        return f"{sheet}{HERE}${row}"

    def tiers(self, ladder: str) -> Tiers:
        """Return the cells of a ladder."""
        return self.grid.tiers[ladder]

    def worlds(self, sample: str) -> str:
        """Return the cells of a month's worlds of a forecast."""
        return self.grid.samples[sample]

    def number(self, value: float) -> str:
        """Return the cell of a number written in this row's formula."""
        return self.grid.literals[self.row, value]


def in_sections(program: Program) -> list[tuple[str, list[Row]]]:
    """Group rows under their headings, headings in the order in which they are read."""
    found: dict[str, list[Row]] = {}
    for row in program.rows:
        found.setdefault(row.section, []).append(row)

    def rank(section: str) -> int:
        kind = section.partition(".")[0]
        return SECTIONS.index(kind) if kind in SECTIONS else SECTIONS.index("drivers")

    return sorted(found.items(), key=lambda pair: rank(pair[0]))


def vertical(columns: tuple[int, ...], top: int, ladder: Ladder, prefix: str = "") -> Tiers:
    """Return the cells of a ladder written downwards: bounds, intercepts and slopes in a column each."""
    bounds, a, b = (letters(column) for column in columns)
    end = top + len(ladder.a) - 1
    if not ladder.up_to:
        return Tiers("", f"{prefix}${a}${top}", f"{prefix}${b}${top}")
    return Tiers(
        f"{prefix}${bounds}${top}:${bounds}${top + len(ladder.up_to) - 1}",
        f"{prefix}${a}${top}:${a}${end}",
        f"{prefix}${b}${top}:${b}${end}",
    )


def laid(
    program: Program,
    *,
    sheet: str,
    top: int,
    literals: Mapping[tuple[str, float], str],
    tiers: Mapping[str, Tiers] | None = None,
    counter: tuple[str, int] = ("", 3),
    samples: Mapping[str, str] | None = None,
) -> Grid:
    """Lay the rows of a program out below one another.

    Args:
        program: The program.
        sheet: Name of the sheet.
        top: First sheet row, counted from one.
        literals: Cell of each number that the modeller wrote.
        tiers: Cells of the ladders; None to write them below the rows.
        counter: Where the months' numbers stand.
        samples: Cells of a month's worlds of each quantity of a forecast.
    """
    rows: dict[str, int] = {}
    headings: list[tuple[int, str]] = []
    at = top
    for section, members in in_sections(program):
        headings.append((at, section))
        for row in members:
            at += 1
            rows[row.name] = at
        at += 2
    lines: list[tuple[int, str, str]] = []
    if tiers is None:
        tiers, lines, at = _tiers_below(program, at, headings)
    return Grid(
        sheet=sheet,
        months=len(program.months),
        rows=rows,
        monthly=frozenset(row.name for row in program.rows if row.by_month),
        headings=tuple(headings),
        tiers=tiers,
        samples=samples or {},
        lines=tuple(lines),
        counter=counter,
        literals=literals,
        end=at,
    )


def _tiers_below(
    program: Program, at: int, headings: list[tuple[int, str]]
) -> tuple[dict[str, Tiers], list[tuple[int, str, str]], int]:
    tiers: dict[str, Tiers] = {}
    lines: list[tuple[int, str, str]] = []
    if program.ladders:
        headings.append((at, "tiers"))
        at += 1
    for name, ladder in program.ladders.items():
        ranges = []
        for part, members in (("up to", ladder.up_to), ("intercept", ladder.a), ("slope", ladder.b)):
            end = at + len(members) - 1
            lines += [(at + place, row, f"{name}: {part}, tier {place + 1}") for place, row in enumerate(members)]
            several = f"${SINGLE}${at}:${SINGLE}${end}" if ladder.up_to else f"${SINGLE}${at}"
            ranges.append(several if members else "")
            at += len(members)
        tiers[name] = Tiers(*ranges)
    return tiers, lines, at + (1 if program.ladders else 0)
