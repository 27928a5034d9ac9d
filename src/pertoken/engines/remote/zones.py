"""Time zones as numbers: since when which offset holds, so that every engine reckons with the same zones."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from pertoken.core.period import zone

DAY = 86_400
LAST = 253_402_300_799
"""The last second of the year 9999."""
FIRST = -62_135_596_800
"""The first second of the year 1."""


def moment(seconds: int) -> datetime:
    """Name a second since 1970.

    >>> moment(0).isoformat()
    '1970-01-01T00:00:00+00:00'
    """
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=min(max(seconds, FIRST), LAST))


def offsets(name: str, first: int, last: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """List the seconds at which a zone's clock is set between two times, and its offsets: one more than those.

    >>> offsets("Europe/Berlin", 1774742400, 1774828800)  # 29 March 2026
    ((1774746000,), (3600, 7200))
    """
    days = [*range(max(first, FIRST + DAY), min(last, LAST - DAY), DAY), min(last, LAST - DAY)]
    changes = [_change(name, *pair) for pair in pairwise(days) if _offset(name, pair[0]) != _offset(name, pair[1])]
    return tuple(changes), (_offset(name, days[0]), *(_offset(name, each) for each in changes))


def _change(name: str, before: int, after: int) -> int:
    """Find the first second of a zone's new offset."""
    while after - before > 1:
        mid = (before + after) // 2
        before, after = (mid, after) if _offset(name, mid) == _offset(name, before) else (before, mid)
    return after


def _offset(name: str, seconds: int) -> int:
    offset = moment(seconds).astimezone(zone(name)).utcoffset()
    return 0 if offset is None else round(offset.total_seconds())


def walls(name: str, first: int, last: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """List the seconds of a zone's own clock from which its offsets hold; a time that comes twice is the later one.

    >>> walls("Europe/Berlin", 1774742400, 1774828800)
    ((1774753200,), (3600, 7200))
    """
    bounds, held = offsets(name, first - DAY, last + DAY)
    return tuple(bound + offset for bound, offset in zip(bounds, held[1:], strict=True)), held


MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""How many months a period has."""


def begun(grain: str, name: str, first: int, last: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """List the seconds at which months, quarters or years of a zone begin, and their labels: one more than those.

    >>> begun("month", "UTC", 1767225600, 1769904000)
    ((1769904000,), ('2026-01', '2026-02'))
    """
    days = list(_days(grain, moment(first).astimezone(zone(name)).date(), moment(last).astimezone(zone(name)).date()))
    starts = [datetime(day.year, day.month, 1, tzinfo=zone(name)).timestamp() for day in days[1:]]
    return tuple(map(round, starts)), tuple(_label(grain, day) for day in days)


def _days(grain: str, first: date, last: date) -> Iterator[date]:
    count = MONTHS[grain]
    for number in range((first.year * 12 + first.month - 1) // count, (last.year * 12 + last.month - 1) // count + 1):
        year, month = divmod(number * count, 12)
        yield date(year, month + 1, 1)


def _label(grain: str, day: date) -> str:
    return {"month": f"{day:%Y-%m}", "quarter": f"{day.year:04}-Q{(day.month + 2) // 3}", "year": f"{day.year:04}"}[
        grain
    ]
