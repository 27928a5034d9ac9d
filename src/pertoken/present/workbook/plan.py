"""Plan: on which sheet and in which row everything of a workbook stands, settled before a cell is written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pertoken.core.formula import Call, Node, Number, month_label, month_number, subtrees
from pertoken.core.nodes import Sample
from pertoken.present.workbook.grid import HERE, MONTHS, Grid, laid, letters, vertical
from pertoken.scenario.inlined import PLAIN, inlined, only
from pertoken.scenario.paper import Headline, InputCell, Paper, Values
from pertoken.scenario.program import Program, Row

COVER, INPUTS, PRICES, CALC, WORLDS = "Cover", "Inputs", "Prices", "Calc", "MonteCarlo"
SCENARIOS, OUTPUTS, ACTUALS, CHECKS, LOG = "Scenarios", "Outputs", "Actuals", "Checks", "Log"
FORECASTS = "Forecasts"
SHEETS = (COVER, INPUTS, PRICES, FORECASTS, CALC, WORLDS, SCENARIOS, OUTPUTS, ACTUALS, CHECKS, LOG)
"""The sheets in their order: cover, inputs, calculations, outputs, checks; forecasts where the model takes any."""

TITLES, FIRST_ROW = 4, 5
"""Sheet rows of the titles of columns and of what comes first below, counted from one."""
LIVE, CASES = 3, 4
"""Columns of the sheets of inputs: the chosen value, and the first case; counted from zero."""
BOUNDS, INTERCEPT, SLOPE, SHOWN = 3, 4, 5, 6
"""Columns of the ladders on the sheet of prices."""
IN_CELL = ("p10", "p90")
"""Parameters of a range that stand in the input's own row."""
KINDS = {
    "assumption": "Assumptions",
    "lever": "Levers",
    "switch": "Switches",
    "event": "Events",
    "shock": "Shocks",
}
SCENARIO, CASE = "scenario", "case_number"
"""Names of the cell with the chosen case, and of its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A number that the modeller wrote in a formula, as a cell of its own.

    Args:
        row: Whose formula.
        value: The number as it stands there; a word for what an event needs.
        shown: The number in the cell: for a month, its number in the calendar of the model.
        label: What it is.
    """

    row: str
    value: float | str
    shown: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where everything stands; sheet rows count from one.

    Args:
        cells: Inputs by row of the program.
        rows: Sheet row of each input, on the sheet of its kind.
        headings: Sheet row and text of the headings of the inputs.
        parameters: First and last sheet row of each parameter of a range that is not in the input's own row, by row
            and slot; terms too.
        constants: Numbers written in formulas, by their sheet row.
        monthly: Sheet rows of an input by month: its live row, then one for each case where these differ.
        ladders: Sheet row of the first tier of each ladder, on the sheet of prices.
        samples: First and last sheet row of the worlds of each quantity, on the sheet of forecasts.
        calc: The rows in the chosen case.
        short: The program in the fewer rows that the cases side by side have.
        blocks: Its rows in each case.
        compared: Sheet row of the first headline of the tables on top of the scenarios: by case, differences.
    """

    cells: Mapping[str, InputCell]
    rows: Mapping[str, int]
    headings: tuple[tuple[int, str], ...]
    parameters: Mapping[tuple[str, str], tuple[int, int]]
    constants: Mapping[int, Constant]
    monthly: Mapping[str, tuple[int, ...]]
    ladders: Mapping[str, int]
    samples: Mapping[str, tuple[int, int]]
    calc: Grid
    short: Program
    blocks: Mapping[str, Grid]
    compared: tuple[int, int]

    def sheet(self, row: str) -> str:
        """Return the sheet of an input."""
        return PRICES if self.cells[row].kind == "price" else INPUTS

    def live(self, row: str) -> str:
        """Return the cell of an input's chosen value, from any sheet."""
        return f"{self.sheet(row)}!${letters(LIVE)}${self.rows[row]}"

    def event(self, row: str, part: str) -> str:
        """Return the cell of a number that an event needs, from any sheet."""
        at = next(at for at, each in self.constants.items() if (each.row, each.value) == (row, part))
        return f"{INPUTS}!${letters(LIVE)}${at}"

    def base(self, row: str) -> str:
        """Return the cell of an input's base value, from any sheet."""
        return f"{self.sheet(row)}!${letters(CASES)}${self.rows[row]}"

    def parameter(self, row: str, slot: str, cases: int) -> str:
        """Return the cell or cells of a parameter of an input's range, from any sheet."""
        cell = self.cells[row]
        if cell.range and slot == cell.range.median:
            return self.base(row)
        if slot in IN_CELL:
            column = letters(CASES + cases + 1 + IN_CELL.index(slot))
            return f"{self.sheet(row)}!${column}${self.rows[row]}"
        first, last = self.parameters[row, slot]
        column = f"${letters(LIVE)}$"
        return f"{INPUTS}!{column}{first}" + (f":{column}{last}" if last > first else "")


def planned(paper: Paper) -> Plan:
    """Settle where everything stands."""
    cells = _cells(paper)
    rows: dict[str, int] = {}
    headings: list[tuple[int, str]] = []
    at = _rows_by_kind(cells, rows, headings)
    parameters, at = _parameters(cells, headings, at)
    constants, at = _constants(paper, headings, at)
    monthly = _monthly(paper, at)
    ladders = _ladders(paper, cells, rows)
    literals = {
        (each.row, each.value): f"{INPUTS}!${letters(LIVE)}${at}"
        for at, each in constants.items()
        if isinstance(each.value, float)
    }
    tiers = {
        name: vertical((BOUNDS, INTERCEPT, SLOPE), top, paper.program.ladders[name], f"{PRICES}!")
        for name, top in ladders.items()
    }
    samples = _samples(paper.program)
    calc = laid(paper.program, sheet=CALC, top=FIRST_ROW, literals=literals, tiers=tiers, samples=cells_of(samples))
    compared = (FIRST_ROW, FIRST_ROW + len(paper.headline) + 2)
    blocks, top = {}, compared[1] + len(paper.headline) + 2
    short = shortened(paper)
    for case in paper.cases:
        blocks[case] = laid(
            short, sheet=SCENARIOS, top=top + 1, literals=literals, counter=(f"{CALC}!", calc.counter[1]),
            samples=calc.samples,
        )  # fmt: skip
        top = blocks[case].end + 1
    return Plan(
        cells=cells,
        rows=rows,
        headings=tuple(headings),
        parameters=parameters,
        constants=constants,
        monthly=monthly,
        ladders=ladders,
        samples=samples,
        calc=calc,
        short=short,
        blocks=blocks,
        compared=compared,
    )


def shortened(paper: Paper) -> Program:
    """Leave out what no headline asks for, and write what one formula asks for into that formula."""
    leads = {name for each in paper.headline for name in (each.row, each.over) if name}
    return inlined(only(paper.program, leads), leads)


def _cells(paper: Paper) -> dict[str, InputCell]:
    """List the inputs in the order of the program; one that the paper does not describe is an assumption."""
    described = {cell.row: cell for cell in paper.inputs}
    found: dict[str, InputCell] = {}
    for row in paper.program.rows:
        if row.node is None and not row.by_month:
            values = {case: float(paper.values[case][row.name][0]) for case in paper.cases}
            plain = InputCell(row=row.name, label=row.label, unit=row.unit.text, values=values, source=row.source)
            found[row.name] = described.get(row.name, plain)
    return found


def _rows_by_kind(cells: Mapping[str, InputCell], rows: dict[str, int], headings: list[tuple[int, str]]) -> int:
    at = FIRST_ROW
    for kind, heading in KINDS.items():
        members = [name for name, cell in cells.items() if cell.kind == kind]
        if members:
            headings.append((at, heading))
            rows.update({name: place for place, name in enumerate(members, at + 1)})
            at += len(members) + 2
    prices = [name for name, cell in cells.items() if cell.kind == "price"]
    rows.update({name: place for place, name in enumerate(prices, FIRST_ROW)})
    return at


def _parameters(
    cells: Mapping[str, InputCell], headings: list[tuple[int, str]], at: int
) -> tuple[dict[tuple[str, str], tuple[int, int]], int]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    top = at
    for name, cell in cells.items():
        if cell.range:
            sizes = {
                slot: len(value) if isinstance(value, tuple) else 1 for slot, value in cell.range.parameters.items()
            }
            for slot, size in {**sizes, **dict.fromkeys(cell.range.terms, 1)}.items():
                if slot not in IN_CELL and slot != cell.range.median:
                    found[name, slot] = (at + 1, at + size)
                    at += size
    if not found:
        return found, at
    headings.append((top, "Other parameters of ranges"))
    return found, at + 2


def _constants(paper: Paper, headings: list[tuple[int, str]], at: int) -> tuple[dict[int, Constant], int]:
    start = month_number(paper.program.months[0])
    found = {
        (constant.row, constant.value): constant
        for row in paper.program.rows
        for node in (row.node, row.opening)
        if node is not None
        for constant in _written(row, node, start)
    }
    found |= {(constant.row, constant.value): constant for constant in _of_events(paper)}
    if not found:
        return {}, at
    headings.append((at, "Numbers written in formulas"))
    return dict(enumerate(found.values(), at + 1)), at + len(found) + 2


def _of_events(paper: Paper) -> Iterator[Constant]:
    """List the months of events, which formulas of worlds need."""
    for drawn in paper.draws.columns if paper.draws else ():
        if drawn.how == "event":
            for part, number in (("first", drawn.first), ("last", drawn.last), ("never", drawn.never)):
                label = f"{part} month of {drawn.row}" if part != "never" else f"{drawn.row} where it does not happen"
                yield Constant(row=drawn.row, value=part, shown=number, label=label)


def _written(row: Row, node: Node, start: int) -> Iterator[Constant]:
    """List the numbers of a tree that need a cell: all but the plain ones and the digits of a rounding."""
    if isinstance(node, Number) and abs(node.value) not in PLAIN:
        yield Constant(row=row.name, value=node.value, shown=node.value, label=f"number in {row.name}")
    if not isinstance(node, Call):
        return
    if node.function in {"from", "in"} and isinstance(node.args[0], Number):
        number = node.args[0].value
        label = f"month of {node.function}({month_label(number)}) in {row.name}"
        yield Constant(row=row.name, value=number, shown=number - start + 1, label=label)
        return
    for arg in node.args[:1] if node.function == "round" else node.args:
        yield from _written(row, arg, start)


def _monthly(paper: Paper, at: int) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    at += 3
    for row in paper.program.rows:
        if row.node is None and row.by_month:
            base, *others = (paper.values[case][row.name] for case in paper.cases)
            differ = any(not np.array_equal(base, other) for other in others)
            found[row.name] = tuple(range(at, at + 1 + differ * len(paper.cases)))
            at = found[row.name][-1] + 1
    return found


def _ladders(paper: Paper, cells: Mapping[str, InputCell], rows: Mapping[str, int]) -> dict[str, int]:
    at = max([FIRST_ROW, *(rows[name] + 2 for name, cell in cells.items() if cell.kind == "price")])
    found = {}
    for name, ladder in paper.program.ladders.items():
        found[name] = at + 3
        at = found[name] + len(ladder.a) + 1
    return found


def samples_of(program: Program) -> tuple[Sample, ...]:
    """List the worlds of forecasts that a program asks for, in its order."""
    parts = (part for row in program.rows if row.node is not None for part in subtrees(row.node))
    return tuple(part for part in parts if isinstance(part, Sample))


def sheets(program: Program) -> tuple[str, ...]:
    """Name the sheets of a workbook; one of forecasts only where there are any."""
    return tuple(name for name in SHEETS if name != FORECASTS or samples_of(program))


def _samples(program: Program) -> dict[str, tuple[int, int]]:
    """Put the worlds of each quantity below those of the one before."""
    found, at = {}, FIRST_ROW
    for sample in samples_of(program):
        found[sample.name] = (at, at + len(sample.values) - 1)
        at += len(sample.values) + 2
    return found


def cells_of(samples: Mapping[str, tuple[int, int]]) -> dict[str, str]:
    """Return the cells of a month's worlds, from any sheet, with `HERE` for the column of the month."""
    return {name: f"{FORECASTS}!{HERE}${first}:{HERE}${last}" for name, (first, last) in samples.items()}


def total_words(headline: Headline, grid: Grid, prefix: str = "") -> str:
    """Write the total of a headline over the months of a grid."""
    if headline.over:
        return f"SUM({prefix}{grid.across(headline.row)})/SUM({prefix}{grid.across(headline.over)})"
    if headline.row not in grid.monthly:
        return f"{prefix}{grid.single(headline.row)}"
    if headline.total == "sum":
        return f"SUM({prefix}{grid.across(headline.row)})"
    return f"{prefix}${letters(MONTHS + grid.months - 1)}{grid.rows[headline.row]}"


def total_value(headline: Headline, values: Mapping[str, Values]) -> Values:
    """Reckon the total of a headline, one for each leading axis."""
    found = values[headline.row]
    with np.errstate(divide="ignore", invalid="ignore"):
        if headline.over:
            return np.asarray(found.sum(axis=-1) / values[headline.over].sum(axis=-1))
    return np.asarray(found.sum(axis=-1) if headline.total == "sum" else found[..., -1])


def name_of(prefix: str, quantity: str) -> str:
    """Return a name that a spreadsheet allows for a quantity.

    >>> name_of("in", "price.pro.per_1k"), name_of("in", "vendors.llm.gpt-4o")
    ('in_price_pro_per_1k', 'in_vendors_llm_gpt_4o')
    """
    return f"{prefix}_{re.sub(r'[^0-9A-Za-z_]', '_', quantity)}"[:250]
