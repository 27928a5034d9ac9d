"""Decide: how likely the new plan wins, what is lost if it does not, what to watch, and whom to spare."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.migration.migration import SIGNALS, Customers, Migration

TELLS = 1.36
"""Smirnov's distance of two samples that chance exceeds in one of twenty cases, times the root of 1/n + 1/m."""

LOSES, YEAR = 0.01, 12
"""Share of a year's old bills that moving a customer must lose for an exception to be worth making."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an offer does to one total.

    Args:
        name: `revenue` or `margin`.
        wins: Share of worlds in which it rises.
        low: P10 of its change. [currency]
        middle: P50. [currency]
        high: P90. [currency]
        mean: Expected change. [currency]
        loss: Expected fall in the worlds in which it falls; 0 if there is none. [currency]
        old: Median of the total under the old plan. [currency]
    """

    name: str
    wins: float
    low: float
    middle: float
    high: float
    mean: float
    loss: float
    old: float


def verdict(name: str, change: Values, old: Values) -> Verdict:
    """Judge a change over worlds, shape `(draw,)`.

    >>> found = verdict("revenue", np.array([-4.0, 1.0, 2.0, 5.0]), np.array([10.0]))
    >>> found.wins, found.loss, found.mean
    (0.75, 4.0, 1.0)
    """
    low, middle, high = np.quantile(change, (0.1, 0.5, 0.9))
    falls = change[change < 0]
    loss = float(-falls.mean()) if len(falls) else 0.0
    numbers = float((change > 0).mean()), float(low), float(middle), float(high), float(change.mean()), loss
    return Verdict(name, *numbers, float(np.median(old)))


def verdicts(made: Migration) -> tuple[Verdict, ...]:
    """Judge revenue and, where usage costs something, margin."""
    old = made.old.sum(axis=-1)
    found = [verdict("revenue", made.change, old)]
    if made.old_cost.any() or made.new_cost.any():
        found.append(verdict("margin", made.margin_change, old - made.old_cost.sum(axis=-1)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Signal:
    """What an early number says of the end.

    Args:
        name: One of `SIGNALS`.
        expected: Its median over worlds.
        threshold: The number that parts winning from losing worlds best; None if none does.
        above: Whether worlds above it are those that win.
        wins_above: Share of the worlds above it that win; None if there is none.
        wins_below: Share of the others that win; None if there is none.
    """

    name: str
    expected: float
    threshold: float | None = None
    above: bool = True
    wins_above: float | None = None
    wins_below: float | None = None


def signal(name: str, value: Values, won: NDArray[np.bool_]) -> Signal:
    """Find the threshold of an early number that parts worlds that win from those that lose.

    It is where the share of winning worlds beyond it exceeds that of losing ones by most: Youden's J (Cancer 3(1),
    1950), which is Smirnov's distance of the two; what chance alone would bring is no threshold.

    Args:
        name: Of the number.
        value: It, in each world; NaN where it is not seen.
        won: Whether the world wins.
    """
    known = np.isfinite(value)
    value, won = value[known], won[known]
    if not len(value):
        return Signal(name, float("nan"))
    order = np.argsort(value, kind="stable")
    ranked, wins = value[order], won[order]
    winning, losing = int(wins.sum()), int((~wins).sum())
    expected = float(np.median(value))
    cuts = np.flatnonzero(ranked[1:] > ranked[:-1])
    if not (winning and losing and len(cuts)):
        return Signal(name, expected)
    below = np.cumsum(wins)[cuts] / winning, np.cumsum(~wins)[cuts] / losing
    apart = below[1] - below[0]  # losing worlds below, more than winning ones
    best = int(np.argmax(np.abs(apart)))
    if abs(apart[best]) < TELLS * np.sqrt(1 / winning + 1 / losing):
        return Signal(name, expected)
    at = int(cuts[best])
    threshold = float((ranked[at] + ranked[at + 1]) / 2)
    return Signal(
        name, expected, threshold, bool(apart[best] > 0), float(wins[at + 1 :].mean()), float(wins[: at + 1].mean())
    )


def signals(made: Migration) -> tuple[Signal, ...]:
    """Find for each early number what it says of the total change of revenue."""
    won = made.change > 0
    return tuple(signal(name, made.signals[name], won) for name in SIGNALS)


def spared(people: Customers) -> NDArray[np.intp]:
    """Find whom to let keep the old plan: their bill rises, and so many may leave that moving them loses revenue.

    Whom to move loses less than `LOSES` of a year's old bills is no exception worth making.

    Returns:
        Their rows, the one who would lose most first.
    """
    loses = people.asked & (people.worth < -LOSES * YEAR * people.old) & (people.change[1] > 0)
    rows = np.flatnonzero(loses)
    found: NDArray[np.intp] = rows[np.argsort(people.worth[rows], kind="stable")]
    return found
