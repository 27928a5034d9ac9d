"""Hours of the week: whether a moment lies in them, one by one and as columns."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from pertoken.catalog.prices import Window
from pertoken.core.distinct import distinct

DAY = 24 * 60
QUARTER = 15
"""Zones change their clocks on quarters of an hour. [minute]"""


def within(window: Window, moment: datetime) -> bool:
    """Tell whether a moment (UTC, without a zone) lies in some hours of the week.

    >>> from datetime import time
    >>> night = Window(time(16, 30), time(0, 30), weekdays=(0, 1, 2, 3, 4))
    >>> within(night, datetime(2026, 11, 21, 0, 15)), within(night, datetime(2026, 11, 21, 17))
    (True, False)
    """
    since = _local(window.timezone, moment) - timedelta(minutes=_begin(window))
    return since.hour * 60 + since.minute < _length(window) and _day_counts(window, since.date())


def within_column(window: Window, minutes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the moments that lie in some hours of the week.

    Args:
        window: The hours.
        minutes: Whole minutes since 1970 (UTC), shape `(row,)`.
    """
    since = minutes + _offsets(window.timezone, minutes) - _begin(window)
    day, minute = np.divmod(since, DAY)
    days, of_row = distinct(day)
    epoch = date(1970, 1, 1)
    counts = np.array([_day_counts(window, epoch + timedelta(days=int(each))) for each in days], dtype=bool)
    inside: NDArray[np.bool_] = (minute < _length(window)) & counts[of_row]
    return inside


def _begin(window: Window) -> int:
    return window.start.hour * 60 + window.start.minute


def _length(window: Window) -> int:
    return (window.end.hour * 60 + window.end.minute - _begin(window)) % DAY or DAY


def _day_counts(window: Window, day: date) -> bool:
    return (day.weekday() in window.weekdays and day not in window.holidays) or day in window.workdays


def _local(timezone: str, moment: datetime) -> datetime:
    if timezone == "UTC":
        return moment
    zone = ZoneInfo(timezone)
    offset = zone.utcoffset(moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone))
    return moment + (offset or timedelta())


def _offsets(timezone: str, minutes: NDArray[np.int64]) -> Any:  # noqa: ANN401  a number, or one for each row
    if timezone == "UTC":
        return 0
    quarters, of_row = distinct(minutes // QUARTER)
    epoch = datetime(1970, 1, 1)  # noqa: DTZ001  moments here are UTC and carry no zone
    moments = (epoch + timedelta(minutes=int(each) * QUARTER) for each in quarters)
    offset = [int((_local(timezone, moment) - moment).total_seconds()) // 60 for moment in moments]
    return np.array(offset, dtype=np.int64)[of_row]
