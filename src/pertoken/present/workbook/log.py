"""The sheet of the log: what made the workbook, what its names stand for, which cells were typed over since."""

from pertoken.present.workbook.desk import Desk, heading, set_up, titles
from pertoken.present.workbook.grid import letters
from pertoken.present.workbook.page import Page
from pertoken.present.workbook.plan import LOG, OUTPUTS

FORMAT = 1
"""Version of the workbook's own form: which sheets, columns and names it has."""
NAMES, TYPED = 0, 5
"""First columns of the table of names and of the table of cells to type in."""
EXPORTED = 4
"""Columns of the second table before the values."""
TOP = 16
"""Sheet row of the first line of both tables."""
WIDTHS = (34, 40, 12, 12, 3, 12, 10, 34, 16, 14, 14, 10)


def write_log(desk: Desk) -> None:
    """Write the sheet of the log, after all others."""
    page, paper = desk.pages[LOG], desk.paper
    heading(
        desk,
        page,
        "Log",
        "For who reads the workbook back: names, and every cell that may be typed over with its value at export.",
    )
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    facts: tuple[tuple[str, str | int], ...] = (
        ("made by", f"pertoken {paper.version}"),
        ("format", FORMAT),
        ("model", paper.name),
        ("model hash", paper.digest),
        ("seed", paper.seed),
        ("exported on", paper.on.isoformat()),
        ("currency", paper.currency),
        ("cases", ", ".join(paper.cases)),
    )
    for at, (label, value) in enumerate(facts, 4):
        page.write_string(at - 1, 0, label, desk.look("soft"))
        if isinstance(value, int):
            page.write_number(at - 1, 1, value, desk.look("left"))
        else:
            page.write_string(at - 1, 1, value, desk.look("text"))
    _write_names(desk, page)
    _write_typed(desk, page)
    set_up(desk, page, frozen=(TOP - 1, 1))


def _write_names(desk: Desk, page: Page) -> None:
    titles(desk, page, TOP - 1, ("quantity", "name in the workbook", "sheet", "cell"), words=4)
    plan, at = desk.plan, TOP
    for quantity, name in desk.names.items():
        inside = quantity in plan.cells
        if not inside and not quantity.startswith("="):
            continue
        sheet = plan.sheet(quantity) if inside else OUTPUTS
        cell = plan.live(quantity).partition("!")[2].replace("$", "") if inside else ""
        for column, text in enumerate((quantity.removeprefix("="), name, sheet, cell)):
            page.write_string(at - 1, column, text, desk.look("text" if not column else "soft"))
        at += 1


def _write_typed(desk: Desk, page: Page) -> None:
    columns = ("sheet", "cell", "quantity", "part", "at export", "now", "changed")
    for place, title in enumerate(columns):
        page.write_string(TOP - 2, TYPED + place, title, desk.look("header" if place < EXPORTED else "header_number"))
    last = TOP + len(desk.typed) - 1
    was, now, changed = (letters(TYPED + EXPORTED + place) for place in range(3))
    page.write_string(11, 0, "cells changed since", desk.look("bold"))
    page.put(12, 1, f"SUM({changed}{TOP}:{changed}{last})", desk.look("left"), 0)
    for at, each in enumerate(desk.typed, TOP):
        cell = f"{letters(each.column)}{each.row}"
        for place, text in enumerate((each.sheet, cell, each.quantity, each.part)):
            page.write_string(at - 1, TYPED + place, text, desk.look("soft"))
        _write_value(desk, page, at, each.value)
        there, value = f"{each.sheet}!{cell}", "" if each.value is None else each.value
        desk.formula(page, at, TYPED + EXPORTED + 1, f'IF({there}="","",{there})', value, number="General")
        desk.formula(page, at, TYPED + EXPORTED + 2, f"IF({now}{at}={was}{at},0,1)", 0, number="0")


def _write_value(desk: Desk, page: Page, at: int, value: float | str | None) -> None:
    look, column = desk.look("frozen", "General"), TYPED + EXPORTED
    if isinstance(value, str):
        page.write_string(at - 1, column, value, look)
    elif value is None:
        page.write_blank(at - 1, column, None, look)
    else:
        page.write_number(at - 1, column, value, look)
