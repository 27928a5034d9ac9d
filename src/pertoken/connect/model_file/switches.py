"""Levers: what-ifs that are on or off, each of a kind that asks for its parameters."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pertoken.connect.model_file.numbers import PERCENT
from pertoken.connect.model_file.place import formula
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.model_file.workloads import label_of
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.errors import InputError, nearest
from pertoken.core.nodes import quoted
from pertoken.levers.kind import LEVERS, Lever, Parameter
from pertoken.scenario.spec import Assumption, Switched

WHERE = ("workload", "vendor", "served_on", "model", "provider", "batch", "service_tier", "region")
"""Labels of the usage that a lever acts on."""

OWN = ("kind", "on", "to", "from", "where", *WHERE)
"""Words of a lever that are no parameters."""

FACTOR, PRECISION = "throughput_factor", "precision"
"""How many times as fast a smaller number format is; and its name, from which that is estimated for a fleet."""

USUAL = "what the lever takes where nothing is said"
"""Source of a parameter that the model does not say."""


def levers(reading: Reading, data: Placed) -> tuple[Switched, ...]:
    """Read all levers of a model."""
    path = (*data.path, "levers")
    found, fleets = reading.named(data, "levers").items(), reading.named(data, "fleets")
    made = [_lever(reading, name, part, (*path, name), fleets) for name, part in found]
    return tuple(each for each in made if each is not None)


def _lever(
    reading: Reading,
    name: str,
    part: Any,  # noqa: ANN401  unchecked input
    path: Path,
    fleets: Mapping[str, Any],
) -> Switched | None:
    kind = _kind(reading, name, part, path)
    if kind is None:
        return None
    place, on = f"levers.{name}", reading.truth(part, "on")
    said = {FACTOR: _faster(reading, place, part, fleets)} if PRECISION in part else {}
    reading.add(Assumption(name=f"{place}.on", value=Decimal(int(on)), line=reading.line((*path, "on"))), path)
    made = Switched(
        name=name,
        kind=kind.name,
        on=on,
        where=_where(reading, name, part),
        to=_to(reading, part),
        parameters={
            each.name: said.get(each.name) or _parameter(reading, place, part, each) for each in kind.parameters
        },
        line=reading.line(path),
    )
    more = [label for label in made.where if label != "vendor"]
    if kind.name == "quantise" and made.where.get("vendor") in fleets and more:
        found = f"lever {name} quantises a fleet for {' and '.join(more)} alone"
        reading.refuse(path, found, "served_on alone: a fleet is in one precision; or a route to a fleet of another")
    lacks = [label for label in kind.labels if label not in made.to]
    if lacks:
        expected = "to: NAME of a model" if lacks == ["model"] else f"to: {{{', '.join(lacks)}: ...}}"
        reading.refuse(path, f"lever {name} does not say to which {' and '.join(lacks)}", expected)
    return made


def _kind(reading: Reading, name: str, part: Any, path: Path) -> Lever | None:  # noqa: ANN401  unchecked input
    """Find the kind of a lever, and refuse words that it does not ask for."""
    said = part.get("kind") if isinstance(part, Placed) else None
    if not isinstance(said, str):
        found = f"the kind of lever {name} is {said!r}" if isinstance(part, Placed) else f"lever {name} is {part!r}"
        reading.refuse(path, found, "{kind: exact_cache, workload: chat, hit_share: 15%}")
        return None
    if not reading.one_of(said, LEVERS, (*path, "kind"), "kind of lever"):
        return None
    kind = LEVERS[said]
    known = [each.name for each in kind.parameters] + ([PRECISION] if kind.name == "quantise" else [])
    for word in part:
        if word not in (*OWN, *known):
            mend = nearest(word, [*known, *OWN])
            reading.refuse((*path, word), f"unknown word {word!r} in lever {name} of kind {said}", "", mend)
    return kind


def _faster(reading: Reading, place: str, part: Placed, fleets: Mapping[str, Any]) -> str:
    """Estimate how many times as fast a fleet is in another precision."""
    path = (*part.path, PRECISION)
    on = str(part.get("served_on"))
    fleet = fleets.get(on)
    if FACTOR in part or not isinstance(fleet, Placed):
        beside = FACTOR if FACTOR in part else f"served_on: {on}"
        expected = f"served_on: the fleet that it is estimated for, or {FACTOR}"
        reading.refuse(path, f"{place} says a precision and {beside}", expected)
        return "1"
    from pertoken.connect.model_file.fleets import faster  # noqa: PLC0415  estimates load slowly

    try:
        value, source = faster(fleet, str(part[PRECISION]))
    except InputError as error:
        reading.refused(path, error)
        return "1"
    name = f"{place}.{FACTOR}"
    return quoted(reading.add(Assumption(name=name, value=value, source=source, line=reading.line(path)), path))


def _parameter(reading: Reading, place: str, part: Placed, asked: Parameter) -> str:
    """Read a parameter; one that is not said and has a usual value is an input too."""
    name, path = f"{place}.{asked.name}", (*part.path, asked.name)
    if part.get(asked.name) is None:
        if asked.default is None:
            expected = f"{asked.name}: {asked.meaning}"
            reading.refuse(part.path, f"lever {part.path[-1]} does not say its {asked.name}", expected)
            return "0"
        usual = Assumption(name=name, value=Decimal(f"{asked.default:g}"), source=USUAL, line=reading.line(part.path))
        return quoted(reading.add(usual, path))
    text = formula(reading, part[asked.name], path, name, "1")
    own = reading.inputs.get(name)
    if own is not None and not asked.low <= _plain(own) <= asked.high:
        unit = PERCENT if own.unit == PERCENT else ""
        bounds = f"from {asked.low:g} to {asked.high:g}" if asked.high < float("inf") else f"of {asked.low:g} or more"
        reading.refuse(path, f"{name} is {own.value}{unit}", f"a number {bounds}: {asked.meaning}")
    return text


def _plain(said: Assumption) -> float:
    return float(said.value) / (100 if said.unit == PERCENT else 1)


def _where(reading: Reading, name: str, part: Placed) -> dict[str, str]:
    """Read the labels of the usage that it acts on; `from` is the model that it moves from."""
    more = part.get("where", {})
    if not isinstance(more, dict):
        reading.refuse((*part.path, "where"), f"where is {more!r}", "labels, as {feature: search}")
        more = {}
    if "from" in part and "model" in part:
        reading.refuse((*part.path, "from"), f"lever {name} says both model and from", "one of them")
    model = {"model": str(part["from"])} if part.get("from") is not None else {}
    said = {
        "vendor" if word == "served_on" else word: label_of(part[word]) for word in WHERE if part.get(word) is not None
    }
    return said | model | {word: label_of(each) for word, each in more.items()}


def _to(reading: Reading, part: Placed) -> dict[str, str]:
    """Read the labels that what moves takes; a bare name is a model."""
    said = part.get("to")
    if said is None:
        return {}
    if isinstance(said, (list, bool)):
        reading.refuse((*part.path, "to"), f"to is {said!r}", "the name of a model, or labels as {batch: true}")
        return {}
    if not isinstance(said, dict):
        return {"model": str(said)}
    return {"vendor" if word == "served_on" else word: label_of(each) for word, each in said.items()}
