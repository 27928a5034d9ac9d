"""How many worlds a workbook can hold, and which rows it reckons in each."""

from collections.abc import Iterable

from pertoken.scenario.inlined import inlined, only
from pertoken.scenario.order import asked, upstream
from pertoken.scenario.paper import Drawn, Headline
from pertoken.scenario.program import Program, Row

BUDGET = 30_000
"""Formulas that the sheet of worlds may hold."""
FEWEST, MOST = 20, 500
"""Worlds at least and at most."""
WIDEST = 16_384
"""Columns that a spreadsheet has."""
ENOUGH = 50
"""Worlds that there should be room for before they reckon all of the headline."""
LONGEST = 120
"""The most parts of a world's formula into which others are written."""
LEADING = frozenset({"customers", "revenue", "cost_of_revenue", "gross_margin", "total_cost", "operating_result"})
"""What the worlds of a large model reckon, with the shares of one in another."""


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
    needed |= {each.probability for each in drawn if each.how == "event" and each.row in needed}
    differ = {column.row for column in drawn} & {row.name for row in program.rows}
    asks = {row.name: asked(row, program.ladders).keys() for row in program.rows}
    found = -1
    while found < len(differ):  # recursions over time need another round
        found = len(differ)
        for row in program.rows:
            if asks[row.name] & differ:
                differ.add(row.name)
    return tuple(row for row in program.rows if row.name in differ & needed)


def short_program(
    program: Program, drawn: Iterable[Drawn], headline: Iterable[Headline], fan: str = ""
) -> tuple[Program, tuple[Headline, ...]]:
    """Return what the sheet of worlds reckons: all of the headline where that has room, else the results that lead.

    Args:
        program: The program.
        drawn: What is drawn.
        headline: Results that lead.
        fan: Another row that is wanted; empty for none.

    Returns:
        The program in as few rows as may be; and the results whose total stands in each world.
    """
    drawn, headline = tuple(drawn), tuple(headline)
    short = _short(program, drawn, headline, fan)
    if _cells(short, drawn, headline, fan) * ENOUGH <= BUDGET:
        return short, headline
    few = tuple(each for each in headline if {each.row, each.over or each.row} <= LEADING) or headline
    return _short(program, drawn, few, fan), few


def _short(program: Program, drawn: tuple[Drawn, ...], headline: tuple[Headline, ...], fan: str) -> Program:
    """Write uncertain rows into those that ask; certain ones are looked up on the sheet of calculations."""
    leads = {name for each in headline for name in (each.row, each.over)} | {fan}
    chances = {each.probability for each in drawn}
    part = only(program, (leads | chances) - {""})
    differ = {row.name for row in uncertain(part, drawn, headline, fan)}
    certain = {row.name for row in part.rows} - differ
    by_name = {name for each in drawn for name in (each.row, each.probability)}
    return inlined(part, leads | certain | by_name, longest=LONGEST)


def _cells(program: Program, drawn: tuple[Drawn, ...], headline: tuple[Headline, ...], fan: str) -> int:
    """Count the formulas of one world."""
    rows = uncertain(program, drawn, headline, fan)
    cells = len(headline) + sum(len(program.months) + 1 if row.by_month else 1 for row in rows)
    return cells + sum(len(ladder.up_to) + 2 * len(ladder.a) for ladder in program.ladders.values())


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
    cells = _cells(program, drawn, headline, fan)
    if cells + len(drawn) + 2 > WIDEST:
        return 0
    return max(FEWEST, min(MOST, budget // max(cells, 1)))
