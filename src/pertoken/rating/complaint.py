"""How a fault of a card is told, and the faults that any part of a card can have."""

from collections.abc import Iterator

from pertoken.core import meters
from pertoken.core.errors import Fault, InputError
from pertoken.core.expression import condition, weights
from pertoken.rating.card import Card


def fault(card: Card, line: int, found: str, expected: str = "", mend: str = "") -> Fault:
    """Tell what is wrong with a card, by its file and line."""
    place = card.source or f"card {card.name!r}"
    return Fault(f"{place}:{line}" if line else place, found, expected, mend)


def bad_condition(card: Card, text: str, line: int) -> Iterator[Fault]:
    """Tell whether a condition can't be read."""
    if text:
        try:
            condition(text)
        except InputError as error:
            yield fault(card, line, str(error))


def bad_meters(card: Card, name: str, text: str, line: int) -> Iterator[Fault]:
    """Tell whether a sum of meters can't be read."""
    try:
        for each in weights(text):
            meters.check(each)
    except InputError as error:
        yield fault(card, line, f"{name}: {error}")
