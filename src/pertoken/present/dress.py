"""The look that all charts share: colours that everybody tells apart, sizes, fonts and how an axis writes numbers."""

from collections.abc import Iterable
from typing import Any

import altair as alt

from pertoken.present.drawing import INK
from pertoken.present.sheet import Kind

PALETTE = ("#0072b2", "#d55e00", "#00916a", "#b65f8f", "#9a7400", "#3a8fc2", "#7d6fc4", "#76808a")
"""Colours apart for the colour-blind, each with contrast above 3 on white and on near-black."""
GAIN, LOSS, WHOLE = PALETTE[0], PALETTE[1], PALETTE[7]
WIDTH = 640
"""Width of a chart with its labels. [px]"""
STEP = 22
"""Height of one bar with its gap. [px]"""
LETTER = 7.6
"""Width of a letter in the widest font that a reader may have. [px]"""
NAME = 32
"""Letters of a name beside a bar, the rest is cut with an ellipsis."""
GAP = 4
"""Between a bar and its number. [px]"""
FORMATS = {"share": "~%"}
"""How the value axis writes its numbers, where not as plain numbers."""
FAINT = 0.15

Spec = dict[str, Any]


def dressed(chart: alt.Chart | alt.LayerChart | alt.FacetChart) -> Spec:
    """Return the specification of a chart in the look of the house."""
    ink = {"labelColor": INK, "titleColor": INK, "titleFontWeight": "normal", "labelFontSize": 12, "titleFontSize": 12}
    lines = {"gridColor": INK, "gridOpacity": FAINT, "domainColor": INK, "domainOpacity": 0.5}
    whole = (
        chart.properties(autosize=alt.AutoSizeParams(type="fit-x", contains="padding"), padding=4)
        .configure(font="sans-serif", background="transparent", text=alt.MarkConfig(fontSize=12))
        .configure_view(stroke=None)
        .configure_axis(**ink, **lines)
        .configure_axisY(gridOpacity=FAINT)
        .configure_legend(labelColor=INK, labelFontSize=12)
    )
    spec: Spec = whole.to_dict()
    return spec


def amounts(kind: Kind, **more: Any) -> alt.Axis:  # noqa: ANN401  the axis's own
    """Return an axis of numbers without a line of its own, on which numbers that would meet are left out.

    Args:
        kind: How its numbers are written.
        more: What the axis is told besides.
    """
    look: dict[str, Any] = {"domain": False, "ticks": False, "labelOverlap": "greedy", "labelSeparation": 3 * GAP}
    return alt.Axis(format=FORMATS.get(kind, ",.12~g"), **(look | more))


def legend(names: Iterable[str], **more: Any) -> alt.Legend:  # noqa: ANN401  the legend's own
    """Return a legend above a picture, with gaps that a wider font does not close.

    Args:
        names: What it says.
        more: What the legend is told besides.
    """
    gap = 2 * GAP + LETTER * max(map(len, names), default=0) / 5
    look: dict[str, Any] = {
        "orient": "top",
        "title": None,
        "labelLimit": 0,
        "symbolType": "square",
        "columnPadding": gap,
    }
    return alt.Legend(**(look | more))
