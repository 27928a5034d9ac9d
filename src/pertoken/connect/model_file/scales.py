"""Scales between units: what a number in one unit is multiplied by to be in another."""

from collections.abc import Mapping
from decimal import Decimal

from pertoken.core.errors import Fault, InputError
from pertoken.core.exact import CONTEXT
from pertoken.core.units import factor, same, unit


def scale(given: str, needed: str, aliases: Mapping[str, str], what: str) -> Decimal:
    """Say what a number is multiplied by to be in the unit that a place needs.

    Args:
        given: Unit of the number, as written.
        needed: Unit of the place.
        aliases: The modeller's words for units.
        what: What stands there, for messages.

    Raises:
        InputError: The units count different things, or one of them can't be read.

    >>> scale("USD / 1M token", "USD / 1K token", {}, "rate")
    Decimal('0.001')
    """
    one, other = unit(given, aliases), unit(needed, aliases)
    if not same(one, other):
        raise InputError.of([Fault("", f"{what} is in {given}", f"a number in {needed}")])
    found = factor(one, other)
    return CONTEXT.divide(Decimal(found.numerator), Decimal(found.denominator))
