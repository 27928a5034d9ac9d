"""What the market charges: look a model up, see its rates, follow them in time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pertoken.books.comparison import Comparison
from pertoken.books.quote import Call
from pertoken.catalog.history import borrowed
from pertoken.catalog.listing import Listing, PriceHistory, PriceList, listing, listings, price_list
from pertoken.catalog.prices import Moment
from pertoken.catalog.words import named
from pertoken.core.errors import InputError
from pertoken.core.meters import meter
from pertoken.workbench.costs import Prices
from pertoken.workbench.costs import prices as opened

if TYPE_CHECKING:
    from pertoken.books.request import Explained
    from pertoken.catalog.difference import Difference, Frozen, Update
    from pertoken.usage.record import Count, UsageRecord

__all__ = [
    "Listing",
    "PriceList",
    "compare",
    "diff",
    "diff_days",
    "explain",
    "export",
    "find",
    "history",
    "show",
    "update",
]


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


def compare(names: Sequence[str], *, calls: Call, on: date, catalog: Prices = None) -> Comparison:
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
    return comparison([listing(book, name) for name in names], calls, on=on, catalog=named(book))


def diff(old: Prices, new: Prices) -> "Difference":
    """Compare two catalogs: models and prices that came, went or changed.

    Args:
        old: A catalog, its name, or a file with one.
        new: Another.
    """
    from pertoken.catalog.difference import of_catalogs  # noqa: PLC0415  only what is asked for is loaded

    return of_catalogs(opened(old), opened(new))


def diff_days(start: Moment, end: Moment, *, catalog: Prices = None) -> "Difference":
    """Compare the prices of a catalog on two days.

    Args:
        start: The earlier day, or moment (UTC).
        end: The later one.
        catalog: Prices: a catalog, its name, or a file with one; the bundled ones if None.

    Raises:
        InputError: The first is not before the second.
    """
    from pertoken.catalog.difference import of_days  # noqa: PLC0415  only what is asked for is loaded

    return of_days(opened(catalog), start, end)


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


def history(name: str, *, provider: str = "", meters: Sequence[str] = (), catalog: Prices = None) -> PriceHistory:
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
    return PriceHistory(listed.offer, kept, listed.catalog)


def update(
    place: str = "",
    *,
    today: date,
    to: str | Path = "",
    accept: bool = False,
    catalog: Prices = None,
) -> "Update":
    """Read a published price list and keep it as a frozen catalog, unless it changes a price of the past.

    This is the only function that reads from the network.

    Args:
        place: Address or file of the list, in any form that `read_catalog` reads; that of genai-prices if empty.
        today: The day, which the catalog's name carries.
        to: File to keep it in; the cache folder if empty, where the catalog is called `updated`.
        accept: True to keep it all the same.
        catalog: What it is held against; the updated catalog if one is kept, or else the bundled one, if None.

    Returns:
        What differs, and where the new catalog is kept.

    Raises:
        InputError: The list can't be read, or the file can't be written.
    """
    from pertoken.catalog.difference import Update, of_catalogs  # noqa: PLC0415  only what is asked for is loaded
    from pertoken.connect import catalogs  # noqa: PLC0415
    from pertoken.connect.frozen import write_catalog  # noqa: PLC0415
    from pertoken.connect.published import address, published  # noqa: PLC0415

    said = place or address()
    new = catalogs.newer(published(said), said)
    used = opened(catalog if catalog is not None else catalogs.UPDATED if catalogs.updated().is_file() else None)
    found = of_catalogs(used, new)
    if found.past and not accept:
        return Update(found)
    target = Path(to) if to else catalogs.updated()
    if not to:
        target.parent.mkdir(parents=True, exist_ok=True)
    write_catalog(replace(new, name=f"{new.name}, read on {today}"), target)
    return Update(found, str(target), str(target) if to else catalogs.UPDATED)


def export(path: str | Path, *, catalog: Prices = None) -> "Frozen":
    """Keep a catalog in a file: what is priced under it later gives the same numbers.

    Args:
        path: The file.
        catalog: Prices: a catalog, its name, or a file with one; the bundled ones if None.

    Raises:
        InputError: The file can't be written.
    """
    from pertoken.catalog.difference import Frozen  # noqa: PLC0415  only what is asked for is loaded
    from pertoken.connect.frozen import write_catalog  # noqa: PLC0415

    book = opened(catalog)
    write_catalog(book, path)
    rates = sum(len(rates) for rates in book.rates.values())
    return Frozen(book.name, str(path), opened(path).digest, len(book.rates), rates)
