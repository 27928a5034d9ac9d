"""What is known not to be known of a model's price, read off its rates by rule."""

from collections.abc import Callable, Iterator, Sequence

from pertoken.catalog.book import Catalog, Key
from pertoken.catalog.lending import lent_note
from pertoken.catalog.names import moving
from pertoken.catalog.prices import STANDARD, Rate
from pertoken.catalog.terms import begin

LENT = lent_note("")
"""How the note of a rate begins that is taken over from another meter."""

CACHED = ("google",)
"""Sellers who charge for the time that a cache is held."""


def gaps(catalog: Catalog, key: Key) -> tuple[str, ...]:
    """List what is known not to be known of a model's price.

    Args:
        catalog: The book.
        key: A provider and one of its models, as the book spells them.

    Returns:
        Sentences without a full stop: prices that are missing or lent, what history there is, what the source says.
    """
    if key in catalog.refusals:
        return (f"no usable price: {catalog.refusals[key]}",)
    rates = catalog.rates[key]
    found = [text for rule in RULES for text in rule(rates)]
    held = ["no price for cache storage is known"] if _no_storage(key, rates) else []
    return tuple(filter(None, [*found, *held, moving(key[1]), catalog.notes.get(key, "")]))


def _one_sided(rates: Sequence[Rate]) -> Iterator[str]:
    meters = {rate.meter for rate in rates}
    if "input_tokens" in meters and "output_tokens" not in meters:
        yield "no price for output is known"
    if "output_tokens" in meters and "input_tokens" not in meters:
        yield "no price for input is known"


def _lent(rates: Sequence[Rate]) -> Iterator[str]:
    lenders: dict[str, list[str]] = {}
    for rate in rates:
        if rate.note.startswith(LENT):
            lender = rate.note.removeprefix(LENT).partition(";")[0]
            names = lenders.setdefault(lender, [])
            names += [rate.meter] if rate.meter not in names else []
    for lender, names in lenders.items():
        yield f"no price of its own for {', '.join(names)}: priced as {lender}"


def _ways(rates: Sequence[Rate]) -> Iterator[str]:
    tokens = any(rate.meter in ("input_tokens", "output_tokens") and rate.price for rate in rates)
    if tokens and not any(rate.batch for rate in rates):
        yield "no price for batch work is known"
    if tokens and not any(rate.service_tier != STANDARD for rate in rates):
        yield "no price for other service tiers is known"
    if tokens and not any(rate.region for rate in rates):
        yield "no price for particular regions is known"


def _dates(rates: Sequence[Rate]) -> Iterator[str]:
    begun = sorted({begin(rate) for rate in rates})
    if begun == [""]:
        yield "its price is not dated: it is taken for all days"
    elif begun and begun[0]:
        yield f"no price before {begun[0]} is known"
    batch = sorted({begin(rate) for rate in rates if rate.batch})
    if batch and batch[0] > begun[0]:
        yield f"no price for batch work before {batch[0]} is known"


def _bases(rates: Sequence[Rate]) -> Iterator[str]:
    unsure = sorted({rate.basis for rate in rates if rate.basis and rate.basis != "documented"})
    if unsure:
        yield f"some days are those on which a price was noticed ({', '.join(unsure)}), not on which it changed"


def _no_storage(key: Key, rates: Sequence[Rate]) -> bool:
    meters = {rate.meter for rate in rates}
    return key[0] in CACHED and "cache_read_tokens" in meters and "cache_storage_token_hours" not in meters


RULES: tuple[Callable[[Sequence[Rate]], Iterator[str]], ...] = (_one_sided, _lent, _ways, _dates, _bases)
