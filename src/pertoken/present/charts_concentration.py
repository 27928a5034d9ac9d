"""The concentration curve: how much of the whole the largest customers are, and who they are."""

from collections.abc import Sequence

import altair as alt
import numpy as np

from pertoken.present.drawing import INK
from pertoken.present.dress import FAINT, GAIN, WIDTH, Spec, dressed
from pertoken.present.numbers import show
from pertoken.present.plane import LINE, TITLE, Flag, Plane, drawn, flagged, room
from pertoken.present.room import apart, cut, drawable
from pertoken.present.sheet import Number

NAMES = 6
"""Customers who are named at most."""
LETTERS = 18
"""Letters of a name beside the curve."""
LEAST = 0.02
"""Share of the whole from which on a customer is worth naming; the largest is always named."""
MOST_OF_ALL = 0.8
"""The share of the whole that is pointed out."""
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def concentration(
    names: Sequence[str], values: Sequence[Number], *, what: str = "revenue", least: float = LEAST
) -> Spec:
    """Return the share of the whole that the largest customers make up together, by how many they are.

    It is the curve of Lorenz read from its other end: the more it bends above the straight line, on which all customers
    would be alike, the fewer make up how much.

    Args:
        names: Of the customers, in any order.
        values: What each is worth, not negative. [currency or unit]
        what: What is shared, as `revenue`.
        least: Share from which on a customer is named.

    Raises:
        ValueError: There is nothing to share, or something is negative or not finite.
    """
    worth = np.array(drawable(values, what))
    if not len(worth) or len(worth) != len(names) or (worth < 0).any() or not worth.sum():
        raise ValueError(f"{len(names)} names and {len(worth)} values of {what}; expected one each, not negative")
    order = np.argsort(-worth, kind="stable")
    shares = worth[order] / worth.sum()
    sums = np.cumsum(shares)
    named = [k for k in range(min(NAMES, len(order))) if not k or shares[k] >= least]
    said = [f"{cut(names[order[k]], LETTERS)} {show(float(shares[k]), 'share')}" for k in named]
    plane = Plane((0.0, float(len(order))), TICKS, "share", f"Share of {what}", right=room(said))
    most = int(np.searchsorted(sums, MOST_OF_ALL - 1e-9)) + 1
    count = f"{MOST_OF_ALL:.0%} of {what}: {most:,} of {len(order):,} customers"
    plane, words = flagged(plane, [Flag(float(most), count)])
    curve = drawn([{"x": 0.0, "y": 0.0}, *({"x": k + 1.0, "y": float(sums[k])} for k in _some(len(order)))])
    line = curve.mark_line(color=GAIN, strokeWidth=2.5).encode(x="x:Q", y="y:Q")
    points = [(k + 1.0, float(sums[k])) for k in named]
    dots = drawn([{"x": x, "y": y} for x, y in points]).mark_circle(color=GAIN, size=60, opacity=1)
    dots = dots.encode(x="x:Q", y="y:Q")
    layers = [plane.grid(), _alike(len(order)), *_named(plane, said, points), line, dots, *words]
    foot = plane.foot("count", "Customers, the largest first")
    return dressed(alt.layer(*layers).encode(plane.side(), foot).properties(width=WIDTH, height=plane.height))


def _alike(size: int) -> alt.Chart:
    """Where the curve would run if all customers were alike."""
    data = drawn([{"x": 0.0, "y": 0.0, "x2": float(size), "y2": 1.0}])
    rule: alt.Chart = data.mark_rule(color=INK, opacity=2 * FAINT).encode(x="x:Q", y="y:Q", x2="x2:Q", y2="y2:Q")
    return rule


def _some(size: int) -> list[int]:
    """Ranks that are drawn: all of few, of many as many as the eye can tell apart, the last always."""
    if size <= WIDTH // 2:
        return list(range(size))
    ranks = np.unique(np.round(np.geomspace(1, size, WIDTH // 2)).astype(int) - 1)
    return [int(rank) for rank in ranks]


def _named(plane: Plane, said: Sequence[str], points: Sequence[tuple[float, float]]) -> list[alt.Chart]:
    """Names at the right, each with a line from its point, which runs below the curve."""
    places = apart([plane.over(y) for _, y in points], LINE, low=LINE / 2, high=plane.over(1.0))
    words = [
        {"text": text, "x": x, "y": y, "x2": plane.at(plane.across), "y2": plane.level(place)}
        for text, (x, y), place in zip(said, points, places, strict=True)
    ]
    data = drawn(words)
    leads = data.mark_rule(color=INK, opacity=0.35, strokeDash=[2, 3]).encode(x="x:Q", y="y:Q", x2="x2:Q", y2="y2:Q")
    texts = data.mark_text(align="left", dx=TITLE / 4, color=INK).encode(x="x2:Q", y="y2:Q", text="text:N")
    return [leads, texts]
