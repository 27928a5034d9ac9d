"""The cohort heat map: what is left of each cohort by its age, one row each."""

import json
from collections.abc import Sequence

import altair as alt

from pertoken.present.drawing import INK, PAPER
from pertoken.present.dress import GAP, PALETTE, STEP, WIDTH, Spec, dressed, legend
from pertoken.present.plane import TITLE, drawn
from pertoken.present.room import cut, width
from pertoken.present.sheet import Number

LESS, MORE = PALETTE[0], PALETTE[2]
"""Colour of cells up to the whole, and of those above it."""
LABEL = 18
"""Letters of a cohort's name beside its row."""
SMALL, TINY = 12, 10
"""Sizes of the numbers in the cells. [px]"""
FEWEST, APART = 24.0, 20.0
"""Width of a cell from which on its number is written in it, and the least from one age below to the next. [px]"""
MANY, SAME = 9.995, 1e-9
"""From so many times the start on, cells don't say percent; and so near to the start is not above it."""

Place = tuple[int, int, float]
"""Row, age and share."""


def heatmap(
    cohorts: Sequence[tuple[str, str]],
    shares: Sequence[Sequence[Number | None]],
    *,
    title: str,
    more: str = "above the start",
    less: str = "share of the start",
) -> Spec:
    """Return a row of cells for each cohort, the stronger the more of it is left; above the whole in another colour.

    Args:
        cohorts: Name and size as text of each, as `("2026-01", "17")`, from above.
        shares: What is left of each cohort by age, from age 0; None where it is not known. Rows may be of any length.
        title: What the columns are, as `Months since the first`.
        more: What a cell above the whole is, for the legend.
        less: What any other is.

    Raises:
        ValueError: There is no cohort, no row for each, or a share is negative.
    """
    if not cohorts or len(cohorts) != len(shares) or not any(map(len, shares)):
        raise ValueError(f"{len(cohorts)} cohorts and {len(shares)} rows of shares; expected one each, not empty")
    cells = [(row, age, float(v)) for row, each in enumerate(shares) for age, v in enumerate(each) if v is not None]
    if any(v < 0 for *_, v in cells):
        raise ValueError("a share of a cohort is negative; expected 0 or more")
    columns = max(map(len, shares))
    names = [f"{cut(name, LABEL)} ({size})" if size else cut(name, LABEL) for name, size in cohorts]
    beside = max(map(width, names)) + 2 * GAP
    wide = (WIDTH - beside - TITLE) / columns
    layers = [_boxes(cells, less, more), *([_numbers(cells, wide)] if wide >= FEWEST else [])]
    axes = _ages(columns, wide, title), _names(names, beside)
    return dressed(alt.layer(*layers).encode(*axes).properties(width=WIDTH, height=STEP * len(names)))


def _boxes(cells: Sequence[Place], less: str, more: str) -> alt.Chart:
    data = [
        {"x": age - 0.5, "x2": age + 0.5, "y": row - 0.5, "y2": row + 0.5, "ink": _ink(v), "share": v,
         "side": more if v > 1 + SAME else less}
        for row, age, v in cells
    ]  # fmt: skip
    colors = {side: color for side, color in ((less, LESS), (more, MORE)) if any(row["side"] == side for row in data)}
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    boxes: alt.Chart = (
        drawn(data)
        .mark_rect(stroke=PAPER, strokeWidth=1)
        .encode(x2="x2:Q", y2="y2:Q", opacity=alt.Opacity("ink:Q", scale=None),
                color=alt.Color("side:N", scale=scale, legend=legend(colors)))
    )  # fmt: skip
    return boxes


def _numbers(cells: Sequence[Place], wide: float) -> alt.Chart:
    """What stands in the cells: percent, or from ten times the start on how many times."""
    data = [{"x": age, "y": row, "text": f"{100 * v:.0f}" if v < MANY else f"{v:.0f}x"} for row, age, v in cells]
    size = SMALL if wide >= width("100") + GAP else TINY
    numbers: alt.Chart = drawn(data).mark_text(color=INK, fontSize=size).encode(text="text:N")
    return numbers


def _ages(columns: int, wide: float, title: str) -> alt.X:
    every = next(step for step in (1, 2, 3, 6, 12, columns) if step * wide >= APART)
    axis = alt.Axis(values=list(range(0, columns, every)), format="d", grid=False, domain=False, ticks=False)
    return alt.X("x:Q", title=title, axis=axis, scale=alt.Scale(domain=[-0.5, columns - 0.5], nice=False, zero=False))


def _names(names: Sequence[str], beside: float) -> alt.Y:
    axis = alt.Axis(
        title=None, values=list(range(len(names))), labelExpr=f"{json.dumps(list(names))}[datum.value]", grid=False,
        domain=False, ticks=False, labelLimit=0, minExtent=beside, labelPadding=2 * GAP, labelOverlap=False,
    )  # fmt: skip
    return alt.Y("y:Q", axis=axis, scale=alt.Scale(domain=[len(names) - 0.5, -0.5], nice=False, zero=False))


def _ink(share: float) -> float:
    """How strong a cell is: never so strong that the number in it is hard to read, in light or in dark."""
    return 0.06 + 0.4 * share if share <= 1 else min(0.26 + 0.2 * (share - 1), 0.56)
