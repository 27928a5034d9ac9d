"""When a part of a card holds, and how its periods are reckoned: one record for charges, limits and pools."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

Window = Literal["hour", "day", "month", "quarter", "year"]
Prorate = Literal["none", "day", "second", "fixed30"]
Counter = Literal["restart", "carry"]

STRICT = {"extra": "forbid"}
"""What the door is told: a key that no record has is an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class During:
    """When a part of a card holds, and how its periods are reckoned.

    Args:
        start: First day, `from` in a file; None for always.
        end: Day on which it no longer holds, `to` in a file; None for no end.
        after: Months after the contract's start at which it begins.
        months: How many months it lasts; None for no end.
        every: Period of a fee.
        prorate: Share of a period that is cut short: `none` (the whole), by `day`, by `second`, or by days of 30
            (`fixed30`); must be said where a contract begins or ends inside a period.
        anchor: Day of the month on which periods begin, `start` for the day on which the contract began, None for the
            calendar's.
        tz: Time zone of the periods; that of the books if empty.
        counter: Where a part begins inside a counting window: `restart` counts from zero, `carry` goes on.
        line: Line of the card's file.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    start: date | None = None
    end: date | None = None
    after: int = 0
    months: int | None = None
    every: Window | None = None
    prorate: Prorate | None = None
    anchor: int | Literal["start"] | None = None
    tz: str = ""
    counter: Counter | None = None
    line: int = 0

    @property
    def always(self) -> bool:
        """Whether it holds at all times."""
        return self.start is None and self.end is None and not self.after and self.months is None
