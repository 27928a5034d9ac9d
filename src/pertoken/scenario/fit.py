"""How many worlds a workbook can hold, and which rows it reckons in each."""

from collections.abc import Iterable

from pertoken.scenario.order import asked, upstream
from pertoken.scenario.paper import Drawn, Headline
from pertoken.scenario.program import Program, Row

BUDGET = 30_000
"""Formulas that the sheet of worlds may hold."""
FEWEST, MOST = 20, 500
"""Worlds at least and at most."""
WIDEST = 16_384
"""Columns that a spreadsheet has."""


def uncertain(program: Program, drawn: Iterable[Drawn], headline: Iterable[Headline], fan: str = "") -> tuple[Row, ...]:
    """Return the rows below an uncertain input and above a headline: those that differ by world and matter.

    Args:
        program: The program.
        drawn: What is drawn.
        headline: Results that lead.
        fan: Another row that is wanted; empty for none.
    """
    wanted = {name for each in headline for name in (each.row, each.over)} | {fan}
    needed = upstream(program.rows, sorted(wanted - {""}), program.ladders)
    differ = {column.row for column in drawn} & {row.name for row in program.rows}
    asks = {row.name: asked(row, program.ladders).keys() for row in program.rows}
    found = -1
    while found < len(differ):  # recursions over time need another round
        found = len(differ)
        for row in program.rows:
            if asks[row.name] & differ:
                differ.add(row.name)
    return tuple(row for row in program.rows if row.name in differ & needed)


def worlds_that_fit(
    program: Program, drawn: Iterable[Drawn], headline: Iterable[Headline], fan: str = "", *, budget: int = BUDGET
) -> int:
    """Return how many worlds a workbook holds; 0 where one world has more columns than a spreadsheet.

    Args:
        program: The program.
        drawn: What is drawn.
        headline: Results that lead.
        fan: Another row that is wanted; empty for none.
        budget: Formulas that the sheet of worlds may hold.
    """
    drawn, headline = tuple(drawn), tuple(headline)
    rows = uncertain(program, drawn, headline, fan)
    cells = len(headline) + sum(len(program.months) + 1 if row.by_month else 1 for row in rows)
    cells += sum(len(ladder.up_to) + 2 * len(ladder.a) for ladder in program.ladders.values())
    if cells + len(drawn) + 2 > WIDEST:
        return 0
    return max(FEWEST, min(MOST, budget // max(cells, 1)))
