"""What was read of a log, and what of it could not be used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from pertoken.core import period
from pertoken.core.errors import Fault

_LATE = time(23, 45)
"""A log whose last request is later than this is taken to hold all of its last day."""


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
