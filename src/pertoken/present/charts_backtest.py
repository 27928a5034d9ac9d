"""Pictures of a back-test: how often ranges held what they said, and where what came lay in its range."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from pertoken.present.drawing import INK
from pertoken.present.dress import GAP, LETTER, PALETTE, STEP, WHOLE, WIDTH, Spec, amounts, dressed, legend
from pertoken.present.plane import drawn
from pertoken.present.room import cut
from pertoken.present.sheet import Number

LABEL = 24
"""Letters of a forecaster's name beside its row."""
MARKS = (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 0.9, 1.0)


def coverage(rows: Sequence[tuple[str, Mapping[str, Number]]], levels: Mapping[str, float]) -> Spec:
    """Return a row for each forecaster with a dot for the share that each level's interval held, beside that level.

    Args:
        rows: Name of each forecaster, from above, and the share that each interval held, by its name.
        levels: What each interval should hold, by its name.
    """
    colors = dict(zip(levels, PALETTE, strict=False))
    names = [cut(name, LABEL) for name, _ in rows]
    dots = [
        {"at": at, "x": float(held[name]), "x2": level, "level": name}
        for at, (_, held) in enumerate(rows)
        for name, level in levels.items()
    ]
    beside = LETTER * max(map(len, names)) + 2 * GAP
    look: dict[str, Any] = {"grid": False, "domain": False, "ticks": False, "labelLimit": 0, "minExtent": beside}
    words = f"{json.dumps(names)}[datum.value]"
    axis = alt.Axis(title=None, values=list(range(len(names))), labelExpr=words, labelPadding=2 * GAP, **look)
    side = alt.Y("at:Q", axis=axis, scale=alt.Scale(domain=[len(names) - 0.5, -0.5], nice=False, zero=False))
    foot = alt.X("x:Q", title="Share of forecasts inside", axis=amounts("share", values=list(MARKS), grid=False),
                 scale=alt.Scale(domain=[0, 1]))  # fmt: skip
    color = alt.Color(
        "level:N", legend=legend(levels), scale=alt.Scale(domain=list(colors), range=list(colors.values()))
    )
    wanted = drawn([{"x": level, "level": name, "at": -0.5, "at2": len(names) - 0.5} for name, level in levels.items()])
    lines = wanted.mark_rule(strokeDash=[3, 3]).encode(x=foot, y=side, y2="at2:Q", color=color)
    off = drawn(dots).mark_rule(color=INK, opacity=0.35).encode(x=foot, x2="x2:Q", y=side)
    points = drawn(dots).mark_circle(size=70, opacity=1).encode(x=foot, y=side, color=color)
    layers = alt.layer(lines, off, points)
    return dressed(layers.properties(width=WIDTH, height=STEP * (len(names) + 1)))


def histogram(shares: Sequence[Number]) -> Spec:
    """Return columns of how many forecasts had what came in each tenth of their range; all alike where they are fair.

    Args:
        shares: Share of forecasts in each stretch, from the lowest.
    """
    size = len(shares)
    bars = [{"x": i / size, "x2": (i + 1) / size, "y": float(share)} for i, share in enumerate(shares)]
    foot = alt.X("x:Q", title="Place of what came in its range, from the lowest to the highest",
                 axis=amounts("share", grid=False), scale=alt.Scale(domain=[0, 1]))  # fmt: skip
    side = alt.Y("y:Q", title="Share of forecasts", axis=amounts("share"))
    columns = drawn(bars).mark_rect(color=PALETTE[0], strokeWidth=0).encode(
        x=foot, x2="x2:Q", y=side, y2=alt.datum(0)
    )  # fmt: skip
    fair = drawn([{"y": 1 / size}]).mark_rule(color=WHOLE, strokeDash=[4, 3]).encode(y=side)
    return dressed(alt.layer(columns, fair).properties(width=WIDTH, height=WIDTH // 3))
