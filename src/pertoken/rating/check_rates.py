"""Faults of a card's table of rates."""

from collections.abc import Iterator

from pertoken.catalog.prices import Rate
from pertoken.core import meters
from pertoken.core.errors import Fault, InputError
from pertoken.rating.card import Card
from pertoken.rating.complaint import fault


def faults(card: Card) -> Iterator[Fault]:
    """List what is wrong with the rates of models."""
    seen: dict[tuple[object, ...], int] = {}
    for rate in card.rates:
        what = (rate.provider, rate.model, rate.meter, rate.batch, rate.service_tier, rate.above, rate.start)
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
    yield from _outdated_bands(card)


def _outdated_bands(card: Card) -> Iterator[Fault]:
    """A later price for all lengths hides an earlier one for long requests: say the long one again, or it is gone."""
    for long in card.rates:
        same = [r for r in card.rates if _what(r) == _what(long)]
        said = {r.start for r in same if r.above == long.above}
        later = [r for r in same if r.above < long.above and r.start and (long.start is None or r.start > long.start)]
        for rate in [r for r in later if r.start not in said][:1] if long.above else ():
            found = (
                f"{long.meter} of {long.model} has a price above {long.above:,} tokens, but a later one for all lengths"
            )
            mend = f"say the price above {long.above:,} from {rate.start} too, even if it is the same"
            yield fault(card, rate.line, found, "", mend)


def _what(rate: Rate) -> tuple[str, str, str, bool, str]:
    return rate.provider, rate.model, rate.meter, rate.batch, rate.service_tier
