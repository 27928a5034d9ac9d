"""The picture of a back-test: how far off each forecaster was, part by part, and how many ranges of ours held."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from pertoken.present.drawing import INK
from pertoken.present.dress import GAP, LETTER, PALETTE, STEP, WHOLE, WIDTH, Spec, amounts, dressed, legend
from pertoken.present.plane import drawn
from pertoken.present.room import cut
from pertoken.present.sheet import Number

LABEL = 24
"""Letters of a part's name beside its row."""

MARKS = (0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)
"""Where the axis of scores, on which areas grow evenly, has its marks."""

LEFT, RIGHT = (0.0, 0.55), (0.65, 1.0)
"""Where the scores and the shares held stand, from the left end of the picture to its right end."""

LEVEL = 0.8
"""Share that the ranges should hold."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A row: what was forecast, and how well.

    Args:
        name: What was forecast.
        crps: CRPS over what came, by forecaster.
        held: Share of ranges of ours that held.
        low: Lower end of where that share lies.
        high: Upper end.
    """

    name: str
    crps: Mapping[str, Number]
    held: Number
    low: Number
    high: Number


def judged(rows: Sequence[Judged]) -> Spec:
    """Return a row for each part: dots for the CRPS of each forecaster, and beside them how many ranges of ours held.

    Args:
        rows: From above; the first forecaster is ours.
    """
    names = [cut(row.name, LABEL) for row in rows]
    beside = LETTER * max(map(len, names)) + 2 * GAP
    look: dict[str, Any] = {"grid": False, "domain": False, "ticks": False, "labelLimit": 0, "minExtent": beside}
    words = f"{json.dumps(names)}[datum.value]"
    axis = alt.Axis(title=None, values=list(range(len(names))), labelExpr=words, labelPadding=2 * GAP, **look)
    side = alt.Y("at:Q", axis=axis, scale=alt.Scale(domain=[len(names) - 0.5, -0.5], nice=False, zero=False))
    layers = alt.layer(_scores(rows, side), _held(rows, side)).resolve_scale(x="independent")
    return dressed(layers.properties(width=WIDTH, height=STEP * (len(names) + 1)))


def _placed(across: tuple[float, float]) -> list[Any]:
    """Between which shares of the picture's width an axis stands."""
    return [alt.ExprRef(f"width * {share}") for share in across]


def _scores(rows: Sequence[Judged], side: alt.Y) -> alt.Chart:
    everybody = list(dict.fromkeys(name for row in rows for name in row.crps))
    shown = [cut(name, LABEL) for name in everybody]
    most = max(float(size) for row in rows for size in row.crps.values())
    marks = [mark for mark in MARKS if mark <= most] or [0]
    scale = alt.Scale(type="sqrt", domain=[0, max(most, 1e-9)], nice=False, range=_placed(LEFT))
    foot = alt.X("x:Q", title="CRPS", axis=amounts("share", values=marks, orient="bottom"), scale=scale)
    dots = [
        {"at": at, "x": float(row.crps[name]), "name": label, "ours": name == everybody[0]}
        for at, row in enumerate(rows)
        for name, label in reversed(list(zip(everybody, shown, strict=True)))
        if name in row.crps
    ]
    colors = alt.Scale(domain=shown, range=[PALETTE[i % len(PALETTE)] for i in range(len(shown))])
    key = legend(shown, symbolType="circle", symbolOpacity=1, columns=4)
    sized = alt.condition("datum.ours", alt.value(110), alt.value(40))
    points = drawn(dots).mark_circle(opacity=1).encode(
        x=foot, y=side, size=sized, color=alt.Color("name:N", legend=key, scale=colors)
    )  # fmt: skip
    made: alt.Chart = points
    return made


def _held(rows: Sequence[Judged], side: alt.Y) -> alt.LayerChart | alt.FacetChart:
    foot = alt.X("x:Q", title="In the 80 % range", axis=amounts("share", values=[0, 0.4, LEVEL, 1], orient="bottom"),
                 scale=alt.Scale(domain=[0, 1], range=_placed(RIGHT)))  # fmt: skip
    ours = [
        {"at": at, "x": float(row.held), "low": float(row.low), "high": float(row.high)} for at, row in enumerate(rows)
    ]
    wanted = drawn([{"x": LEVEL, "at": -0.5, "at2": len(rows) - 0.5}])
    line = wanted.mark_rule(color=WHOLE, strokeDash=[4, 3]).encode(x=foot, y=side, y2="at2:Q")
    lies = drawn([{**each, "x": each["low"]} for each in ours]).mark_rule(color=INK, opacity=0.5)
    points = drawn(ours).mark_circle(size=70, opacity=1, color=PALETTE[0]).encode(x=foot, y=side)
    return alt.layer(line, lies.encode(x=foot, x2="high:Q", y=side), points)
