"""A model's file with other numbers: each is put where it stands, and all else of the text stays as it was written.

Where a number stands is found by trying: of the numbers in the file that could be it, the one is taken that, changed,
changes this part of the model and no other.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isclose

import yaml

from pertoken.connect.model_file.numbers import SIZES, shown, written
from pertoken.connect.models import spec_of
from pertoken.connect.yaml_file import Path
from pertoken.core.errors import PertokenError
from pertoken.core.exact import CONTEXT
from pertoken.scenario.assumed import entry_of, every_input
from pertoken.scenario.compile import months_of
from pertoken.scenario.parts import BASE, Part, parts
from pertoken.scenario.spec import Spec

CLOSE = 1e-12
NUDGE = Decimal("1.0000001")
"""What a number is multiplied by to see whether it is the one."""
_DIGITS = re.compile(r"[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][-+]?\d+)?[kKMB]?")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value in the text of a file.

    Args:
        path: Where it stands.
        start: Its first letter.
        end: The letter after its last.
        text: As it is written.
        line: Its line.
    """

    path: Path
    start: int
    end: int
    text: str
    line: int


def rewritten(text: str, spec: Spec, changes: Mapping[Part, Decimal]) -> tuple[str, tuple[Part, ...]]:
    """Put other numbers into the text of a model's file.

    Args:
        text: The file.
        spec: What it says.
        changes: Numbers by quantity and part.

    Returns:
        The text; and the parts that do not stand in this file, or can't be told from others, and were left.

    Raises:
        InputError: The model can't be with these numbers.
    """
    own = parts(spec)
    scalars = list(_scalars(text))
    spliced: dict[int, tuple[int, str]] = {}
    new: list[Part] = []
    for part, value in changes.items():
        place = _found(text, spec, part, own, scalars) if part in own else None
        if place is None:
            new.append(part)
        else:
            spliced[place.start] = (place.end, _other(place.text, own[part], value, spec, part))
    text = _spliced(text, spliced)
    left = []
    for part in new:
        added = _inserted(text, spec_of(text, spec.source), part, changes[part])
        if added is None:
            left.append(part)
        else:
            text = _spliced(text, {added[0]: added})
    return text, tuple(left)


def _spliced(text: str, changes: Mapping[int, tuple[int, str]]) -> str:
    for start, (end, words) in sorted(changes.items(), reverse=True):
        text = text[:start] + words + text[end:]
    return text


def _scalars(text: str) -> Iterator[Scalar]:
    """List all values of a file that are no map and no list."""
    seen: set[int] = set()

    def walk(node: yaml.Node | None, path: Path) -> Iterator[Scalar]:
        if isinstance(node, yaml.ScalarNode) and node.start_mark.index not in seen:
            seen.add(node.start_mark.index)
            start, end = node.start_mark.index, node.end_mark.index
            yield Scalar(path, start, end, text[start:end], node.start_mark.line + 1)
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                yield from walk(value, (*path, str(key.value)))
        elif isinstance(node, yaml.SequenceNode):
            for i, value in enumerate(node.value):
                yield from walk(value, (*path, i))

    yield from walk(yaml.compose(text, Loader=yaml.SafeLoader), ())


def _found(text: str, spec: Spec, part: Part, own: Mapping[Part, Decimal], scalars: list[Scalar]) -> Scalar | None:
    """Find the value of a file that says a part."""
    line = _line(spec, part)
    likely = [each for each in scalars if _may_be(each, own[part], part, spec)]
    likely.sort(key=lambda each: (-_shared(each.path, part), abs(each.line - line)))
    nudges = [_nudged(own[part], part, spec, by) for by in (NUDGE, 1 / NUDGE)]
    for each in likely:
        for nudged in nudges:
            changed = _spliced(text, {each.start: (each.end, _other(each.text, own[part], nudged, spec, part))})
            if _read(changed, spec.source, own, part, nudged):
                return each
    return None


def _read(text: str, source: str, own: Mapping[Part, Decimal], part: Part, value: Decimal) -> bool:
    """Tell whether a text says this number for a part, and for all others what they were."""
    try:
        now = parts(spec_of(text, source))
    except (PertokenError, yaml.YAMLError):
        return False
    same_month = {key for key in own if key[0] == part[0] and key[0].endswith(".season") and key[1][5:] == part[1][5:]}
    mine = {part} | same_month
    if set(now) != set(own) | {part}:
        return False
    rest = all(now[key] == number for key, number in own.items() if key not in mine)
    return rest and isclose(float(now[part]), float(value), rel_tol=CLOSE)


def _nudged(value: Decimal, part: Part, spec: Spec, by: Decimal) -> Decimal:
    """Another number for a part that its model takes."""
    row = part[0]
    if row.startswith("levers.") and row.endswith(".on"):
        return 1 - value
    events = {f"event.{event.name}.month": event for event in spec.events}
    if row in events:
        event, months = events[row], months_of(spec)
        return Decimal(next((i for i, m in enumerate(months, 1) if event.first <= m <= event.last and i != value), 0))
    return CONTEXT.multiply(value, by) if value else Decimal("1e-9")


def _may_be(each: Scalar, value: Decimal, part: Part, spec: Spec) -> bool:
    row = part[0]
    if row.startswith("levers.") and row.endswith(".on"):
        return each.text in ("true", "false")
    if row in {f"event.{event.name}.month" for event in spec.events}:
        return each.path[:1] == ("events",) and each.path[-1:] == ("base",)
    number = written(each.text.strip("'\""))
    if number is None:
        return False
    if not value or not number.value:
        return not value and not number.value
    ratio = CONTEXT.divide(value, number.value)
    return ratio == 1 or bool(number.unit)


def _shared(path: Path, part: Part) -> int:
    """Count the words that a place and a part share."""
    own = {word for key in path for word in str(key).split(".")}
    return len(own & {*part[0].split("."), part[1]}) + (part[1] == BASE and path[-1:] == ("value",))


def _line(spec: Spec, part: Part) -> int:
    for said in every_input(spec).values():
        if part[0] == entry_of(said):
            return said.line
    return 0


def _other(text: str, was: Decimal, now: Decimal, spec: Spec, part: Part) -> str:
    """Write another number in the form of one: with its unit, its `k` or `M`, its `_`."""
    row = part[0]
    if row.startswith("levers.") and row.endswith(".on"):
        return "true" if now else "false"
    if row in {f"event.{event.name}.month" for event in spec.events}:
        return months_of(spec)[int(now) - 1] if now else "null"
    number = written(text.strip("'\""))
    match = _DIGITS.search(text)
    if number is None or match is None:
        return text
    value = now if was == number.value or not was else CONTEXT.divide(CONTEXT.multiply(now, number.value), was)
    digits = match[0]
    size = digits[-1] if digits[-1] in SIZES else ""
    if size:
        value = CONTEXT.divide(value, Decimal(SIZES[size]))
    return text[: match.start()] + _grouped(value.normalize(), "_" in digits) + size + text[match.end() :]


def _grouped(value: Decimal, marked: bool) -> str:  # noqa: FBT001  how the number was written before
    words = shown(value)
    if not marked:
        return words
    whole, dot, rest = words.partition(".")
    return f"{int(whole):_}{dot}{rest}" if whole not in ("-0", "") else words


def _inserted(text: str, spec: Spec, part: Part, value: Decimal) -> tuple[int, str] | None:
    """Find where a number that the file does not say could be said, and how."""
    own = parts(spec)
    for place, words in _proposed(text, spec, part, value):
        if _read(text[:place] + words + text[place:], spec.source, own, part, value):
            return place, words
    return None


def _proposed(text: str, spec: Spec, part: Part, value: Decimal) -> Iterator[tuple[int, str]]:
    row, case = part
    maps = dict(_maps(yaml.compose(text, Loader=yaml.SafeLoader), ()))
    for event in spec.events:
        if row == f"event.{event.name}.month" and ("events", event.name) in maps:
            yield _entry(maps["events", event.name], f"base: {months_of(spec)[int(value) - 1]}")
    for said in every_input(spec).values():
        if row != entry_of(said):
            continue
        switch = row.startswith("levers.") and row.endswith(".on")
        number = ("true" if value else "false") if switch else shown(value) + ("%" if said.unit == "%" else "")
        if switch and case == BASE and ("levers", *row.split(".")[1:-1]) in maps:
            yield _entry(maps[("levers", *row.split(".")[1:-1])], f"on: {number}")
        if ("scenarios", case) in maps:
            yield _entry(maps["scenarios", case], f"{said.name}: {number}")
        if ("scenarios",) in maps:
            yield _entry(maps["scenarios",], f"{case}: {{{said.name}: {number}}}")
        else:
            start = "" if text.endswith("\n") else "\n"
            yield len(text), f"{start}\nscenarios:\n  {case}: {{{said.name}: {number}}}\n"


def _maps(node: yaml.Node | None, path: Path) -> Iterator[tuple[Path, yaml.MappingNode]]:
    if isinstance(node, yaml.MappingNode):
        yield path, node
        for key, value in node.value:
            yield from _maps(value, (*path, str(key.value)))


def _entry(node: yaml.MappingNode, words: str) -> tuple[int, str]:
    """Say a further word of a map: on a line of its own before the first, or after the bracket."""
    if node.flow_style:
        return node.start_mark.index + 1, f"{words}, " if node.value else words
    return node.start_mark.index, f"{words}\n{' ' * node.start_mark.column}"
