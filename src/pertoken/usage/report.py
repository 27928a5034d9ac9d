"""What was read of a log, and what of it could not be used."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pertoken.core.errors import Fault


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
