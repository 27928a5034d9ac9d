"""The ground of a picture with numbers on both sides: what lies where, with room for words above and at its right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log10
from typing import Any

import altair as alt

from pertoken.present.drawing import INK, PAPER
from pertoken.present.dress import FAINT, GAP, WIDTH, amounts
from pertoken.present.room import apart, powers, rows, ticks, width
from pertoken.present.sheet import Kind

LINE = 15.0
"""From one line of words to the next. [px]"""
TITLE = 26.0
"""Room for a title beside an axis, and for the edge of the picture. [px]"""
Mark = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plane:
    """Where a number stands in a picture.

    Args:
        x: Ends of what is shown from left to right.
        y: Marks of the axis from below; the first and the last enclose all that is shown.
        kind: How the numbers of the axis are written.
        title: What the axis shows, with its unit.
        right: Room for words at the right. [px]
        above: Room for words above. [px]
        height: From the lowest mark to the top, with the room for words. [px]
        log: True for equal steps between powers of ten from left to right.
    """

    x: tuple[float, float]
    y: tuple[float, ...]
    kind: Kind
    title: str
    right: float = 0.0
    above: float = 0.0
    height: float = WIDTH * 4 / 9
    log: bool = False

    @property
    def beside(self) -> float:
        """Room for the numbers of the axis [px]."""
        return max(width(written(mark, self.kind)) for mark in self.y) + 2 * GAP

    @property
    def across(self) -> float:
        """From the left end of what is shown to its right end [px]."""
        return WIDTH - self.beside - TITLE - self.right

    def left_of(self, x: float) -> float:
        """How far from the left end a number stands [px]."""
        low, high, at = (log10(end) if self.log else end for end in (*self.x, x))
        return (at - low) / (high - low) * self.across

    def at(self, pixels: float) -> float:
        """Return the number that stands so far from the left end."""
        low, high = (log10(end) if self.log else end for end in self.x)
        found = low + pixels / self.across * (high - low)
        return 10.0**found if self.log else found

    def over(self, y: float) -> float:
        """How far above the lowest mark a number stands [px]."""
        return (y - self.y[0]) / self._unit

    def level(self, pixels: float) -> float:
        """Return the number that stands so far above the lowest mark."""
        return self.y[0] + pixels * self._unit

    @property
    def _unit(self) -> float:
        return (self.y[-1] - self.y[0]) / (self.height - self.above)

    def side(self) -> alt.Y:
        """Return the axis at the left; its lines are drawn by `grid`, so that they end where the words begin."""
        axis = amounts(
            self.kind, values=list(self.y), grid=False, minExtent=self.beside, maxExtent=self.beside, titlePadding=0
        )
        scale = alt.Scale(domain=[self.y[0], self.level(self.height)], nice=False, zero=False)
        return alt.Y("y:Q", title=self.title, axis=axis, scale=scale)

    def foot(self, kind: Kind, title: str) -> alt.X:
        """Return an axis of numbers below.

        Args:
            kind: How they are written.
            title: What they are, with their unit.
        """
        choices = powers(*self.x) if self.log else [ticks(*self.x, most=most) for most in range(8, 2, -1)]
        inside = [[mark for mark in choice if self.x[0] <= mark <= self.x[1]] for choice in choices]
        values = next((marks for marks in inside if self._fits(marks, kind)), inside[-1][:1])
        return self.below(amounts(kind, grid=False, labelPadding=2 * GAP, values=values), title)

    def _fits(self, values: Sequence[float], kind: Kind) -> bool:
        """Whether numbers below keep clear of each other."""
        ends = [self.span(mark, width(written(mark, kind)) + 2 * GAP) for mark in values]
        return all(right <= left for (_, right), (left, _) in pairwise(ends))

    def span(self, x: float, wide: float) -> tuple[float, float]:
        """Return where words that stand over or below a number begin and end, moved so that none is cut off. [px].

        Args:
            x: The number.
            wide: How wide the words are. [px]
        """
        left = max(min(self.left_of(x) - wide / 2, self.across + self.right - wide), 0.0)
        return left, left + wide

    def below(self, axis: alt.Axis, title: str | None = None) -> alt.X:
        """Return an axis below, drawn as it says."""
        ends = [self.x[0], self.at(self.across + self.right)]
        kind: Any = "log" if self.log else "linear"
        return alt.X("x:Q", title=title, axis=axis, scale=alt.Scale(domain=ends, nice=False, zero=False, type=kind))

    def grid(self) -> alt.Chart:
        """Return the lines of the axis at the left, the one of zero in stronger ink."""
        data = [{"x": self.x[0], "x2": self.x[1], "y": y, "ink": FAINT if y else 3 * FAINT} for y in self.y]
        chart = drawn(data).mark_rule(color=INK)
        lines: alt.Chart = chart.encode(x="x:Q", x2="x2:Q", y="y:Q", opacity=alt.Opacity("ink:Q", scale=None))
        return lines

    def named(self, ends: Sequence[tuple[str, float]]) -> list[alt.Chart]:
        """Return words at the right, each beside the end of its line, kept clear of each other.

        Args:
            ends: Words, and the number at which their line ends.
        """
        wanted = [self.over(y) for _, y in ends]
        places = apart(wanted, LINE, low=LINE / 2, high=self.height - LINE / 2)
        words = [
            {"text": text, "x": self.x[1], "y": y, "x2": self.at(self.across + 2 * GAP), "y2": self.level(place)}
            for (text, y), place in zip(ends, places, strict=True)
        ]
        data = drawn(words)
        leads = data.mark_rule(color=INK, opacity=0.4).encode(x="x:Q", y="y:Q", x2="x2:Q", y2="y2:Q")
        texts = data.mark_text(align="left", dx=GAP, color=INK).encode(x="x2:Q", y="y2:Q", text="text:N")
        return [leads, texts]


@dataclass(frozen=True, slots=True)
class Flag:
    """Words above a picture that name a number on its lower axis."""

    x: float
    text: str


def flagged(plane: Plane, flags: Sequence[Flag]) -> tuple[Plane, list[alt.Chart]]:
    """Return a ground with room for words above, and the words, each on a line that goes down to its number.

    Args:
        plane: The ground without that room.
        flags: What is named; words that would meet stand in rows.
    """
    if not flags:
        return plane, []
    spans = [plane.span(flag.x, width(flag.text)) for flag in flags]
    levels = rows(spans)
    first = plane.height + (LINE / 2 if plane.right else 0)  # the words at the right may reach above the highest mark
    above = first - plane.height + LINE * (1 + max(levels)) + GAP
    made = replace(plane, above=above, height=plane.height + above)
    data = [
        {
            "x": flag.x,
            "y": made.y[0],
            "top": made.level(first + LINE * level),
            "middle": made.at(sum(span) / 2),
            "words": made.level(first + LINE * (level + 0.6)),
            "text": flag.text,
        }
        for flag, span, level in zip(flags, spans, levels, strict=True)
    ]
    chart = drawn(data)
    lines = chart.mark_rule(color=INK, strokeDash=[3, 3], opacity=0.7).encode(x="x:Q", y="y:Q", y2="top:Q")
    behind = chart.mark_text(color=PAPER, stroke=PAPER, strokeWidth=4)
    words = [texts.encode(x="middle:Q", y="words:Q", text="text:N") for texts in (behind, chart.mark_text(color=INK))]
    return made, [lines, *words]


def drawn(marks: Sequence[Mark]) -> alt.Chart:
    """Return a chart whose data are inside it."""
    return alt.Chart(alt.InlineData(values=[dict(mark) for mark in marks]))


def written(mark: float, kind: Kind) -> str:
    """Return how an axis writes a number.

    >>> written(0.125, "share"), written(-1500, "money")
    ('12.5%', '-1,500')
    """
    return f"{mark * 100:.12g}%" if kind == "share" else f"{mark:,.12g}"


def marks(numbers: Sequence[float], *, zero: bool = False) -> tuple[float, ...]:
    """Return the marks of an axis that enclose some numbers.

    Args:
        numbers: What is shown, at least one.
        zero: Whether zero is shown with them.
    """
    shown = [*numbers, 0.0] if zero else list(numbers)
    return tuple(ticks(min(shown), max(shown)))


def room(words: Sequence[str]) -> float:
    """Return the room that words at the right need [px]."""
    return max(map(width, words), default=0.0) + 4 * GAP
