"""A model's page as plain data: numbers as text, and behind each what it is made of and how sure it is."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from pertoken.present.numbers import show
from pertoken.present.sheet import Chart, Note, Table, kind_in

Role = Literal["input", "formula", "rated", "worlds"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a model and what stands behind it.

    Args:
        name: As the model calls it, e.g. ``revenue`` or ``revenue@2027-01``.
        label: What it is, for people.
        unit: Unit of the value.
        value: The value as text, without its unit.
        formula: How it follows from others, as the model writes it; empty for an input.
        of: Names of the quantities that the formula reads, in its order.
        source: Where an input comes from.
        as_of: The day for which an input was known, ``YYYY-MM-DD``.
        low: P10 as text; empty if the quantity is certain.
        high: P90 as text; empty if the quantity is certain.
        kind: Typed in by the modeller, computed by a formula, rated by a card, or counted over all worlds.
        middle: P50 as text; empty if the quantity is certain.
        cases: Name of a case and the value in it, for each case in which it differs.
        months: Month and the value in it, where the value above is of all months together.
    """

    name: str
    label: str
    unit: str
    value: str
    formula: str = ""
    of: tuple[str, ...] = ()
    source: str = ""
    as_of: str = ""
    low: str = ""
    high: str = ""
    kind: Role = "input"
    middle: str = ""
    cases: tuple[tuple[str, str], ...] = ()
    months: tuple[tuple[str, str], ...] = ()

    @property
    def certain(self) -> bool:
        """Whether it is the same in every world."""
        return not (self.low or self.high)


@dataclass(frozen=True, slots=True)
class Shown:
    """A number or a word in a table, and the quantity that it leads to; no quantity if empty."""

    text: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class GridRow:
    """A line of a table: what it is, its unit, and one cell for each column."""

    label: str
    unit: str
    cells: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table whose numbers lead to quantities, e.g. one column for each case, or for each month.

    Args:
        name: Machine name in snake_case, by which a chart names it.
        title: Title for people.
        columns: Headers of the cells.
        rows: Lines.
        corner: Header of the first column.
        note: A sentence below.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[GridRow, ...]
    corner: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a line that does not fit the columns."""
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(
                    f"line {row.label!r} of {self.name!r} has {len(row.cells)} cells; expected {len(self.columns)}"
                )


@dataclass(frozen=True, slots=True)
class Check:
    """What the modeller wants to hold, whether it does, what was found, and the quantities that it reads."""

    text: str
    held: bool
    found: str = ""
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """What all numbers of a page rest on.

    Args:
        file: Name of the model's file.
        hash: Hash of the model.
        seed: Seed of the worlds.
        draws: How many worlds.
        prices: The day of the prices.
        version: Version of pertoken.
    """

    file: str
    hash: str
    seed: str
    draws: str
    prices: str
    version: str


@dataclass(frozen=True, slots=True)
class ModelPage:
    """Everything the page of a model shows; each number leads to a quantity.

    Args:
        title: Name of the model.
        headline: The finding in one sentence.
        figures: Names of the quantities worth a place at the top.
        scenarios: Named cases side by side; None if there is one only.
        charts: Pictures, each titled with its question; the grid that a chart names stands below it.
        grids: Other tables, and those of the charts.
        checks: What must hold.
        quantities: All that numbers lead to, inputs in the order of the model.
        origin: What the numbers rest on.
        notes: Sentences that the reader must have beside the numbers.
    """

    title: str
    headline: str
    figures: tuple[str, ...]
    scenarios: Grid | None
    charts: tuple[Chart, ...]
    grids: tuple[Grid, ...]
    checks: tuple[Check, ...]
    quantities: tuple[Quantity, ...]
    origin: Origin
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two things of one name, and a number that leads nowhere."""
        _check_once([quantity.name for quantity in self.quantities], "quantities")
        _check_once([grid.name for grid in self.all_grids], "grids")
        _check_once([chart.name for chart in self.charts], "charts")
        _check_known((chart.table for chart in self.charts), {grid.name for grid in self.all_grids}, "a chart's grid")
        _check_known(self._targets(), {quantity.name for quantity in self.quantities}, "a quantity")

    @property
    def all_grids(self) -> tuple[Grid, ...]:
        """All tables, in reading order."""
        return (*((self.scenarios,) if self.scenarios else ()), *self.grids)

    def _targets(self) -> Iterator[str]:
        yield from self.figures
        for grid in self.all_grids:
            yield from (cell.of for row in grid.rows for cell in row.cells if cell.of)
        yield from (name for check in self.checks for name in check.of)
        yield from (name for quantity in self.quantities for name in quantity.of)


LARGE = re.compile(r"(−?)(\d{3}(?:,\d{3})+|\d{1,2}(?:,\d{3}){2,})\.\d\d")
"""A number from 100,000 on, written to the cent."""


def rounded(text: str) -> str:
    """Leave out the cents of a number from 100,000 on: where it leads to, it stands to the cent.

    >>> rounded("1,615,550.69"), rounded("−100,000.50"), rounded("99,999.99"), rounded("61.6 %")
    ('1,615,551', '−100,001', '99,999.99', '61.6 %')
    """
    if (found := LARGE.fullmatch(text)) is None:
        return text
    value = Decimal(text[len(found[1]) :].replace(",", "")).quantize(Decimal(1), ROUND_HALF_UP)
    return f"{found[1]}{value:,}"


def grid(table: Table, of: Sequence[Mapping[str, str]] = ()) -> Grid:
    """Return a table of a sheet as one whose numbers lead to quantities; a column `unit` is that of each line.

    Args:
        table: Its first column names the lines.
        of: For each line, names of quantities by name of column.
    """
    first, *columns = table.columns
    rows = []
    at = next((i for i, column in enumerate(columns) if column.name == "unit"), None)
    columns = [column for column in columns if column.name != "unit"]
    for index, (head, *cells) in enumerate(table.rows):
        leads = of[index] if of else {}
        unit = "" if at is None else str(cells.pop(at))
        shown = [
            Shown(rounded(show(cell, kind_in(table, index, c))), leads.get(c.name, ""))
            for c, cell in zip(columns, cells, strict=True)
        ]
        rows.append(GridRow(show(head, first.kind), unit, tuple(shown)))
    heads = tuple(f"{column.label}, {column.unit}" if column.unit else column.label for column in columns)
    return Grid(table.name, table.title, heads, tuple(rows), first.label, table.note)


def underneath(quantities: Sequence[Quantity]) -> dict[str, tuple[str, ...]]:
    """Return for each quantity the names of all inputs that it rests on, in the order of the quantities.

    A quantity may be made of itself, as one that rests on the month before. So the inputs of its parts are added to
    its own until nothing is new, forth and back; they are kept as the bits of a number.
    """
    inputs = [quantity.name for quantity in quantities if quantity.kind == "input"]
    own = {name: 1 << rank for rank, name in enumerate(inputs)}
    found = dict.fromkeys((quantity.name for quantity in quantities), 0)
    todo = [quantity for quantity in quantities if quantity.of]
    grew = True
    while grew:
        grew = False
        for quantity in todo:
            bits = found[quantity.name]
            for part in quantity.of:
                bits |= found[part] | own.get(part, 0)
            grew |= bits != found[quantity.name]
            found[quantity.name] = bits
        todo.reverse()
    return {name: tuple(_picked(inputs, bits)) for name, bits in found.items()}


def _picked(names: Sequence[str], bits: int) -> Iterator[str]:
    """The names whose bit is set."""
    while bits:
        lowest = bits & -bits
        yield names[lowest.bit_length() - 1]
        bits ^= lowest


def _check_once(names: Sequence[str], what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ValueError(f"{what} of the page share the name {twice}; expected each once")


def _check_known(names: Iterable[str], known: set[str], what: str) -> None:
    unknown = sorted(set(names) - known)
    if unknown:
        raise ValueError(
            f"the page leads to {unknown[:9]}, none of them {what} of it; expected one of {sorted(known)[:9]}"
        )
