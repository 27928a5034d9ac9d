"""Faults of when the parts of a card hold, and of the versions of a charge."""

from collections.abc import Iterator
from itertools import pairwise

from pertoken.core.errors import Fault, InputError
from pertoken.core.period import zone
from pertoken.rating.card import Card, plain
from pertoken.rating.complaint import fault
from pertoken.rating.during import During

LAST_ANCHOR = 31


def faults(card: Card) -> Iterator[Fault]:
    """List what is wrong with the times of a card."""
    yield from _during(card, "the card", card.during, 0)
    for name, charge in card.prices.items():
        yield from _during(card, name, charge.during, charge.line)
        if charge.measure is not None and charge.during.every:
            found = f"{name} is counted and has a period of a fee, every {charge.during.every}"
            mend = f"say measure: {{window: {charge.during.every}}}"
            yield fault(card, charge.line, found, "`every` for a fee only", mend)
    for what, items in (("adjust", card.adjust), ("clamp", card.clamps), ("pool", card.pools)):
        for item in items:
            yield from _during(card, what, item.during, item.line)
            if item.during.every:
                mend = "say every: in the pool itself" if what == "pool" else "say window:"
                yield fault(card, item.line, f"{what} has a period of a fee", "`every` for a fee only", mend)
    yield from _versions(card)


def _during(card: Card, what: str, during: During, otherwise: int) -> Iterator[Fault]:
    line = during.line or otherwise
    if during.start and during.end and during.end <= during.start:
        yield fault(card, line, f"{what} ends {during.end}, not after its start {during.start}", "to after from")
    if during.after < 0:
        yield fault(card, line, f"{what} begins {during.after} months after the start", "0 or more")
    if during.months is not None and during.months < 1:
        yield fault(card, line, f"{what} lasts {during.months} months", "1 or more")
    if during.months is not None and during.end:
        yield fault(card, line, f"{what} ends by months and by a day", "months or to")
    if during.after and during.start:
        yield fault(card, line, f"{what} begins by months and by a day", "after or from")
    if isinstance(during.anchor, int) and not 1 <= during.anchor <= LAST_ANCHOR:
        yield fault(card, line, f"{what} has its periods begin on day {during.anchor}", "1 to 31, or start")
    if during.tz:
        try:
            zone(during.tz)
        except InputError as error:
            yield fault(card, line, str(error))


def _versions(card: Card) -> Iterator[Fault]:
    """What is charged under one name goes on without a gap, and never twice."""
    for one, two in pairwise(card.prices):
        if plain(one) == plain(two):
            before, after = card.prices[one].during, card.prices[two].during
            ends, begins = _edges(before, after)
            if ends is None or begins is None or ends > begins:
                found = f"two versions of {plain(one)} overlap"
                yield fault(card, after.line or card.prices[two].line, found, "each to end where the next begins")
            elif ends != begins:
                begin, end = (before.end, after.start) if after.start else (f"month {ends}", f"month {begins}")
                found = f"gap between versions of {plain(one)}: nothing from {begin} to {end}"
                mend = "say its price in between too, 0 if it is free"
                yield fault(card, after.line or card.prices[two].line, found, "no gap", mend)


def _edges(before: During, after: During) -> tuple[int | None, int | None]:
    """When one version ends and the next begins: both as days, or both as months after the start."""
    if before.end and after.start:
        return before.end.toordinal(), after.start.toordinal()
    if before.months is not None and after.start is None:
        return before.after + before.months, after.after
    return None, None
