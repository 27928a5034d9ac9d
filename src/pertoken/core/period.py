"""Calendar periods: keys such as `month` whose labels sort in time (`2026-01`)."""

import re
from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pertoken.core.errors import InputError, nearest

GRAINS = ("hour", "day", "month", "quarter", "year")
"""From fine to coarse; each rolls up to those that follow it."""

EXAMPLES = {"hour": "2026-01-31T09", "day": "2026-01-31", "month": "2026-01", "quarter": "2026-Q1", "year": "2026"}
"""A label of each grain."""

SHAPES = {
    "hour": r"\d{4}-\d\d-\d\dT([01]\d|2[0-3])",
    "day": r"\d{4}-\d\d-\d\d",
    "month": r"\d{4}-(0[1-9]|1[0-2])",
    "quarter": r"\d{4}-Q[1-4]",
    "year": r"\d{4}",
}


def _quarter(label: str) -> str:
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
    if not re.fullmatch(SHAPES[grain], label, re.ASCII) or not _is_day(label[:10]):
        msg = f"{label!r} is not a {grain}; expected the form {EXAMPLES[grain]}"
        raise InputError(msg)
    return label


def _is_day(label: str) -> bool:
    try:
        return len(label) < len("2026-01-31") or bool(date.fromisoformat(label))
    except ValueError:
        return False


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
