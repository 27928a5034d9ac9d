"""Offers: what a name means in a price book, how it was understood, and who else sells it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pertoken.catalog.book import Catalog, Key, UnknownModel, locate, rates_of
from pertoken.catalog.gaps import gaps
from pertoken.catalog.history import Dated, history
from pertoken.catalog.names import Reading, readings, spellings
from pertoken.catalog.prices import Moment, Rate
from pertoken.catalog.words import named


@dataclass(frozen=True, slots=True)
class Listing:
    """One model of one seller that a name may mean.

    Args:
        asked: The name that was looked up.
        provider: Who sells it.
        model: Its id in the book.
        understood: How the name was read.
        rates: All its rates.
        refusal: Why it can't be priced; empty if it can.
        meant: True for the one that the name means; the others go by the same name.
        region: The region in the name, where it has prices of its own; its rates also stand without a region.
        gaps: What is known not to be known of its price; only of the one that is meant.
    """

    asked: str
    provider: str
    model: str
    understood: str
    rates: tuple[Rate, ...]
    refusal: str = ""
    meant: bool = False
    region: str = ""
    gaps: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The offer, as it may be asked for."""
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class PriceList:
    """Rates of a model.

    Args:
        offer: What the name means.
        rates: In the order of `history`.
        catalog: Where they are from.
        on: When they hold; None for all times.
    """

    offer: Listing
    rates: tuple[Dated, ...]
    catalog: str
    on: Moment | None = None


@dataclass(frozen=True, slots=True)
class PriceHistory(PriceList):
    """Rates of a model, to be followed in time."""


def price_list(catalog: Catalog, name: str, *, provider: str = "", on: Moment | None = None) -> PriceList:
    """Look up every rate of the offer that a name means.

    Args:
        catalog: The book to look in.
        name: The model.
        provider: Who sells it, where that is to be said.
        on: Only the rates that hold at that moment (UTC); all if None.

    Raises:
        UnknownModel: The name means no model, or several with different prices.
    """
    meant = listing(catalog, name, provider=provider)
    rates = tuple(each for each in history(meant.rates) if on is None or each.holds(on))
    return PriceList(meant, rates, named(catalog), on)


def listings(catalog: Catalog, name: str, *, provider: str = "") -> tuple[Listing, ...]:
    """Look up what a name means and every other offer by the same name, the one that is meant first.

    Args:
        catalog: The book to look in.
        name: The model, as a log or a person names it.
        provider: Who sold it, where that is known.

    Raises:
        UnknownModel: The name means no model; the message offers the nearest names.
    """
    same = dict.fromkeys(_same(catalog, name, provider))
    try:
        meant = locate(catalog, name, provider=provider)
    except UnknownModel:
        if provider or not same:
            raise
        return tuple(_listing(catalog, name, key, _understood(catalog, name, key)) for key in sorted(same))
    same |= dict.fromkeys(catalog.names.get(meant.key[1].lower(), ()))
    others = sorted(key for key in same if key != meant.key)
    first = listing(catalog, name, provider=provider)
    return (first, *(_listing(catalog, name, key, _understood(catalog, name, key)) for key in others))


def listing(catalog: Catalog, name: str, *, provider: str = "") -> Listing:
    """Look up the one offer that a name means, as `locate` finds it.

    Raises:
        UnknownModel: The name means no model, or several with different prices.
    """
    found = locate(catalog, name, provider=provider)
    made = _listing(catalog, name, found.key, _understood(catalog, name, found.key, provider) or found.note)
    rates = rates_of(catalog, name, provider=provider) if found.region else made.rates
    here = tuple(rate for rate in rates if not found.region or rate.region in {"", found.region})
    known = (*gaps(catalog, found.key), *([found.note] if found.note else []))
    return replace(made, meant=True, region=found.region, rates=here, gaps=tuple(dict.fromkeys(known)))


def _same(catalog: Catalog, name: str, provider: str) -> Iterator[Key]:
    """Offers by the name as it stands, with or without its seller."""
    for reading in readings(name, provider, catalog.providers):
        if not reading.region:
            yield from catalog.names.get(reading.name, ())


def _listing(catalog: Catalog, name: str, key: Key, understood: str) -> Listing:
    refusal = catalog.refusals.get(key, "")
    return Listing(name, *key, understood, () if refusal else catalog.rates[key], refusal)


def _understood(catalog: Catalog, name: str, key: Key, provider: str = "") -> str:
    """Say how a name leads to a model; empty if it does not by itself."""
    for reading in readings(name, provider, catalog.providers):
        for spelling in spellings(reading.name):
            if reading.seller in ("", key[0]) and key in catalog.names.get(spelling, ()):
                kind = "id" if spelling == key[1].lower() else "listed alias"
                return ", ".join([kind, *_apart(name.strip().lower(), reading, spelling)])
    return ""


def _apart(whole: str, reading: Reading, spelling: str) -> Iterator[str]:
    """Say what of a name is no part of what the book lists."""
    before, found, _ = whole.rpartition(reading.name)
    if not found:
        yield f"read as {reading.name}"
    elif before:
        yield f"behind {before!r}"
    if reading.name != spelling:
        yield f"without {reading.name.removeprefix(spelling)!r}"
    if reading.region:
        yield f"region {reading.region}"
