"""When a rate holds, as a file says it: days, moments, and hours of the week."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pertoken.catalog.prices import DAYS, WEEK, Moment, Window
from pertoken.core.errors import InputError, nearest

WINDOW_WORDS = ("from", "to", "timezone", "weekdays", "holidays", "workdays")


def moment(value: Any) -> Moment | None:  # noqa: ANN401  unchecked input
    """Read a day, or a moment with its zone; a moment without one is of UTC.

    Raises:
        ValueError: It is neither.

    >>> moment("2026-08-17T00:00:00+08:00")
    datetime.datetime(2026, 8, 16, 16, 0)
    """
    if value is None:
        return None
    text = str(value)
    if len(text) == len("2026-01-01"):
        return date.fromisoformat(text)
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def window(value: Any) -> Window | None:  # noqa: ANN401  unchecked input
    """Read hours of the week: `{from: "16:30", to: "00:30", timezone: UTC, weekdays: Mon-Fri, holidays: [...]}`.

    Raises:
        InputError: A word is unknown, or a bound is missing.
        ValueError: A time or a day is none.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or not {"from", "to"} <= set(value):
        msg = f"window is {value!r}; expected {{from: '16:30', to: '00:30'}}"
        raise InputError(msg)
    for word in value:
        if word not in WINDOW_WORDS:
            msg = f"unknown word {word!r} in a window; {nearest(word, WINDOW_WORDS)}"
            raise InputError(msg)
    return Window(
        _clock(str(value["from"])),
        _clock(str(value["to"])),
        _zone(str(value.get("timezone") or "UTC")),
        weekdays(value.get("weekdays")),
        _days(value.get("holidays")),
        _days(value.get("workdays")),
    )


def _clock(text: str) -> time:
    """Read a time of day of the window's own zone, in whole minutes."""
    if not re.fullmatch(r"\d\d:\d\d(:00)?", text, re.ASCII):
        msg = f"a window begins or ends at {text!r}; expected hours and minutes of its `timezone`, as '08:30'"
        raise InputError(msg)
    return time.fromisoformat(text)


def weekdays(value: Any) -> tuple[int, ...]:  # noqa: ANN401  unchecked input
    """Read days of the week: a list, or a span.

    Raises:
        InputError: A day is unknown.

    >>> weekdays("Mon-Fri"), weekdays(["Sat", "Sun"])
    ((0, 1, 2, 3, 4), (5, 6))
    """
    if value is None:
        return WEEK
    if isinstance(value, str) and "-" in value:
        first, _, last = value.partition("-")
        begin, end = _weekday(first), _weekday(last)
        return tuple(sorted((begin + n) % 7 for n in range((end - begin) % 7 + 1)))
    return tuple(sorted({_weekday(each) for each in (value if isinstance(value, list) else [value])}))


def _weekday(name: Any) -> int:  # noqa: ANN401  unchecked input
    short = str(name).strip()[:3].capitalize()
    if short not in DAYS:
        msg = f"unknown weekday {name!r}; {nearest(short, DAYS)}"
        raise InputError(msg)
    return DAYS.index(short)


def _days(value: Iterable[Any] | None) -> tuple[date, ...]:
    return tuple(sorted(date.fromisoformat(str(day)) for day in value or ()))


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        msg = f"unknown time zone {name!r}; expected a name like Asia/Shanghai"
        raise InputError(msg) from error
    return name
