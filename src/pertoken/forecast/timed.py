"""Timed: periods as a table names them, made numbers from the first to the last without gaps.

Dates may stand for longer periods than days: what lies a week, a month, a quarter or a year apart all through is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import InputError, nearest

Indices = NDArray[np.int64]

NUMBERED = "period"
"""Grain of periods that are only numbered."""

WEEK = "week"
"""Grain of periods of seven days, named by the day on which each begins."""

ENOUGH = 4
"""Distinct periods from which on their distance says what they are."""

MOST_PERIODS = 1_000_000
"""The most periods from the first to the last; a century of hours has fewer."""

COUNTED = {"hour": ("h", 24, "day"), "month": ("M", 12, "year")}
"""Unit of a grain, how many of it make another one, and which."""


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """Periods of rows.

    Args:
        number: Of each row's period, from 0, shape `(row,)`.
        labels: Of all periods from the first to the last.
        grain: Of the periods.
    """

    number: Indices
    labels: tuple[str, ...]
    grain: str


def timed(periods: Sequence[date | str | int], grain: str = "") -> Timed:
    """Number periods from the first, and name all from it to the last.

    Args:
        periods: Days, labels of periods, or whole numbers, one for each row.
        grain: What they are; found from their labels and how far they lie apart if empty. `week` adds up days.

    Raises:
        InputError: They are of two kinds or of none, of another grain than said, or too far apart.
    """
    if grain not in {"", WEEK, NUMBERED, *period.GRAINS}:
        raise InputError(f"no grain {grain!r}; {nearest(grain, [*period.GRAINS, WEEK])}, or nothing")
    if all(isinstance(each, (int, np.integer)) for each in periods):
        return _numbered(np.array(periods, dtype=np.int64), grain)
    text = [str(each)[:13].replace(" ", "T") for each in periods]
    distinct = sorted(set(text))
    kinds = {period.grain_of(each) for each in distinct}
    if len(kinds) > 1:
        raise InputError(f"periods are of more than one kind: {', '.join(sorted(kinds))}; expected one")
    named = kinds.pop()
    found = grain or spaced(distinct, named)
    if found == WEEK and named == "day":
        return _weeks(text, distinct)
    if grain and found != named and grain != NUMBERED:
        raise InputError(
            f"periods are named as {distinct[0]}, a {named}, and the grain is {grain!r}; "
            f"expected {named!r}{', ' + repr(WEEK) if named == 'day' else ''} or nothing; add up whole periods first"
        )
    rolled = {each: period.roll_up(each, found) if found in period.GRAINS else each for each in distinct}
    return _dated(text, rolled, found if found in period.GRAINS else named)


def spaced(distinct: Sequence[str], grain: str) -> str:
    """Say what periods are by how far they lie apart.

    Args:
        distinct: Labels of one grain, rising.
        grain: What the labels name.

    Returns:
        That grain, or the coarser one that there is one period of for each label.

    >>> spaced(["2026-01-05", "2026-01-12", "2026-01-26", "2026-02-02"], "day")
    'week'
    >>> spaced(["2025-03-31", "2025-06-30", "2025-09-30", "2026-03-31"], "day")
    'quarter'
    """
    if len(distinct) < ENOUGH:
        return grain
    if grain == "day":
        return _of_days(distinct)
    if grain not in COUNTED:
        return grain
    unit, many, coarser = COUNTED[grain]
    apart = _apart(period.begins(distinct).astype(f"datetime64[{unit}]").astype(np.int64))
    if apart % many == 0:
        return spaced([period.roll_up(each, coarser) for each in distinct], coarser)
    return "quarter" if grain == "month" and apart % 3 == 0 else grain


def _of_days(distinct: Sequence[str]) -> str:
    """Say what days stand for: all the first, or all the last, of months, or the same day of weeks."""
    days = np.array(distinct, dtype="datetime64[D]")
    month = days.astype("datetime64[M]")
    if (days == month.astype("datetime64[D]")).all() or (days + 1 == (month + 1).astype("datetime64[D]")).all():
        return spaced([str(each) for each in month], "month")
    return WEEK if _apart(days.astype(np.int64)) % 7 == 0 else "day"


def _apart(places: Indices) -> int:
    """Give the largest step that all distances are a multiple of."""
    return int(np.gcd.reduce(np.diff(places)))


def _numbered(number: Indices, grain: str) -> Timed:
    """Number whole numbers; what they all lie apart is one period."""
    distinct = np.unique(number)
    step = _apart(distinct) if len(distinct) >= ENOUGH else 1
    first, count = int(distinct[0]), (int(distinct[-1]) - int(distinct[0])) // step + 1
    _check(count, str(first), str(distinct[-1]))
    return Timed((number - first) // step, tuple(str(first + step * k) for k in range(count)), grain or NUMBERED)


def _weeks(text: Sequence[str], distinct: Sequence[str]) -> Timed:
    """Add up weeks that end with the last day."""
    days = np.array(distinct, dtype="datetime64[D]")
    back = (days.max() - days).astype(np.int64) // 7
    weeks = int(back.max())
    _check(weeks, distinct[0], distinct[-1])
    ends = [days.max() - 7 * int(k) - 6 for k in range(weeks, -1, -1)]
    place = dict(zip(distinct, (weeks - back).tolist(), strict=True))
    return Timed(np.array([place[each] for each in text]), tuple(str(e) for e in ends), WEEK)


def _dated(text: Sequence[str], rolled: dict[str, str], grain: str) -> Timed:
    begun = period.begins(list(rolled.values()))
    every = period.periods(grain, begun.min(), period.following(begun.max()[None], grain)[0])
    _check(len(every), min(rolled), max(rolled))
    labels = tuple(period.label(each, grain) for each in every)
    index = {label: i for i, label in enumerate(labels)}
    place = {label: index[coarse] for label, coarse in rolled.items()}
    return Timed(np.array([place[each] for each in text], dtype=np.int64), labels, grain)


def _check(count: int, first: str, last: str) -> None:
    """Refuse periods that are too far apart to be laid out one by one."""
    if count > MOST_PERIODS:
        raise InputError(
            f"periods go from {first} to {last}: {count:,} of them; expected {MOST_PERIODS:,} at most; "
            "number them one after the other, or name them by day or hour"
        )
