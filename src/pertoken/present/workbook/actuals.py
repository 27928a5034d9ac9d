"""The sheet of actuals: an empty table to paste into, and what differs from plan; blank while there is nothing."""

import numpy as np

from pertoken.present.workbook.calc import month_columns
from pertoken.present.workbook.desk import Desk, heading, set_up
from pertoken.present.workbook.grid import LABEL, MONTHS, NAME, UNIT, letters
from pertoken.present.workbook.outputs import by_month, headline_look
from pertoken.present.workbook.plan import ACTUALS, FIRST_ROW, OUTPUTS, TITLES

LINES = ("plan", "actual", "variance")


def write_actuals(desk: Desk) -> None:
    """Write the sheet of actuals."""
    page, paper = desk.pages[ACTUALS], desk.paper
    heading(
        desk,
        page,
        "Actuals",
        "Paste what happened into the blue cells; variance is actual less plan of the chosen case.",
    )
    month_columns(desk, page, TITLES)
    set_up(desk, page, frozen=(TITLES, UNIT + 1), repeated=(TITLES - 1, TITLES - 1))
    at, base = FIRST_ROW, dict(paper.values[paper.cases[0]])
    for line, headline in enumerate(paper.headline):
        if headline.row not in desk.plan.calc.monthly:
            continue
        values = by_month(headline, base).tolist()
        number = headline_look(headline, values, paper.currency)
        for place, words in enumerate(LINES):
            page.write_string(at + place - 1, NAME, f"{headline.row}: {words}", desk.look("text"))
            page.write_string(
                at + place - 1, LABEL, f"{headline.label}, {words}", desk.look("bold" if not place else "soft")
            )
            page.write_string(at + place - 1, UNIT, headline.unit, desk.look("soft"))
        for month, value in enumerate(values):
            column = letters(MONTHS + month)
            shown = "n/a" if headline.over and not np.isfinite(value) else value
            desk.formula(page, at, MONTHS + month, f"{OUTPUTS}!{column}${FIRST_ROW + line}", shown, number=number)
            page.write_blank(at, MONTHS + month, None, desk.look("input", number))
            text = f'IF({column}{at + 1}="","",{column}{at + 1}-{column}{at})'
            desk.formula(page, at + 2, MONTHS + month, text, "", number=number)
        at += len(LINES) + 1
