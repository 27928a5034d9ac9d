"""A block of the program on a sheet: one formula a row, copied across the months."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from pertoken.core.formula import Call, Name, subtrees
from pertoken.present.workbook.desk import Desk, number_look
from pertoken.present.workbook.grid import (
    CONSTANT,
    LABEL,
    MONTHS,
    NAME,
    OPENING,
    TOTAL,
    UNIT,
    Grid,
    Seat,
    copied,
)
from pertoken.present.workbook.page import Page, escaped
from pertoken.present.workbook.words import words
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.order import asked
from pertoken.scenario.paper import Values
from pertoken.scenario.program import Program, Row

Given = Callable[[str], str]
"""Words for a row that comes from outside: of its single cell, or of a month's (with `HERE` for the column)."""


def write_block(
    desk: Desk, page: Page, grid: Grid, values: Mapping[str, Values], given: Given, *, program: Program
) -> None:
    """Write all rows of a program.

    Args:
        desk: The workbook.
        page: The sheet.
        grid: Where the rows stand.
        values: What Python found, by row.
        given: Where rows without a formula look.
        program: The program.
    """
    for at, text in grid.headings:
        page.write_string(at - 1, NAME, text.replace(".", ": ").replace("_", " ").capitalize(), desk.look("heading"))
        page.set_row(at - 1, None, None, {"level": 0})
    before, opened = asked_before(program), openings(program, values)
    for row in program.rows:
        _write_row(desk, page, grid, row, values=values[row.name], given=given)
        if row.by_month and (row.name in before or row.opening is not None):
            _write_opening(desk, page, grid, row, opened.get(row.name))
    errors = {"type": "errors", "format": desk.look("missing")}
    page.conditional_format(min(grid.rows.values()) - 1, CONSTANT, grid.end, MONTHS + grid.months - 1, errors)
    units = {row.name: row.unit.text for row in program.rows}
    for at, name, label in grid.lines:
        _words(desk, page, at, (name, label, units[name]))
        desk.formula(page, at, CONSTANT, grid.single(name), values[name][0], number=_look(desk, "", values[name]))


def asked_before(program: Program) -> frozenset[str]:
    """Return the quantities whose month before is asked for."""
    nodes = [node for row in program.rows for node in (row.node, row.opening) if node is not None]
    parts = (part for node in nodes for part in subtrees(node))
    calls = (part for part in parts if isinstance(part, Call) and part.function == "prev")
    return frozenset(arg.name for call in calls for arg in call.args if isinstance(arg, Name))


def openings(program: Program, values: Mapping[str, Values]) -> dict[str, Values]:
    """Reckon what rows are before the first month, which Python keeps to itself.

    Args:
        program: The program.
        values: Values of its rows, `(*batch, 1)` for one number.

    Returns:
        The value by row, `(*batch, 1)`.
    """
    asking = [replace(row, node=row.opening, opening=None, by_month=False) for row in program.rows if row.opening]
    needed = frozenset[str]().union(*(asked(row, program.ladders) for row in asking))
    rows = (
        *(replace(row, node=None, opening=None) for row in program.rows if row.name in needed),
        *(replace(row, name=f"opening {row.name}") for row in asking),
    )
    found = evaluate(
        Program(rows=rows, months=program.months, ladders=program.ladders), {name: values[name] for name in needed}
    )
    return {row.name: found[f"opening {row.name}"] for row in asking}


def _write_row(desk: Desk, page: Page, grid: Grid, row: Row, *, values: Values, given: Given) -> None:
    at = grid.rows[row.name]
    _words(desk, page, at, (row.name, row.label, row.unit.text))
    number = _look(desk, row.unit.text, values)
    text = given(row.name) if row.node is None else words(row.node, Seat(grid, row.name))
    if not row.by_month:
        desk.formula(page, at, CONSTANT, text, values[0], number=number)
        return
    look = desk.look("elsewhere" if "!" in text else "formula", number)
    template = escaped(text)
    across = [copied(template, month) for month in range(grid.months)]
    page.put_across(at, MONTHS, across, look, np.broadcast_to(values, grid.months).tolist())
    if row.total == "sum":
        desk.formula(page, at, TOTAL, f"SUM({grid.across(row.name)})", float(np.sum(values)), number=number)
    elif row.total == "last":
        desk.formula(page, at, TOTAL, Seat(grid, row.name).last(row.name), float(values[-1]), number=number)


def _write_opening(desk: Desk, page: Page, grid: Grid, row: Row, value: Values | None) -> None:
    at, number = grid.rows[row.name], _look(desk, row.unit.text, np.zeros(1) if value is None else value)
    if row.opening is None or value is None:
        page.write_number(at - 1, OPENING, 0, desk.look("soft", number))
    else:
        desk.formula(page, at, OPENING, words(row.opening, Seat(grid, row.name)), value[0], number=number)


def _words(desk: Desk, page: Page, at: int, texts: tuple[str, str, str]) -> None:
    for column, text, style in zip((NAME, LABEL, UNIT), texts, ("text", "soft", "soft"), strict=True):
        page.write_string(at - 1, column, text, desk.look(style))
    page.set_row(at - 1, None, None, {"level": 1})


def _look(desk: Desk, unit: str, values: Values) -> str:
    return number_look(unit, values.tolist(), desk.paper.currency)
