"""Fields of a document as counts, money, times and labels; what can't be is refused by its name."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pertoken.core.errors import InputError
from pertoken.core.exact import CONTEXT
from pertoken.usage.layout import Document
from pertoken.usage.record import Count

Value = Any
"""What JSON or the cell of a table holds."""

SECONDS_UNTIL = 10**11
"""Moments from here on count in milliseconds, from a thousand times this in microseconds."""


def at(document: Document, path: str) -> Value:
    """Look a field up by its path; text that holds JSON is opened on the way.

    Args:
        document: Where to look.
        path: Names of fields, with dots between them.

    Returns:
        What stands there; None if nothing does.

    Raises:
        InputError: Text on the way begins as JSON and is none.

    >>> at({"metadata": '{"usage": {"prompt_tokens": 7}}'}, "metadata.usage.prompt_tokens")
    7
    """
    value: Value = document
    done: list[str] = []
    for name in path.split("."):
        value = opened(value, ".".join(done))
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
        done.append(name)
    return value


def opened(value: Value, field: str) -> Value:
    """Open JSON that stands in a field as text; leave all else as it is.

    Raises:
        InputError: The text begins as JSON and is none.
    """
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        msg = f"{field} holds JSON that is cut off or broken ({error}); mend the row or leave it out"
        raise InputError(msg) from error


def label(value: Value) -> str:
    """Write a label as text: nothing as nothing, booleans in small letters, lists as JSON.

    >>> [label(each) for each in (None, True, "None", 7, ["a", "b"])]
    ['', 'true', 'None', '7', '["a", "b"]']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, list | dict) else str(value)


def text(document: Document, path: str) -> str:
    """Read a label; empty if nothing stands there."""
    return label(at(document, path))


def count(document: Document, path: str) -> Count:
    """Read how much there is of something; 0 if nothing stands there.

    Raises:
        InputError: No number, or one below zero.

    >>> count({"usage": {"input_tokens": "12"}}, "usage.input_tokens"), count({}, "usage.input_tokens")
    (12, 0)
    """
    return counted(at(document, path), path)


def counted(value: Value, field: str) -> Count:
    """Take a value for a count; nothing is 0.

    Raises:
        InputError: No number, or one below zero.
    """
    if value is None or value == "":
        return 0
    number = value if isinstance(value, int) and not isinstance(value, bool) else _decimal(value, field)
    if number < 0:
        msg = f"{field} is {value}; a count can't be negative; mend the row or leave it out"
        raise InputError(msg)
    return int(number) if number == int(number) else number


def money(document: Document, path: str, *, per: int = 1) -> Decimal | None:
    """Read an amount of money, exactly as it is written; None if nothing stands there.

    Args:
        document: Where to look.
        path: Where it stands.
        per: How many of the units that it is written in make one of the currency.

    Raises:
        InputError: No number.

    >>> money({"amount": "123.45"}, "amount", per=100), money({"amount": "0E-6176"}, "amount")
    (Decimal('1.2345'), Decimal('0'))
    """
    value = at(document, path)
    if value is None or value == "":
        return None
    amount = _decimal(value, path)
    return CONTEXT.divide(amount, Decimal(per)) if amount else Decimal(0)


def _decimal(value: Value, field: str) -> Decimal:
    """Take a value for a number; floats by the digits that they are shown with."""
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        msg = f"{field} is {value!r}; expected a number; mend the row or leave it out"
        raise InputError(msg)
    return number


def moment(value: Value, field: str) -> datetime | None:
    """Take a value for a moment: ISO 8601 (UTC without a zone), or seconds since 1970; None if nothing stands there.

    Returns:
        The moment in UTC, without a zone.

    Raises:
        InputError: Neither of them.

    >>> moment("2026-01-01T01:30:00+01:00", "time"), moment(1767227400, "time"), moment("2026-01-01", "date")
    (datetime.datetime(2026, 1, 1, 0, 30), datetime.datetime(2026, 1, 1, 0, 30), datetime.datetime(2026, 1, 1, 0, 0))
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        found = _since_1970(value, field)
    else:
        found = _written(str(value), field)
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def _written(value: str, field: str) -> datetime:
    words = value.strip().removesuffix(" UTC")
    try:
        return datetime.fromisoformat(words)
    except ValueError as error:
        if words.replace(".", "", 1).isdigit():
            return _since_1970(Decimal(words), field)
        msg = f"{field} is {value!r}; expected a time as 2026-01-31T12:00:00Z or seconds since 1970"
        raise InputError(msg) from error


def _since_1970(value: float | Decimal, field: str) -> datetime:
    seconds = Decimal(str(value))
    while seconds >= SECONDS_UNTIL:
        seconds /= 1000
    try:
        whole = datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, OSError, ValueError) as error:
        msg = f"{field} is {value!r}; expected a time as 2026-01-31T12:00:00Z or seconds since 1970"
        raise InputError(msg) from error
    return whole.replace(microsecond=int(seconds % 1 * 10**6))
