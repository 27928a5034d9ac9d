"""The sheet of outputs: headline by month, what its charts are drawn from, and the charts."""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from pertoken.present.workbook.calc import month_columns
from pertoken.present.workbook.desk import Desk, heading, number_look, set_up, titles
from pertoken.present.workbook.grid import CONSTANT, LABEL, MONTHS, NAME, TOTAL, UNIT, letters
from pertoken.present.workbook.page import Page
from pertoken.present.workbook.plan import CALC, FIRST_ROW, OUTPUTS, TITLES, WORLDS, total_value, total_words
from pertoken.present.workbook.world_seat import WORLD, Seat
from pertoken.present.workbook.worlds import STATISTICS, TOP, columns_of
from pertoken.scenario.paper import Headline, Values

QUANTILES = {"P10": 10.0, "P50": 50.0, "P90": 90.0}
BRIDGE = ("step", "amount", "end", "hidden", "total", "gain", "loss", "hidden below 0", "below 0")
TORNADO = ("input", "low", "high", "at low", "at high", "hidden", "swing", "hidden below 0", "swing below 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Where the tables of the sheet of outputs stand; sheet rows count from one, 0 for none.

    Args:
        headline: First row of the headline by month.
        charts: First row of the room for charts.
        costs: First row of the costs by month.
        fan: Row of P10; P50 and P90 follow.
        bridge: First step of the bridge.
        tornado: First swing of the tornado.
    """

    headline: int
    charts: int
    costs: int
    fan: int
    bridge: int
    tornado: int


CHART_ROWS = 19
"""Rows that a line of charts takes."""


def tables_of(desk: Desk) -> Tables:
    """Settle where the tables of the sheet of outputs stand."""
    paper = desk.paper
    has = (True, True, bool(paper.costs), _has_fan(desk), bool(paper.bridge), bool(paper.tornado))
    charts = FIRST_ROW + len(paper.headline) + 2
    at = charts + CHART_ROWS * -(-sum(has) // 2) + 2
    starts = []
    sizes = (len(paper.costs), 3 * _has_fan(desk), len(paper.bridge), len(paper.tornado))
    for size in sizes:
        starts.append(at + 2 if size else 0)
        at += size + 4 if size else 0
    costs, fan, bridge, tornado = starts
    return Tables(headline=FIRST_ROW, charts=charts, costs=costs, fan=fan, bridge=bridge, tornado=tornado)


def _has_fan(desk: Desk) -> bool:
    paper = desk.paper
    return bool(paper.fan and paper.draws is not None and len(paper.draws.shares) and paper.fan in paper.draws.values)


def write_outputs(desk: Desk) -> Tables:
    """Write the tables of the sheet of outputs."""
    page, tables = desk.pages[OUTPUTS], tables_of(desk)
    heading(desk, page, "Outputs", f"Headline of the chosen case, in {desk.paper.currency} where not said otherwise.")
    month_columns(desk, page, TITLES)
    set_up(desk, page, frozen=(TITLES, UNIT + 1), repeated=(TITLES - 1, TITLES - 1))
    for line, headline in enumerate(desk.paper.headline):
        _write_headline(desk, page, tables.headline + line, headline)
    if tables.costs:
        _write_costs(desk, page, tables.costs)
    if tables.fan:
        _write_fan(desk, page, tables.fan)
    if tables.bridge:
        _write_bridge(desk, page, tables.bridge)
    if tables.tornado:
        _write_tornado(desk, page, tables.tornado)
    return tables


def by_month(headline: Headline, values: dict[str, Values]) -> Values:
    """Reckon a headline month by month."""
    found = values[headline.row]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(found / values[headline.over] if headline.over else found)


def _write_headline(desk: Desk, page: Page, at: int, headline: Headline) -> None:
    calc, base = desk.plan.calc, dict(desk.paper.values[desk.paper.cases[0]])
    total = float(total_value(headline, base))
    months = by_month(headline, base).tolist() if headline.row in calc.monthly else []
    number = headline_look(headline, [total, *months], desk.paper.currency)
    for column, text, style in (
        (NAME, headline.row, "text"),
        (LABEL, headline.label, "bold"),
        (UNIT, headline.unit, "soft"),
    ):
        page.write_string(at - 1, column, text, desk.look(style))
    name = desk.names.get(f"={headline.label}", "")
    column = TOTAL if months else CONSTANT
    text = f'IFERROR({total_words(headline, calc, f"{CALC}!")},"n/a")'
    desk.formula(page, at, column, text, total if np.isfinite(total) else "n/a", number=number)
    if name:
        desk.book.define_name(name, f"={OUTPUTS}!${letters(column)}${at}")
    for month, value in enumerate(months):
        cell = f"{CALC}!{letters(MONTHS + month)}${calc.rows[headline.row]}"
        if headline.over:
            cell = f'IFERROR({cell}/{CALC}!{letters(MONTHS + month)}${calc.rows[headline.over]},"n/a")'
        shown = value if np.isfinite(value) or not headline.over else "n/a"
        desk.formula(page, at, MONTHS + month, cell, shown, number=number)


def headline_look(headline: Headline, values: list[float], currency: str) -> str:
    """Return the number format of a headline: a share of a whole is shown in percent."""
    if headline.over and headline.unit in {"%", "share", "1", ""}:
        return "0.0%;[Red]-0.0%"
    return number_look(headline.unit, values, currency)


def _write_costs(desk: Desk, page: Page, top: int) -> None:
    paper, calc = desk.paper, desk.plan.calc
    titles(desk, page, top - 1, ("What the cost is made of", "", "unit", "", "total", "", *paper.program.months))
    rows = {row.name: row for row in paper.program.rows}
    for at, name in enumerate(paper.costs, top):
        values = paper.values[paper.cases[0]][name]
        number = number_look(paper.currency, values.tolist(), paper.currency)
        page.write_string(at - 1, NAME, name, desk.look("text"))
        page.write_string(at - 1, LABEL, rows[name].label or name, desk.look("soft"))
        page.write_string(at - 1, UNIT, rows[name].unit.text, desk.look("soft"))
        first, last = letters(MONTHS), letters(MONTHS + calc.months - 1)
        desk.formula(page, at, TOTAL, f"SUM({first}{at}:{last}{at})", float(values.sum()), number=number)
        for month, value in enumerate(values.tolist()):
            desk.formula(
                page, at, MONTHS + month, f"{CALC}!{letters(MONTHS + month)}${calc.rows[name]}", value, number=number
            )


def _write_fan(desk: Desk, page: Page, top: int) -> None:
    paper, columns = desk.paper, columns_of(desk)
    if paper.draws is None:
        return
    titles(
        desk,
        page,
        top - 1,
        (
            f"Range of {paper.fan}: 8 in 10 worlds lie between P10 and P90",
            "",
            "unit",
            "",
            "",
            "",
            *paper.program.months,
        ),
    )
    row = next(row for row in paper.program.rows if row.name == paper.fan)
    values, last = paper.draws.values[paper.fan], TOP - 1 + len(paper.draws.shares)
    number = number_look(row.unit.text, values[0].tolist(), paper.currency)
    levels = {label: f"{WORLDS}!$B${5 + place}" for place, (label, _, _) in enumerate(STATISTICS)}
    for at, (label, level) in enumerate(QUANTILES.items(), top):
        page.write_string(at - 1, NAME, f"{paper.fan}: {label}", desk.look("text"))
        page.write_string(at - 1, LABEL, row.label, desk.look("soft"))
        page.write_string(at - 1, UNIT, row.unit.text, desk.look("soft"))
        for month in range(len(paper.program.months)):
            cell = Seat(columns=columns, row=paper.fan, at=month).here(paper.fan)
            cells = f"{WORLDS}!{cell.replace(WORLD, f'${TOP}')}:{cell.replace(WORLD, f'${last}')}"
            found = float(
                np.percentile(np.broadcast_to(values, (len(values), len(paper.program.months)))[:, month], level)
            )
            desk.formula(page, at, MONTHS + month, f"PERCENTILE({cells},{levels[label]})", found, number=number)


def _write_bridge(desk: Desk, page: Page, top: int) -> None:
    """Write the bridge's amounts, frozen, and what its columns are stacked from, live."""
    paper = desk.paper
    titles(desk, page, top - 1, BRIDGE, words=1)
    page.write_string(
        top - 1 + len(paper.bridge),
        NAME,
        f"Amounts as found at export on {paper.on.isoformat()}, base case.",
        desk.look("soft"),
    )
    amounts = [amount for _, amount in paper.bridge]
    number = number_look(paper.currency, amounts, paper.currency)
    ends = [*accumulate(amounts[:-1]), amounts[-1]]
    starts = [0.0, *ends[:-2], 0.0] if len(ends) > 1 else [0.0]
    last = top + len(amounts) - 1
    for at, (label, amount), start, end in zip(range(top, last + 1), paper.bridge, starts, ends, strict=True):
        page.write_string(at - 1, 0, label, desk.look("text"))
        page.write_number(at - 1, 1, amount, desk.look("frozen", number))
        whole = at in {top, last}
        before = "0" if whole else f"C{at - 1}"
        stack = _stack(start, end, whole=whole, rise=amount >= 0)
        texts = (
            f"{before}+B{at}",
            f"MAX(0,MIN({before},C{at}))",
            f"MAX(0,C{at})" if whole else "0",
            f"(B{at}>=0)*(MAX(0,C{at})-MAX(0,{before}))" if not whole else "0",
            f"(B{at}<0)*(MAX(0,{before})-MAX(0,C{at}))" if not whole else "0",
            f"MIN(0,MAX({before},C{at}))",
            f"MIN(0,{before},C{at})-MIN(0,MAX({before},C{at}))",
        )
        for column, (text, value) in enumerate(zip(texts, (end, *stack), strict=True), 2):
            desk.formula(page, at, column, text, value, number=number)


def _stack(start: float, end: float, *, whole: bool, rise: bool) -> tuple[float, ...]:
    """Reckon the pieces of one column of a bridge: hidden, total, gain, loss, hidden and shown below nothing."""
    above = abs(max(0.0, end) - max(0.0, start))
    hidden, below = max(0.0, min(start, end)), min(0.0, max(start, end))
    shown = (max(0.0, end), 0.0, 0.0) if whole else (0.0, above * rise, above * (not rise))
    return (hidden, *shown, below, min(0.0, start, end) - below)


def _write_tornado(desk: Desk, page: Page, top: int) -> None:
    paper = desk.paper
    titles(desk, page, top - 1, TORNADO, words=3)
    note = f"{paper.tornado_of}: as found at export on {paper.on.isoformat()}, base case."
    page.write_string(top - 1 + len(paper.tornado), NAME, note, desk.look("soft"))
    number = number_look(paper.currency, [swing.at_low for swing in paper.tornado], paper.currency)
    for at, swing in enumerate(paper.tornado, top):
        for column, text in enumerate((f"{swing.label}: {swing.low} to {swing.high}", swing.low, swing.high)):
            page.write_string(at - 1, column, text, desk.look("text" if not column else "frozen"))
        for column, value in enumerate((swing.at_low, swing.at_high), 3):
            page.write_number(at - 1, column, value, desk.look("frozen", number))
        least, most = sorted((swing.at_low, swing.at_high))
        texts = (
            (f"MAX(0,MIN(D{at},E{at}))", max(0.0, least)),
            (f"MAX(0,D{at},E{at})-F{at}", max(0.0, most) - max(0.0, least)),
            (f"MIN(0,MAX(D{at},E{at}))", min(0.0, most)),
            (f"MIN(0,D{at},E{at})-H{at}", min(0.0, least) - min(0.0, most)),
        )
        for column, (text, value) in enumerate(texts, 5):
            desk.formula(page, at, column, text, value, number=number)
