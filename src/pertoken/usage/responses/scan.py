"""Counts are read from a response by tables: the vendor's field to what it counts, records within records alike."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from pertoken.core.errors import Fault, InputError
from pertoken.usage.record import Count
from pertoken.usage.responses.invocation import records

Part = str
"""What a field counts: `input`, `cached`, `reasoning`..."""

Table = Mapping[str, Any]
"""Field to part, to a table for the record that stands there, or to a function of what stands there."""

Parts = dict[Part, Count]
"""Part to how much of it; tokens are whole numbers."""

ANY = "*"
"""Field of a table that stands for all others: a function of the field's name."""

MEND = "check the response, or what made it"


def scan(record: Mapping[str, Any], table: Table, place: str = "usage") -> Parts:
    """Read the counts of a record; null and zero are nothing, and fields that the table does not name are left alone.

    Where several fields report the same part, the largest is taken: gateways write zeros beside it.

    Args:
        record: The record.
        table: What its fields count.
        place: Where the record stands, for errors.

    Raises:
        InputError: A count is no whole number, or negative.

    >>> scan({"prompt_tokens": 7, "details": {"cached": None}}, {"prompt_tokens": "input", "details": {"cached": "c"}})
    {'input': 7}
    """
    parts: Parts = {}
    _scan(record, table, place, parts)
    return parts


def _scan(record: Mapping[str, Any], table: Table, place: str, parts: Parts) -> None:
    other = table.get(ANY)
    for name, found in record.items():
        if not found and (found is None or type(found) is int):
            continue
        part = table.get(name) or (other and other(name))
        if part is None:
            continue
        if type(part) is str:
            number = found if type(found) is int and found > 0 else whole(found, f"{place}.{name}")
            if number > parts.get(part, 0):
                parts[part] = number
        elif callable(part):
            for each, number in part(found, f"{place}.{name}"):
                if number:
                    parts[each] = parts.get(each, 0) + number
        elif isinstance(found, (dict, Mapping)):
            _scan(found, part, f"{place}.{name}", parts)


def whole(found: Any, place: str) -> int:  # noqa: ANN401  whatever stands there
    """Check that what stands at a place is a whole number and not negative.

    Raises:
        InputError: It is not.

    >>> whole(7.0, "usage.prompt_tokens")
    7
    """
    number = amount(found, place)
    if number == int(number):
        return int(number)
    raise InputError.of([Fault(place, f"found {found!r}", "a whole number, 0 or more", MEND)])


def amount(found: Any, place: str) -> Decimal:  # noqa: ANN401  whatever stands there
    """Check that what stands at a place is a number and not negative.

    Raises:
        InputError: It is not.
    """
    if isinstance(found, int | float | Decimal) and not isinstance(found, bool):
        number = Decimal(str(found))
        if number.is_finite() and number >= 0:
            return number
    raise InputError.of([Fault(place, f"found {found!r}", "a number, 0 or more", MEND)])


def by_kind(
    kind: str, names: Mapping[str, Part], counts: tuple[str, ...]
) -> Callable[[Any, str], Iterator[tuple[Part, int]]]:
    """Make the reader of a list of counts by kind (modality, tool).

    Args:
        kind: Field that tells the kind.
        names: Kind, in capitals, to the part that it is.
        counts: What the field of the count may be called.
    """

    def read(found: Any, place: str) -> Iterator[tuple[Part, int]]:  # noqa: ANN401  whatever stands there
        for i, each in enumerate(records(found)):
            part = names.get(str(each.get(kind) or "").rpartition(".")[2].upper())
            name = next((name for name in counts if each.get(name) is not None), None)
            if part and name:
                yield part, whole(each[name], f"{place}[{i}].{name}")

    return read


def named(table: Table, part: Part, record: Mapping[str, Any], place: str = "usage") -> str:
    """Say which field of a record reported a part, for errors; the part itself if none did."""
    for name, found in record.items():
        held = table.get(name)
        if held == part and found:
            return f"{place}.{name}"
        if isinstance(held, Mapping) and isinstance(found, Mapping):
            inner = named(held, part, found, f"{place}.{name}")
            if inner != part:
                return inner
    return part
