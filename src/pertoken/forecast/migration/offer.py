"""Offer: who is asked to change plans, from when, how they are told, and what softens it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pertoken.core.errors import InputError
from pertoken.forecast.migration.priors import Prior

NEVER = 1 << 20
"""Index of a month that does not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """How customers come to look at the offer.

    Args:
        kind: `campaign` reaches equal shares month by month; `bass` spreads among customers.
        months: Months that a campaign takes.
        reach: Share of customers who ever look at it.
        p: Share of those who have not looked that look in a month of their own accord, for `bass`.
        q: The same, for each share of customers that has looked.

    Raises:
        InputError: A share outside 0 to 1, or no month.
    """

    kind: Literal["campaign", "bass"] = "campaign"
    months: int = 6
    reach: float = 1.0
    p: float = 0.05
    q: float = 0.3

    def __post_init__(self) -> None:
        """Check shares and months."""
        if not 0 <= self.reach <= 1:
            raise InputError(f"a wave reaches {self.reach:g} of the customers; expected a share from 0 to 1")
        if self.months < 1 or self.p <= 0 or self.q < 0:
            raise InputError(
                f"a wave of {self.months} months with p {self.p:g} and q {self.q:g}; expected at least 1 month, "
                "p above 0 and q of 0 or more"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    """A price change in the history, from which the response of usage is estimated.

    Args:
        month: First month at the new price.
        factor: New price over the old one.
    """

    month: str
    factor: float

    def __post_init__(self) -> None:
        """Refuse a change that is none."""
        if self.factor <= 0 or self.factor == 1:
            raise InputError(f"prices changed by a factor of {self.factor:g}; expected above 0, and not 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How the new plan is brought to customers.

    Args:
        who: Labels of those who are offered it, by key (`plan`, `customer`); everybody if empty.
        start: First month in which one may be on the new plan; the first month ahead if empty.
        notice: Months before that in which customers are told.
        wave: How they come to look at it.
        sunset: Month in which the old plan ends, and those who are still on it are moved; empty for never.
        grandfather: Labels of those who may keep the old plan beyond that, by key.
        grandfather_above: They may, too, if their expected bill rises by more than this share; None for nobody.
        cap: Most by which a new bill may lie above the old plan's, as a share; None for no cap.
        cap_months: Months from `start` in which the cap holds.
        price_change: A price change in the history; None where there was none.
        priors: What is known of customers better than the house does, by name.
    """

    who: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    start: str = ""
    notice: int = 1
    wave: Wave = field(default_factory=Wave)
    sunset: str = ""
    grandfather: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    grandfather_above: float | None = None
    cap: float | None = None
    cap_months: int = 12
    price_change: PriceChange | None = None
    priors: Mapping[str, Prior] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check what is less than nothing."""
        for name in ("notice", "cap", "cap_months", "grandfather_above"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise InputError(f"{name} of the offer is {value:g}; expected 0 or more")
        if self.sunset and self.start and self.sunset < self.start:
            raise InputError(f"the old plan ends in {self.sunset}, before the new one starts in {self.start}")


@dataclass(frozen=True, slots=True)
class Timetable:
    """When things happen, as indices of the months ahead.

    Args:
        announced: Month in which customers are told; below 0 where they know already.
        start: First month on the new plan.
        sunset: Month in which those who are left are moved; `NEVER` if they are not.
        capped: The month from which no cap holds; 0 for no cap at all.
        size: Months ahead.
    """

    announced: int
    start: int
    sunset: int
    capped: int
    size: int


def timetable(offer: Offer, months: Sequence[str]) -> Timetable:
    """Find the months of an offer among the months ahead.

    Raises:
        InputError: The offer starts, or the old plan ends, outside of them.

    >>> timetable(Offer(start="2026-03", notice=1, sunset="2026-04"), ["2026-01", "2026-02", "2026-03", "2026-04"])
    Timetable(announced=1, start=2, sunset=3, capped=0, size=4)
    """
    start = _index(offer.start, months, "the offer starts") if offer.start else 0
    sunset = _index(offer.sunset, months, "the old plan ends") if offer.sunset else NEVER
    if sunset < start:
        raise InputError(f"the old plan ends in {offer.sunset}, before the new one starts in {months[start]}")
    capped = 0 if offer.cap is None else start + offer.cap_months
    return Timetable(start - offer.notice, start, sunset, capped, len(months))


def _index(month: str, months: Sequence[str], what: str) -> int:
    if month not in months:
        raise InputError(
            f"{what} in {month}; expected a month that is looked at, {months[0]} to {months[-1]}; "
            "look further ahead with --months, or mend the offer"
        )
    return months.index(month)
