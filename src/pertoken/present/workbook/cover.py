"""The cover: what the model is, the case to choose, whether all checks hold, and what comes out."""

import numpy as np

from pertoken.present.workbook.checks import FAILING
from pertoken.present.workbook.desk import Desk, Typed, message, titles
from pertoken.present.workbook.grid import CONSTANT, TOTAL, letters
from pertoken.present.workbook.outputs import Tables, headline_look
from pertoken.present.workbook.page import Page
from pertoken.present.workbook.pictures import draw_on_cover
from pertoken.present.workbook.plan import (
    CASE,
    CASES,
    CHECKS,
    COVER,
    INPUTS,
    OUTPUTS,
    SCENARIO,
    TITLES,
    WORLDS,
    sheets,
    total_value,
)
from pertoken.present.workbook.worlds import headline_values, leads_of, statistic, statistic_cell

WIDTHS = (40, 16, 17, 17, 17, 17, 12)
CHOICE = 4
"""Sheet row of the case; the checks and the number of the case follow."""
HEADLINE = 9
"""Sheet row of the first headline."""
CHART_ROWS = 17
"""Rows that the charts take."""
QUANTILES = ("P10", "P50", "P90", "Share of worlds below 0")
PURPOSE = {
    "Inputs": "every number that may be typed over, by case, with its range and source",
    "Prices": "prices, and tiers in their normal form",
    "Forecasts": "worlds of the forecasts that the model takes, by rank",
    "Calc": "the model: one formula a row, months across",
    "MonteCarlo": "worlds, one a row; ranges are live",
    "Scenarios": "all cases side by side",
    "Outputs": "headline by month, charts",
    "Actuals": "paste what happened; variance appears",
    "Checks": "what must hold",
    "Log": "names, and what was changed since the export",
}


def write_cover(desk: Desk, tables: Tables, *, checks: int) -> None:
    """Write the cover; until they are calculated, all checks are said to fail."""
    page, paper = desk.pages[COVER], desk.paper
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    page.hide_gridlines(2)
    page.set_portrait()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_row(0, 36)
    for column in range(1, len(WIDTHS)):
        page.write_blank(0, column, None, desk.look("cover"))
    page.write_string(0, 0, paper.title or paper.name, desk.look("cover"))
    months = paper.program.months
    said = f"{paper.name}: {len(months)} months, {months[0]} to {months[-1]}, in {paper.currency}"
    page.write_string(1, 0, said, desk.look("lead"))
    _write_choice(desk, page, checks)
    _write_headline(desk, page, tables)
    charts = HEADLINE + len(paper.headline) + 2
    draw_on_cover(desk, tables, row=charts)
    _write_facts(desk, page, _write_index(desk, page, charts + CHART_ROWS))


def _write_choice(desk: Desk, page: Page, checks: int) -> None:
    paper = desk.paper
    first, last = letters(CASES), letters(CASES + len(paper.cases) - 1)
    cases = f"{INPUTS}!${first}${TITLES}:${last}${TITLES}"
    page.write_string(CHOICE - 1, 0, "Case (choose from the list)", desk.look("bold"))
    page.write_string(CHOICE - 1, 1, paper.cases[0], desk.look("choice"))
    desk.typed.append(Typed(sheet=COVER, row=CHOICE, column=1, quantity="scenario", part="case", value=paper.cases[0]))
    rule = {"validate": "list", "source": f"={cases}", **message("Expected a case from the list.")}
    page.data_validation(CHOICE - 1, 1, CHOICE - 1, 1, rule)
    page.write_string(CHOICE, 0, "Number of the case", desk.look("soft"))
    desk.formula(page, CHOICE + 1, 1, f"MATCH($B${CHOICE},{cases},0)", 1, number="0")
    desk.book.define_name(SCENARIO, f"={COVER}!$B${CHOICE}")
    desk.book.define_name(CASE, f"={COVER}!$B${CHOICE + 1}")
    page.write_string(CHOICE + 1, 0, "Checks that fail", desk.look("bold"))
    failing = f"{CHECKS}!${FAILING[0]}${FAILING[1]}"
    desk.formula(page, CHOICE + 2, 1, failing, checks, number="0")
    text = f'IF({failing}=0,"all checks hold","see the sheet of checks")'
    desk.formula(page, CHOICE + 2, 2, text, "not calculated yet: open this file in a spreadsheet program")
    for cells in (f"B{CHOICE + 2}", f"C{CHOICE + 2}"):
        rule = {"type": "formula", "format": desk.good, "criteria": f"=$B${CHOICE + 2}=0"}
        page.conditional_format(cells, rule)
        page.conditional_format(cells, {**rule, "format": desk.bad, "criteria": f"=$B${CHOICE + 2}<>0"})


def _write_headline(desk: Desk, page: Page, tables: Tables) -> None:
    paper = desk.paper
    worlds = paper.draws is not None and len(paper.draws.shares) > 0
    columns = ("Headline", "unit", "chosen case", *(("P10", "P50", "P90", "below 0") if worlds else ()))
    titles(desk, page, HEADLINE - 1, columns, words=2)
    for line, headline in enumerate(paper.headline):
        at = HEADLINE + line
        page.set_row(at - 1, 19)
        page.write_string(at - 1, 0, headline.label, desk.look("row_bold"))
        page.write_string(at - 1, 1, headline.unit, desk.look("row_soft"))
        total = float(total_value(headline, paper.values[paper.cases[0]]))
        told = worlds and headline in leads_of(desk)
        values = headline_values(desk, headline) if told else np.zeros(0)
        number = headline_look(headline, [total, *values.tolist()], paper.currency)
        monthly = headline.row in desk.plan.calc.monthly
        cell = f"{OUTPUTS}!${letters(TOTAL if monthly else CONSTANT)}${tables.headline + line}"
        desk.formula(page, at, 2, cell, total if np.isfinite(total) else "n/a", number=number, style="row_lead")
        for column, which in enumerate(QUANTILES if told else (), 3):
            found = statistic(which, values)
            look = "0.0%" if which.startswith("Share") else number
            shown: float | str = found if np.isfinite(found) else "n/a"
            desk.formula(
                page,
                at,
                column,
                f'IFERROR({statistic_cell(which, leads_of(desk).index(headline))},"n/a")',
                shown,
                number=look,
                style="row_link",
            )
    if worlds and paper.draws is not None:
        note = f"{len(paper.draws.shares)} worlds on {WORLDS}, live; 8 in 10 of them lie between P10 and P90."
        if len(leads_of(desk)) < len(paper.headline):
            note += " The model is large: worlds reckon its leading results only."
        page.write_string(HEADLINE + len(paper.headline) - 1, 0, note, desk.look("lead"))


def _write_index(desk: Desk, page: Page, top: int) -> int:
    titles(desk, page, top, ("Sheets", *[""] * (len(WIDTHS) - 1)), words=len(WIDTHS))
    named = sheets(desk.paper.program)[1:]
    for at, name in enumerate(named, top + 1):
        page.write_url(at - 1, 0, f"internal:'{name}'!A1", desk.look("link"), name)
        page.write_string(at - 1, 1, PURPOSE[name], desk.look("soft"))
    return top + len(named) + 2


def _write_facts(desk: Desk, page: Page, top: int) -> None:
    paper = desk.paper
    titles(desk, page, top, ("What the numbers rest on", *[""] * (len(WIDTHS) - 1)), words=len(WIDTHS))
    facts = (
        ("Model", paper.name),
        ("Model hash", paper.digest),
        ("Seed", str(paper.seed)),
        ("Exported on", paper.on.isoformat()),
        ("Made by", f"pertoken {paper.version}"),
        ("Colours", "blue: type here; black: formula; green: looks at another sheet"),
    )
    for at, (label, text) in enumerate(facts, top + 1):
        page.write_string(at - 1, 0, label, desk.look("soft"))
        page.write_string(at - 1, 1, text, desk.look("text"))
