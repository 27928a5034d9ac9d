"""The answer to what a migration would do: the simulation, and what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pertoken.forecast.migration.migration import Migration
from pertoken.forecast.migration.offer import Offer, Timetable
from pertoken.forecast.migration.priors import Prior
from pertoken.rating.card import Card
from pertoken.usage.report import Report


@dataclass(frozen=True, slots=True, eq=False)
class Migrated:
    """A migration, simulated.

    Args:
        made: What came of it.
        offer: How the new plan was brought to customers.
        times: When, among the months ahead.
        priors: What was assumed of customers, by name.
        cards: Cards by side: `old`, `new` and, where there are any, `cost`.
        currency: ISO 4217 code.
        report: What was read.
        days: Days of history.
        notes: What should be known beside the numbers.
        changes: Days of the history on which prices of the old plan change, by its cards.
    """

    made: Migration
    offer: Offer
    times: Timetable
    priors: Mapping[str, Prior]
    cards: Mapping[str, tuple[Card, ...]]
    currency: str
    report: Report
    days: int
    notes: tuple[str, ...] = ()
    changes: tuple[date, ...] = ()
