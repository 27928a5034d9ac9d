"""Levers: what-ifs that are on or off, with their parameters."""

from decimal import Decimal
from typing import Any

from pertoken.connect.model_file.place import formula
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.model_file.workloads import label_of
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.scenario.spec import Assumption, Switched

WHERE = ("workload", "model", "provider", "batch", "service_tier", "region")
"""Labels of the usage that a lever acts on."""

OWN = ("kind", "on", "to", "from", "where", *WHERE)
"""Words of a lever that are no parameters."""


def levers(reading: Reading, data: Placed) -> tuple[Switched, ...]:
    """Read all levers of a model."""
    path = (*data.path, "levers")
    found = reading.named(data, "levers").items()
    made = [_lever(reading, name, part, (*path, name)) for name, part in found]
    return tuple(each for each in made if each is not None)


def _lever(reading: Reading, name: str, part: Any, path: Path) -> Switched | None:  # noqa: ANN401  unchecked input
    if not isinstance(part, Placed) or not isinstance(part.get("kind"), str):
        said = part.get("kind", "missing") if isinstance(part, Placed) else repr(part)
        reading.refuse(
            path, f"the kind of lever {name} is {said}", "{kind: exact_cache, workload: chat, hit_share: 15%}"
        )
        return None
    place, on = f"levers.{name}", reading.truth(part, "on")
    reading.add(Assumption(name=f"{place}.on", value=Decimal(int(on)), line=reading.line((*path, "on"))), path)
    words = [word for word in part if word not in OWN]
    return Switched(
        name=name,
        kind=part["kind"],
        on=on,
        where=_where(reading, name, part),
        to=_to(reading, part),
        parameters={word: formula(reading, part[word], (*path, word), f"{place}.{word}", "1") for word in words},
        line=reading.line(path),
    )


def _where(reading: Reading, name: str, part: Placed) -> dict[str, str]:
    """Read the labels of the usage that it acts on; `from` is the model that it moves from."""
    more = part.get("where", {})
    if not isinstance(more, dict):
        reading.refuse((*part.path, "where"), f"where is {more!r}", "labels, as {feature: search}")
        more = {}
    if "from" in part and "model" in part:
        reading.refuse((*part.path, "from"), f"lever {name} says both model and from", "one of them")
    model = {"model": str(part["from"])} if part.get("from") is not None else {}
    said = {word: label_of(part[word]) for word in WHERE if part.get(word) is not None}
    return said | model | {word: label_of(each) for word, each in more.items()}


def _to(reading: Reading, part: Placed) -> dict[str, str]:
    """Read the labels that what moves takes; a bare name is a model."""
    said = part.get("to")
    if said is None:
        return {}
    if isinstance(said, (list, bool)):
        reading.refuse((*part.path, "to"), f"to is {said!r}", "the name of a model, or labels as {batch: true}")
        return {}
    return {word: label_of(each) for word, each in said.items()} if isinstance(said, dict) else {"model": str(said)}
