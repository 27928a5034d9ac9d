"""Vary: candidates made from a card by setting some of its numbers, each in turn: `tokens.rate=0.001,0.002`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any

from pertoken.core.errors import CardError, InputError, nearest
from pertoken.rating.card import Card, Charge
from pertoken.rating.check import faults

MOST = 100_000
"""Values of a range at most."""
RANGE = re.compile(r"(?P<first>[^:]+?)\.\.(?P<last>[^:]+)(:(?P<step>.+))?")
SHORT = {"clamp": "clamps", "pool": "pools"}
"""Words of a card's file and where they stand in its record."""
HIDDEN = {"line", "name", "source", "during"}
EACH = ("rate", "flat", "up_to", "cap")
"""What may be said of a charge with one tier without naming the tier."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plan that may be.

    Args:
        name: What it is called.
        cards: Its cards.
        settings: What was set in them, by place.
    """

    name: str
    cards: tuple[Card, ...]
    settings: Mapping[str, Decimal] = field(default_factory=dict)


def values(text: str) -> tuple[str, tuple[Decimal, ...]]:
    """Read a place and the numbers to try there.

    Raises:
        InputError: Not of the form `PLACE=NUMBER,NUMBER` or `PLACE=FIRST..LAST:STEP`.

    >>> values("base.flat=10..30:10")
    ('base.flat', (Decimal('10'), Decimal('20'), Decimal('30')))
    """
    place, _, said = text.partition("=")
    try:
        found = [number for part in said.split(",") for number in _numbers(part.strip())]
    except (InvalidOperation, ZeroDivisionError):
        found = []
    if not (place.strip() and found):
        msg = f"--vary {text!r} can't be read; expected for example tokens.rate=0.001,0.002 or base.flat=10..30:5"
        raise InputError(msg)
    return place.strip(), tuple(dict.fromkeys(found))


def _numbers(text: str) -> list[Decimal]:
    match = RANGE.fullmatch(text)
    if match is None:
        number = Decimal(text.replace("_", ""))
        return [number] if number.is_finite() else []
    first, last, step = Decimal(match["first"]), Decimal(match["last"]), Decimal(match["step"] or 1)
    count = int((last - first) / step) + 1
    return [first + step * i for i in range(count)] if step > 0 and 0 < count <= MOST else []


def grid(cards: Sequence[Card], varied: Mapping[str, Sequence[Decimal]]) -> Iterator[Candidate]:
    """Make a candidate for each combination of the numbers to try.

    Args:
        cards: The cards as they stand.
        varied: Place to numbers. A place is a path into a card: `PRICE.rate`, `PRICE.flat`, `PRICE.tiers.0.rate`,
            `PRICE.convert.free`, `clamp.min`, `adjust.0.percent`, `pool.NAME.grant`; before it the plan's name, where
            several plans have it. Tiers and discounts are counted from 0.

    Raises:
        CardError: No such place, or a card that may not be.
    """
    for numbers in product(*varied.values()):
        settings = dict(zip(varied, numbers, strict=True))
        made = tuple(cards)
        for place, number in settings.items():
            made = _set(made, place, number)
        wrong = [fault for card in made for fault in faults(card)]
        if wrong:
            raise CardError.of(wrong)
        yield Candidate(", ".join(f"{place} {number}" for place, number in settings.items()), made, settings)


def _set(cards: Sequence[Card], place: str, number: Decimal) -> tuple[Card, ...]:
    first, *rest = place.split(".")
    named = [card for card in cards if card.name == first and rest]
    path = rest if named else [first, *rest]
    chosen = named or [card for card in cards if _has(card, path)]
    if len(chosen) != 1:
        names = ", ".join(card.name for card in (chosen or cards))
        msg = (
            f"{place!r} stands on several plans: {names}; say which, as {chosen[0].name}.{place}"
            if chosen
            else f"no {path[0]!r} on {names}; {nearest(path[0], [n for card in cards for n in _words(card)])}"
        )
        raise CardError(msg)
    return tuple(_with(card, path, number, place) if card is chosen[0] else card for card in cards)


def _words(card: Card) -> list[str]:
    return [*card.prices, *(word for word, name in SHORT.items() if getattr(card, name))]


def _has(card: Card, path: Sequence[str]) -> bool:
    if path[0] in card.prices:
        return True
    within = getattr(card, SHORT.get(path[0], path[0]), None)
    if path[0] in ("pool", "pools") and within and len(path) > 1:
        return path[1] in {pool.name for pool in card.pools}
    return bool(within)


def _with(record: Any, path: Sequence[str], number: Decimal, place: str) -> Any:  # noqa: ANN401  any record of a card
    """Set the number at a path; what lies on the way is made anew."""
    if not path:
        if record is not None and not isinstance(record, Decimal | int):
            raise _wrong(place, f"{place!r} is no number", record)
        return number
    path = _spelled(record, path, place)
    word, rest = path[0], path[1:]
    if isinstance(record, Mapping):
        return {**record, word: _with(record[word], rest, number, place)}
    if isinstance(record, tuple):
        index = int(word)
        return (*record[:index], _with(record[index], rest, number, place), *record[index + 1 :])
    return replace(record, **{word: _with(getattr(record, word), rest, number, place)})


def _spelled(record: Any, path: Sequence[str], place: str) -> list[str]:  # noqa: ANN401  any record of a card
    """Write out the short forms of a path, and refuse what is not there."""
    word = path[0]
    if isinstance(record, Card) and word not in SHORT.values():
        path = ["prices", *path] if word in record.prices else [SHORT.get(word, word), *path[1:]]
    elif isinstance(record, Charge) and word in (*EACH, "tiers", "mode"):
        path = ["curve", *(["tiers", *_only(record, place)] if word in EACH else []), *path]
    elif isinstance(record, tuple) and not word.isdigit():
        path = [*_index(record, word, place), *(path[1:] if _names(record) else path)]
    if path[0] not in _inside(record):
        raise _wrong(place, f"no {path[0]!r} at {place!r}", record)
    return list(path)


def _only(charge: Charge, place: str) -> list[str]:
    tiers = charge.curve.tiers if charge.curve else ()
    if len(tiers) != 1:
        msg = f"{place!r}: the charge has {len(tiers)} tiers; say which, as PRICE.tiers.0.rate for the first"
        raise CardError(msg)
    return ["0"]


def _names(record: tuple[Any, ...]) -> list[str]:
    return [each.name for each in record if hasattr(each, "name")]


def _index(record: tuple[Any, ...], word: str, place: str) -> list[str]:
    """Find a record by its name, or the only one that says something under a word."""
    named = _names(record)
    found = [i for i, each in enumerate(record) if (word in named and each.name == word)]
    found = found or [i for i, each in enumerate(record) if not named and getattr(each, word, None) is not None]
    if len(found) != 1:
        raise _wrong(place, f"no single {word!r} at {place!r}", record)
    return [str(found[0])]


def _inside(record: Any) -> list[str]:  # noqa: ANN401  any record of a card
    if isinstance(record, Mapping):
        return list(record)
    if isinstance(record, tuple):
        return [str(i) for i in range(len(record))]
    return [f.name for f in fields(record) if f.name not in HIDDEN] if is_dataclass(record) else []


def _wrong(place: str, found: str, record: Any) -> CardError:  # noqa: ANN401  any record of a card
    inside = _names(record) if isinstance(record, tuple) and _names(record) else _inside(record)
    return CardError(f"{found}; {nearest(place.rpartition('.')[2], inside)}")
