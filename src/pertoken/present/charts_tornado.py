"""The tornado: what matters most, from the input that swings a result widest to the one that swings it least."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt

from pertoken.present.drawing import INK
from pertoken.present.dress import GAIN, GAP, LETTER, LOSS, STEP, WIDTH, Spec, amounts, dressed, legend
from pertoken.present.numbers import show
from pertoken.present.plane import drawn
from pertoken.present.room import cut, drawable, ticks, width
from pertoken.present.sheet import Kind, Number

ENDS = (("input low", GAIN), ("input high", LOSS))
"""Ends of an input, as the legend calls them, and their colours."""
SIDES: Mapping[str, tuple[Literal["left", "right", "center"], int]] = {
    "left": ("right", -GAP),
    "right": ("left", GAP),
    "over": ("center", 0),
}
"""Side of its place on which a text stands -> how it is set."""
HALF = 0.36
"""Half of the height of a bar, of a line."""
NAMED, VALUE = 34, 14
"""Letters of the name of an input, and of its value beside the bar."""
PLAIN, SMALL = 12, 9.5
"""Sizes of the letters beside a bar. [px]"""


@dataclass(frozen=True, slots=True)
class Swing:
    """What one input does to a result.

    Args:
        name: The input.
        low: Its low value, as text with its unit.
        high: Its high value, as text with its unit.
        at_low: The result where it is low.
        at_high: The result where it is high.
    """

    name: str
    low: str
    high: str
    at_low: Number
    at_high: Number

    @property
    def size(self) -> float:
        """How far apart its results lie."""
        return abs(float(self.at_high) - float(self.at_low))


def tornado(swings: Sequence[Swing], base: Number, *, title: str, kind: Kind = "money", limit: int = 15) -> Spec:
    """Return bars from the base to the result at the low and at the high value of each input, the widest swing first.

    The values of the inputs stand at the ends of their bars. Where both ends move the result to the same side, the
    two bars share the height, the one of the low value above.

    Args:
        swings: Inputs in any order.
        base: The result where no input is moved.
        title: Title of the result's axis, with its unit.
        kind: How results are written.
        limit: Inputs at most; a last line says how many are left out.

    Raises:
        ValueError: If two inputs share a name, there is none, or a result is not finite.
    """
    names = [swing.name for swing in swings]
    if not swings or len(set(names)) < len(names):
        raise ValueError(f"a tornado of inputs {names}; expected at least one, each once")
    ranked = sorted(swings, key=lambda swing: (-swing.size, swing.name))
    labels = [cut(swing.name, NAMED) for swing in ranked[:limit]]
    labels += [f"{len(ranked) - limit} more, each less"] if len(ranked) > limit else []
    middle = float(base)
    bars = [bar for at, swing in enumerate(ranked[:limit]) for bar in _bars(swing, middle, at)]
    words = [word for at, swing in enumerate(ranked[:limit]) for word in _words(swing, middle, at)]
    words.append({"x": middle, "at": -1, "side": "over", "text": f"base {show(base, kind)}", "size": PLAIN})
    beside = LETTER * max(map(len, labels)) + 2 * GAP
    ends = drawable([middle, *(bar["x2"] for bar in bars)], "a swing")
    scale = alt.Scale(domain=_domain(ends, words, WIDTH - beside - 4 * GAP), nice=False, zero=False)
    axis = amounts(kind, values=ticks(min(ends), max(ends), most=5))
    rows = alt.Y("at:Q", axis=_names(labels, beside), scale=alt.Scale(domain=[len(labels) - 0.5, -1.5], nice=False))
    layers = [_pieces(bars), _middle(middle, len(labels)), *(_texts(words, side) for side in SIDES)]
    drawn_all = alt.layer(*layers).encode(alt.X("x:Q", title=title, axis=axis, scale=scale), rows)
    return dressed(drawn_all.properties(width=WIDTH, height=STEP * (len(labels) + 1)))


def _same_side(swing: Swing, base: float) -> bool:
    return (float(swing.at_low) - base) * (float(swing.at_high) - base) > 0


def _bars(swing: Swing, base: float, at: int) -> list[dict[str, Any]]:
    """The bar of each end; where both would cover each other, the low one takes the upper half of the height."""
    halves = ((-HALF, 0.0), (0.0, HALF)) if _same_side(swing, base) else ((-HALF, HALF), (-HALF, HALF))
    results = (float(swing.at_low), float(swing.at_high))
    return [
        {"x": base, "x2": result, "at": at + top, "at2": at + bottom, "end": said}
        for (said, _), result, (top, bottom) in zip(ENDS, results, halves, strict=True)
    ]


def _words(swing: Swing, base: float, at: int) -> list[dict[str, Any]]:
    """The values of the input, each at the end of its bar; in small letters where the two share the height."""
    low, high = _short(swing.low), _short(swing.high)
    at_low, at_high = float(swing.at_low), float(swing.at_high)
    rises = at_high > at_low or (at_high == at_low and at_low == base)
    size, shift = float(PLAIN), 0.0
    sides = ("left", "right") if rises else ("right", "left")
    if _same_side(swing, base):
        sides, size, shift = (("right",) * 2 if at_low > base else ("left",) * 2), SMALL, HALF / 2 + 0.03
    return [
        {"x": x, "at": at + move, "side": side, "text": text, "size": size}
        for x, side, text, move in zip((at_low, at_high), sides, (low, high), (-shift, shift), strict=True)
    ]


def _short(text: str) -> str:
    """A value that fits beside a bar: a long unit goes before the number is cut.

    >>> _short("45,000 queries / customer"), _short("until the end of 2027")
    ('45,000', 'until the end…')
    """
    number = text.split(" ", 1)[0]
    return cut(number if len(text) > VALUE and any(map(str.isdigit, number)) else text, VALUE)


def _domain(ends: Sequence[float], words: Sequence[dict[str, Any]], pixels: float) -> list[float]:
    """Ends of the axis, so that the words at the ends of the bars have room."""
    low, high = min(ends), max(ends)
    need = {side: max((width(w["text"]) for w in words if w["side"] == side), default=0.0) for side in SIDES}
    left, right = (max(need[side] + 2 * GAP, need["over"] / 2) for side in ("left", "right"))
    unit = ((high - low) or 1.0) / (pixels - left - right)
    return [low - left * unit, high + right * unit]


def _names(labels: Sequence[str], beside: float) -> alt.Axis:
    """Names beside the bars, never counted as numbers."""
    return alt.Axis(
        title=None, values=list(range(len(labels))), labelExpr=f"{json.dumps(list(labels))}[datum.value]", grid=False,
        domain=False, ticks=False, labelLimit=0, minExtent=beside, labelPadding=2 * GAP,
    )  # fmt: skip


def _pieces(bars: Sequence[dict[str, Any]]) -> alt.Chart:
    said = [words for words, _ in ENDS]
    colors = alt.Scale(domain=said, range=[color for _, color in ENDS])
    pieces: alt.Chart = (
        drawn(bars)
        .mark_rect()
        .encode(x2="x2:Q", y2="at2:Q", color=alt.Color("end:N", legend=legend(said), scale=colors))
    )
    return pieces


def _middle(base: float, size: int) -> alt.Chart:
    data = drawn([{"x": base, "at": -0.5, "at2": size - 0.5}])
    rule: alt.Chart = data.mark_rule(color=INK, opacity=0.6).encode(y2="at2:Q")
    return rule


def _texts(words: Sequence[dict[str, Any]], side: str) -> alt.Chart:
    align, shift = SIDES[side]
    texts: alt.Chart = (
        drawn([word for word in words if word["side"] == side])
        .mark_text(align=align, dx=shift, color=INK)
        .encode(text="text:N", size=alt.Size("size:Q", scale=None))
    )
    return texts
