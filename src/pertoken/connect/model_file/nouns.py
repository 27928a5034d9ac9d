"""Nouns of units: what one of a meter is, and money for so many of it."""

import re
from decimal import Decimal

from pertoken.core import meters
from pertoken.rating.card import Charge
from pertoken.scenario.served import unit_of_meter

SIZES = {Decimal(1): "", Decimal(1000): "1K ", Decimal(1_000_000): "1M "}


def noun(meter: str) -> str:
    """Name one of a meter, or of a named sum of meters.

    >>> noun("input_tokens"), noun("gpu_hours"), noun("images"), noun("total_tokens")
    ('token', 'gpu_hour', 'image', 'token')
    """
    return "token" if meter in meters.COMPOSITES else unit_of_meter(meter)


def counted(charge: Charge) -> str:
    """Name one of what a charge counts; `unit` where it counts several things or turns them into others."""
    measure = charge.measure
    if measure is None or measure.kind == "of":
        return ""
    if measure.kind == "unique":
        return measure.unique
    nouns = {noun(name) for name in re.findall(r"[A-Za-z_][\w:]*", measure.meters)}
    return nouns.pop() if len(nouns) == 1 and charge.convert.times == 1 else "unit"


def several(one: str, count: Decimal) -> str:
    """Name so many of something: `1K token`."""
    if not one:
        return ""
    return f"{SIZES[count]}{one}" if count in SIZES else f"{count:f} {one}"


def money_for(currency: str, one: str, count: Decimal = Decimal(1)) -> str:
    """Name money for so many of something.

    >>> money_for("USD", "token", Decimal(1000)), money_for("USD", "")
    ('USD / 1K token', 'USD')
    """
    return f"{currency} / {several(one, count)}" if one else currency
