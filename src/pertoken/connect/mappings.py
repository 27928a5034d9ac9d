"""Mapping files come in by this door: YAML that says what the columns of a log mean."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pertoken.connect.text_file import text_of
from pertoken.connect.yaml_file import Document, read
from pertoken.core import period
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.core.meters import meter
from pertoken.usage.schema import LogMapping


def read_mapping(path: str | Path) -> LogMapping:
    """Read a mapping file.

    Raises:
        InputError: What is wrong, with file and line.
    """
    document = read(text_of(path, "mapping", "a YAML file that says what the columns mean"), str(path))
    data = document.data
    if not isinstance(data, dict):
        raise InputError.of([Fault(f"{path}:1", "not a mapping", "`meters: {input_tokens: COLUMN}`")])
    try:
        mapping = replace(_adapter().validate_python(data), source=str(path))
    except ValidationError as error:
        raise InputError.of([_fault(each, document) for each in error.errors()]) from error
    return _checked(mapping, document)


def _fault(error: Any, document: Document) -> Fault:  # noqa: ANN401  pydantic's record
    where, name = f"{document.source}:{document.line(error['loc'])}", ".".join(map(str, error["loc"]))
    if error["type"] == "unexpected_keyword_argument":
        words = [f.name for f in fields(LogMapping) if f.name != "source"]
        return Fault(where, f"unknown word {name!r}", "", nearest(name, words))
    return Fault(where, f"{name} is {error['input']!r}", error["msg"].removeprefix("Input should be "))


def _checked(mapping: LogMapping, document: Document) -> LogMapping:
    """Hold the names of meters and the time zone against those that there are."""
    asked: list[tuple[tuple[str, ...], Callable[[str], object], str]] = []
    asked += [(("meters", name), meter, name) for name in mapping.meters]
    for whole, parts in mapping.includes.items():
        asked += [(("includes", whole), meter, name) for name in (whole, *parts)]
    asked += [(("timezone",), period.zone, mapping.timezone)] if mapping.timezone else []
    faults = []
    for place, check, name in asked:
        try:
            check(name)
        except InputError as error:
            faults.append(Fault(f"{document.source}:{document.line(place)}", str(error)))
    if faults:
        raise InputError.of(faults)
    return mapping


@cache
def _adapter() -> TypeAdapter[LogMapping]:
    return TypeAdapter(LogMapping)


def with_period(mapping: LogMapping | None, label: str) -> LogMapping:
    """Say of which period a whole log is, by the form of its label.

    >>> dict(with_period(None, "2026-01").constants)
    {'month': '2026-01'}
    """
    said = mapping or LogMapping()
    for grain in period.GRAINS:
        try:
            return replace(said, constants={**said.constants, grain: period.check(label, grain)})
        except InputError:
            continue
    msg = f"{label!r} is no period; expected for example 2026-01, 2026-01-31, 2026-Q1 or 2026"
    raise InputError(msg)
