"""The sheet of calculations: every row of the program in the chosen case."""

from collections.abc import Sequence

from pertoken.present.workbook.block import write_block
from pertoken.present.workbook.desk import Desk, heading, set_up, titles
from pertoken.present.workbook.grid import HERE, MONTHS, NAME, OPENING, UNIT, letters
from pertoken.present.workbook.page import Page
from pertoken.present.workbook.plan import CALC, INPUTS, TITLES

COLUMNS = ("name", "label", "unit", "constant", "total", "opening")
"""Titles of the columns before the months, the same on every sheet with months."""
WIDTHS = (30, 30, 18, 13, 15, 13)
"""Their widths. [character]"""
MONTH = 13
"""Width of a month. [character]"""


def write_calc(desk: Desk) -> None:
    """Write the sheet of calculations."""
    page, plan, paper = desk.pages[CALC], desk.plan, desk.paper
    heading(
        desk,
        page,
        "Calculations",
        "One formula a row, copied across; numbers are those of the case chosen on the cover.",
    )
    month_columns(desk, page, TITLES)
    row = plan.calc.counter[1]
    page.write_string(row - 1, NAME, "month", desk.look("text"))
    page.write_string(row - 1, UNIT, "number", desk.look("soft"))
    page.write_number(row - 1, OPENING, 0, desk.look("soft"))
    for month in range(len(paper.program.months)):
        desk.formula(page, row, MONTHS + month, f"{letters(MONTHS + month - 1)}{row}+1", month + 1, number="0")
    set_up(desk, page, frozen=(TITLES, UNIT + 1), repeated=(TITLES - 1, TITLES - 1))
    values = paper.values[paper.cases[0]]
    write_block(desk, page, plan.calc, values, given=lambda name: given(desk, name), program=paper.program)
    page.outline_settings(visible=True, symbols_below=False)


def given(desk: Desk, name: str) -> str:
    """Write where a row from outside looks in the chosen case."""
    if name in desk.plan.monthly:
        return f"{INPUTS}!{HERE}${desk.plan.monthly[name][0]}"
    return desk.plan.live(name)


def month_columns(desk: Desk, page: Page, row: int | None = None, first: Sequence[str] = COLUMNS) -> None:
    """Set the widths of a sheet with months, and write the titles of its columns if a row is given."""
    if row:
        titles(desk, page, row, (*first, *desk.paper.program.months))
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    page.set_column(MONTHS, MONTHS + len(desk.paper.program.months) - 1, MONTH)
