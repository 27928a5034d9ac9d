"""Assumptions: a number that somebody believes, with unit, range, growth, season, steps and source."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pertoken.connect.model_file.figures import Figures
from pertoken.connect.model_file.months import day
from pertoken.connect.model_file.numbers import PERCENT, Written, in_unit, written
from pertoken.connect.model_file.over_time import growth_per, season, steps
from pertoken.connect.model_file.reading import DOTTED, Reading
from pertoken.connect.model_file.spreads import median, spread
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.errors import InputError
from pertoken.core.units import unit as read_unit
from pertoken.scenario.spec import Assumption

WORDS = (
    "value", "unit", "p10", "p90", "distribution", "low", "high", "growth", "growth_per", "season", "steps", "walk",
    "source", "as_of", "label",
)  # fmt: skip
SURE = ("p10", "p90", "unit", "distribution", "season", "steps", "walk", "as_of", "growth_per")
"""Words that tell an assumption from a group of assumptions, where its value is missing."""
SHARED = ("source", "as_of")
"""Words of a group that hold for all assumptions in it."""


def assumptions(reading: Reading, data: Placed) -> None:
    """Read the assumptions of a model, nested or with dots; a group's source and day hold for all in it."""
    said = data.get("assumptions", Placed({}, data.path, 0))
    if not isinstance(said, Placed):
        reading.refuse((*data.path, "assumptions"), f"assumptions is {said!r}", "names, each with a value")
        return
    _group(reading, said, "", {})


def _group(reading: Reading, said: Placed, within: str, shared: Mapping[str, str]) -> None:
    shared = {**shared, **{word: said[word] for word in SHARED if _is_text(said.get(word))}}
    for word, part in said.items():
        path, name = (*said.path, word), f"{within}{word}"
        if word in SHARED and _is_text(part):
            continue
        if not DOTTED.fullmatch(name):
            reading.refuse(path, f"an assumption is named {name!r}", "letters, digits, _ and -, joined by dots")
        elif isinstance(part, Placed) and "value" not in part and not set(part) & set(SURE):
            _group(reading, part, f"{name}.", shared)
        elif (made := assumption(reading, _sourced(part, path, shared), path, name)) is not None:
            reading.add(made, path)


def _is_text(said: Any) -> bool:  # noqa: ANN401  unchecked input
    return isinstance(said, str) and written(said) is None


def _sourced(part: Any, path: Path, shared: Mapping[str, str]) -> Any:  # noqa: ANN401  unchecked input
    """Give an assumption the source and day of its group, where it says none."""
    if not shared or not (isinstance(part, Placed) or written(part) is not None):
        return part
    return Placed({**shared, **(part if isinstance(part, Placed) else {"value": part})}, path, 0)


def assumption(reading: Reading, said: Any, path: Path, name: str, needs: str = "1") -> Assumption | None:  # noqa: ANN401  unchecked
    """Read an assumption: a bare number, or a map.

    Args:
        reading: Told what is wrong.
        said: What stands there.
        path: Where.
        name: Its name.
        needs: Its unit where it says none.

    Returns:
        The assumption; None, with a fault, if it is none.
    """
    part = said if isinstance(said, Placed) else Placed({"value": said}, path, 0)
    found = written(part["value"]) if "value" in part else median(part.get("distribution"))
    if found is None:
        _refuse_value(reading, part, path, name, needs)
        return None
    reading.door.only(part, WORDS, f" in {name}")
    unit = reading.text(part, "unit") or found.unit or needs
    percent = found.unit == PERCENT == unit
    if percent:
        reading.percents.add(name)
    figure = _value(reading, found, unit, (*path, "unit") if "unit" in part else path, name)
    return _made(Figures(reading, part, path, name, figure, unit, percent))


def _refuse_value(reading: Reading, part: Placed, path: Path, name: str, needs: str) -> None:
    """Say why an assumption has no value: what stands there is no number, or its distribution can't be."""
    faults = len(reading.door.wrong)
    said = part.get("distribution")
    if "value" not in part and said is not None:
        units = [each.unit for each in map(written, said.values()) if each] if isinstance(said, Placed) else []
        unit = reading.text(part, "unit") or next(filter(None, units), needs)
        spread(Figures(reading, part, path, name, Decimal(0), unit, unit == PERCENT))
    if len(reading.door.wrong) == faults:
        value = repr(part["value"]) if "value" in part else "missing"
        reading.refuse(path, f"the value of {name} is {value}", "a number, as 1_000, 25k or 3%")
    reading.vague.add(name)


def _value(reading: Reading, found: Written, unit: str, path: Path, name: str) -> Decimal:
    """Say the value in the assumption's unit, which must be one."""
    try:
        read_unit(unit, reading.units)
        return in_unit(found, unit, f"value of {name}", reading.units)
    except InputError as error:
        reading.refused(path, error)
        return found.value


def _made(own: Figures) -> Assumption:
    said, reading = own.said, own.reading
    as_of = said.get("as_of")
    return Assumption(
        name=own.name,
        value=own.value,
        unit=own.unit,
        label=reading.text(said, "label"),
        source=reading.text(said, "source"),
        as_of=day(as_of, (*own.path, "as_of"), reading.door, "as_of") if as_of is not None else None,
        spread=spread(own),
        growth=_further(own, "growth"),
        growth_per=growth_per(own),
        season=season(own),
        steps=steps(own),
        walk=_further(own, "walk"),
        cases={case: value for case in ("low", "high") if (value := own.asked(case)) is not None},
        line=reading.line(own.path),
    )


def _further(own: Figures, word: str) -> Assumption | None:
    """Read growth or a walk as an assumption of its own."""
    said = own.said.get(word)
    if said is None:
        return None
    made = assumption(own.reading, said, (*own.path, word), f"{own.name}.{word}")
    if made is not None and (made.growth or made.walk or made.season or made.steps):
        own.refuse((word,), f"{made.name} itself grows, walks, steps or has a season", "a number with its range")
    if made is not None and made.unit not in ("1", PERCENT):
        own.refuse((word,), f"{made.name} is in {made.unit}", "a share, as 3%")
    if made is not None and word == "walk" and made.value < 0:
        own.refuse((word,), f"{made.name} is {made.value}", "a standard deviation of 0 or more")
    return made
