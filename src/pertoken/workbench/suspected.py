"""Steps in usage, or in the price of a unit, that nobody declared: found in a log to be asked about, never used."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.money import Values
from pertoken.core.period import begins
from pertoken.rating.card import Card
from pertoken.workbench.histories import History

if TYPE_CHECKING:
    from pertoken.forecast.breaks import Break
    from pertoken.forecast.event import Event
    from pertoken.forecast.panel import Panel


def suspected(
    usage: "Panel", events: "Iterable[Event]" = (), *, paid: Values | None = None, of: "Panel | None" = None
) -> "tuple[Break, ...]":
    """Find steps that customers share and nobody declared; none where periods are no days.

    Args:
        usage: The history as one number, declared events taken out.
        events: What was declared.
        paid: What the log says that usage cost, shape `(customer, period)`; None where it says nothing. [currency]
        of: The usage that was paid for; that of the history if None.
    """
    from pertoken.forecast.breaks import found, unit_prices  # noqa: PLC0415  the calculator must start fast

    if usage.grain != "day":
        return ()
    declared = tuple(events)
    steps = found(usage, declared, rng=np.random.default_rng(0))
    if paid is None:
        return steps
    prices = unit_prices(of or usage, paid)
    return (*steps, *found(prices, declared, rng=np.random.default_rng(0), of="price"))


def one_number(read: History) -> "Panel":
    """Give the usage of a history as one number for each customer and period."""
    from pertoken.forecast.plans import driver_weights  # noqa: PLC0415  the calculator must start fast

    panel = read.panel
    return panel.weighted(driver_weights(panel.cells, np.nansum(panel.quantity, axis=(1, 2))))


def questions(steps: "Iterable[Break]", asks: Mapping[str, str]) -> tuple[str, ...]:
    """Ask about steps.

    Args:
        steps: From `suspected`.
        asks: What is asked about one of `usage`, and of a unit's `price`.
    """
    return tuple(f"{each.fact} {asks[each.of]}" for each in steps)


def price_days(cards: Iterable[Card], days: Sequence[str]) -> tuple[date, ...]:
    """Find the days of a history on which prices change by the cards themselves.

    Args:
        cards: Of the plan.
        days: Labels of the history's days, in time.
    """
    moments: set[str] = set()
    for card in cards:
        moments |= {label for series in card.series.values() for label in series}
        held = [card.during, *(each.during for each in card.prices.values())]
        held += [*(each.during for each in card.adjust), *(each.during for each in card.clamps)]
        edges = [*((each.start, each.end) for each in held), *((rate.start, rate.end) for rate in card.rates)]
        moments |= {str(moment) for pair in edges for moment in pair if moment is not None}
    begun = {str(day) for day in begins(sorted({label[:10] for label in moments})).astype("datetime64[D]")}
    return tuple(date.fromisoformat(day) for day in sorted(begun) if days[0] < day <= days[-1])
