"""Ranges of assumptions: P10 and P90, or a distribution by its name; what can't be is refused."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pertoken.connect.model_file.figures import Figures
from pertoken.connect.model_file.numbers import PERCENT, Written, in_unit, shown, written
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.distribution import Distribution, points
from pertoken.core.errors import Fault, InputError
from pertoken.scenario.spec import Spread

Parameter = tuple[Decimal, ...] | Decimal

UNITLESS = ("sigma", "alpha", "beta", "shares")
"""Parameters of distributions that are not in the unit of the quantity."""

P10_P90 = "p10_p90"
WHOLE = Decimal(100)


def spread(own: Figures) -> Spread | None:
    """Read how unsure an assumption is; None where it is certain, or where what it says can't be."""
    if "distribution" in own.said:
        if "p10" in own.said or "p90" in own.said:
            own.refuse(("distribution",), f"{own.name} says both distribution and p10, p90", "one of them")
        made = _distribution(own)
    else:
        made = _between(own)
    if made is None or not _possible(own, made):
        if {"distribution", "p10", "p90"} & set(own.said):
            own.reading.vague.add(own.name)
        return None
    return made


def _between(own: Figures) -> Spread | None:
    """Read P10 and P90; above 0 nothing lies below it, and a share in % of less than all not above 100 %."""
    words = [word for word in ("p10", "p90") if word in own.said]
    if len(words) == 1:
        other = "p90" if words == ["p10"] else "p10"
        own.refuse((words[0],), f"{own.name} says {words[0]} alone", f"{other} too")
    low, high = own.asked("p10"), own.asked("p90")
    if low is None or high is None or not _ordered(own, low, high):
        return None
    parameters: dict[str, Parameter] = {"p10": low, "p90": high}
    if low > 0:
        parameters["low"] = Decimal(0)
        if own.unit == PERCENT and high < WHOLE:
            parameters["high"] = WHOLE
    return Spread(kind=P10_P90, parameters=parameters)


def _ordered(own: Figures, low: Decimal, high: Decimal) -> bool:
    """Refuse a range that can't be: P10 above P90, or the value outside."""
    unit = "" if own.unit == "1" else own.unit if own.unit == PERCENT else f" {own.unit}"
    p10, value, p90 = (f"{shown(each)}{unit}" for each in (low, own.value, high))
    expected = "p10 below the value below p90, since the value is the median"
    if low > high:
        mend = "the two are the wrong way round" if high < own.value < low else ""
        own.refuse(("p10",), f"impossible range of {own.name}: p10 {p10} is above p90 {p90}", expected, mend)
    elif low > own.value:
        own.refuse(("p10",), f"impossible range of {own.name}: p10 {p10} is above the value {value}", expected)
    elif high < own.value:
        own.refuse(("p90",), f"impossible range of {own.name}: p90 {p90} is below the value {value}", expected)
    return low <= own.value <= high


def _distribution(own: Figures) -> Spread | None:
    """Read a distribution by its kind and parameters."""
    said = own.said["distribution"]
    if not isinstance(said, Placed) or not isinstance(said.get("kind"), str):
        expected = "{kind: triangular, low: 1, mode: 2, high: 4}"
        own.refuse(("distribution",), f"distribution of {own.name} is {said!r}", expected)
        return None
    words = [word for word in said if word != "kind"]
    read = {word: _parameter(own, word, said[word], ("distribution", word)) for word in words}
    kept = {word: value for word, value in read.items() if value is not None}
    return Spread(kind=said["kind"], parameters=kept) if len(kept) == len(read) else None


def _parameter(own: Figures, word: str, said: Any, path: Path) -> Parameter | None:  # noqa: ANN401  unchecked input
    """Read a parameter: a number, or a list of them."""
    if isinstance(said, list):
        read = [_parameter(own, word, each, (*path, i)) for i, each in enumerate(said)]
        kept = tuple(each for each in read if isinstance(each, Decimal))
        return kept if len(kept) == len(read) else None
    found = written(said)
    if word in UNITLESS and found is not None and found.unit in ("", PERCENT):
        return in_unit(found, "1", word)
    return own.figure(said, path, word)


def _possible(own: Figures, made: Spread) -> bool:
    """Refuse a distribution that there is not."""
    try:
        distribution(made, float(own.value))
    except InputError as error:
        word = "distribution" if "distribution" in own.said else "p10"
        where = own.reading.door.document.place((*own.path, word))
        for each in error.faults:
            found = f"impossible range of {own.name}: {each.found}".replace("p50", "the value")
            fault = Fault(
                where, found, each.expected.replace("p50", "the value"), each.mend.replace("p50", "the value")
            )
            own.reading.door.wrong.append(fault)
        return False
    return True


def distribution(made: Spread, value: float) -> Distribution:
    """Make the distribution of a spread; the value is its median where it has none of its own.

    Raises:
        InputError: There is none.
    """
    numbers = {
        name: tuple(map(float, each)) if isinstance(each, tuple) else float(each)
        for name, each in made.parameters.items()
    }
    return Distribution(made.kind, {"p50": value, **numbers} if made.kind == P10_P90 else numbers)


def median(said: Any) -> Written | None:  # noqa: ANN401  unchecked input
    """Take the median of a distribution for the value of an assumption that says none."""
    if not isinstance(said, Mapping):
        return None
    found = {word: _written(each) for word, each in said.items() if word != "kind"}
    numbers = {word: each for word, each in found.items() if each is not None}
    units = {each.unit for word, one in numbers.items() if word not in UNITLESS for each in one}
    kept = {
        word: tuple(float(in_unit(each, each.unit or "1", word)) for each in one) if isinstance(said[word], list)
        else float(one[0].value)
        for word, one in numbers.items()
    }  # fmt: skip
    try:
        middle = points(Distribution(str(said.get("kind")), kept))[1]
    except (InputError, TypeError, ValueError):
        return None
    return Written(Decimal(f"{middle:.12g}"), units.pop() if len(units) == 1 else "")


def _written(said: Any) -> list[Written] | None:  # noqa: ANN401  unchecked input
    """Read a number or a list of numbers as they stand."""
    found = [written(each) for each in (said if isinstance(said, list) else [said])]
    kept = [each for each in found if each is not None]
    return kept if kept and len(kept) == len(found) else None
