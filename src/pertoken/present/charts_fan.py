"""The fan of a forecast: what was, and the range of what is to come."""

from collections.abc import Mapping, Sequence
from dataclasses import fields

import altair as alt

from pertoken.present.charts_months import CASE, Spread, band, checked, lines, months_below
from pertoken.present.drawing import INK
from pertoken.present.dress import WIDTH, Spec, dressed
from pertoken.present.numbers import show
from pertoken.present.plane import Flag, Plane, drawn, flagged, marks, room
from pertoken.present.room import Numbers, cut
from pertoken.present.sheet import Kind, Number

ENDS = (("p90", "P90"), ("p75", "P75"), ("p50", "P50"), ("p25", "P25"), ("p10", "P10"))
"""Quantiles whose last number is written at the right."""


def forecast_fan(
    history: Sequence[tuple[str, Number]],
    months: Sequence[str],
    spread: Spread,
    *,
    title: str,
    kind: Kind = "money",
    called: Mapping[str, str] | None = None,
    beside: Mapping[str, Numbers] | None = None,
    zero: bool = True,
) -> Spec:
    """Return what was as a line, then the median of what is to come inside the bands of 5 and 8 in 10 worlds.

    Args:
        history: Periods and what was in each, in order; empty if nothing is known.
        months: Periods to come, in order, right behind the history.
        spread: Quantiles of each period to come.
        title: Title of the value axis, with its unit.
        kind: How numbers are written.
        called: What quantiles are called, as `{"p25": "commit", "p50": "plan", "p75": "stretch"}`.
        beside: Numbers of each other view of what is to come, drawn as thin lines.
        zero: Whether zero is shown, so that heights can be compared.

    Raises:
        ValueError: There is not one finite number for each period.
    """
    labels = [*(label for label, _ in history), *months]
    before = checked("history", [value for _, value in history], labels[: len(history)]) if history else []
    ahead = {f.name: checked(f.name, getattr(spread, f.name), months) for f in fields(Spread)}
    named = {name: checked(name, values, months) for name, values in (beside or {}).items()}
    ends = [(_word(key, word, called or {}, ahead, kind), ahead[key][-1]) for key, word in ENDS]
    ends += [(f"{cut(name, CASE)} {show(values[-1], kind)}", values[-1]) for name, values in named.items()]
    heights = [*before, *(y for values in (*ahead.values(), *named.values()) for y in values)]
    last = max(len(labels) - 1.0, 1.0)
    plane = Plane((0.0, last), marks(heights, zero=zero), kind, title, right=room([text for text, _ in ends]))
    plane, words = flagged(plane, [Flag(len(before) - 1.0, f"known to {labels[len(before) - 1]}")] if before else [])
    at, joined = _joined(before, ahead)
    beyond = at[len(at) - len(months) :]
    drawn_beside = lines(beyond, None, named.values())
    layers = [plane.grid(), band(at, joined), *_past(before), *lines(at, joined["p50"]), *drawn_beside]
    layers += [*plane.named(ends), *words]
    return dressed(
        alt.layer(*layers)
        .encode(plane.side(), months_below(plane, labels))
        .properties(width=WIDTH, height=plane.height)
    )


def _word(key: str, word: str, called: Mapping[str, str], ahead: Mapping[str, list[float]], kind: Kind) -> str:
    name = f"{called[key]} ({word})" if key in called else word
    return f"{name} {show(ahead[key][-1], kind)}"


def _joined(before: Sequence[float], ahead: Mapping[str, list[float]]) -> tuple[list[float], dict[str, list[float]]]:
    """Where the fan stands, and its heights: it opens from the last number known."""
    joined = {key: [*before[-1:], *values] for key, values in ahead.items()}
    size, first = len(joined["p50"]), max(len(before) - 1, 0)
    if size == 1:
        return [0.0, 1.0], {key: values * 2 for key, values in joined.items()}
    return [float(first + step) for step in range(size)], joined


def _past(before: Sequence[float]) -> list[alt.Chart]:
    """What was: a line with a dot on each period."""
    if not before:
        return []
    chart = drawn([{"x": float(x), "y": y} for x, y in enumerate(before)])
    return [
        chart.mark_line(color=INK, strokeWidth=1.5).encode(x="x:Q", y="y:Q"),
        chart.mark_circle(color=INK, size=18, opacity=1).encode(x="x:Q", y="y:Q"),
    ]
