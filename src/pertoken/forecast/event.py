"""Event: something declared that moves usage: a price change, a plan, a launch, an outage."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

EventKind = Literal["price", "plan", "launch", "outage", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, or will, and what it does to usage.

    Args:
        on: Its first day.
        kind: `price`, `plan`, `launch`, `outage` or `other`; days of an outage are not watched, not zeros.
        until: The day after an outage's last; None for the next.
        level: Factor on usage from `on`; None to find it in the history. It moves revenue as usage does.
        low: The level at P10, where it is unsure; None where it is certain.
        high: The level at P90.
        slope: Further log growth a month while it lasts.
        half_life: Months until half of the level is gone again; None for never.
        where: Label of a segment, a tier or a customer that it moves; everybody if empty.
        line: Line of the file.
    """

    on: date
    kind: EventKind
    until: date | None = None
    level: float | None = None
    low: float | None = None
    high: float | None = None
    slope: float = 0.0
    half_life: float | None = None
    where: str = ""
    line: int = 0
