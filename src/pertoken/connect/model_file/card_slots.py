"""Slots of a card: where its numbers stand in the record and in the file, what they are called, in which unit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from pertoken.catalog.prices import STANDARD, Rate
from pertoken.connect.model_file.nouns import counted, money_for, noun, several
from pertoken.connect.yaml_file import Path
from pertoken.rating.card import Adjust, Card, Charge, Clamp, Curve, plain
from pertoken.rating.pool_terms import MONEY, Pool

At = Callable[[int], Path]
"""The place in the file of a part that says it stands on a line."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A number of a card.

    Args:
        path: Where it stands in the record: attributes, keys and indices.
        file: Where it stands in the file.
        name: What it is called, after the plan's or vendor's name.
        unit: Its unit.
    """

    path: Path
    file: Path
    name: str
    unit: str


def slots(card: Card, at: At) -> Iterator[Slot]:
    """List the numbers that a card may hold, those that its file does not say too.

    Args:
        card: A card whose lines are marks of the places in its file.
        at: Tells the place of a mark.
    """
    for name, charge in card.prices.items():
        yield from _charge(name, charge, card.currency, at)
    for i, adjust in enumerate(card.adjust):
        yield from _adjust(i, adjust, card, at)
    for i, clamp in enumerate(card.clamps):
        yield from _clamp(i, clamp, card.currency, at)
    for i, pool in enumerate(card.pools):
        yield from _pool(i, pool, card.currency, at)
    for i, rate in enumerate(card.rates):
        yield Slot(("rates", i, "price"), at(rate.line), rate_name(rate), rate_unit(rate, card.currency))


def _charge(name: str, charge: Charge, currency: str, at: At) -> Iterator[Slot]:
    path: Path = ("prices", name)
    one, called = counted(charge), called_charge(name)
    share = charge.measure is not None and charge.measure.kind == "of"
    priced = currency if share else several(one, charge.convert.per)
    rate = "1" if share else money_for(currency, one, charge.convert.per)
    yield Slot((*path, "convert", "free"), (*at(charge.line), "convert", "free"), f"{called}.free", priced)
    if charge.curve is not None:
        yield from _tiers(charge.curve, (*path, "curve"), called, (priced, rate, currency), at)


def called_charge(name: str) -> str:
    """Name a charge, or a later version of one, without marks.

    >>> called_charge("tokens@2"), called_charge("tokens")
    ('tokens.version_2', 'tokens')
    """
    first, _, version = name.partition("@")
    return f"{first}.version_{version}" if version else plain(name)


def _tiers(curve: Curve, path: Path, called: str, units: tuple[str, str, str], at: At) -> Iterator[Slot]:
    priced, rate, currency = units
    words = {"up_to": priced, "rate": rate, "flat": currency, "cap": currency}
    for i, tier in enumerate(curve.tiers):
        within = f"{called}.tier_{i + 1}" if len(curve.tiers) > 1 else called
        for word, unit in words.items():
            yield Slot((*path, "tiers", i, word), (*at(tier.line), word), f"{within}.{word}", unit)


def _adjust(index: int, adjust: Adjust, card: Card, at: At) -> Iterator[Slot]:
    path: Path = ("adjust", index)
    called = "adjust" if len(card.adjust) == 1 else f"adjust_{index + 1}"
    for word, unit in (("percent", "%"), ("amount", card.currency), ("times", "1")):
        yield Slot((*path, word), (*at(adjust.line), word), f"{called}.{word}", unit)
    if adjust.curve is not None:
        yield from _tiers(adjust.curve, (*path, "curve"), called, (card.currency, "1", card.currency), at)


def _clamp(index: int, clamp: Clamp, currency: str, at: At) -> Iterator[Slot]:
    within = f"{called_charge(clamp.on[0])}." if len(clamp.on) == 1 else ""
    for word, called in (("min", "minimum"), ("max", "maximum")):
        yield Slot(("clamps", index, word), (*at(clamp.line), word), f"{within}{called}", currency)


def _pool(index: int, pool: Pool, currency: str, at: At) -> Iterator[Slot]:
    path: Path = ("pools", index)
    place = at(pool.line)
    one = "" if pool.unit == MONEY else pool.unit.removesuffix("s")
    granted = one or currency
    for words, unit in (
        (("grant",), granted),
        (("price",), currency),
        (("inside", "rate"), money_for(currency, one) if one else "1"),
        (("rollover", "max"), granted),
        (("rollover", "share"), "1"),
    ):
        yield Slot((*path, *words), (*place, *words), f"{pool.name}.{'.'.join(words)}", unit)


def rate_name(rate: Rate) -> str:
    """Name a price of a model: model, meter, and on which terms where they are not the ordinary ones."""
    terms = (
        rate.provider,
        "batch" if rate.batch else "",
        "" if rate.service_tier == STANDARD else rate.service_tier,
        "" if rate.speed == STANDARD else rate.speed,
        rate.region,
        f"above_{rate.above}" if rate.above else "",
        f"from_{rate.start:%Y-%m-%d}" if rate.start else "",
    )
    return ".".join((rate.model, rate.meter, *filter(None, terms)))


def rate_unit(rate: Rate, currency: str) -> str:
    """Unit of a price of a model, as it is listed."""
    return money_for(currency, noun(rate.meter), Decimal(rate.per))
