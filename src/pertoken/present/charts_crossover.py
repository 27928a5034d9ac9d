"""The crossover: over the value of an input, which of some results is the lower, and where that changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import altair as alt

from pertoken.present.charts import Axis
from pertoken.present.drawing import INK, PAPER
from pertoken.present.dress import PALETTE, WIDTH, Spec, dressed
from pertoken.present.numbers import show
from pertoken.present.plane import Flag, Plane, drawn, flagged, marks, room
from pertoken.present.room import Numbers, cut, drawable

NAMED = 24
"""Letters of the name of a line beside its end."""
BAND = 0.16


@dataclass(frozen=True, slots=True)
class Line:
    """A result over the values of an input.

    Args:
        name: What the result is of.
        values: One for each value of the input.
        low: P10 of each; empty where the result is certain.
        high: P90 of each.
    """

    name: str
    values: Numbers
    low: Numbers = ()
    high: Numbers = ()


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where two lines meet: the value of the input, the result, and what is said of it."""

    x: float
    y: float
    text: str


def crossover(
    at: Numbers, lines: Sequence[Line], *, x: Axis, y: Axis, crossings: Sequence[Crossing] | None = None
) -> Spec:
    """Return lines over an input, with a band from P10 to P90 where they have one, and the places where they cross.

    Args:
        at: Values of the input, rising.
        lines: Results, at most as many as there are colours.
        x: The input, with its unit.
        y: The result, with its unit.
        crossings: Where lines cross, if that is better known than by straight lines from value to value.

    Raises:
        ValueError: If values do not rise, or a line has not one finite number for each.
    """
    places = drawable(at, "the input")
    _check(places, lines)
    found = cross(places, lines, x) if crossings is None else crossings
    shown = [y for line in lines for y in drawable([*line.values, *line.low, *line.high], repr(line.name))]
    ends = [(f"{cut(line.name, NAMED)}", float(line.values[-1])) for line in lines]
    right = room([text for text, _ in ends])
    plane = Plane((places[0], places[-1]), marks(shown, zero=y.zero), y.kind, y.title, right, log=x.log)
    plane, words = flagged(plane, [Flag(crossing.x, crossing.text) for crossing in found])
    layers = [plane.grid(), *_bands(places, lines), _lines(places, lines), *words, *_points(found)]
    drawn_all = alt.layer(*layers, *plane.named(ends)).encode(plane.side(), plane.foot(x.kind, x.title))
    return dressed(drawn_all.properties(width=WIDTH, height=plane.height))


def cross(at: Sequence[float], lines: Sequence[Line], axis: Axis) -> list[Crossing]:
    """Return where lines cross, taken as straight from value to value; lines that touch and part again do not cross.

    >>> line, other = Line("API", [0, 10, 20]), Line("own", [5, 5, 5])
    >>> cross([0, 1, 2], [line, other], Axis("", "quantity"))
    [Crossing(x=0.5, y=5.0, text='API = own at 0.5')]

    Args:
        at: Values of the input, rising.
        lines: Results.
        axis: The input: how its values are written.
    """
    found = []
    for one, other in combinations(lines, 2):
        gaps = [float(a) - float(b) for a, b in zip(one.values, other.values, strict=True)]
        apart = [index for index, gap in enumerate(gaps) if gap]
        for before, after in pairwise(apart):
            if gaps[before] * gaps[after] < 0:
                share = gaps[before] / (gaps[before] - gaps[after]) if after == before + 1 else 0.0
                start = before if after == before + 1 else before + 1
                x = _between(at[start], at[after], share, log=axis.log)
                y = float(one.values[start]) + share * (float(one.values[after]) - float(one.values[start]))
                text = f"{cut(one.name, NAMED)} = {cut(other.name, NAMED)} at {show(x, axis.kind)}"
                found.append(Crossing(x, y, text))
    once = {crossing.text: crossing for crossing in found}  # two that read the same would stand on each other
    return sorted(once.values(), key=lambda crossing: (crossing.x, crossing.y, crossing.text))


def _between(low: float, high: float, share: float, *, log: bool) -> float:
    """The place where a line that is drawn straight has gone a share of its way."""
    return low * (high / low) ** share if log else low + share * (high - low)


def _check(at: Sequence[float], lines: Sequence[Line]) -> None:
    if len(at) < 2 or any(a >= b for a, b in pairwise(at)):  # noqa: PLR2004  a line has two ends
        raise ValueError(f"values of the input are {at[:5]}; expected two or more that rise")
    if not 0 < len(lines) <= len(PALETTE):
        raise ValueError(f"{len(lines)} lines; expected 1 to {len(PALETTE)}")
    for line in lines:
        sizes = {len(line.values), len(line.low) or len(at), len(line.high) or len(at), len(at)}
        if len(sizes) > 1 or len(line.low) != len(line.high):
            raise ValueError(f"line {line.name!r} has not one number for each of {len(at)} values, or half a band")


def _lines(at: Sequence[float], lines: Sequence[Line]) -> alt.Chart:
    data = [
        {"x": x, "y": float(y), "line": rank, "color": PALETTE[rank]}
        for rank, line in enumerate(lines)
        for x, y in zip(at, line.values, strict=True)
    ]
    chart: alt.Chart = (
        drawn(data).mark_line(strokeWidth=2.5).encode(x="x:Q", y="y:Q", detail="line:N", color=_own_color())
    )
    return chart


def _bands(at: Sequence[float], lines: Sequence[Line]) -> list[alt.Chart]:
    data = [
        {"x": x, "y": float(low), "y2": float(high), "line": rank, "color": PALETTE[rank]}
        for rank, line in enumerate(lines)
        if len(line.low)
        for x, low, high in zip(at, line.low, line.high, strict=True)
    ]
    band = drawn(data).mark_area(opacity=BAND)
    return [band.encode(x="x:Q", y="y:Q", y2="y2:Q", detail="line:N", color=_own_color())] if data else []


def _own_color() -> alt.Color:
    return alt.Color("color:N", scale=None)


def _points(found: Sequence[Crossing]) -> list[alt.Chart]:
    chart = drawn([{"x": crossing.x, "y": crossing.y} for crossing in found])
    points = chart.mark_point(filled=True, size=70, fill=INK, stroke=PAPER, opacity=1)
    return [points.encode(x="x:Q", y="y:Q")] if found else []
