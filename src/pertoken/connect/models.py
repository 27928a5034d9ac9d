"""Models come in by this door: one YAML file or a dictionary, checked, with file and line for all that is wrong."""

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pertoken.connect.cards import exact
from pertoken.connect.model_file.assumption import assumptions
from pertoken.connect.model_file.bought import vendors
from pertoken.connect.model_file.customers import segments
from pertoken.connect.model_file.events import events
from pertoken.connect.model_file.known import check_names
from pertoken.connect.model_file.lines import lines
from pertoken.connect.model_file.listed import Asked
from pertoken.connect.model_file.months import calendar
from pertoken.connect.model_file.reading import Reading, currency
from pertoken.connect.model_file.rest import checks, correlations, drivers
from pertoken.connect.model_file.scenarios import scenarios
from pertoken.connect.model_file.sold import plans
from pertoken.connect.model_file.switches import levers
from pertoken.connect.model_file.workloads import workloads
from pertoken.connect.placed import Door, Placed, placed
from pertoken.connect.yaml_file import Document, read
from pertoken.core.errors import Fault, InputError
from pertoken.scenario.assumed import every_input
from pertoken.scenario.fleet import Fleet
from pertoken.scenario.spec import Calendar, Foretold, Spec

if TYPE_CHECKING:
    from pertoken.forecast.kept import Kept

NONE: Mapping[str, "Kept"] = {}
"""No worlds of forecasts but those in files."""

WORDS = (
    "model", "title", "notes", "calendar", "currency", "units", "assumptions", "forecasts", "drivers", "segments",
    "workloads", "plans", "vendors", "fleets", "levers", "costs", "income", "events", "correlations",
    "scenarios", "checks",
)  # fmt: skip
"""Words at the top of a model file."""


def read_model(path: str | Path, forecasts: Mapping[str, "Kept"] = NONE) -> Spec:
    """Read a model file and the files that it names.

    Args:
        path: YAML file.
        forecasts: Worlds of forecasts by name, in the place of their files or beside them.

    Raises:
        InputError: All that is wrong, each with file, line, what was expected and the mend.
    """
    name = str(path)
    try:
        raw = Path(name).read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        msg = f"can't read the model {name}: {error.strerror}; make one with `pertoken model init`"
        raise InputError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"the model {name} is not text in UTF-8"
        raise InputError(msg) from error
    return _spec(read(text, name), raw, forecasts)


def spec_of(text: str, source: str) -> Spec:
    """Make a model from the text of its file.

    Args:
        text: YAML.
        source: Its name; files of cards are looked for beside it.

    Raises:
        InputError: All that is wrong with it.
    """
    return _spec(read(text, source), text.encode())


def model_from(data: Mapping[str, Any], *, source: str = "", forecasts: Mapping[str, "Kept"] = NONE) -> Spec:
    """Make a model from a dictionary of the same shape as the YAML file.

    Args:
        data: The model; floats are taken by their shortest decimal form.
        source: Name for messages; files of cards are looked for beside it.
        forecasts: Worlds of forecasts by name, in the place of their files or beside them.

    Raises:
        InputError: All that is wrong with it.

    >>> model_from({"model": "m", "calendar": {"start": "2027-01", "months": 2}, "assumptions": {"users": "25k"}}
    ... ).assumptions["users"].value
    Decimal('25000')
    """
    raw = json.dumps(data, sort_keys=True, default=str).encode()
    return _spec(Document(exact(data), {}, source), raw, forecasts)


def _spec(document: Document, raw: bytes, given: Mapping[str, "Kept"] = NONE) -> Spec:
    """Read all parts; what is wrong in any of them is told at once."""
    door, data = Door(document), placed(document.data, document)
    if not isinstance(data, Placed) or data.get("model") is None:
        raise InputError.of([Fault(document.place(()), "not a model", "`model: NAME` at the top")])
    door.only(data, WORDS, " in a model")
    said, months = calendar(data, door)
    reading = Reading(door, months, currency=currency(data, door), units=_units(data, door))
    reading.files[document.source] = raw
    assumptions(reading, data)
    foretold = _forecasts(reading, data, given)
    spec = replace(
        _parts(reading, data, said),
        title=reading.text(data, "title"),
        units=reading.units,
        assumptions=reading.inputs,
        forecasts=foretold,
        placed=tuple(reading.placed),
        checks=checks(reading, data),
        digest=_digest(reading.files),
    )
    known = every_input(spec)
    spec = replace(spec, correlations=correlations(reading, data, known), scenarios=scenarios(reading, data, known))
    check_names(reading, data, spec)
    if door.wrong:
        raise InputError.of(door.ordered())
    return spec


def _parts(reading: Reading, data: Placed, said: Calendar) -> Spec:
    """Read what makes usage and money; what stands there as a number joins the inputs."""
    works, whatifs = workloads(reading, data), levers(reading, data)
    return Spec(
        name=reading.text(data, "model"),
        calendar=said,
        currency=reading.currency,
        drivers=drivers(reading, data),
        segments=segments(reading, data),
        workloads=works,
        levers=whatifs,
        lines=lines(reading, data),
        events=events(reading, data),
        plans=plans(reading, data),
        vendors=vendors(reading, data, Asked(works, whatifs, said)),
        fleets=_fleets(reading, data),
        source=reading.door.document.source,
    )


def _forecasts(reading: Reading, data: Placed, given: Mapping[str, "Kept"]) -> tuple[Foretold, ...]:
    if "forecasts" not in data and not given:
        return ()
    from pertoken.connect.model_file.forecasts import forecasts  # noqa: PLC0415  few models have any

    return forecasts(reading, data, given)


def _fleets(reading: Reading, data: Placed) -> dict[str, Fleet]:
    if "fleets" not in data:
        return {}
    from pertoken.connect.model_file.fleets import fleets  # noqa: PLC0415  few models have any, and estimates load slowly

    return fleets(reading, data)


def _units(data: Placed, door: Door) -> dict[str, str]:
    said = data.get("units")
    if said is None:
        return {}
    if not isinstance(said, Placed):
        door.refuse((*data.path, "units"), f"units is {said!r}", "words and what they mean, as {query: request}")
        return {}
    for word, meaning in said.items():
        if not isinstance(meaning, str):
            door.refuse((*said.path, word), f"unit {word} is {meaning!r}", "another unit, as request")
    return {word: meaning for word, meaning in said.items() if isinstance(meaning, str)}


def _digest(files: Mapping[str, bytes]) -> str:
    """Hash the model file and the files that it names, in the order in which they were read."""
    whole = sha256()
    for raw in files.values():
        whole.update(sha256(raw).digest())
    return whole.hexdigest()
