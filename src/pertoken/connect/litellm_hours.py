"""Hours of the week as LiteLLM's price list says them: spans of UTC, with weekdays of a zone of their own."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pertoken.catalog.prices import WEEK, Window
from pertoken.connect.rate_times import weekdays
from pertoken.core.errors import InputError


def windows(said: Mapping[str, Any], notes: list[str]) -> tuple[Window, ...]:
    """Read the hours of `off_peak_pricing`.

    Args:
        said: The block, with `hours_utc` for each day, or `windows` with `weekdays` (1 is Monday).
        notes: Where to note what can't be read.
    """
    zone = str(said.get("weekday_timezone") or "UTC")
    try:
        shift = _shift(zone)
        return tuple(_windows(said, zone, shift))
    except (InputError, ValueError, KeyError, TypeError, ZoneInfoNotFoundError) as error:
        notes.append(f"off_peak_pricing is left out: {error}")
        return ()


def _windows(said: Mapping[str, Any], zone: str, shift: timedelta) -> Iterator[Window]:
    for span in _several(said.get("hours_utc")):
        yield Window(*_span(str(span)))
    for each in said.get("windows") or ():
        days = _days(each.get("weekdays"))
        for span in _several(each["hours_utc"]):
            start, end = _span(str(span))
            if days == WEEK:
                yield Window(start, end)
            else:
                yield from (Window(*part, zone, days) for part in _parts(_moved(start, shift), _moved(end, shift)))


def _span(text: str) -> tuple[time, time]:
    start, end = (time.fromisoformat(edge.strip()) for edge in text.split("-"))
    return start, end


def _parts(start: time, end: time) -> list[tuple[time, time]]:
    """Cut a span at midnight: the weekday that counts is that of the moment, not that on which the span began."""
    if start == end:
        return [(time.min, time.min)]
    return [(start, end)] if start < end or end == time.min else [(start, time.min), (time.min, end)]


def _moved(clock: time, shift: timedelta) -> time:
    return (datetime.combine(datetime(2000, 1, 2, tzinfo=UTC), clock) + shift).time()


def _shift(zone: str) -> timedelta:
    """How far the clock of a zone is ahead of UTC; zones with summer time have no one answer."""
    ahead = {datetime(2026, month, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() for month in range(1, 13)}
    if len(ahead) > 1:
        msg = f"weekdays by {zone}, whose clock changes, beside hours by UTC"
        raise InputError(msg)
    return ahead.pop() or timedelta()


def _days(said: Any) -> tuple[int, ...]:  # noqa: ANN401  unchecked input
    if said is None:
        return WEEK
    return tuple(sorted({day - 1 if isinstance(day, int) else weekdays(day)[0] for day in said}))


def _several(value: Any) -> list[Any]:  # noqa: ANN401  unchecked input
    return [] if value is None else value if isinstance(value, list) else [value]
