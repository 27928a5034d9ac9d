"""The sheet of worlds: each row one world, drawn once and reckoned by formulas, so that ranges follow every edit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pertoken.core.formula import Call, Name, subtrees
from pertoken.present.workbook.block import asked_before, openings
from pertoken.present.workbook.desk import Desk, heading, number_look, set_up
from pertoken.present.workbook.grid import MONTHS, letters
from pertoken.present.workbook.inputs import slotted
from pertoken.present.workbook.page import Page, escaped
from pertoken.present.workbook.plan import CALC, WORLDS, total_value
from pertoken.present.workbook.words import words
from pertoken.present.workbook.world_seat import WORLD, Columns, Seat
from pertoken.scenario.fit import uncertain
from pertoken.scenario.paper import Drawn, Draws, Headline, InputCell, Values
from pertoken.scenario.program import Program, Row

STATISTICS = (
    ("Mean", None, "AVERAGE({range})"),
    ("Standard error of the mean", None, "STDEV({range})/SQRT(COUNT({range}))"),
    ("P10", 0.1, "PERCENTILE({range},{level})"),
    ("P50", 0.5, "PERCENTILE({range},{level})"),
    ("P90", 0.9, "PERCENTILE({range},{level})"),
    ("Share of worlds below 0", None, 'COUNTIF({range},"<0")/COUNT({range})'),
)
"""What is said of the worlds: its label, its level, its words."""
STATISTIC, LEVEL, HEADLINES = 5, 1, 2
"""Sheet row of the first statistic, column of the levels, column of the first headline."""
NAMES, TIME, UNITS, TOP = 13, 14, 15, 16
"""Sheet rows of the names, months and units of columns, and of the first world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of formulas, the same in each world.

    Args:
        at: The column.
        name: What it is.
        month: Its month; empty for a single number.
        unit: Its unit.
        words: The formula, `WORLD` for the sheet row.
        values: What Python found, shape `(world,)`.
    """

    at: int
    name: str
    month: str = ""
    unit: str = ""
    words: str
    values: Values


def columns_of(desk: Desk) -> Columns:
    """Settle which columns the sheet of worlds has."""
    paper, draws = desk.paper, _draws(desk)
    program, leads = program_of(desk), leads_of(desk)
    rows = uncertain(program, draws.columns, leads, paper.fan)
    before = asked_before(program)
    shares = HEADLINES + len(leads)
    at = shares + len(draws.columns)
    places: dict[str, int] = {}
    for row in rows:
        at += row.by_month and (row.name in before or row.opening is not None)
        places[row.name] = at
        at += len(program.months) if row.by_month else 1
    tiers = {}
    for name in _ladders_of(rows):
        ladder = program.ladders[name]
        if places.keys() & {*ladder.up_to, *ladder.a, *ladder.b}:
            tiers[name] = (at, at + len(ladder.up_to), at + len(ladder.up_to) + len(ladder.a))
            at += len(ladder.up_to) + 2 * len(ladder.a)
    monthly = frozenset(row.name for row in rows if row.by_month)
    return Columns(grid=desk.plan.calc, shares=shares, rows=places, monthly=monthly, tiers=tiers, end=at)


def _draws(desk: Desk) -> Draws:
    return desk.paper.draws or Draws(columns=(), shares=np.zeros((0, 0)), values={})


def program_of(desk: Desk) -> Program:
    """Return the program of which the worlds reckon the uncertain rows."""
    return _draws(desk).program or desk.paper.program


def leads_of(desk: Desk) -> tuple[Headline, ...]:
    """Return the results of which each world reckons the total."""
    return _draws(desk).headline or desk.paper.headline


def _ladders_of(rows: Sequence[Row]) -> list[str]:
    parts = (part for row in rows if row.node for part in subtrees(row.node))
    asked = (part.args[0] for part in parts if isinstance(part, Call) and part.function == "tiered")
    return sorted({node.name for node in asked if isinstance(node, Name)})


def write_worlds(desk: Desk) -> None:
    """Write the sheet of worlds."""
    page, draws = desk.pages[WORLDS], _draws(desk)
    worlds = len(draws.shares)
    note = (
        f"{worlds} worlds, drawn once with seed {desk.paper.seed} and reckoned live; "
        "the standard error says how well they know the mean."
        if worlds
        else "This workbook was written without worlds: nothing is uncertain, or a world has too many columns."
    )
    heading(desk, page, "Monte Carlo", note)
    page.write_string(
        2,
        0,
        "Each row is one world. Blue shares are constants, so that two edits meet the same worlds. "
        "What is the same in all worlds stands on Calc; a range moves with the value of the chosen case.",
        desk.look("lead"),
    )
    page.set_column(0, 0, 27)
    page.set_column(1, 1, 8)
    if not worlds:
        set_up(desk, page, frozen=(2, 0))
        return
    columns = columns_of(desk)
    page.set_column(HEADLINES, columns.end, 13)
    set_up(desk, page, frozen=(UNITS, HEADLINES), repeated=(NAMES - 1, UNITS - 1))
    _write_shares(desk, page, columns)
    for column in _formulas(desk, columns):
        _write_column(desk, page, column)
    _write_statistics(desk, page)


def _write_shares(desk: Desk, page: Page, columns: Columns) -> None:
    draws = _draws(desk)
    page.write_string(NAMES - 1, 0, "world", desk.look("header"))
    page.write_blank(NAMES - 1, 1, None, desk.look("header"))
    for place, drawn in enumerate(draws.columns, columns.shares):
        month = desk.paper.program.months[drawn.month - 1] if drawn.how == "shock" else ""
        _write_header(desk, page, place, (f"u: {drawn.row}", month, "share"))
    look, count = desk.look("frozen", "0.0000"), desk.look("soft")
    for world, shares in enumerate(draws.shares.tolist()):
        page.write_number(TOP - 1 + world, 0, world + 1, count)
        for place, share in enumerate(shares, columns.shares):
            page.write_number(TOP - 1 + world, place, share, look)


def _write_header(desk: Desk, page: Page, column: int, texts: tuple[str, str, str]) -> None:
    for row, text, style in zip(
        (NAMES, TIME, UNITS), texts, ("header_number", "soft_right", "soft_right"), strict=True
    ):
        page.write_string(row - 1, column, text, desk.look(style))


def _write_column(desk: Desk, page: Page, column: Column) -> None:
    _write_header(desk, page, column.at, (column.name, column.month, column.unit))
    values = column.values.tolist()
    look = desk.look(
        "elsewhere" if "!" in column.words else "formula", number_look(column.unit, values, desk.paper.currency)
    )
    pieces = escaped(column.words).split(WORLD)
    page.put_down(TOP, column.at, pieces, look, values)


def _formulas(desk: Desk, columns: Columns) -> Iterator[Column]:
    yield from _headlines(desk, columns)
    worlds = {**desk.paper.values[desk.paper.cases[0]], **_draws(desk).values}
    drawn: dict[str, list[tuple[int, Drawn]]] = {}
    for place, each in enumerate(_draws(desk).columns, columns.shares):
        drawn.setdefault(each.row, []).append((place, each))
    program = program_of(desk)
    opened, before = openings(program, worlds), asked_before(program)
    for row in program.rows:
        if row.name in columns.rows:
            if row.by_month and (row.opening is not None or row.name in before):
                yield from _opening(desk, columns, row, opened)
            yield from _row(desk, columns, row, drawn.get(row.name, []), values=worlds[row.name])
    yield from _tiers(desk, columns, worlds)


def _headlines(desk: Desk, columns: Columns) -> Iterator[Column]:
    base, draws = desk.paper.values[desk.paper.cases[0]], _draws(desk)
    for at, headline in enumerate(leads_of(desk), HEADLINES):
        found = {name: draws.values.get(name, base[name]) for name in (headline.row, headline.over) if name}
        values = np.broadcast_to(total_value(headline, found), len(draws.shares))
        yield Column(at=at, name=headline.label, unit=headline.unit, words=_total(headline, columns), values=values)


def _total(headline: Headline, columns: Columns) -> str:
    seat = Seat(columns=columns, row=headline.row)
    if headline.over:
        return f"SUM({seat.all(headline.row)})/SUM({seat.all(headline.over)})"
    if headline.row not in columns.grid.monthly:
        return seat.here(headline.row)
    return seat.total(headline.row) if headline.total == "sum" else seat.last(headline.row)


def _opening(desk: Desk, columns: Columns, row: Row, opened: Mapping[str, Values]) -> Iterator[Column]:
    """Write a row's value before the first month."""
    count = len(_draws(desk).shares)
    text = (
        "0"
        if row.opening is None
        else words(row.opening, Seat(columns=columns, row=row.name, ladders=desk.paper.program.ladders))
    )
    value = opened.get(row.name, np.zeros((1, 1)))
    yield Column(
        at=columns.rows[row.name] - 1,
        name=row.name,
        month="opening",
        unit=row.unit.text,
        words=text,
        values=np.broadcast_to(value[..., 0], count),
    )


def _row(
    desk: Desk, columns: Columns, row: Row, drawn: Sequence[tuple[int, Drawn]], *, values: Values
) -> Iterator[Column]:
    program, count = program_of(desk), len(_draws(desk).shares)
    months = program.months if row.by_month else ("",)
    values = np.broadcast_to(values, (count, len(months)))
    for at, month in enumerate(months):
        if row.node is None:
            text = _input(desk, columns, row, [pair for pair in drawn if pair[1].month in {0, at + 1}], at)
        else:
            text = words(row.node, Seat(columns=columns, row=row.name, at=at, ladders=program.ladders))
        yield Column(
            at=columns.rows[row.name] + at,
            name=row.name,
            month=month,
            unit=row.unit.text,
            words=text,
            values=values[:, at],
        )


def _input(desk: Desk, columns: Columns, row: Row, drawn: Sequence[tuple[int, Drawn]], month: int) -> str:
    """Write how a share of worlds becomes an input."""
    plain = f"{CALC}!{letters(MONTHS + month)}${columns.grid.rows[row.name]}"
    if not drawn:
        return plain
    place, how = drawn[0]
    share = f"${letters(place)}{WORLD}"
    if how.how == "shock":
        return f"NORMSINV({share})"
    if how.how == "event":
        return _event(desk, columns, how, share, month if row.by_month else None)
    cell = desk.plan.cells[row.name]
    live = desk.plan.live(row.name)
    template = cell.range.template if cell.range else "{u}"
    return _moved(cell, slotted(desk, cell, template, share), live, desk.plan.base(row.name))


def _moved(cell: InputCell, drawn: str, live: str, base: str) -> str:
    """Write how a range moves where the chosen case gives its input another value than the base case."""
    if cell.range is None:
        return live
    if cell.range.moves == "factor":
        return f"({drawn})*{live}/{base}"
    if cell.range.moves == "difference":
        return f"({drawn})+{live}-{base}"
    most = f"{cell.range.most:g}"
    odds = f"{most}*{live}/({live}+({most}/({drawn})-1)*({most}-{live})*{base}/({most}-{base}))"
    if any(value > cell.range.most for value in cell.values.values()):  # more than the whole moves by its factor
        odds = f"IF({live}>{most},({drawn})*{live}/{base},{odds})"
    return f"IF({live}={base},{drawn},{odds})"


def _event(desk: Desk, columns: Columns, drawn: Drawn, share: str, month: int | None) -> str:
    """Write the month of an event, or whether it has happened by a month."""
    seat = Seat(columns=columns, row=drawn.row)
    unit = next(row.unit.text for row in desk.paper.program.rows if row.name == drawn.probability)
    likely = f"({seat.here(drawn.probability)}/100)" if unit == "%" else seat.here(drawn.probability)
    first, last, never = (desk.plan.event(drawn.row, part) for part in ("first", "last", "never"))
    happens = f"{first}+INT({share}/{likely}*(1+{last}-{first}))"
    if month is None:
        return f"IF({share}<{likely},{happens},{never})"
    return f"IF({share}<{likely},({CALC}!{letters(MONTHS + month)}${columns.grid.counter[1]}>={happens})*1,0)"


def _tiers(desk: Desk, columns: Columns, worlds: Mapping[str, Values]) -> Iterator[Column]:
    """Repeat the numbers of a ladder side by side."""
    count = len(_draws(desk).shares)
    for name, firsts in columns.tiers.items():
        ladder = desk.paper.program.ladders[name]
        for first, members, part in zip(firsts, (ladder.up_to, ladder.a, ladder.b), ("up to", "a", "b"), strict=True):
            for at, row in enumerate(members):
                yield Column(
                    at=first + at,
                    name=f"{name}: {part} {at + 1}",
                    words=Seat(columns=columns, row=row).here(row),
                    values=np.broadcast_to(worlds[row][..., 0], count),
                )


def statistic_cell(which: str, headline: int) -> str:
    """Return the cell of a statistic of a headline, from any sheet; headlines count from zero."""
    row = STATISTIC + [label for label, _, _ in STATISTICS].index(which)
    return f"{WORLDS}!${letters(HEADLINES + headline)}${row}"


def statistic(which: str, values: Values) -> float:
    """Reckon a statistic of worlds as a spreadsheet does: where some have no value, only shares of the rest."""
    if which.startswith("Share"):
        fine = values[np.isfinite(values)]
        return float((fine < 0).mean()) if len(fine) else np.nan
    if not np.isfinite(values).all():
        return np.nan
    if which == "Mean":
        return float(values.mean())
    if which.startswith("Standard"):
        return float(values.std(ddof=1) / np.sqrt(len(values)))
    return float(np.percentile(values, float(which[1:])))


def headline_values(desk: Desk, headline: Headline) -> Values:
    """Return the total of a headline in each world."""
    base, draws = desk.paper.values[desk.paper.cases[0]], _draws(desk)
    found = {name: draws.values.get(name, base[name]) for name in (headline.row, headline.over) if name}
    return np.broadcast_to(total_value(headline, found), len(draws.shares))


def _write_statistics(desk: Desk, page: Page) -> None:
    page.write_string(STATISTIC - 2, 0, "Of all worlds", desk.look("header"))
    page.write_string(STATISTIC - 2, 1, "level", desk.look("header_number"))
    last = TOP - 1 + len(_draws(desk).shares)
    for at, (label, level, template) in enumerate(STATISTICS, STATISTIC):
        page.write_string(at - 1, 0, label, desk.look("text"))
        if level is not None:
            page.write_number(at - 1, LEVEL, level, desk.look("frozen", "0%"))
        for column, headline in enumerate(leads_of(desk), HEADLINES):
            page.write_string(STATISTIC - 2, column, headline.label, desk.look("header_number"))
            values = headline_values(desk, headline)
            cells = f"{letters(column)}${TOP}:{letters(column)}${last}"
            number = (
                "0.0%"
                if label.startswith("Share")
                else number_look(headline.unit, values.tolist(), desk.paper.currency)
            )
            text = template.format(range=cells, level=f"${letters(LEVEL)}{at}")
            desk.formula(page, at, column, text, statistic(label, values), number=number)
