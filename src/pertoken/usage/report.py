"""What was read of a log, and what of it could not be used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

import numpy as np

from pertoken.core import period
from pertoken.core.errors import Fault

_LATE, _LATE_MINUTE = time(23, 45), 55
"""A log whose last request is later than this is taken to hold all of its last day, or of its last hour. [min]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was read, and what of it could not be used.

    Args:
        source: What the user called the log.
        rows: Rows read.
        rejected: Reason to number of rows.
        sample: Some of the rejected rows: file, row, reason, what was found.
        first: Earliest time (UTC); empty if the log has none.
        last: Latest time (UTC).
        says: What was understood of the columns, in words.
        layout: The format that the log was read as, as people call it.
    """

    source: str
    rows: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    sample: tuple[Fault, ...] = ()
    first: str = ""
    last: str = ""
    says: tuple[str, ...] = ()
    layout: str = ""

    @property
    def rejected_share(self) -> float:
        """Share of the rows that could not be used, 0 to 1."""
        return sum(self.rejected.values()) / self.rows if self.rows else 0.0


def partial_day(last: str, timezone: str = "UTC") -> str:
    """Say that the last day of a log is not whole, where it ends well before midnight; a bare day is whole.

    >>> partial_day("2026-01-05 17:30:00"), partial_day("2026-01-05 00:00:00")
    ('the last day, 2026-01-05, is partial: the log ends at 17:30', '')
    """
    if not last:
        return ""
    local = datetime.fromisoformat(last).replace(tzinfo=UTC).astimezone(period.zone(timezone))
    if local.time() == time() or local.time() >= _LATE:
        return ""
    return f"the last day, {local.date()}, is partial: the log ends at {local:%H:%M}"


def partial_period(last: str, grain: str, timezone: str = "UTC") -> bool:
    """Whether a log ends well before its last period does; what is only named by its first moment is whole.

    Args:
        last: Latest time of the log (UTC); empty if it has none.
        grain: Of the period.
        timezone: Zone in which periods are reckoned.

    >>> partial_period("2026-01-30 23:59:00", "month"), partial_period("2026-01-31 23:59:00", "month")
    (True, False)
    """
    if grain == "day" or not last:
        return bool(partial_day(last, timezone))
    local = datetime.fromisoformat(last).replace(tzinfo=UTC).astimezone(period.zone(timezone)).replace(tzinfo=None)
    when = np.datetime64(local, "s")
    begun = period.begins([period.label(when, grain)])
    if when == begun[0]:
        return False
    over = period.following(begun, grain)[0]
    if grain == "hour":
        return local.minute < _LATE_MINUTE
    return bool(when.astype("datetime64[D]") + 1 < over) or bool(partial_day(last, timezone))
