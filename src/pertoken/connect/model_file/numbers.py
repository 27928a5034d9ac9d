"""Numbers as people write them: `25k`, `1.5M`, `3%`, `1_000`, `0.40 USD/customer`."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pertoken.core.errors import Fault, InputError

SIZES = {"": 1, "k": 1_000, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}

PERCENT = "%"

_DIGITS = r"[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][-+]?\d+)?"
_NOUN = r"(?:1?[kKMB]?\s+)?[A-Za-z]\w*"
_NUMBER = re.compile(rf"({_DIGITS})([kKMB]?)(?:\s*(%)|(?:\s+|(?=/))((?:{_NOUN}|1)?(?:\s*/\s*{_NOUN})*))?")


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

    >>> written("1.5M"), written("3%"), written("0.40 USD/customer"), written("12 * queries")
    (Written(value=Decimal('1500000.0'), unit=''), Written(value=Decimal('3'), unit='%'), Written(value=Decimal('0.40'), \
unit='USD/customer'), None)
    """
    if isinstance(said, bool) or said is None:
        return None
    if isinstance(said, (int, Decimal)):
        return Written(Decimal(said)) if Decimal(said).is_finite() else None
    match = _NUMBER.fullmatch(str(said).strip()) if isinstance(said, str) else None
    if match is None:
        return None
    digits, size, percent, unit = match.groups()
    return Written(Decimal(digits.replace("_", "")) * SIZES[size], percent or (unit or "").strip())


def in_unit(found: Written, unit: str, what: str, *, percent: bool = False) -> Decimal:
    """Say a number in the unit of an input, as it would be written there.

    Args:
        found: The number.
        unit: The input's unit.
        what: What it is, for messages.
        percent: Whether the input's own value is written with `%`, so that a bare number beside it is unclear.

    Raises:
        InputError: The number is in another unit.

    >>> in_unit(Written(Decimal(3), "%"), "1", "p10")
    Decimal('0.03')
    """
    if found.unit == PERCENT and unit == "1":
        return found.value / 100
    if found.unit.replace(" ", "") == unit.replace(" ", ""):
        return found.value
    if not found.unit and not (percent and unit == PERCENT and found.value):
        return found.value
    expected, mend = f"a number in {unit}", ""
    if not found.unit:
        mend = f"write {shown(found.value)}% or {shown(found.value * 100)}%, whichever is meant"
    said = f"{what} is {shown(found.value)}{found.unit if found.unit == PERCENT else f' {found.unit}'.rstrip()}"
    raise InputError.of([Fault("", said, expected, mend)])


def shown(value: Decimal) -> str:
    """Write a number so that it is read back as it is, without an exponent.

    >>> shown(Decimal("1E+3")), shown(Decimal("0.50"))
    ('1000', '0.5')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
