"""The answer to what became of customers: cohorts, and what they are read beside."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pertoken.forecast.cohort_report import Ask, CohortReport
from pertoken.rating.card import Card
from pertoken.usage.report import Report


@dataclass(frozen=True, slots=True)
class Selling:
    """What a quarter's selling brought.

    Args:
        quarter: The quarter in which it was spent.
        before: Revenue of that quarter. [currency]
        now: Revenue of the next. [currency]
        spent: Sales and marketing of the first. [currency]
        magic: Magic number.
        won: New customers who paid in it.
    """

    quarter: str
    before: float
    now: float
    spent: float
    magic: float
    won: int


@dataclass(frozen=True, slots=True)
class Converted:
    """Customers who began without paying.

    Args:
        began: Who used before they paid, or never paid.
        paid: Who of them paid later.
        days: Days until they did, on the middle one; None if nobody did.
        paying: States that count as paying; empty where a state is not told and a price above zero is paying.
    """

    began: int
    paid: int
    days: float | None
    paying: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Cohorts:
    """What became of customers.

    Args:
        report: What cohorts say.
        ask: What was asked.
        read: What was read of the log.
        unit: Of all amounts: a currency, or what is counted where there is no card of ours.
        costed: Whether margins are known, so that lifetime value is of margin, not of revenue.
        margin_share: Share of revenue that is margin, of the last quarter of days; 1 if no cost is known.
        committed_share: Share of revenue that is owed whatever is used, lately; None where there is no card of ours.
        run_rate: Revenue a year at the pace of the last window. [currency / year]
        growth: Growth of the last window of so many days against the one before.
        selling: What selling brought, by quarter.
        converted: Who came from free use or a trial.
        cards: Cards by side.
        says: What should be known beside the numbers.
        warns: What must be known.
    """

    report: CohortReport
    ask: Ask
    read: Report
    unit: str
    costed: bool
    margin_share: float
    committed_share: float | None
    run_rate: float
    growth: Mapping[int, float]
    selling: tuple[Selling, ...]
    converted: Converted | None
    cards: Mapping[str, tuple[Card, ...]] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    warns: tuple[str, ...] = ()
