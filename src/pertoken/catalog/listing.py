"""Offers: what a name means in a price book, how it was understood, and who else sells it."""

from collections.abc import Iterator
from dataclasses import dataclass

from pertoken.catalog.book import Catalog, Key, UnknownModel, find
from pertoken.catalog.history import Dated, history
from pertoken.catalog.prices import Moment, Rate


@dataclass(frozen=True, slots=True)
class Listing:
    """One model of one seller that a name may mean.

    Args:
        asked: The name that was looked up.
        provider: Who sells it.
        model: Its id in the book.
        understood: How the name was read.
        meant: True for the one that the name means; the others go by the same name.
        rates: All its rates.
        refusal: Why it can't be priced; empty if it can.
        notes: What its rates leave out.
    """

    asked: str
    provider: str
    model: str
    understood: str
    meant: bool
    rates: tuple[Rate, ...]
    refusal: str = ""
    notes: str = ""

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
        gaps: What is known not to be known.
    """

    offer: Listing
    rates: tuple[Dated, ...]
    catalog: str
    on: Moment | None = None
    gaps: tuple[str, ...] = ()


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
    return PriceList(meant, rates, catalog.name, on)


def listings(catalog: Catalog, name: str, *, provider: str = "") -> tuple[Listing, ...]:
    """Look up what a name means and every other offer by the same name, the one that is meant first.

    Args:
        catalog: The book to look in.
        name: The model, as a log or a person names it.
        provider: Who sold it, where that is known.

    Raises:
        UnknownModel: The name means no model; the message offers the nearest names.
    """
    same = dict.fromkeys(_same(catalog, name))
    try:
        meant = find(catalog, name, provider=provider)
    except UnknownModel:
        if provider or not same:
            raise
        return tuple(_listing(catalog, name, key, meant=False) for key in sorted(same))
    same |= dict.fromkeys(catalog.names.get(meant[1].lower(), ()))
    others = sorted(key for key in same if key != meant)
    return tuple(_listing(catalog, name, key, meant=key == meant) for key in [meant, *others])


def listing(catalog: Catalog, name: str, *, provider: str = "") -> Listing:
    """Look up the one offer that a name means, as `find` finds it.

    Raises:
        UnknownModel: The name means no model, or several with different prices.
    """
    return _listing(catalog, name, find(catalog, name, provider=provider), meant=True)


def _same(catalog: Catalog, name: str) -> Iterator[Key]:
    for spelling in _spellings(name):
        yield from catalog.names.get(spelling, ())


def _spellings(name: str) -> tuple[str, ...]:
    whole = name.strip().lower()
    tail = whole.partition("/")[2]
    return (whole, tail) if tail else (whole,)


def _listing(catalog: Catalog, name: str, key: Key, *, meant: bool) -> Listing:
    rates = () if key in catalog.refusals else catalog.rates[key]
    refusal, notes = catalog.refusals.get(key, ""), catalog.notes.get(key, "")
    return Listing(name, *key, _understood(catalog, name, key), meant, rates, refusal, notes)


def _understood(catalog: Catalog, name: str, key: Key) -> str:
    """Say how a name leads to a model."""
    whole, *tail = _spellings(name)
    for spelling, behind in [(whole, ""), *((each, " after its seller") for each in tail)]:
        if spelling == key[1].lower():
            return f"id{behind}"
        if key in catalog.names.get(spelling, ()):
            return f"listed alias{behind}"
    return f"name without {_left(whole, key)}"


def _left(whole: str, key: Key) -> str:
    """What of a name is no part of the model's id."""
    before, found, after = whole.partition(key[1].lower())
    return " and ".join(repr(part) for part in (before, after) if part) if found else "its date, edition or region"
