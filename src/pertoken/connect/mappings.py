"""Mapping files come in by this door: YAML that says what the columns of a log mean."""

from dataclasses import fields, replace
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pertoken.connect.yaml_file import read
from pertoken.core import period
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.usage.schema import Mapping_


def read_mapping(path: str | Path) -> Mapping_:
    """Read a mapping file.

    Raises:
        InputError: What is wrong, with file and line.
    """
    try:
        document = read(Path(path).read_text(encoding="utf-8"), str(path))
    except OSError as error:
        msg = f"can't read the mapping {path}: {error.strerror}"
        raise InputError(msg) from error
    data = document.data
    if not isinstance(data, dict):
        raise InputError.of([Fault(f"{path}:1", "not a mapping", "`meters: {input_tokens: COLUMN}`")])
    try:
        return _adapter().validate_python(data)
    except ValidationError as error:
        words = [f.name for f in fields(Mapping_)]
        faults = []
        for each in error.errors():
            found = f"{'.'.join(map(str, each['loc']))} is {each['input']!r}"
            mend = nearest(str(each["loc"][0]), words) if each["type"] == "unexpected_keyword_argument" else ""
            faults.append(Fault(f"{path}:{document.line(each['loc'])}", found, each["msg"], mend))
        raise InputError.of(faults) from error


@cache
def _adapter() -> TypeAdapter[Mapping_]:
    return TypeAdapter(Mapping_)


def with_period(mapping: Mapping_ | None, label: str) -> Mapping_:
    """Say of which period a whole log is, by the form of its label.

    >>> dict(with_period(None, "2026-01").constants)
    {'month': '2026-01'}
    """
    said = mapping or Mapping_()
    for grain in period.GRAINS:
        try:
            return replace(said, constants={**said.constants, grain: period.check(label, grain)})
        except InputError:
            continue
    msg = f"{label!r} is no period; expected for example 2026-01, 2026-01-31, 2026-Q1 or 2026"
    raise InputError(msg)
