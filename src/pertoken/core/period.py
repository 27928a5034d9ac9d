"""Calendar periods: keys such as `month` whose labels sort in time (`2026-01`)."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError, nearest

GRAINS = ("hour", "day", "month", "quarter", "year")
"""From fine to coarse; each rolls up to those that follow it."""

EXAMPLES = {"hour": "2026-01-31T09", "day": "2026-01-31", "month": "2026-01", "quarter": "2026-Q1", "year": "2026"}
"""A label of each grain."""

_YEAR = r"(\d{3}[1-9]|\d{2}[1-9]\d|\d[1-9]\d{2}|[1-9]\d{3})"  # from 0001 on, as dates have it
_LEAP = r"(\d\d(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    rf"({_YEAR}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"
    rf"|{_LEAP}-02-29)"
)

SHAPES = {
    "hour": rf"{_DAY}T([01]\d|2[0-3])",
    "day": _DAY,
    "month": rf"{_YEAR}-(0[1-9]|1[0-2])",
    "quarter": rf"{_YEAR}-Q[1-4]",
    "year": _YEAR,
}


def _quarter(label: str) -> str:
    if "Q" in label:
        return label
    return f"{label[:4]}-Q{(int(label[5:7]) + 2) // 3}"


_COARSER: dict[str, Callable[[str], str]] = {
    "hour": lambda label: label[:13],
    "day": lambda label: label[:10],
    "month": lambda label: label[:7],
    "quarter": _quarter,
    "year": lambda label: label[:4],
}


def roll_up(label: str, grain: str) -> str:
    """Name the coarser period that a period lies in.

    >>> roll_up("2026-08-15", "quarter"), roll_up("2026-08-15", "month"), roll_up("2026-Q3", "year")
    ('2026-Q3', '2026-08', '2026')
    """
    return _COARSER[grain](label)


def check(label: str, grain: str) -> str:
    """Return the label if it names a period of this grain, else raise `InputError`."""
    if not re.fullmatch(SHAPES[grain], label, re.ASCII):
        msg = f"{label!r} is not a {grain}; expected the form {EXAMPLES[grain]}"
        raise InputError(msg)
    return label


def finest(names: "frozenset[str] | set[str]") -> str | None:
    """Pick the finest grain among key names, if any is a grain."""
    return next((grain for grain in GRAINS if grain in names), None)


def zone(name: str) -> ZoneInfo:
    """Find a time zone by its IANA name.

    Raises:
        InputError: No such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        known = ["UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Tokyo"]
        msg = f"unknown time zone {name!r}; {nearest(name, known)}"
        raise InputError(msg) from error


Instants = NDArray[np.datetime64]
"""Local times in seconds; a period runs from its begin to the begin of the next, which no longer belongs to it."""


def begins(labels: Sequence[str]) -> Instants:
    """Find when periods begin; an empty label is no time.

    >>> begins(["2026-Q2", "2026-01-31T09"]).tolist()[0].isoformat()
    '2026-04-01T00:00:00'
    """
    return np.array([_begin(label) if label else "NaT" for label in labels], dtype="datetime64[s]")


def _begin(label: str) -> str:
    return f"{label[:4]}-{3 * int(label[6]) - 2:02}" if len(label) == len("2026-Q1") and "Q" in label else label


def grain_of(label: str) -> str:
    """Name the grain of a label.

    Raises:
        InputError: It names no period.

    >>> grain_of("2026-Q1"), grain_of("2026-01-31")
    ('quarter', 'day')
    """
    found = next((grain for grain, shape in SHAPES.items() if re.fullmatch(shape, label, re.ASCII)), None)
    if found is None:
        forms = ", ".join(EXAMPLES.values())
        raise InputError(f"{label!r} names no period; expected a form of {forms}")
    return found


def ends(labels: Sequence[str]) -> Instants:
    """Find when periods end: the first moment that no longer belongs to them."""
    later = begins(labels)
    grains = np.array([grain_of(label) if label else "" for label in labels])
    for grain in GRAINS:
        later[grains == grain] = following(later[grains == grain], grain)
    return later


_STEPS = {"hour": ("h", 1), "day": ("D", 1), "month": ("M", 1), "quarter": ("M", 3), "year": ("Y", 1)}


def following(begun: Instants, grain: str) -> Instants:
    """Find when the next period begins after those that begin at these times."""
    unit, count = _STEPS[grain]
    later: Instants = (begun.astype(f"datetime64[{unit}]") + count).astype("datetime64[s]")
    return later


def periods(grain: str, first: np.datetime64, last: np.datetime64) -> Instants:
    """List the begins of the periods of a grain that lie in, or touch, a stretch of time.

    >>> periods("quarter", np.datetime64("2026-02-01"), np.datetime64("2026-07-01")).astype(str).tolist()
    ['2026-01-01T00:00:00', '2026-04-01T00:00:00']
    """
    unit, count = _STEPS[grain]
    start = first.astype("datetime64[s]").astype(f"datetime64[{unit}]")
    start = start - int(start.astype(np.int64)) % count
    begun: Instants = np.arange(start, last.astype("datetime64[s]").astype(f"datetime64[{unit}]") + 1, count).astype(
        "datetime64[s]"
    )
    return begun[begun < last]


def label(begun: np.datetime64, grain: str) -> str:
    """Name the period of a grain that a time lies in.

    >>> label(np.datetime64("2026-05-03"), "quarter")
    '2026-Q2'
    """
    text = str(begun.astype("datetime64[s]"))
    return roll_up(text, grain)


def months_later(begun: Instants, months: NDArray[np.int64] | int) -> Instants:
    """Go on by months; a day that a month lacks is its last, and the day of the start is kept for later months.

    >>> months_later(np.array(["2026-01-31"], dtype="datetime64[s]"), 1).astype("datetime64[D]").astype(str).tolist()
    ['2026-02-28']
    """
    month = begun.astype("datetime64[M]")
    within = begun - month.astype("datetime64[s]")
    landed = month + np.asarray(months).astype("timedelta64[M]")
    longest = (landed + 1).astype("datetime64[D]") - landed.astype("datetime64[D]")
    day = within.astype("timedelta64[D]")
    kept = np.minimum(day, longest - np.timedelta64(1, "D"))
    later: Instants = landed.astype("datetime64[s]") + kept + (within - day)
    return later


def seconds(begun: Instants, ended: Instants, timezone: str) -> NDArray[np.int64]:
    """Measure stretches of local time in real seconds, so that the days on which clocks change are 23 or 25 hours.

    >>> day = np.array(["2026-03-29", "2026-03-30"], dtype="datetime64[s]")
    >>> seconds(day[:1], day[1:], "Europe/Berlin").tolist()[0] / 3600
    23.0
    """
    plain: NDArray[np.int64] = (ended - begun).astype("timedelta64[s]").astype(np.int64)
    if timezone == "UTC":
        return plain
    place = zone(timezone)
    every, inverse = np.unique(np.concatenate([begun, ended]), return_inverse=True)
    offsets = [0 if np.isnat(t) else _offset(t.astype(object), place) for t in every]
    offset = np.array(offsets, dtype=np.int64)[inverse.reshape(-1)]
    return plain - (offset[len(begun) :] - offset[: len(begun)])


def _offset(local: datetime, place: ZoneInfo) -> int:
    found = local.replace(tzinfo=place).utcoffset()
    return int(found.total_seconds()) if found is not None else 0
