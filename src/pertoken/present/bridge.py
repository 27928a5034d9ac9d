"""Bridges: bars from one whole over signed steps to another, which add up or are refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise

from pertoken.present.sheet import Number

CLOSE = Fraction(1, 10**9)

Row = tuple[str, Number]


@dataclass(frozen=True)
class Step:
    """One bar of a bridge: its signed ``amount``, and the heights between which it is drawn."""

    label: str
    amount: Number
    start: float
    stop: float
    whole: bool


def bridge(steps: Sequence[Row], end: Row) -> tuple[Step, ...]:
    """Return the bars of a bridge: each starts where the one before stopped, the first and the last stand on zero.

    >>> [(step.start, step.stop) for step in bridge([("Revenue", 10), ("Cost", -4)], ("Margin", 6))]
    [(0.0, 10.0), (10.0, 6.0), (0.0, 6.0)]

    Args:
        steps: Name and signed amount; the first is the whole that the bridge starts from.
        end: Name and value of what is left.

    Raises:
        ValueError: If the steps do not add up to the end (exactly, or to 1e-9 where a float takes part).
    """
    heights = [Fraction(0), *accumulate(Fraction(amount) for _, amount in steps)]
    if abs(heights[-1] - Fraction(end[1])) > _allowance([*steps, end]):
        found = float(heights[-1])
        raise ValueError(f"the steps add up to {found} but {end[0]!r} is {end[1]}; show the rest as a step of its own")
    between = [
        Step(label, amount, float(start), float(stop), whole=index == 0)
        for index, ((label, amount), (start, stop)) in enumerate(zip(steps, pairwise(heights), strict=True))
    ]
    return (*between, Step(end[0], end[1], 0.0, float(end[1]), whole=True))


def _allowance(rows: Sequence[Row]) -> Fraction:
    if not any(isinstance(amount, float) for _, amount in rows):
        return Fraction(0)
    return CLOSE * max(abs(Fraction(amount)) for _, amount in rows)
