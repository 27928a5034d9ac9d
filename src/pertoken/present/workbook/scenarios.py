"""The sheet of scenarios: the same rows once for each case, side by side, so that cases cannot drift apart."""

from pertoken.present.workbook.block import write_block
from pertoken.present.workbook.calc import month_columns
from pertoken.present.workbook.desk import Desk, heading, number_look, set_up, titles
from pertoken.present.workbook.grid import CONSTANT, HERE, LABEL, NAME, UNIT, Grid, letters
from pertoken.present.workbook.inputs import case_words
from pertoken.present.workbook.page import Page
from pertoken.present.workbook.plan import INPUTS, SCENARIOS, total_value, total_words

NOTE = (
    "Every case at once, whatever is chosen on the cover; below, the rows of each. "
    "A row that only one formula asks for is written into that formula; each stands by itself on Calc."
)


def write_scenarios(desk: Desk) -> None:
    """Write the sheet of scenarios: tables that compare, then a block for each case."""
    page, plan, paper = desk.pages[SCENARIOS], desk.plan, desk.paper
    heading(desk, page, "Scenarios", NOTE)
    month_columns(desk, page)
    set_up(desk, page, frozen=(2, UNIT + 1))
    for top, label in zip(plan.compared, ("result", f"difference from {paper.cases[0]}"), strict=True):
        titles(desk, page, top - 1, (label, "", "unit", *paper.cases))
    _write_tables(desk, page)
    for place, (case, grid) in enumerate(plan.blocks.items()):
        top = min(at for at, _ in grid.headings) - 1
        titles(
            desk, page, top, (f"case: {case}", "label", "unit", "constant", "total", "opening", *paper.program.months)
        )
        _write_case(desk, page, place, (case, grid))
    page.outline_settings(visible=True, symbols_below=False)


def _write_case(desk: Desk, page: Page, place: int, case: tuple[str, Grid]) -> None:
    name, grid = case
    values, program = desk.paper.values[name], desk.plan.short
    write_block(desk, page, grid, values, given=lambda row: _given(desk, row, place), program=program)


def _given(desk: Desk, name: str, place: int) -> str:
    """Write where a row from outside looks in one case."""
    if name in desk.plan.monthly:
        live, *cases = desk.plan.monthly[name]
        return f"{INPUTS}!{HERE}${cases[place] if cases else live}"
    return case_words(desk.plan.sheet(name), desk.plan.rows[name], place)


def _write_tables(desk: Desk, page: Page) -> None:
    plan, paper = desk.plan, desk.paper
    for line, headline in enumerate(paper.headline):
        totals = [float(total_value(headline, paper.values[case])) for case in paper.cases]
        number = number_look(headline.unit, totals, paper.currency)
        for top, difference in zip(plan.compared, (False, True), strict=True):
            at = top + line
            page.write_string(at - 1, NAME, headline.label, desk.look("text"))
            page.write_string(at - 1, LABEL, headline.row, desk.look("soft"))
            page.write_string(at - 1, UNIT, headline.unit, desk.look("soft"))
            for place, (case, total) in enumerate(zip(paper.cases, totals, strict=True)):
                column = CONSTANT + place
                if difference:
                    above = plan.compared[0] + line
                    text, value = f"{letters(column)}{above}-${letters(CONSTANT)}{above}", total - totals[0]
                else:
                    text, value = total_words(headline, plan.blocks[case]), total
                desk.formula(page, at, column, text, value, number=number)


def case_total(desk: Desk, line: int) -> str:
    """Write a headline's total in the chosen case, from the table that compares; headlines count from zero."""
    at = desk.plan.compared[0] + line
    first, last = letters(CONSTANT), letters(CONSTANT + len(desk.paper.cases) - 1)
    return f"INDEX({SCENARIOS}!${first}${at}:${last}${at},case_number)"
