"""Nouns of units: what one of a meter is, and money for so many of it."""

import re
from decimal import Decimal

from pertoken.core import meters
from pertoken.core.errors import InputError
from pertoken.rating.card import Charge

SIZES = {Decimal(1): "", Decimal(1000): "1K ", Decimal(1_000_000): "1M "}
_ES = ("ches", "shes", "sses", "xes")


def noun(meter: str) -> str:
    """Name one of a meter, or of a named sum of meters.

    >>> noun("input_tokens"), noun("gpu_hours"), noun("web_searches"), noun("total_tokens")
    ('token', 'gpu_hour', 'web_search', 'token')
    """
    if meter in meters.COMPOSITES or meter.endswith("_tokens"):
        return "token"
    return meter.removesuffix("es") if meter.endswith(_ES) else meter.removesuffix("s")


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


def is_meter(name: str) -> bool:
    """Whether a word is a leaf meter."""
    try:
        meters.meter(name)
    except InputError:
        return False
    return True
