"""What a month of the same calls costs, on models of the market or at rates given."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from pertoken.books.quote import Call, Quote, Quotes, call, card_of, hours_of, quote
from pertoken.catalog.book import Catalog, rates_of
from pertoken.catalog.prices import Rate
from pertoken.core.errors import InputError, UnpricedUsage
from pertoken.core.meters import meter
from pertoken.rating.card import Card
from pertoken.workbench.costs import Prices
from pertoken.workbench.costs import prices as opened

__all__ = ["Call", "Quote", "Quotes", "call", "price"]


def price(
    models: Sequence[str] = (),
    *,
    rates: Mapping[str, Decimal | str] | None = None,
    calls: Call,
    on: date,
    catalog: Prices = None,
) -> Quotes:
    """Price calls on models of the catalog, or at rates given.

    Args:
        models: Names of models, with or without their provider; one said twice counts once.
        rates: Leaf meter to money for one unit, in USD; instead of models.
        calls: What is to be priced.
        on: Day whose prices hold.
        catalog: Prices: a catalog, its name, or a file with one; the bundled ones if None.

    Returns:
        A quote for each model, the cheapest first.

    Raises:
        UnknownModel: A name that the catalog doesn't have.
        UnpricedUsage: No quote at all, since a price is missing.
    """
    names = dict.fromkeys(models)
    cards = [_rates_card(rates)] if rates else [_model_card(name, opened(catalog)) for name in names]
    if not cards:
        msg = "nothing to price with; name a model, as `pertoken price gpt-4o`, or rates, as --rate input=0.015/1K"
        raise InputError(msg)
    quotes, unpriced = [], []
    for card in cards:
        try:
            quotes.append(quote(card, calls, on))
        except UnpricedUsage as error:
            unpriced.append(f"{card.name}: {str(error).splitlines()[0]}")
    if not quotes:
        raise UnpricedUsage("\n".join(unpriced))
    if len({each.currency for each in quotes}) > 1:
        each = ", ".join(f"{quote.name} in {quote.currency}" for quote in quotes)
        msg = f"prices are in several currencies: {each}; expected one; price them apart"
        raise InputError(msg)
    notes = tuple(filter(None, map(hours_of, cards)))
    return Quotes(tuple(sorted(quotes, key=lambda q: q.total)), tuple(unpriced), notes)


def _rates_card(rates: Mapping[str, Decimal | str]) -> Card:
    made = tuple(Rate(model="", meter=meter(name).name, price=Decimal(each)) for name, each in rates.items())
    if "reasoning_tokens" not in rates and "output_tokens" in rates:
        made += (Rate(model="", meter="reasoning_tokens", price=Decimal(rates["output_tokens"])),)
    return Card(name="rates given", party="vendor", rates=made, rounding=None, source="command line")


def _model_card(name: str, catalog: Catalog) -> Card:
    return card_of(name, rates_of(catalog, name), catalog.name)
