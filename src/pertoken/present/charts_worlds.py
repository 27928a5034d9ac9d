"""The worlds of one result: how many lie where, P10, P50 and P90, and how many lose."""

from decimal import Decimal
from math import ceil, floor
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from pertoken.present.charts import Axis
from pertoken.present.drawing import PAPER
from pertoken.present.dress import GAIN, LOSS, WIDTH, Spec, dressed, legend
from pertoken.present.numbers import show
from pertoken.present.plane import Flag, Plane, drawn, flagged, marks
from pertoken.present.room import ticks

QUANTILES = {"P10": 0.1, "P50": 0.5, "P90": 0.9}
BARS = 60
"""Columns at most."""
TAIL = 0.005
"""Share of the worlds at each end that the outermost bars take in, however far out they lie."""
HEIGHT = WIDTH * 3 / 8


def histogram(
    worlds: NDArray[np.float64], *, x: Axis, loss: float | None = 0.0, below: str = "loss", above: str = "gain"
) -> Spec:
    """Return columns of worlds by their result, those below a threshold in another colour, with P10, P50 and P90.

    The threshold lies between two columns. The share of the worlds on each side of it stands in the legend.

    Args:
        worlds: The result in each world, shape ``(draws,)``.
        x: The result, with its unit.
        loss: The threshold; None to draw all columns alike.
        below: What a world below the threshold is.
        above: What any other world is.

    Raises:
        ValueError: If there is no world, or a result is not finite.
    """
    results = np.asarray(worlds, np.float64)
    if results.ndim != 1 or not results.size or not np.isfinite(results).all():
        raise ValueError(f"results of shape {results.shape}; expected one finite number for each world")
    edges = _edges(results, loss or 0.0)
    counts, _ = np.histogram(np.clip(results, edges[0], edges[-1]), edges)
    shares = counts / results.size
    lost = 0.0 if loss is None else float(np.mean(results < loss))
    said = [f"{side}: {share} of worlds" for side, share in zip((below, above), _shares(lost), strict=True)]
    data = [
        {"x": left, "x2": right, "y": share, "y2": 0.0, "group": said[_wins(left, right, loss)]}
        for left, right, share in zip(edges[:-1].tolist(), edges[1:].tolist(), shares.tolist(), strict=True)
        if share
    ]
    plane = Plane((edges[0], edges[-1]), marks(shares.tolist(), zero=True), "share", "Share of worlds", height=HEIGHT)
    plane, words = flagged(plane, [_flag(results, name, share, x) for name, share in QUANTILES.items()])
    columns = _columns(data, [] if loss is None else said)
    layers = alt.layer(plane.grid(), columns, *words).encode(plane.side(), plane.foot(x.kind, x.title))
    return dressed(layers.properties(width=WIDTH, height=plane.height))


def _shares(lost: float) -> tuple[str, str]:
    """A share and the rest of it as text, so that they add up as they are written.

    >>> _shares(0.0), _shares(0.0005), _shares(0.0002), _shares(0.9998)
    (('0.0 %', '100.0 %'), ('0.1 %', '99.9 %'), ('<0.1 %', '>99.9 %'), ('>99.9 %', '<0.1 %'))
    """
    few, many = show(lost, "share"), show(1 - lost, "share")
    if few.startswith("<"):
        return few, ">99.9 %"
    if many.startswith("<"):
        return ">99.9 %", many
    return few, f"{100 - Decimal(few.removesuffix(' %'))} %"


def _edges(results: NDArray[np.float64], threshold: float) -> NDArray[np.float64]:
    """Edges of even columns, one of them the threshold, between which nearly all worlds lie."""
    low, high = (float(np.quantile(results, share)) for share in (TAIL, 1 - TAIL))
    if low == high:
        return low + (abs(low) / BARS or 1.0) * np.arange(-4.5, 5)
    inside = ticks(low, high, most=BARS)
    step = inside[1] - inside[0]
    first, last = floor((low - threshold) / step), ceil((high - threshold) / step)
    return np.asarray(threshold + step * np.arange(first, last + 1), np.float64)


def _wins(left: float, right: float, loss: float | None) -> bool:
    return loss is None or (left + right) / 2 >= loss


def _flag(results: NDArray[np.float64], name: str, share: float, x: Axis) -> Flag:
    at = float(np.quantile(results, share))
    return Flag(at, f"{name} {show(at, x.kind)}")


def _columns(data: list[dict[str, Any]], said: list[str]) -> alt.Chart:
    chart = drawn(data).mark_rect(stroke=PAPER, strokeWidth=0.75, color=GAIN)
    placed: alt.Chart = chart.encode(x="x:Q", x2="x2:Q", y="y:Q", y2="y2:Q")
    if not said:
        return placed
    scale = alt.Scale(domain=said, range=[LOSS, GAIN])
    colored: alt.Chart = placed.encode(color=alt.Color("group:N", legend=legend(said), scale=scale))
    return colored
