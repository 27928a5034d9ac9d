"""What the market charges: look a model up, see its rates, follow them in time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from pertoken.catalog.history import borrowed
from pertoken.catalog.listing import Listing, PriceList, listing, listings, price_list
from pertoken.catalog.prices import Moment
from pertoken.core.errors import InputError
from pertoken.core.meters import meter
from pertoken.workbench.costs import Prices
from pertoken.workbench.costs import prices as opened

if TYPE_CHECKING:
    from pertoken.books.comparison import Comparison
    from pertoken.books.quote import Call
    from pertoken.books.request import Explained
    from pertoken.usage.record import Count, UsageRecord

__all__ = ["Listing", "PriceList", "compare", "explain", "find", "history", "show"]


def find(names: Sequence[str], *, provider: str = "", catalog: Prices = None) -> tuple[Listing, ...]:
    """Look models up by any of their names.

    Args:
        names: As logs and people name models.
        provider: Who sold them, where that is known.
        catalog: Prices: a catalog, its name, or a file with one; the bundled ones if None.

    Returns:
        For each name the offer that it means, and then the others by the same name.

    Raises:
        UnknownModel: A name means no model; the message offers the nearest names.
    """
    book = opened(catalog)
    return tuple(each for name in names for each in listings(book, name, provider=provider))


def show(name: str, *, provider: str = "", on: Moment | None = None, catalog: Prices = None) -> PriceList:
    """Look up every rate of a model.

    Args:
        name: The model.
        provider: Who sells it, where that is to be said.
        on: Only the rates that hold at that moment (UTC); all if None.
        catalog: Prices: a catalog, its name, or a file with one; the bundled ones if None.

    Raises:
        UnknownModel: The name means no model, or several with different prices.
    """
    return price_list(opened(catalog), name, provider=provider, on=on)


def compare(names: Sequence[str], *, calls: "Call", on: date, catalog: Prices = None) -> "Comparison":
    """Put models side by side: the rates of each, and what the same calls cost on it.

    Args:
        names: The models.
        calls: What is to be priced, from `call`.
        on: Day whose prices hold.
        catalog: Prices: a catalog, its name, or a file with one; the bundled ones if None.

    Returns:
        A comparison, the cheapest first.

    Raises:
        UnknownModel: A name means no model, or several with different prices.
        UnpricedUsage: No model can be priced.
    """
    from pertoken.books.comparison import comparison  # noqa: PLC0415  only what is asked for is loaded

    book = opened(catalog)
    return comparison([listing(book, name) for name in names], calls, on=on, catalog=book.name)


def explain(
    usage: "UsageRecord | Sequence[UsageRecord] | Mapping[str, Count]",
    *,
    on: Moment,
    catalog: Prices = None,
    **terms: Any,  # noqa: ANN401  as `UsageRecord` takes them
) -> "Explained":
    """Price one request, line by line, and say why at these rates.

    Args:
        usage: A record of usage, the records of one request (as `usage_of` returns them), or how much by leaf meter
            (as `used` writes it).
        on: When it was made, where the usage doesn't say: a day, or a moment (UTC).
        catalog: Prices: a catalog, its name, or a file with one; the bundled ones if None.
        **terms: What else `UsageRecord` says, where meters are given: `model`, `provider`, `batch`, `service_tier`,
            `speed`, `region`.

    Returns:
        The cost with its lines, a status and its reasons.

    Raises:
        InputError: A count is below zero, or there is no such meter.
    """
    from pertoken.books.request import explained  # noqa: PLC0415  only what is asked for is loaded
    from pertoken.usage.record import UsageRecord  # noqa: PLC0415

    if isinstance(usage, Mapping):
        records: Sequence[UsageRecord] = [UsageRecord(meters=usage, **terms)]
    else:
        records = [usage] if isinstance(usage, UsageRecord) else usage
    return explained(records, opened(catalog), on)


def history(name: str, *, provider: str = "", meters: Sequence[str] = (), catalog: Prices = None) -> PriceList:
    """Follow the prices of a model in time.

    Args:
        name: The model.
        provider: Who sells it, where that is to be said.
        meters: Meters to follow; all that have a price of their own if none is said.
        catalog: Prices: a catalog, its name, or a file with one; the bundled ones if None.

    Raises:
        UnknownModel: The name means no model, or several with different prices.
        InputError: No such meter, or the model has no price for it.
    """
    wanted = [meter(each).name for each in meters]
    listed = show(name, provider=provider, catalog=catalog)
    kept = tuple(each for each in listed.rates if (each.rate.meter in wanted if wanted else not borrowed(each.rate)))
    missing = [each for each in wanted if each not in {dated.rate.meter for dated in kept}]
    if missing:
        priced = dict.fromkeys(each.rate.meter for each in listed.rates if not borrowed(each.rate))
        msg = f"{listed.offer.name} has no price for {' and '.join(missing)}; expected one of {', '.join(priced)}"
        raise InputError(msg)
    return replace(listed, rates=kept)
