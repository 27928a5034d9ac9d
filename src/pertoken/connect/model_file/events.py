"""Events: what happens in some month, or not."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from pertoken.connect.model_file.assumption import assumption
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.scenario.spec import Assumption, Event

WORDS = ("probability", "between", "in", "base", "label")


def events(reading: Reading, data: Placed) -> tuple[Event, ...]:
    """Read all events of a model."""
    path = (*data.path, "events")
    return tuple(
        _event(reading, name, part)
        for name, said in reading.named(data, "events").items()
        if (part := reading.part(said, (*path, name), f"event {name}", WORDS)) is not None
    )


def _event(reading: Reading, name: str, part: Placed) -> Event:
    first, last = _between(reading, name, part)
    months, path = reading.months, part.path
    base = ""
    if part.get("base") is not None:
        base = months.inside(part["base"], (*path, "base"), reading.door, f"base of event {name}")
        if base and first and last and not first <= base <= last:
            reading.refuse((*path, "base"), f"base of event {name} is {base}", f"a month from {first} to {last}")
    return Event(
        name=name,
        probability=_probability(reading, name, part),
        first=first,
        last=last,
        base=base,
        label=reading.text(part, "label"),
        line=reading.line(path),
    )


def _probability(reading: Reading, name: str, part: Placed) -> Assumption:
    path, place = (*part.path, "probability"), f"event.{name}.probability"
    made = assumption(reading, part.get("probability"), path, place)
    if made is None:
        return Assumption(name=place, value=Decimal(0))
    share = made.value / 100 if made.unit == "%" else made.value
    if made.unit not in ("1", "%") or not 0 <= share <= 1:
        reading.refuse(path, f"probability of event {name} is {made.value} {made.unit}", "a share from 0% to 100%")
    return replace(made, line=reading.line(path))


def _between(reading: Reading, name: str, part: Placed) -> tuple[str, str]:
    """Read the months in which it may happen: two, one, or all of the calendar."""
    months, door = reading.months, reading.door
    said, path = _said(part, months.labels)
    if not isinstance(said, list) or len(said) != 2:  # noqa: PLR2004  a first and a last
        reading.refuse(path, f"between of event {name} is {said!r}", "two months, as [2027-04, 2027-12]")
        return "", ""
    what = f"a month of event {name}"
    first, last = (months.inside(each, (*path, i), door, what) for i, each in enumerate(said))
    if first and last and last < first:
        reading.refuse(path, f"event {name} is between {first} and {last}", "the first month first")
    return first, last


def _said(part: Placed, labels: tuple[str, ...]) -> tuple[Any, Path]:
    if part.get("in") is not None:
        return [part["in"], part["in"]], (*part.path, "in")
    return part.get("between", [labels[0], labels[-1]] if labels else None), (*part.path, "between")
