"""Numbers as people write them: `25k`, `1.5M`, `3%`, `1_000`, `0.40 USD/customer`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pertoken.connect.model_file.scales import scale
from pertoken.core.errors import Fault, InputError
from pertoken.core.exact import CONTEXT

SIZES = {"": 1, "k": 1_000, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}

PERCENT = "%"

_DIGITS = r"[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][-+]?\d+)?"
_NOUN = r"(?:1?[kKMB]?\s+)?[A-Za-z]\w*"
_UNIT = rf"\s*(%(?:\s*/\s*(?:month|quarter|year))?)|\s+({_NOUN}(?:\s*(?:/|\bper\b)\s*{_NOUN})*)|\s*\[([^\]]*)\]"
_NUMBER = re.compile(rf"({_DIGITS})([kKMB]?)(?:{_UNIT})?")


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it stands in a file.

    Args:
        value: The number before its unit: 3 for `3%`.
        unit: The unit written with it; empty for a bare number.
    """

    value: Decimal
    unit: str = ""


def written(said: Any) -> Written | None:  # noqa: ANN401  unchecked input
    """Read a number with or without a unit; None for what is no number.

    >>> written("1.5M"), written("0.40 USD/customer")
    (Written(value=Decimal('1500000.0'), unit=''), Written(value=Decimal('0.40'), unit='USD/customer'))
    >>> written("12 * queries")
    """
    if isinstance(said, bool) or said is None:
        return None
    if isinstance(said, (int, Decimal)):
        return Written(Decimal(said)) if Decimal(said).is_finite() else None
    match = _NUMBER.fullmatch(str(said).strip()) if isinstance(said, str) else None
    if match is None:
        return None
    digits, size, *unit = match.groups()
    return Written(Decimal(digits.replace("_", "")) * SIZES[size], next(filter(None, unit), "").strip())


def in_unit(
    found: Written, needed: str, what: str, units: Mapping[str, str] | None = None, *, percent: bool = False
) -> Decimal:
    """Say a number in the unit of an input, as it would be written there.

    Args:
        found: The number.
        needed: The input's unit.
        what: What it is, for messages.
        units: The modeller's words for units.
        percent: Whether the input's own value is written with `%`, so that a bare number beside it is unclear.

    Raises:
        InputError: The number is in another unit.

    >>> in_unit(Written(Decimal(3), "%"), "1", "p10")
    Decimal('0.03')
    """
    if found.unit:
        return CONTEXT.multiply(found.value, scale(found.unit, needed, units or {}, what))
    if percent and needed == PERCENT and found.value:
        one, other = shown(found.value), shown(found.value * 100)
        said = f"{what} is {one}, beside a value in %"
        raise InputError.of([Fault("", said, "a number in %", f"write {one}% or {other}%, whichever is meant")])
    return found.value


def shown(value: Decimal) -> str:
    """Write a number so that it is read back as it is, without an exponent.

    >>> shown(Decimal("1E+3")), shown(Decimal("0.50"))
    ('1000', '0.5')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
