"""Numbers of cards as inputs: each number that stands on a card of a model is an assumption named by its place."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass, replace
from decimal import Decimal
from typing import Any

from pertoken.connect.card_rates import RATE_WORDS
from pertoken.connect.cards import cards_of
from pertoken.connect.model_file.assumption import assumption
from pertoken.connect.model_file.card_slots import Slot, slots
from pertoken.connect.model_file.numbers import Written, written
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.model_file.scales import scale
from pertoken.connect.placed import Placed, placed
from pertoken.connect.yaml_file import Document, Path
from pertoken.core.errors import Fault, InputError, PertokenError, nearest
from pertoken.rating.card import Card
from pertoken.rating.check import faults
from pertoken.scenario.spec import Assumption
from pertoken.scenario.spec import Placed as PlacedNumber

WORDS = frozenset(
    {"rate", "flat", "up_to", "cap", "free", "min", "max", "percent", "amount", "times", "grant", "price", "share"}
)
"""Words of a card under which a number of it stands."""

CLOSED = frozenset({"measure", "during", "where", "series", "term", "bands"})
"""Parts of a card whose words mean something else."""


@dataclass(frozen=True, slots=True)
class Source:
    """Cards in a document.

    Args:
        document: What stands there, with its own lines.
        prefix: Names the inputs of a card: `plans.pro`.
        place: Where the model's file says so.
        name: What the model calls the card; its own name if empty.
    """

    document: Document
    prefix: Callable[[Card], str]
    place: Path
    name: str = ""


def cards(reading: Reading, source: Source) -> list[Card]:
    """Read cards, and take their numbers as inputs; faults are told by the card's own lines.

    Returns:
        The cards with the numbers of the base case; none where something is wrong.
    """
    document = source.document
    bare, odd = _bare(reading, placed(document.data, document), (), document)
    try:
        made = cards_of(Document(bare, document.lines, document.source))
    except (PertokenError, RecursionError) as error:
        if isinstance(error, PertokenError):
            reading.refused(source.place, error)
        return []
    places = list(_paths(bare, ()))
    marked = cards_of(Document(bare, {path: i + 1 for i, path in enumerate(places)}, document.source))
    taken: set[Path] = set()
    out = []
    for own, marks in zip(made, marked, strict=True):
        card = replace(own, name=source.name or own.name)
        found = [slot for slot in slots(marks, lambda mark: places[mark - 1]) if _said(document.data, slot.file)]
        taken |= {slot.file for slot in found}
        out.append(_card(reading, source, card, found))
    for path in odd - taken:
        what = f"{path[-1]} is {_at(document.data, path)!r}"
        expected = "a plain number: this one is the same in every world"
        reading.door.wrong.append(Fault(document.place(path), what, expected))
    return out


def _bare(reading: Reading, data: Any, path: Path, document: Document) -> tuple[Any, set[Path]]:  # noqa: ANN401  unchecked
    """Put numbers where names of inputs, ranges or units stand, and tell where that was."""
    if isinstance(data, list):
        read = [_bare(reading, each, (*path, i), document) for i, each in enumerate(data)]
        return [each for each, _ in read], set().union(*(odd for _, odd in read))
    if not isinstance(data, Mapping):
        return data, set()
    out: dict[str, Any] = {}
    odd: set[Path] = set()
    rates = len(path) > 1 and path[-2] == "rates"
    for word, said in data.items():
        here = (*path, word)
        number = word not in RATE_WORDS if rates else word in WORDS
        if number and (isinstance(said, str) or (isinstance(said, Mapping) and "value" in said)):
            out[word] = _number(reading, said, here, document)
            odd.add(here)
        elif word in CLOSED or not isinstance(said, (Mapping, list)):
            out[word] = said
        else:
            out[word], inner = _bare(reading, said, here, document)
            odd |= inner
    return out, odd


def _number(reading: Reading, said: Any, path: Path, document: Document) -> Decimal:  # noqa: ANN401  unchecked input
    """Say what stands for a number until its unit is known."""
    found = written(said.get("value") if isinstance(said, Mapping) else said)
    if found is None and isinstance(said, str) and said in reading.inputs:
        return reading.inputs[said].value
    if found is None and isinstance(said, str):
        what = f"{path[-1]} is {said!r}, and no input has that name"
        expected, mend = "a number, or the name of an assumption", nearest(said, reading.inputs)
        reading.door.wrong.append(Fault(document.place(path), what, expected, mend))
    return found.value if found is not None else Decimal(1)


def _paths(data: Any, path: Path) -> Iterator[Path]:  # noqa: ANN401  any plain value
    yield path
    items = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, each in items:
        yield from _paths(each, (*path, key))


def _at(data: Any, path: Path) -> Any:  # noqa: ANN401  any plain value
    """Look up what stands at a path; None where nothing does."""
    for key in path:
        inside = isinstance(data, Mapping) and key in data
        inside = inside or (isinstance(data, list) and isinstance(key, int) and key < len(data))
        data = data[key] if inside else None
    return data


def _said(data: Any, path: Path) -> bool:  # noqa: ANN401  any plain value
    return _at(data, path) is not None


def _card(reading: Reading, source: Source, card: Card, found: list[Slot]) -> Card:
    """Take the numbers of one card as inputs."""
    prefix, made = source.prefix(card), card
    for slot in found:
        try:
            given, factor = _input(reading, source, slot, prefix)
        except InputError as error:
            where = source.document.place(slot.file)
            reading.door.wrong.extend(Fault(where, each.found, each.expected, each.mend) for each in error.faults)
            continue
        if given is not None:
            reading.placed.append(PlacedNumber(card=card.name, path=slot.path, name=given.name, scale=factor))
            made = put(made, slot.path, given.value * factor)
    if made != card:
        reading.door.wrong.extend(faults(made))
    return made


def _names(reading: Reading, own: Any) -> bool:  # noqa: ANN401  unchecked input
    return isinstance(own, str) and written(own) is None and own in reading.inputs


def _free(reading: Reading, name: str) -> str:
    """Find a name that is not taken: a second minimum is `minimum_2`."""
    names = (f"{name}_{i}" if i > 1 else name for i in range(1, len(reading.inputs) + 2))
    return next(each for each in names if each not in reading.inputs)


def _input(reading: Reading, source: Source, slot: Slot, prefix: str) -> tuple[Assumption | None, Decimal]:
    """Find the input that a number of a card is, or make it; and what it is multiplied by to be in the card's unit."""
    own = _at(source.document.data, slot.file)
    if _names(reading, own):
        made: Assumption | None = reading.inputs[own]
    else:
        made = _new(reading, source, slot, _free(reading, f"{prefix}.{slot.name}"))
    what = f"{slot.file[-1]} of {prefix}"
    return made, scale(made.unit, slot.unit, reading.units, what) if made is not None else Decimal(1)


def _new(reading: Reading, source: Source, slot: Slot, name: str) -> Assumption | None:
    own = _at(source.document.data, slot.file)
    here = source.document.source == reading.door.document.source
    if isinstance(own, Mapping):
        own = placed(own, source.document, slot.file)
    said = own if isinstance(own, Placed) else _plain(own, slot.unit)
    path = (*source.place, *slot.file) if here else source.place
    made = assumption(reading, said, path, name, slot.unit)
    if made is None:
        return None
    line = source.document.line(slot.file) if source.document.lines and here else made.line
    origin = made.source or ("" if here else source.document.place(slot.file))
    made = replace(made, line=line, source=origin)
    reading.add(made, source.place)
    return made


def _plain(own: Any, unit: str) -> Any:  # noqa: ANN401  unchecked input
    """Take a number of a card; one in percent may be written with or without its sign."""
    found = written(own)
    if found is not None and unit == "%" and found.unit in ("", "%"):
        return Placed({"value": found.value, "unit": "%"}, (), 0)
    return own if not isinstance(found, Written) or found.unit else found.value


def put(record: Any, path: Path, value: Decimal) -> Any:  # noqa: ANN401  any record of a card
    """Set the number at a path; what lies on the way is made anew."""
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(record, Mapping):
        return {**record, str(key): put(record[str(key)], rest, value)}
    if isinstance(record, tuple):
        i = int(key)
        return (*record[:i], put(record[i], rest, value), *record[i + 1 :])
    assert is_dataclass(record)  # noqa: S101  a card is made of records, maps and tuples
    return replace(record, **{str(key): put(getattr(record, str(key)), rest, value)})  # type: ignore[type-var]
