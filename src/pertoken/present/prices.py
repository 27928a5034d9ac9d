"""A price book as sheets: what names mean in it, and every rate of a model."""

from collections.abc import Sequence

from pertoken.catalog.history import borrowed, holding, own, plain
from pertoken.catalog.listing import Listing, PriceList
from pertoken.catalog.prices import Moment
from pertoken.catalog.words import hours, priced
from pertoken.core.meters import meter
from pertoken.present.numbers import counted
from pertoken.present.price_columns import currency, gaps_table, meta, table
from pertoken.present.sheet import Cell, Column, Note, Sheet, Table

SHOWN = ("input_tokens", "cache_read_tokens", "output_tokens")
"""Meters whose prices stand beside a name."""


def found(offers: Sequence[Listing], *, on: Moment, catalog: str, brief: bool = False) -> Sheet:
    """Lay out what names mean: the offer that each means, how it was understood, its price now, who else sells it.

    Args:
        offers: From `offers`, of one name or several.
        on: When the prices hold.
        catalog: Where they are from.
        brief: True for people: a table for each name.
    """
    names = list(dict.fromkeys(each.asked for each in offers))
    money = currency(rate for each in offers for rate in each.rates)
    columns = _found_columns(money, brief=brief)
    groups = [[each for each in offers if each.asked == name] for name in names] if brief else [list(offers)]
    tables = [
        Table(
            f"offers_{number}" if number else "offers",
            group[0].asked if brief else "Offers",
            columns,
            tuple(_found_row(each, on, brief=brief) for each in group),
            total=False,
        )
        for number, group in enumerate(groups)
    ]
    refused = dict.fromkeys(f"{each.name} has no usable price: {each.refusal}" for each in offers if each.refusal)
    notes = [Note(_sentence(text), "warning") for text in refused]
    notes += [Note(text) for text in dict.fromkeys(_at_hours(each, on) for each in offers if each.meant) if text]
    return Sheet("Models by name", _found_words(offers, names), (*tables, *notes), {"prices": catalog, "on": str(on)})


def _at_hours(offer: Listing, on: Moment) -> str:
    """Say in which hours other prices hold; empty if in none."""
    special = dict.fromkeys(hours(rate.window) for rate in holding(offer.rates, on) if rate.window)
    return f"{offer.name} costs otherwise at {' and '.join(special)}." if special else ""


def _found_words(offers: Sequence[Listing], names: Sequence[str]) -> str:
    meant = [each for each in offers if each.meant]
    unsure = [name for name in names if name not in {each.asked for each in meant}]
    if unsure:
        return f"{' and '.join(unsure)} is sold at different prices; name one of the offers."
    if len(names) > 1:
        return f"{len(names)} names, each found."
    too = f"; {len(offers) - 1} more by the same name" if len(offers) > 1 else ""
    return f"{names[0]} means {meant[0].name}{too}."


def _found_columns(money: str, *, brief: bool) -> tuple[Column, ...]:
    per = f"{money}/1M".lstrip("/")
    numbers = tuple(Column(name, meter(name).label, "unit_money", per) for name in SHOWN)
    rates = Column("rates", "Rates", "count")
    how = Column("understood", "Understood as", "text")
    if brief:
        return (Column("offer", "Offer", "text"), *numbers, rates, how)
    names = (("asked", "Asked"), ("provider", "Provider"), ("model", "Model"))
    texts = tuple(Column(name, label, "text") for name, label in names)
    return (*texts, *numbers, rates, how, Column("meant", "Meant", "text"))


def _found_row(offer: Listing, on: Moment, *, brief: bool) -> tuple[Cell, ...]:
    held = {rate.meter: priced(rate) for rate in plain(own(holding(offer.rates, on)))}
    numbers = (*(held.get(name) for name in SHOWN), len(own(offer.rates)))
    if brief:
        return (offer.name, *numbers, offer.understood if offer.meant else "")
    meant = "yes" if offer.meant else "no"
    return (offer.asked, offer.provider, offer.model, *numbers, offer.understood, meant)


WHOLE = (
    "meter", "terms", "price", "currency", "unit", "batch", "service_tier", "speed", "region", "above", "hours",
    "start", "end", "basis", "note", "rate_id", "source",
)  # fmt: skip
BRIEF = ("label", "terms", "price", "unit", "from_day", "to_day", "mark", "currency", "basis", "note", "source")
DULL = ("terms", "from_day", "to_day", "currency", "basis", "note", "source")


def shown(listed: PriceList, *, brief: bool = False) -> Sheet:
    """Lay out every rate of a model: its terms and times, who says so, and what is known not to be known.

    Args:
        listed: From `price_list`.
        brief: True for people: without columns that say the same on all rows, and meters priced as another.
    """
    offer, rates = listed.offer, listed.rates
    kept = [each for each in rates if not brief or not borrowed(each.rate)]
    made = table("Rates", kept, BRIEF, brief=DULL) if brief else table("Rates", kept, WHOLE)
    unsure = (gaps_table(offer.gaps),) if offer.gaps else ()
    said = counted(len(own([each.rate for each in rates])), "rates")
    words = f"{said}{f' on {listed.on}' if listed.on else ''}; the name was read as {offer.understood}."
    return Sheet(f"Prices of {offer.name}", words, (made, *unsure), meta(listed, brief=brief))


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}."
