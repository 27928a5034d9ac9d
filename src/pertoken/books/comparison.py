"""Models side by side: the rate of each meter on each terms, and what the same calls cost at them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from pertoken.books.quote import Call, Quote, card_of, hours_of, quote
from pertoken.catalog.history import holding, own
from pertoken.catalog.listing import Listing
from pertoken.catalog.prices import Rate
from pertoken.core.errors import InputError, UnpricedUsage
from pertoken.core.exact import CONTEXT


@dataclass(frozen=True, slots=True)
class Side:
    """One model of a comparison.

    Args:
        listing: The model.
        rates: Those that hold on the day and that its source states.
        quote: What the calls cost; None if they can't be priced.
        batch: What they cost as batch work; None where that isn't sold.
        long: What they cost where each prompt is longer than `above`; None where length doesn't matter.
        above: Length of a prompt from which the highest price holds; 0 if none. [token]
        notes: Why something could not be priced, and what the price depends on.
    """

    listing: Listing
    rates: tuple[Rate, ...]
    quote: Quote | None
    batch: Quote | None = None
    long: Quote | None = None
    above: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Models side by side.

    Args:
        sides: The cheapest first, those without a price last.
        calls: What was priced.
        on: Day whose prices hold.
        catalog: Where they are from.
    """

    sides: tuple[Side, ...]
    calls: Call
    on: date
    catalog: str

    @property
    def currency(self) -> str:
        """The currency of all quotes."""
        return next((side.quote.currency for side in self.sides if side.quote), "")

    def ratio(self, side: Side) -> Decimal | None:
        """How many times as much a model costs as the cheapest; None without a price, or if the cheapest is free."""
        cheapest = self.sides[0].quote
        if cheapest is None or side.quote is None or not cheapest.total:
            return None
        return CONTEXT.divide(side.quote.total, cheapest.total)


def comparison(listings: Iterable[Listing], calls: Call, *, on: date, catalog: str = "") -> Comparison:
    """Put models side by side.

    Args:
        listings: The models; one said twice counts once.
        calls: What is to be priced on each.
        on: Day whose prices hold.
        catalog: Where the prices are from.

    Raises:
        UnpricedUsage: No model can be priced.
        InputError: Prices are in several currencies.
    """
    sides = [_side(each, calls, on) for each in {each.name: each for each in listings}.values()]
    quotes = [side.quote for side in sides if side.quote]
    if not quotes:
        raise UnpricedUsage("\n".join(note for side in sides for note in side.notes))
    if len({each.currency for each in quotes}) > 1:
        found = ", ".join(f"{each.name} in {each.currency}" for each in quotes)
        msg = f"prices are in several currencies: {found}; expected one; compare them apart"
        raise InputError(msg)
    return Comparison(tuple(sorted(sides, key=_dearness)), calls, on, catalog)


def _dearness(side: Side) -> tuple[bool, Decimal]:
    return side.quote is None, side.quote.total if side.quote else Decimal(0)


def _side(listing: Listing, calls: Call, on: date) -> Side:
    held = holding(listing.rates, on)
    above = max((rate.above for rate in held), default=0)
    plain, said = _quoted(listing, listing.rates, calls, on)
    batch, _ = _quoted(listing, listing.rates, replace(calls, batch=True), on)
    long = _quoted(listing, _longest(held), calls, on)[0] if above else None
    special = hours_of(card_of(listing.name, held, ""))
    return Side(listing, own(held), plain, batch, long, above, tuple(filter(None, [said, special])))


def _quoted(listing: Listing, rates: Sequence[Rate], calls: Call, on: date) -> tuple[Quote | None, str]:
    """A quote, or why there is none."""
    if listing.refusal:
        return None, f"{listing.name}: {listing.refusal}"
    try:
        return quote(card_of(listing.name, rates, ""), calls, on), ""
    except UnpricedUsage as error:
        return None, f"{listing.name}: {str(error).splitlines()[0]}"


def _longest(rates: Sequence[Rate]) -> tuple[Rate, ...]:
    """The rates of the longest prompts, said for all prompts."""
    last: dict[Rate, Rate] = {}
    for rate in rates:
        terms = replace(rate, above=0, price=Decimal(0), start=None, source="", note="", basis="", line=0)
        last[terms] = max(last.get(terms, rate), rate, key=lambda each: each.above)
    return tuple(replace(rate, above=0) for rate in last.values())
