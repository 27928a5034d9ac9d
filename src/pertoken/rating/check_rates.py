"""Faults of a card's table of rates."""

from collections.abc import Iterator

from pertoken.catalog.prices import Rate
from pertoken.catalog.terms import begin, group_of, grouped, part_of
from pertoken.core import meters
from pertoken.core.errors import Fault, InputError
from pertoken.rating.card import Card
from pertoken.rating.complaint import fault


def faults(card: Card) -> Iterator[Fault]:
    """List what is wrong with the rates of models."""
    seen: dict[tuple[object, ...], int] = {}
    for rate in card.rates:
        what = (group_of(rate), part_of(rate), begin(rate))
        if what in seen:
            mend = f"it already stands on line {seen[what]}; give one a `from` date or drop it"
            yield fault(card, rate.line, f"second price for {rate.meter} of {rate.model}", "one", mend)
        seen[what] = rate.line
        try:
            meters.meter(rate.meter)
        except InputError as error:
            yield fault(card, rate.line, str(error))
        if rate.price < 0 or rate.per <= 0:
            yield fault(
                card, rate.line, f"price {rate.price} per {rate.per}", "a price of 0 or more for 1 unit or more"
            )
    yield from _outdated(card)


def _outdated(card: Card) -> Iterator[Fault]:
    """A later price for all requests hides an earlier one for some: say that one again, or it is gone."""
    for same in grouped(card.rates).values():
        for some in (rate for rate in same if rate.above or rate.window):
            said = {begin(r) for r in same if part_of(r) == part_of(some)}
            later = [r for r in same if begin(r) > begin(some) and begin(r) not in said and _wider(r, some)]
            for rate in later[:1]:
                part, rest = _words(some)
                found = f"{some.meter} of {some.model} has a price {part}, but a later one for {rest}"
                mend = f"say the price {part.removesuffix(' tokens')} from {rate.start} too, even if it is the same"
                yield fault(card, rate.line, found, "", mend)


def _wider(one: Rate, other: Rate) -> bool:
    """Tell whether a price is for all that another is for, and more."""
    return part_of(one) != part_of(other) and one.above <= other.above and one.window in (None, other.window)


def _words(rate: Rate) -> tuple[str, str]:
    """Say which requests a price is for, and of which it is a part."""
    if rate.above:
        return f"above {rate.above:,} tokens", "all lengths"
    return rate.window.key if rate.window else "", "all hours"
