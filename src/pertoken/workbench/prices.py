"""What the market charges: look a model up, see its rates, follow them in time."""

from collections.abc import Sequence

from pertoken.catalog.book import Catalog
from pertoken.catalog.offers import Offer, PriceList, offers, price_list
from pertoken.catalog.prices import Moment

__all__ = ["Offer", "PriceList", "find", "show"]


def find(names: Sequence[str], *, provider: str = "", catalog: Catalog | None = None) -> tuple[Offer, ...]:
    """Look models up by any of their names.

    Args:
        names: As logs and people name models.
        provider: Who sold them, where that is known.
        catalog: The book to look in; the bundled one if None.

    Returns:
        For each name the offer that it means, and then the others by the same name.

    Raises:
        UnknownModel: A name means no model; the message offers the nearest names.
    """
    book = catalog or bundled()
    return tuple(each for name in names for each in offers(book, name, provider=provider))


def show(name: str, *, provider: str = "", on: Moment | None = None, catalog: Catalog | None = None) -> PriceList:
    """Look up every rate of a model.

    Args:
        name: The model.
        provider: Who sells it, where that is to be said.
        on: Only the rates that hold at that moment (UTC); all if None.
        catalog: The book to look in; the bundled one if None.

    Raises:
        UnknownModel: The name means no model, or several with different prices.
    """
    return price_list(catalog or bundled(), name, provider=provider, on=on)


def bundled() -> Catalog:
    """Open the price book that is used where none is said."""
    from pertoken.connect.catalogs import read_catalog  # noqa: PLC0415  costs time, and only some questions need it

    return read_catalog()
