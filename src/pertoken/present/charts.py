"""Charts as data: Vega-Lite specifications that are read in print, in light and in dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import altair as alt
import numpy as np

from pertoken.core import period
from pertoken.present.bridge import Row, bridge
from pertoken.present.drawing import INK, PAPER
from pertoken.present.dress import (
    GAIN,
    GAP,
    LETTER,
    LOSS,
    NAME,
    PALETTE,
    STEP,
    WHOLE,
    WIDTH,
    Spec,
    amounts,
    dressed,
    legend,
)
from pertoken.present.numbers import show
from pertoken.present.sheet import Kind, Number

EDGE = 0.15
"""Share of the width within which names stand behind their dots, not before."""


def bars(rows: Sequence[Row], *, title: str, kind: Kind = "money", limit: int = 40) -> Spec:
    """Return horizontal bars, one for each row in the order given, losses in another colour.

    Args:
        rows: Name and value.
        title: Title of the value axis, with its unit.
        kind: How the numbers behind the bars are written.
        limit: Bars at most; the smallest in size beyond it become one bar that says how many it sums.
    """
    data = [
        _bar(name, (0, value), show(value, kind), LOSS if value < 0 else GAIN)
        | {"edge": float(value), "left": value < 0}
        for name, value in fold_smallest(rows, limit)
    ]
    return _horizontal(data, title, kind)


def waterfall(steps: Sequence[Row], end: Row, *, title: str, kind: Kind = "money") -> Spec:
    """Return a bridge from the first step over gains and losses to the end, e.g. revenue, each cost, margin.

    Args:
        steps: Name and signed amount; the first is the whole that the bridge starts from.
        end: Name and value of what is left.
        title: Title of the value axis, with its unit.
        kind: How the numbers behind the bars are written.

    Raises:
        ValueError: If the steps do not add up to the end.
    """
    data = []
    for step in bridge(steps, end):
        color = WHOLE if step.whole else LOSS if step.amount < 0 else GAIN
        data.append(_bar(step.label, (step.start, step.stop), show(step.amount, kind), color))
    return _horizontal(data, title, kind)


def stacked(rows: Sequence[tuple[str, str, Number]], *, title: str, kind: Kind = "money") -> Spec:
    """Return stacked columns, one for each category in the order given, e.g. cost by meter for each month.

    Args:
        rows: Category, series and value; beyond eight series the smallest become one that says how many it sums.
        title: Title of the value axis, with its unit.
        kind: How the value axis writes its numbers.
    """
    names = [name for name, _ in fold_smallest(_sums(rows), len(PALETTE))]
    data = [
        {"category": category, "series": series if series in names else names[-1], "value": float(value)}
        for category, series, value in rows
    ]
    categories = list(dict.fromkeys(category for category, _, _ in rows))
    angle = -45 if LETTER * (len("".join(categories)) + len(categories)) > WIDTH * 0.8 else 0
    key = legend(names, columns=4)
    chart = (
        alt.Chart(alt.InlineData(values=data))
        .mark_bar(stroke=PAPER, strokeWidth=1)
        .encode(
            x=alt.X("category:N", sort=categories, axis=alt.Axis(title=None, labelAngle=angle, ticks=False)),
            y=alt.Y("sum(value):Q", title=title, axis=amounts(kind)),
            color=alt.Color("series:N", legend=key, scale=alt.Scale(domain=names, range=list(PALETTE))),
            order=alt.Order("rank:Q"),
        )
        .transform_calculate(rank=f"indexof({names!r}, datum.series)")
        .properties(width=WIDTH, height=WIDTH // 2)
    )
    return dressed(chart)


@dataclass(frozen=True, slots=True)
class Axis:
    """A measure along one side of a picture.

    Args:
        title: What it is, with its unit.
        kind: How its numbers are written.
        log: True for equal steps between powers of ten; all numbers must be above zero.
        zero: Whether zero is on it and marked.
    """

    title: str
    kind: Kind = "money"
    log: bool = False
    zero: bool = True


@dataclass(frozen=True, slots=True)
class Dot:
    """One of many in a picture of two measures: where it stands, how large it is, its group, and a name to show."""

    x: Number
    y: Number
    size: Number
    group: str
    name: str = ""


def dots(rows: Sequence[Dot], groups: Mapping[str, str], *, x: Axis, y: Axis, size: str = "") -> Spec:
    """Return dots by two measures, coloured by group, e.g. each customer's change against its bill.

    Args:
        rows: What to draw; in a busy place the small ones lie above the large ones.
        groups: Colour of each group, in the order of the legend.
        x: The measure from left to right.
        y: The measure from below.
        size: What the area of a dot stands for; empty if all are of one size.
    """
    data = [
        {
            "name": r.name[:NAME],
            "x": float(r.x),
            "y": float(r.y),
            "size": float(r.size),
            "group": r.group,
            "first": left,
        }
        for r, left in sorted(zip(rows, _first(rows, x), strict=True), key=lambda pair: -float(pair[0].size))
    ]
    key = legend(groups, symbolType="circle", symbolOpacity=1)
    shown = [name for name in groups if any(row.group == name for row in rows)]
    colors = alt.Scale(domain=shown, range=[groups[name] for name in shown])
    area = alt.Size("size:Q", scale=alt.Scale(range=[24, 700], zero=True), legend=None) if size else alt.value(60)
    placed = alt.Chart(alt.InlineData(values=data)).encode(
        x=alt.X("x:Q", title=x.title, axis=_ticks(x), scale=_scale(x)),
        y=alt.Y("y:Q", title=y.title, axis=_ticks(y), scale=_scale(y)),
    )
    color = alt.Color("group:N", legend=key, scale=colors)
    drawn = placed.mark_circle(opacity=0.65, stroke=PAPER, strokeWidth=0.5).encode(color=color, size=area)
    before = placed.mark_text(align="right", dx=-4 * GAP, color=INK).transform_filter("!datum.first")
    behind = placed.mark_text(align="left", dx=4 * GAP, color=INK).transform_filter("datum.first")
    names = [side.encode(text="name:N") for side in (before, behind)]
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=INK, opacity=0.5).encode(y="zero:Q")
    layers = [*([zero] if y.zero else []), drawn, *names]
    return dressed(alt.layer(*layers).properties(width=WIDTH, height=WIDTH * 5 // 9))


def _first(rows: Sequence[Dot], x: Axis) -> list[bool]:
    """Mark dots so near to the left edge that a name before them would stand on the axis."""
    at = np.array([float(row.x) for row in rows])
    at = np.log(at) if x.log else at
    return (at < at.min() + (at.max() - at.min()) * EDGE).tolist() if len(at) else []


def _ticks(axis: Axis) -> alt.Axis:
    if axis.log:
        return alt.Axis(format=",~g", domain=False, ticks=False, tickCount=6)
    return amounts(axis.kind, tickCount=8, titlePadding=4 * GAP)


def _scale(axis: Axis) -> alt.Scale:
    if axis.log:
        return alt.Scale(type="log", nice=False, padding=12)
    return alt.Scale(nice=True, padding=12, zero=axis.zero)


def columns(rows: Sequence[tuple[str, Number, str]], groups: Mapping[str, str], *, title: str) -> Spec:
    """Return one column for each row in the order given, coloured by group, with its number above: a histogram.

    Args:
        rows: Name, value and group.
        groups: Colour of each group, in the order of the legend.
        title: Title of the value axis, with its unit.
    """
    data = [{"name": n, "value": float(v), "text": show(v, "count") if v else "", "group": g} for n, v, g in rows]
    shown = [name for name in groups if any(row[2] == name for row in rows)]
    key = legend(groups)
    colors = alt.Scale(domain=shown, range=[groups[name] for name in shown])
    below = alt.Axis(title=None, labelAngle=-45 if len(rows) > WIDTH // 80 else 0, ticks=False)
    top = alt.Scale(domainMax=1.1 * max((float(value) for _, value, _ in rows), default=1.0))
    chart = alt.Chart(alt.InlineData(values=data)).encode(
        x=alt.X("name:N", sort=[row[0] for row in rows], axis=below, scale=alt.Scale(paddingInner=0.08)),
        y=alt.Y(
            "value:Q", title=title, axis=alt.Axis(format=",~g", domain=False, ticks=False, tickMinStep=1), scale=top
        ),
    )
    drawn = chart.mark_bar().encode(color=alt.Color("group:N", legend=key, scale=colors))
    numbers = chart.mark_text(baseline="bottom", dy=-2, color=INK).encode(text="text:N")
    return dressed(alt.layer(drawn, numbers).properties(width=WIDTH, height=WIDTH * 3 // 8))


def fold_smallest(rows: Sequence[Row], limit: int) -> list[Row]:
    """Return at most ``limit`` rows in their order: the smallest in size are summed into a last one.

    >>> fold_smallest([("a", 5), ("b", -1), ("c", 2), ("d", 3)], 3)
    [('a', 5), ('d', 3), ('2 others', 1)]
    """
    if len(rows) <= limit:
        return list(rows)
    by_size = sorted(range(len(rows)), key=lambda index: abs(float(rows[index][1])), reverse=True)
    kept = sorted(by_size[: limit - 1])
    rest = by_size[limit - 1 :]
    total: Any = 0
    for index in rest:
        total += rows[index][1]
    return [*(rows[index] for index in kept), (f"{len(rest)} others", total)]


def _sums(rows: Sequence[tuple[str, str, Number]]) -> list[Row]:
    sums: dict[str, Any] = {}
    for _, series, value in rows:
        sums[series] = sums.get(series, 0) + value
    return list(sums.items())


def _bar(name: str, ends: tuple[Number, Number], text: str, color: str) -> dict[str, Any]:
    start, stop = float(ends[0]), float(ends[1])
    bar = {"name": name, "start": start, "stop": stop, "text": text, "color": color}
    return bar | {"edge": max(start, stop), "left": False}


def _horizontal(data: Sequence[dict[str, Any]], title: str, kind: Kind) -> Spec:
    names = [bar["name"] for bar in data]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"bars share the name {twice}; expected each once")
    cut = f"length(datum.label) > {NAME} ? slice(datum.label, 0, {NAME - 1}) + '…' : datum.label"
    extent = LETTER * min(NAME, max(map(len, names), default=0)) + 2 * GAP
    beside = alt.Axis(
        title=None, domain=False, ticks=False, labelLimit=0, labelExpr=cut, minExtent=extent, labelPadding=2 * GAP
    )
    base = alt.Chart(alt.InlineData(values=list(data))).encode(y=alt.Y("name:N", sort=names, axis=beside))
    axis = amounts(kind, tickCount=5, labelFlush=3 * LETTER)
    scale = alt.Scale(domain=_domain(data, WIDTH - extent), nice=False)
    drawn = base.mark_bar(height=alt.RelativeBandSize(0.72)).encode(
        x=alt.X("start:Q", title=title, axis=axis, scale=scale),
        x2="stop:Q",
        color=alt.Color("color:N", scale=None),
    )
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=INK, opacity=0.5).encode(x="zero:Q")
    layers = alt.layer(drawn, zero, _numbers(base, "!datum.left", GAP), _numbers(base, "datum.left", -GAP))
    return dressed(layers.properties(width=WIDTH, height=alt.Step(STEP)))


def _numbers(base: alt.Chart, where: str, gap: int) -> alt.Chart:
    mark = base.mark_text(align="left" if gap > 0 else "right", dx=gap, color=INK)
    numbers: alt.Chart = mark.encode(x="edge:Q", text="text:N").transform_filter(where)
    return numbers


def _domain(data: Sequence[dict[str, Any]], pixels: float) -> list[float]:
    """Ends of the value axis, so that the longest number behind a bar has room on each side."""
    ends = [0.0, *(bar[end] for bar in data for end in ("start", "stop"))]
    low, high = min(ends), max(ends)
    left = max((LETTER * len(bar["text"]) + 2 * GAP for bar in data if bar["left"]), default=0)
    right = max((LETTER * len(bar["text"]) + 2 * GAP for bar in data if not bar["left"]), default=0)
    unit = ((high - low) or 1.0) / (pixels - left - right)
    return [low - left * unit, high + right * unit]


def areas(
    labels: Sequence[str], parts: Mapping[str, Sequence[Number]], colors: Mapping[str, str], *, title: str, kind: Kind
) -> Spec:
    """Return areas on top of each other that step from period to period, e.g. used, unused and on demand by the hour.

    Args:
        labels: Periods in order, each beginning where the one before ends.
        parts: Values by name, from the bottom up, each of as many numbers as there are periods.
        colors: Colour of each part.
        title: Title of the value axis, with its unit.
        kind: How the value axis writes its numbers.
    """
    edges = [*period.begins(labels), period.ends(labels[-1:])[0]] if labels else []
    at = [int(edge.astype("datetime64[ms]").astype(np.int64)) for edge in edges]
    data = []
    for rank, (name, values) in enumerate(parts.items()):
        numbers = [float(value) for value in values]
        data += [
            {"at": t, "part": name, "value": v, "rank": rank}
            for t, v in zip(at, [*numbers, *numbers[-1:]], strict=True)
        ]
    key = legend(parts)
    shown = alt.Scale(domain=list(parts), range=[colors[name] for name in parts])
    beside = alt.Axis(title=None, grid=False, ticks=False, labelOverlap=True, tickCount=8)
    chart = (
        alt.Chart(alt.InlineData(values=data))
        .mark_area(interpolate="step-after")
        .encode(
            x=alt.X("at:T", scale=alt.Scale(type="utc", nice=False), axis=beside),
            y=alt.Y(
                "value:Q",
                stack="zero",
                title=title,
                axis=amounts(kind),
            ),
            color=alt.Color("part:N", legend=key, scale=shown),
            order=alt.Order("rank:Q"),
        )
        .properties(width=WIDTH, height=WIDTH * 2 // 5)
    )
    return dressed(chart)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time through which a value stays the same.

    Args:
        series: Whose value.
        start: When it begins.
        end: When it is over.
        value: The value.
    """

    series: str
    start: date
    end: date
    value: Number


def steps(rows: Sequence[Stretch], *, title: str, kind: Kind = "unit_money") -> Spec:
    """Return lines that step from one value to the next, e.g. the prices of a model in time.

    Args:
        rows: Stretches of each series in order; where one does not begin at the end of the one before, the line breaks.
        title: Title of the value axis, with its unit.
        kind: How the value axis writes its numbers.
    """
    data: list[dict[str, Any]] = []
    runs: dict[str, int] = {}
    ends: dict[str, date] = {}
    for row in rows:
        runs[row.series] = runs.get(row.series, 0) + (ends.get(row.series) != row.start)
        ends[row.series] = row.end
        mark = {"series": row.series, "run": runs[row.series], "value": float(row.value)}
        data += [mark | {"at": at.isoformat()} for at in (row.start, row.end)]
    key = legend(runs, columns=3, symbolType="stroke")
    beside = alt.Axis(title=None, grid=False, ticks=False, labelOverlap=True, tickCount=8)
    chart = (
        alt.Chart(alt.InlineData(values=data))
        .mark_line(interpolate="step-after", strokeWidth=2.5)
        .encode(
            x=alt.X("at:T", scale=alt.Scale(type="utc", nice=False), axis=beside),
            y=alt.Y("value:Q", title=title, scale=alt.Scale(zero=True),
                    axis=amounts(kind)),
            color=alt.Color("series:N", legend=key, scale=alt.Scale(domain=list(runs), range=list(PALETTE))),
            detail="run:N",
        )
        .properties(width=WIDTH, height=WIDTH * 2 // 5)
    )  # fmt: skip
    return dressed(chart)
