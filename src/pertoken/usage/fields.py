"""Fields of documents as layouts read them: paths, counts, money, times; what is not of its kind is refused by name."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from pertoken.core.errors import InputError

_UNITS = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000))
_NANO = 1_000_000_000
_LONG = 1e16
"""Floats from here on are written with an exponent that makes them longer."""


def at(document: Any, path: str) -> Any:  # noqa: ANN401  whatever JSON holds
    """Find what stands under a path of names; None where there is none. Text that holds JSON is opened on the way.

    Raises:
        InputError: Text on the way begins as JSON and is none.

    >>> at({"a": {"b": 3}}, "a.b"), at({"a": []}, "a.b"), at({"a": '{"b": 3}'}, "a.b")
    (3, None, 3)
    """
    if "." not in path and isinstance(document, dict):
        return document.get(path)
    done = ""
    for name in path.split("."):
        document = opened(document, done)
        if not isinstance(document, Mapping):
            return None
        document, done = document.get(name), f"{done}.{name}".removeprefix(".")
    return document


def opened(found: Any, what: str) -> Any:  # noqa: ANN401
    """Open JSON that stands as text; leave all else as it is.

    Raises:
        InputError: The text begins as JSON and is none.
    """
    if not isinstance(found, str) or not found.lstrip().startswith(("{", "[")):
        return found
    try:
        return json.loads(found)
    except ValueError as error:
        msg = f"{what} holds JSON that is cut off or broken ({error})"
        raise InputError(msg) from error


def first(document: Any, paths: Iterable[str]) -> Any:  # noqa: ANN401
    """Find what stands under the first path that says something.

    >>> first({"a": "", "b": 0}, ["a", "b"])
    0
    """
    return next((found for path in paths if (found := at(document, path)) not in (None, "")), None)


def text(found: Any) -> str:  # noqa: ANN401
    """Write a label; nothing for None, lists as JSON.

    >>> text(None), text(True), text(7), text(["a", "b"])
    ('', 'true', '7', '["a", "b"]')
    """
    if type(found) is str:
        return found
    if isinstance(found, list) and all(type(each) is str for each in found):
        return _listed(tuple(found))
    if isinstance(found, list | dict):
        return json.dumps(found)
    return "" if found is None else str(found).lower() if isinstance(found, bool) else str(found)


@lru_cache(maxsize=1024)
def _listed(words: tuple[str, ...]) -> str:
    """Write a list of words as JSON; logs have few different ones."""
    return json.dumps(words)


def count(found: Any, what: str) -> int:  # noqa: ANN401
    """Read a whole number; nothing said is zero.

    Raises:
        InputError: It is no whole number of 0 or more.

    >>> count("12", "tokens"), count(3.0, "tokens"), count(None, "tokens")
    (12, 3, 0)
    """
    if type(found) is int and found >= 0:
        return found
    if found is None or found == "":
        return 0
    number = money(found, what) if not isinstance(found, bool) else None
    if number is None or number < 0 or number != number.to_integral_value():
        msg = f"{what} is {found!r}; a whole number of 0 or more was expected"
        raise InputError(msg)
    return int(number)


def money(found: Any, what: str) -> Decimal | None:  # noqa: ANN401
    """Read an amount to the last digit that is written; None where nothing is said.

    Raises:
        InputError: It is no number.

    >>> money(9.435e-05, "cost")
    Decimal('0.00009435')
    >>> money("0E-6176", "amount")
    Decimal('0')
    """
    if found is None or found == "":
        return None
    if type(found) is float and -_LONG < found < _LONG:
        return Decimal(repr(found)) if found else Decimal(0)
    try:
        number = Decimal(str(found).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or isinstance(found, bool):
        msg = f"{what} is {found!r}; a number was expected"
        raise InputError(msg)
    return Decimal(f"{number:f}") if number else Decimal(0)


def moment(found: Any, what: str) -> datetime | None:  # noqa: ANN401
    """Read a time, as text or as a count since 1970, to UTC without a zone; one that carries no zone is in UTC.

    Raises:
        InputError: It is no time.

    >>> moment("2026-01-31T10:00:00+01:00", "time"), moment(1769850000, "time")
    (datetime.datetime(2026, 1, 31, 9, 0), datetime.datetime(2026, 1, 31, 9, 0))
    """
    if found is None or found == "":
        return None
    try:
        if isinstance(found, datetime):
            return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)
        if isinstance(found, date):
            return datetime(found.year, found.month, found.day)  # noqa: DTZ001  moments here carry no zone
        if isinstance(found, str) and not found.replace(".", "", 1).isdigit():
            read = datetime.fromisoformat(found.strip())
            own = read if read.tzinfo is None or read.tzinfo is UTC else read.astimezone(UTC)
            return own.replace(tzinfo=None)
        number = Decimal(str(found))
        by = next((unit for size, unit in _UNITS if number < size), _NANO)
        return datetime.fromtimestamp(float(number / by), UTC).replace(tzinfo=None)
    except (ArithmeticError, OSError, ValueError) as error:
        msg = f"{what} is {found!r}; a time was expected, as 2026-01-31T09:00:00Z"
        raise InputError(msg) from error
