"""Scenarios: named sets of other values, `low` and `high` also from what assumptions say of them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pertoken.connect.model_file.numbers import in_unit, written
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.errors import InputError, nearest
from pertoken.scenario.spec import Assumption, Scenario

OWN = ("low", "high")
WHOLE = 100
"""The most that a share may be. [%]"""


def scenarios(reading: Reading, data: Placed, known: Mapping[str, Assumption]) -> dict[str, Scenario]:
    """Read all scenarios of a model.

    Args:
        reading: Told what is wrong.
        data: The model.
        known: All inputs by name, growth and walks too.
    """
    said = reading.named(data, "scenarios")
    names = [*(case for case in OWN if case in said or _cases(known, case)), *(n for n in said if n not in OWN)]
    path = (*data.path, "scenarios")
    made = {name: _scenario(reading, name, said.get(name), (*path, name), known) for name in names}
    return {name: each for name, each in made.items() if each is not None}


def _cases(known: Mapping[str, Assumption], case: str) -> dict[str, Decimal]:
    return {name: each.cases[case] for name, each in known.items() if case in each.cases}


def _scenario(
    reading: Reading,
    name: str,
    said: Any,  # noqa: ANN401  unchecked input
    path: Path,
    known: Mapping[str, Assumption],
) -> Scenario | None:
    own = _cases(known, name) if name in OWN else {}
    if said is None and own:
        said = Placed({}, path, 0)
    if name == "base" or not isinstance(said, Placed):
        found = "a scenario is named base" if name == "base" else f"scenario {name} is {said!r}"
        mend = "the model itself is the base case" if name == "base" else ""
        reading.refuse(path, found, "another name" if name == "base" else "inputs, each with its value", mend)
        return None
    label = reading.text(said, "label") if "label" not in known else ""
    before = len(reading.door.wrong)
    parts = [each for each in _flat(said, path, known) if each[0] != "label" or "label" in known]
    read = {word: _value(reading, word, value, where, known) for word, value, where in parts}
    values = own | {word: value for word, value in read.items() if value is not None}
    if all(known[word].value == value for word, value in values.items()) and len(reading.door.wrong) == before:
        expected = "the name of an input with another value"
        reading.refuse(path, f"scenario {name} changes nothing", expected, "drop it")
    lines = {word: known[word].line for word in own} | {word: reading.line(where) for word, _, where in parts}
    return Scenario(name=name, values=values, label=label, lines={word: lines[word] for word in values})


def _flat(
    said: Placed, path: Path, known: Mapping[str, Assumption], within: str = ""
) -> Iterator[tuple[str, Any, Path]]:
    """Join nested names by dots."""
    for word, value in said.items():
        name = f"{within}{word}"
        if isinstance(value, Placed) and name not in known:
            yield from _flat(value, (*path, word), known, f"{name}.")
        else:
            yield name, value, (*path, word)


def _value(reading: Reading, name: str, said: Any, path: Path, known: Mapping[str, Assumption]) -> Decimal | None:  # noqa: ANN401
    """Read the value that an input has in a scenario."""
    if name not in known:
        if name not in reading.vague:
            reading.refuse(path, f"no input {name!r}", "", nearest(name, known))
        return None
    switch = name.startswith("levers.") and name.endswith(".on")
    if isinstance(said, bool) and switch:
        return Decimal(int(said))
    found = written(said)
    if found is None or (switch and found.value not in (0, 1)):
        expected = "true or false" if switch else f"a number in {known[name].unit}"
        reading.refuse(path, f"{name} is {said!r}", expected)
        return None
    try:
        value = in_unit(found, known[name].unit, name, reading.units, percent=name in reading.percents)
    except InputError as error:
        reading.refused(path, error)
        return None
    if name in reading.shares and not 0 <= value <= WHOLE:
        reading.refuse(path, f"{name} is {said!r}", "a share from 0% to 100%")
        return None
    return value
