"""Pictures over months: how wide the range is, and what a month is made of."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import cycle
from typing import Any, Literal

import altair as alt

from pertoken.present.charts import fold_smallest
from pertoken.present.drawing import INK, PAPER
from pertoken.present.dress import FAINT, GAP, PALETTE, WIDTH, Spec, dressed, legend
from pertoken.present.numbers import show
from pertoken.present.plane import Plane, drawn, marks, room
from pertoken.present.room import NARROW, Numbers, cut, drawable, width
from pertoken.present.sheet import Kind

BANDS = (("p10", "p90", "8 in 10 worlds lie here (P10 to P90)", 0.3), ("p25", "p75", "5 in 10 (P25 to P75)", 0.4))
"""Lower end, upper end, what the legend says, and how strong the ink is, the wide band first."""
ENDS = (("p90", "P90"), ("p50", "median"), ("p10", "P10"))
"""Quantiles whose last number is written at the right."""
BAND = PALETTE[5]
DASHES = ([6, 4], [2, 3], [9, 3, 2, 3], [1, 5])
CASE = 16
"""Letters of the name of a case beside its line."""
HALF = 0.4
"""Half of the width of a column, of a month."""
SYMBOL, WIDER = 32, 1.2
"""Room for the square before a name in the legend [px], and how much wider than here the reader's font may be."""

Piece = tuple[str, float, float, float]
"""Part, month, and the heights between which it is drawn."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Quantiles over worlds, one number for each month."""

    p10: Numbers
    p25: Numbers
    p50: Numbers
    p75: Numbers
    p90: Numbers


def fan(
    months: Sequence[str],
    spread: Spread | None,
    cases: Mapping[str, Numbers] | None = None,
    *,
    title: str,
    kind: Kind = "money",
) -> Spec:
    """Return the median of all worlds over months inside the bands in which 5 and 8 in 10 of them lie.

    Args:
        months: Months in order.
        spread: Quantiles of each month; None where the model is certain.
        cases: Numbers of each named case, drawn as thin lines.
        title: Title of the value axis, with its unit.
        kind: How numbers are written.

    Raises:
        ValueError: If there is nothing to draw, or not one finite number for each month.
    """
    quantiles = {f.name: checked(f.name, getattr(spread, f.name), months) for f in fields(Spread)} if spread else {}
    named = {name: checked(name, values, months) for name, values in (cases or {}).items()}
    if not quantiles and not named:
        raise ValueError("a fan has neither worlds nor cases; expected one of them")
    ends = [(f"{label} {show(quantiles[key][-1], kind)}", quantiles[key][-1]) for key, label in ENDS if quantiles]
    ends += [(f"{cut(name, CASE)} {show(values[-1], kind)}", values[-1]) for name, values in named.items()]
    shown = [y for values in (*quantiles.values(), *named.values()) for y in values]
    at = _places(len(months))
    plane = Plane((at[0], at[-1]), marks(shown), kind, title, right=room([text for text, _ in ends]))
    bands = [band(at, quantiles)] if quantiles else []
    strokes = lines(at, quantiles.get("p50"), named.values())
    layers = alt.layer(plane.grid(), *bands, *strokes, *plane.named(ends)).encode(
        plane.side(), months_below(plane, months)
    )
    return dressed(layers.properties(width=WIDTH, height=plane.height))


def by_month(
    months: Sequence[str],
    parts: Mapping[str, Numbers],
    *,
    title: str,
    kind: Kind = "money",
    mark: Literal["bar", "area"] = "bar",
    net: str = "",
) -> Spec:
    """Return what each month is made of, part on part; what is negative hangs below zero.

    Args:
        months: Months in order.
        parts: Numbers of each part, from the bottom up; beyond eight the smallest become one.
        title: Title of the value axis, with its unit.
        kind: How numbers are written.
        mark: Columns, or areas where no number is negative.
        net: What the sum of all parts is called, drawn as a line; empty for no line.

    Raises:
        ValueError: If there is not one finite number for each month, or an area would hang below zero.
    """
    folded = _folded({name: checked(name, values, months) for name, values in parts.items()})
    if mark == "area" and min((y for values in folded.values() for y in values), default=0) < 0:
        raise ValueError("areas cannot show negative parts; expected mark='bar'")
    size, columns = len(months), mark == "bar" or len(months) == 1
    stack = _stack(folded, size)
    total = [sum(values) for values in zip(*folded.values(), strict=True)]
    ends = [(f"{cut(net, CASE)} {show(total[-1], kind)}", total[-1])] if net else []
    shown = marks([end for _, _, *heights in stack for end in heights], zero=True)
    side = max(0.5, 3 - size / 2) if columns else 0.0
    plane = Plane((-side, size - 1 + side), shown, kind, title, right=room([text for text, _ in ends]) if net else 0.0)
    at = _places(size)
    line = [*lines(at, total), *plane.named(ends)] if net else []
    pieces = _pieces(stack, list(folded), plane.across + plane.right, columns=columns)
    layers = alt.layer(plane.grid(), pieces, *line).encode(plane.side(), months_below(plane, months))
    return dressed(layers.properties(width=WIDTH, height=plane.height))


def checked(name: str, values: Numbers, months: Sequence[str]) -> list[float]:
    """Return the numbers of a line over months, one finite number for each.

    Args:
        name: What they are, for the message.
        values: The numbers.
        months: The months.

    Raises:
        ValueError: There is not one finite number for each month.
    """
    if not months or len(values) != len(months):
        raise ValueError(f"{name!r} has {len(values)} numbers for {len(months)} months; expected one for each")
    return drawable(values, repr(name))


def _places(size: int) -> list[float]:
    """Where months stand; a single one is as wide as a column, so that its line is seen."""
    return [float(index) for index in range(size)] if size > 1 else [-HALF, HALF]


def _long(values: Sequence[float], at: Sequence[float]) -> list[float]:
    return list(values) if len(values) == len(at) else [values[0]] * len(at)


def months_below(plane: Plane, months: Sequence[str]) -> alt.X:
    """Return an axis of months below: as many as have room, always the first.

    Args:
        plane: The ground, on which months stand at 0, 1, 2...
        months: Their labels.
    """
    fits = max(int(plane.across / (NARROW * (max(map(len, months)) + 3))), 1)
    every = -(-len(months) // fits)
    axis = alt.Axis(
        values=list(range(0, len(months), every)), labelExpr=f"{json.dumps(list(months))}[datum.value]", grid=False,
        tickColor=INK, tickOpacity=3 * FAINT, domain=False, labelPadding=2 * GAP, labelFlush=False, labelOverlap=False,
    )  # fmt: skip
    return plane.below(axis)


def band(at: Sequence[float], quantiles: Mapping[str, list[float]]) -> alt.Chart:
    """Return the bands in which 8 and 5 in 10 worlds lie.

    Args:
        at: Where the months stand.
        quantiles: `p10`, `p25`, `p75` and `p90` of each.
    """
    data = [
        {"x": x, "y": low, "y2": high, "band": words}
        for lower, upper, words, _ in BANDS
        for x, low, high in zip(at, _long(quantiles[lower], at), _long(quantiles[upper], at), strict=True)
    ]
    said = [words for _, _, words, _ in BANDS]
    ink = alt.Scale(domain=said, range=[strength for *_, strength in BANDS])
    key = legend(said, symbolFillColor=BAND)
    chart: alt.Chart = (
        drawn(data)
        .mark_area(color=BAND)
        .encode(x="x:Q", y="y:Q", y2="y2:Q", opacity=alt.Opacity("band:N", scale=ink, legend=key))
    )
    return chart


def lines(
    at: Sequence[float], strong: Sequence[float] | None, thin: Collection[Sequence[float]] = ()
) -> list[alt.Chart]:
    """Return a strong line, and thin ones each with its own dashes.

    Args:
        at: Where the months stand.
        strong: Heights of the strong line; None for none.
        thin: Heights of each thin one.
    """
    looks: list[tuple[Sequence[float], Any]] = [
        (values, {"strokeWidth": 1.5, "strokeDash": dash, "strokeCap": "butt"})
        for values, dash in zip(thin, cycle(DASHES))
    ]
    looks = [(strong, {"strokeWidth": 2.5}), *looks] if strong else looks
    return [
        drawn([{"x": x, "y": y} for x, y in zip(at, _long(values, at), strict=True)])
        .mark_line(color=INK, **look)
        .encode(x="x:Q", y="y:Q")
        for values, look in looks
    ]


def _folded(parts: Mapping[str, list[float]]) -> dict[str, list[float]]:
    sizes = [(name, sum(map(abs, values))) for name, values in parts.items()]
    kept = [name for name, _ in fold_smallest(sizes, len(PALETTE))]
    out = {name: parts[name] for name in kept if name in parts}
    rest = [values for name, values in parts.items() if name not in out]
    return out | ({kept[-1]: [sum(column) for column in zip(*rest, strict=True)]} if rest else {})


def _stack(parts: Mapping[str, list[float]], size: int) -> list[Piece]:
    tops = {True: [0.0] * size, False: [0.0] * size}
    pieces: list[Piece] = []
    for name, values in parts.items():
        for month, value in enumerate(values):
            heights = tops[value >= 0]
            pieces.append((name, month, heights[month], heights[month] + value))
            heights[month] += value
    return pieces


def _pieces(stack: Sequence[Piece], names: Sequence[str], pixels: float, *, columns: bool) -> alt.Chart:
    color = alt.Color("part:N", legend=_key(names, pixels), scale=alt.Scale(domain=list(names), range=list(PALETTE)))
    half = HALF if columns else 0.0
    chart = drawn(
        [{"part": name, "x": at - half, "x2": at + half, "y": low, "y2": high} for name, at, low, high in stack]
    )
    made = chart.mark_rect(stroke=PAPER, strokeWidth=0.75).encode(x2="x2:Q") if columns else chart.mark_area()
    pieces: alt.Chart = made.encode(x="x:Q", y="y:Q", y2="y2:Q", color=color)
    return pieces


def _key(names: Sequence[str], pixels: float) -> alt.Legend:
    """Names above in four columns, or in three where a name is long, which cut it if it is very long."""
    longest = max(map(width, names), default=0.0)
    columns = 4 if longest <= pixels / 4 - SYMBOL else 3
    limit = min((pixels / columns - SYMBOL) / WIDER, longest)
    return legend((), columns=columns, labelLimit=limit, columnPadding=(WIDER - 1) * limit + 2 * GAP)
