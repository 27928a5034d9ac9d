"""What the records refuse, told by the place in the file and in the words of the file."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import ValidationError

from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Document, Path
from pertoken.core.errors import Fault, nearest
from pertoken.rating.card import Adjust, Band, Card, Charge, Clamp, Convert, Curve, Measure, Tier
from pertoken.rating.during import During
from pertoken.rating.pool_terms import Inside, Outside, Pay, Pool, Rollover, Term

_AT = {
    "prices": Charge, "measure": Measure, "convert": Convert, "curve": Curve, "tiers": Tier,
    "adjust": Adjust, "clamps": Clamp, "bands": Band, "pools": Pool, "during": During, "term": Term,
    "pay": Pay, "inside": Inside, "outside": Outside, "rollover": Rollover,
}  # fmt: skip
"""Which record stands under a word."""

_FILE_WORDS = {"start": "from", "end": "to", "clamps": "clamp"}
"""Our names, and the words of a file for them."""


def told(error: ValidationError, data: Placed, document: Document) -> Iterator[Fault]:
    """Tell all that is wrong; what could have been one thing or another is one fault."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for each in error.errors():
        fault = _fault(each, data, document)
        found.setdefault((fault.where, fault.found, fault.mend), []).append(fault.expected)
    for (where, what, mend), expected in found.items():
        yield Fault(where, what, " or ".join(dict.fromkeys(filter(None, expected))), mend)


def _fault(error: Any, data: Placed, document: Document) -> Fault:  # noqa: ANN401  pydantic's record
    missing = error["type"] in ("missing", "missing_keyword_only_argument", "missing_argument")
    path = _path(error["loc"], data, document, last=missing)
    where, kind = document.place(path), _record(error["loc"][:-1])
    if error["type"] == "unexpected_keyword_argument":
        return _unknown(str(path[-1]), where, kind)
    begin = len(data.path) if path[: len(data.path)] == data.path else 0
    name = ".".join("id" if kind is Pool and part == "name" else str(part) for part in path[begin:])
    if missing:
        return Fault(where, f"{name} is missing")
    return Fault(where, f"{name} is {error['input']!r}", error["msg"].removeprefix("Input should be "))


def _unknown(word: str, where: str, kind: Any) -> Fault:  # noqa: ANN401  a record's class
    if kind is Charge and word == "window":
        mend = "the period of a fee is said by during: {every: month}, that of a count by measure: {window: month}"
        return Fault(where, "unknown word 'window' in a charge", "", mend)
    return Fault(where, f"unknown word {word!r}", "", nearest(word, _words(kind)))


def _path(loc: Path, data: Placed, document: Document, *, last: bool) -> Path:
    """Follow a place in what was written out back to the file; steps that only pydantic makes are left out."""
    path: Path = data.path
    value: Any = data
    for i, part in enumerate(loc):
        child: Any = None
        if isinstance(value, Mapping) and part in value:
            child = value[str(part)]
        elif isinstance(value, (list, tuple)) and isinstance(part, int) and part < len(value):
            child = value[part]
        elif not (last and i == len(loc) - 1):
            continue
        if isinstance(child, Placed):
            path = child.path
        elif part != "tiers" or (*path, part) in document.lines:
            path = (*path, _FILE_WORDS.get(str(part), part))
        value = child
    return path


def _record(loc: Path) -> Any:  # noqa: ANN401  a record's class
    known = [_AT[part] for part in loc if isinstance(part, str) and part in _AT]
    return known[-1] if known else Card


def _words(kind: Any) -> list[str]:  # noqa: ANN401  a record's class
    """The words that are known where a wrong one stands."""
    names = [f.name for f in fields(kind) if f.name != "line"] if is_dataclass(kind) else []
    own = {"name": "id"} if kind is Pool else {}
    more = ["clamp", "pool"] if kind is Charge else []
    return [*(own.get(name) or _FILE_WORDS.get(name, name) for name in names), *more]
