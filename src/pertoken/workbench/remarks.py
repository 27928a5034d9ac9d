"""Remarks: what should be known beside a forecast's numbers, in words."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.money import Values
from pertoken.rating.card import Card
from pertoken.workbench.charging import compared
from pertoken.workbench.histories import STATE, UNPAID
from pertoken.workbench.preparing import Prepared

if TYPE_CHECKING:
    from pertoken.forecast.simulate import Simulated

HALF = 0.5
"""Share of one customer from which on the range is said to be theirs."""

NOTHING_CHARGED = (
    "! nobody was charged anything in the last two months of the log: the range rests on that alone, and says nothing "
    "of what customers would pay; see that usage and cards are of the same meters"
)

NAMED = 5
"""Customers who are named."""

ENOUGH = 60
"""Days of history from which on growth is read from it."""


def remarks(made: Prepared) -> tuple[str, ...]:
    """What must be known beside the numbers."""
    panel = made.read.panel
    mean = made.fitted.predicted.samples.mean(axis=0)
    share = mean.max() / mean.sum() if mean.sum() > 0 else 0.0
    agreed = made.agreed.notes if made.agreed else ()
    name = panel.customers[int(mean.argmax())]
    judged = [each for each in made.fitted.predicted.notes if share <= HALF or not each.startswith(f"{name} is ")]
    notes = [*made.said.says, *agreed, *made.read.says, *made.read.report.says, *judged]
    notes += largest(panel.customers, mean)
    notes += _charged(made, name if share > HALF else "")
    if made.begun is not None:
        month, days = made.begun.month, made.begun.rest
        ahead = made.fitted.of.months[0]
        left = f"{days} day{'s' * (days > 1)}"
        notes.append(f"the log ends {left} before {month} does: it lands as its own line; sums begin with {ahead}")
    notes += [
        f"! {name} has signed, and no usage that their plan charges for is planned: taken to be as large as newcomers "
        "of their segment; say `planned`"
        for name in made.unplanned
    ]
    notes += _cut_short(made)
    notes += _moved(made)
    notes += _unpaid(made)
    return (*notes, *short(len(panel.periods)))


def few(names: Sequence[str]) -> str:
    """Name the first of some customers."""
    return ", ".join(names[:NAMED]) + (" ..." if len(names) > NAMED else "")


def _cut_short(made: Prepared) -> Iterator[str]:
    """Say whose month is charged whole although their contract begins or ends in it and their card prorates it."""
    months = {*made.fitted.of.months, *([made.begun.month] if made.begun else [])}
    cards = {card.name for card in made.read.cards.get("revenue", ()) if _prorates(card)}
    mine = [each for each in made.said.agreements if each.card in cards]
    days = [(each.customer, day) for each in mine for day in (each.start, each.end) if day.day > 1]
    names = dict.fromkeys(name for name, day in days if str(day)[:7] in months)
    if names:
        yield (
            f"! {few([*names])}: a month that the contract begins or ends in is charged whole, although the card "
            "prorates it"
        )


def _prorates(card: Card) -> bool:
    """Whether a card takes less for a part of a month: of a fee, a limit or a grant."""
    during = [each.during for each in card.prices.values() if each.measure is None]
    during += [*(each.during for each in card.clamps), *(each.during for each in card.pools)]
    return any((each.prorate or card.during.prorate or "none") != "none" for each in during)


def largest(names: Sequence[str], size: Values, of: str = "usage") -> tuple[str, ...]:
    """Name the customer who is more than half of all.

    Args:
        names: Of the customers.
        size: Of each, shape `(customer,)`.
        of: What it is a size of.
    """
    whole = size.sum()
    share = size.max() / whole if whole > 0 else 0.0
    if share <= HALF:
        return ()
    name = names[int(size.argmax())]
    return (f"! {name} is {share:.0%} of all {of}: the range is that of one customer; ask what they plan",)


def short(days: int) -> tuple[str, ...]:
    """Say that so many days of history say little, where they do."""
    if days >= ENOUGH:
        return ()
    return (f"! {days} days of history say little of growth: what is believed carries the range",)


def _charged(made: Prepared, said: str) -> list[str]:
    """Say that nobody was charged anything, or that one customer was charged most, who is not said already."""
    panel, worth = made.read.panel, made.standing.worth
    if not made.plans:
        return []
    if worth is None:
        return [NOTHING_CHARGED]
    return [] if panel.customers[int(worth.argmax())] == said else [*largest(panel.customers, worth, "revenue")]


def _moved(made: Prepared) -> list[str]:
    """Say who is put on another plan by a contract, and when."""
    due, of, plans = made.promises, made.fitted.of, made.standing.plan.labels
    if due is None:
        return []
    notes: list[str] = []
    for customer in np.flatnonzero(due.row >= 0):
        at, own = due.row[customer], of.people.plan[customer]
        on = np.where(due.plan[at] >= 0, due.plan[at], own)
        notes += [
            f"{due.names[at]} is charged by {plans[on[month]]} from {of.months[month]} on, by contract"
            for month in np.flatnonzero(np.diff(on, prepend=own))
        ]
    return notes


def rated_by_line(made: Prepared, found: "Simulated", draws: int) -> tuple[str, ...]:
    """Say that cards are rated line by line, why, and what that costs."""
    books = made.charging.books
    if books is None:
        return ()
    fewer = f", not {draws:,}" if found.paths < draws else ""
    spread = "" if books.grain == "month" else f"; a month's usage is spread evenly over its {books.grain}s"
    left = f"what makes the range wide is told from {compared(found.paths)} worlds, who makes the revenue at list"
    return (f"rated line by line in {found.paths:,} worlds{fewer}{spread}; {left}: {made.charging.why}",)


def _unpaid(made: Prepared) -> list[str]:
    """Say which customers in a trial, or free of charge, are on the same plan as those who pay."""
    track = made.read.panel.tracks.get(STATE)
    if track is None or not made.plans:
        return []
    state, plan = track.last.column(), made.standing.plan.column()
    free = np.array([label.strip().lower() in UNPAID for label in state], dtype=bool)
    paid = set(plan[~free])
    alike = sorted({str(each) for each, mine in zip(state[free], plan[free], strict=True) if each and mine in paid})
    if not alike:
        return []
    words = ", ".join(map(repr, alike))
    return [
        f"! customers in state {words} are charged like those who pay; a card tells them apart with where: state == ..."
    ]
