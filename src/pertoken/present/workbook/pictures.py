"""Native charts of a workbook, drawn from the tables of the sheet of outputs, so that they follow every edit."""

from collections.abc import Iterable, Mapping
from math import ceil, floor
from typing import Any

from pertoken.present.workbook.desk import Desk
from pertoken.present.workbook.grid import LABEL, MONTHS
from pertoken.present.workbook.outputs import CHART_ROWS, QUANTILES, Tables, by_month
from pertoken.present.workbook.plan import COVER, OUTPUTS, TITLES
from pertoken.present.worksheet import LINE, SOFT
from pertoken.scenario.paper import Headline

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#56B4E9", "#CC79A7", "#D55E00", "#999999", "#F0E442")
"""Colours that people who see colours differently tell apart (Okabe and Ito)."""
LINES = 3
"""Amounts on the first chart at most: two as columns, the third as a line."""
BARS = 12
"""Bars of the tornado at most; its table has all."""
SIZE = {"width": 690, "height": 360}
ON_COVER = {"width": 494, "height": 300}
"""Size of a chart, in its place and on the cover. [pixel]"""
RIGHT = 5
"""Column of the second chart of a line."""


def draw(desk: Desk, tables: Tables) -> None:
    """Put the charts in the room that the sheet of outputs keeps for them."""
    drawn = [_amounts(desk, tables), _share(desk, tables)]
    if tables.costs:
        drawn.append(_costs(desk, tables))
    if tables.fan:
        drawn.append(_fan(desk, tables))
    if tables.bridge:
        drawn.append(_bridge(desk, tables))
    if tables.tornado:
        drawn.append(_tornado(desk, tables))
    for place, chart in enumerate(filter(None, drawn)):
        row = tables.charts - 1 + CHART_ROWS * (place // 2)
        desk.pages[OUTPUTS].insert_chart(row, RIGHT * (place % 2), chart, {"object_position": 2, "x_offset": 4})


def draw_on_cover(desk: Desk, tables: Tables, *, row: int) -> None:
    """Put the first picture and the range on the cover, side by side; rows count from one."""
    second = _fan(desk, tables) if tables.fan else _share(desk, tables)
    for place, chart in enumerate(filter(None, (_amounts(desk, tables), second))):
        chart.set_size(ON_COVER)
        desk.pages[COVER].insert_chart(
            row - 1, 0, chart, {"object_position": 2, "x_offset": 2 + (ON_COVER["width"] + 8) * place}
        )


def _series(desk: Desk, row: int) -> dict[str, Any]:
    last = MONTHS + len(desk.paper.program.months) - 1
    return {
        "name": [OUTPUTS, row - 1, LABEL],
        "categories": [OUTPUTS, TITLES - 1, MONTHS, TITLES - 1, last],
        "values": [OUTPUTS, row - 1, MONTHS, row - 1, last],
    }


def _dressed(chart: Any, title: str, axis: str) -> Any:  # noqa: ANN401 - XlsxWriter has no types
    chart.set_title({"name": title, "name_font": {"size": 12, "bold": True}, "overlay": False})
    chart.set_x_axis({"num_font": {"size": 8, "color": SOFT}, "line": {"color": LINE}, "label_position": "low"})
    chart.set_y_axis(
        {
            "name": axis,
            "name_font": {"size": 9, "bold": False, "color": SOFT},
            "num_font": {"size": 8, "color": SOFT},
            "num_format": "#,##0",
            "major_gridlines": {"visible": True, "line": {"color": "#E3E7EB", "width": 0.75}},
            "line": {"none": True},
        }
    )
    chart.set_legend({"position": "bottom", "font": {"size": 9}})
    chart.set_chartarea({"border": {"color": LINE}})
    chart.set_size(SIZE)
    return chart


def _monthly(desk: Desk, tables: Tables) -> tuple[list[tuple[int, Headline]], list[tuple[int, Headline]]]:
    """List amounts and shares by month, with their sheet rows."""
    rows = list(enumerate(desk.paper.headline, tables.headline))
    monthly = [(at, each) for at, each in rows if each.row in desk.plan.calc.monthly]
    amounts = [(at, each) for at, each in monthly if each.unit == desk.paper.currency and not each.over]
    return amounts[:LINES], [(at, each) for at, each in monthly if each.over and each.unit in {"%", "share", "1"}]


def _amounts(desk: Desk, tables: Tables) -> Any:  # noqa: ANN401
    """Draw amounts by month: two as columns, what is left as a line."""
    amounts, _ = _monthly(desk, tables)
    if not amounts:
        return None
    chart = desk.book.add_chart({"type": "column"})
    for place, (at, _) in enumerate(amounts[: LINES - 1]):
        chart.add_series({**_series(desk, at), "fill": {"color": PALETTE[place]}, "gap": 60, "overlap": -5})
    for place, (at, _) in enumerate(amounts[LINES - 1 :], LINES - 1):
        line = desk.book.add_chart({"type": "line"})
        line.add_series({**_series(desk, at), "line": {"color": PALETTE[place], "width": 2.25}})
        chart.combine(line)
    words = [each.label[:1].lower() + each.label[1:] for _, each in amounts]
    title = f"How do {', '.join(words[:-1])} and {words[-1]} move?" if len(words) > 1 else f"How does {words[0]} move?"
    return _dressed(chart, title, desk.paper.currency)


def _share(desk: Desk, tables: Tables) -> Any:  # noqa: ANN401
    """Draw what is left as columns, and its share of the whole as a line on an axis with fixed ends."""
    amounts, shares = _monthly(desk, tables)
    found = next(((amount, share) for share in shares for amount in amounts if amount[1].row == share[1].row), None)
    if found is None:
        return None
    (row, amount), (at, share) = found
    chart, line = desk.book.add_chart({"type": "column"}), desk.book.add_chart({"type": "line"})
    chart.add_series({**_series(desk, row), "fill": {"color": PALETTE[2]}, "gap": 60})
    line.add_series({**_series(desk, at), "y2_axis": True, "line": {"color": PALETTE[4], "width": 2.25}})
    low, high = bounds(desk, share)
    font = {"size": 8, "color": SOFT}
    line.set_y2_axis({"min": low, "max": high, "num_format": "0%", "num_font": font, "line": {"none": True}})
    chart.combine(line)
    return _dressed(
        chart, f"How much is left: {amount.label[:1].lower()}{amount.label[1:]}, and its share?", desk.paper.currency
    )


def bounds(desk: Desk, headline: Headline) -> tuple[float, float]:
    """Return fixed ends of the axis of a share, in whole tens of percent and with 0, so that a dip is no cliff."""
    found = [
        value
        for case in desk.paper.cases
        for value in by_month(headline, dict(desk.paper.values[case])).tolist()
        if -5 < value < 5  # noqa: PLR2004 - a share far outside would flatten all others
    ]
    return min(0.0, floor(min(found, default=0.0) * 10) / 10), max(1.0, ceil(max(found, default=1.0) * 10) / 10)


def _costs(desk: Desk, tables: Tables) -> Any:  # noqa: ANN401
    chart = desk.book.add_chart({"type": "column", "subtype": "stacked"})
    for place, at in enumerate(range(tables.costs, tables.costs + len(desk.paper.costs))):
        colour = PALETTE[place % len(PALETTE)]
        chart.add_series({**_series(desk, at), "fill": {"color": colour}, "gap": 50})
    return _dressed(chart, "What is the cost made of?", desk.paper.currency)


def _fan(desk: Desk, tables: Tables) -> Any:  # noqa: ANN401
    chart = desk.book.add_chart({"type": "line"})
    looks: tuple[dict[str, object], ...] = (
        {"width": 1.25, "dash_type": "dash"},
        {"width": 2.5},
        {"width": 1.25, "dash_type": "dash"},
    )
    for place, (label, look) in enumerate(zip(QUANTILES, looks, strict=True)):
        series = {**_series(desk, tables.fan + place), "name": label, "line": {"color": PALETTE[0], **look}}
        chart.add_series(series)
    row = next(row for row in desk.paper.program.rows if row.name == desk.paper.fan)
    return _dressed(
        chart,
        f"How wide is the range of {row.label or row.name}? 8 in 10 worlds lie between P10 and P90",
        row.unit.text,
    )


def _bars(chart: Any, rows: tuple[int, int, int], looks: Iterable[tuple[int, Mapping[str, Any]]], gap: int) -> None:  # noqa: ANN401
    """Stack columns of a table of the outputs, each filled in its way; some with nothing."""
    title, top, last = rows
    for column, fill in looks:
        chart.add_series(
            {
                "name": [OUTPUTS, title, column],
                "categories": [OUTPUTS, top, 0, last, 0],
                "values": [OUTPUTS, top, column, last, column],
                "fill": fill,
                "border": {"none": True},
                "gap": gap,
            }
        )


def _bridge(desk: Desk, tables: Tables) -> Any:  # noqa: ANN401
    chart = desk.book.add_chart({"type": "column", "subtype": "stacked"})
    top, last = tables.bridge - 1, tables.bridge + len(desk.paper.bridge) - 2
    looks = (
        {"none": True},
        {"color": PALETTE[6]},
        {"color": PALETTE[2]},
        {"color": PALETTE[5]},
        {"none": True},
        {"color": PALETTE[5]},
    )
    _bars(chart, (tables.bridge - 2, top, last), enumerate(looks, 3), gap=40)
    chart = _dressed(chart, f"Where does the money go? At export on {desk.paper.on.isoformat()}", desk.paper.currency)
    chart.set_legend({"none": True})
    return chart


def _tornado(desk: Desk, tables: Tables) -> Any:  # noqa: ANN401
    chart = desk.book.add_chart({"type": "bar", "subtype": "stacked"})
    top, last = tables.tornado - 1, tables.tornado + min(len(desk.paper.tornado), BARS) - 2
    swing = {"color": PALETTE[0]}
    labels = {row.name: row.label for row in desk.paper.program.rows}
    about = labels.get(desk.paper.tornado_of) or desk.paper.tornado_of
    looks = ((5, {"none": True}), (6, swing), (7, {"none": True}), (8, swing))
    _bars(chart, (tables.tornado - 2, top, last), looks, gap=30)
    question = f"What matters most to {about[:1].lower()}{about[1:]}? At export on {desk.paper.on.isoformat()}"
    chart = _dressed(chart, question, "")
    chart.set_legend({"none": True})
    chart.set_y_axis(
        {"reverse": True, "num_font": {"size": 8}, "label_position": "low", "major_gridlines": {"visible": False}}
    )
    grid = {"visible": True, "line": {"color": "#E3E7EB", "width": 0.75}}
    chart.set_x_axis({"num_font": {"size": 8, "color": SOFT}, "num_format": "#,##0", "major_gridlines": grid})
    return chart
