"""Drivers, correlations and checks: what follows, what moves together, what is to hold."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pertoken.connect.model_file.numbers import written
from pertoken.connect.model_file.place import formula
from pertoken.connect.model_file.reading import DOTTED, Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.copula import check
from pertoken.core.errors import InputError, nearest
from pertoken.scenario.spec import Assumption, Correlation, Driver, Promise

DRIVER = ("formula", "unit", "start", "label")


def drivers(reading: Reading, data: Placed) -> tuple[Driver, ...]:
    """Read quantities that follow; a bare number among them is an input."""
    said = data.get("drivers")
    if said is not None and not isinstance(said, Placed):
        reading.refuse((*data.path, "drivers"), f"drivers is {said!r}", "names, each with a formula")
    return tuple(_drivers(reading, said, "")) if isinstance(said, Placed) else ()


def _drivers(reading: Reading, said: Placed, within: str) -> Iterator[Driver]:
    for word, part in said.items():
        path, name = (*said.path, word), f"{within}{word}"
        if not DOTTED.fullmatch(name):
            reading.refuse(path, f"a driver is named {name!r}", "letters, digits, _ and -, joined by dots")
        elif isinstance(part, Placed) and not set(part) & {"formula", "value"}:
            yield from _drivers(reading, part, f"{name}.")
        else:
            yield from _driver(reading, name, part, path)


def _driver(reading: Reading, name: str, part: Any, path: Path) -> Iterator[Driver]:  # noqa: ANN401  unchecked input
    if written(part) is not None or (isinstance(part, Placed) and "value" in part):
        formula(reading, part, path, name, "1")
        return
    said = part if isinstance(part, Placed) else Placed({"formula": part}, path, 0)
    reading.door.only(said, DRIVER, f" in {name}")
    here = (*path, "formula") if isinstance(part, Placed) else path
    unit = reading.text(said, "unit")
    start = said.get("start")
    yield Driver(
        name=name,
        formula=formula(reading, said["formula"], here, f"{name}.formula", unit or "1"),
        unit=unit,
        start="" if start is None else formula(reading, start, (*path, "start"), f"{name}.start", unit or "1"),
        label=reading.text(said, "label"),
        line=reading.line(path),
    )


def correlations(reading: Reading, data: Placed, known: Mapping[str, Assumption]) -> tuple[Correlation, ...]:
    """Read which inputs move together."""
    said, path = data.get("correlations") or [], (*data.path, "correlations")
    if not isinstance(said, list):
        reading.refuse(path, f"correlations is {said!r}", "a list of {between: [queries, answer], rank: -0.3}")
        return ()
    faults = len(reading.door.wrong)
    read = [_correlation(reading, part, (*path, i), known) for i, part in enumerate(said)]
    made = tuple(each for each in read if each is not None)
    if len(reading.door.wrong) == faults and not reading.vague & {name for each in made for name in each.between}:
        _hold_together(reading, made, path)
    return made


def _hold_together(reading: Reading, made: Sequence[Correlation], path: Path) -> None:
    """Refuse a pair that stands twice, and correlations that no worlds can have together."""
    seen: dict[frozenset[str], int] = {}
    for i, each in enumerate(made):
        pair = frozenset(each.between)
        if pair in seen:
            first = f", the first on line {seen[pair]}" if seen[pair] else ""
            found = f"the correlation of {' and '.join(each.between)} stands twice{first}"
            reading.refuse((*path, i), found, "each pair once, in either order", "take one away")
        seen.setdefault(pair, each.line)
    if len(seen) < len(made):
        return
    try:
        check({each.between: float(each.rank) for each in made}, sorted(frozenset[str]().union(*seen)))
    except InputError as error:
        reading.refused(path, error)


def _correlation(reading: Reading, part: Any, path: Path, known: Mapping[str, Assumption]) -> Correlation | None:  # noqa: ANN401
    names = part.get("between") if isinstance(part, Placed) else None
    rank = written(part.get("rank")) if isinstance(part, Placed) else None
    if not isinstance(names, list) or len(names) != 2 or rank is None or rank.unit:  # noqa: PLR2004  a pair
        reading.refuse(path, f"a correlation is {part!r}", "{between: [queries, answer], rank: -0.3}")
        return None
    reading.door.only(part, ("between", "rank"), " in a correlation")
    one, two = map(str, names)
    for i, name in enumerate((one, two)):
        if name in reading.vague:
            continue
        if name not in known:
            reading.refuse((*path, "between", i), f"no input {name!r}", "", nearest(name, known))
        elif known[name].spread is None:
            found = f"{name} is correlated and certain"
            reading.refuse((*path, "between", i), found, "a range on it, as p10 and p90")
    if one == two:
        reading.refuse((*path, "between"), f"{one} is correlated with itself", "two inputs")
    if not -1 <= rank.value <= 1:
        reading.refuse((*path, "rank"), f"rank is {rank.value}", "a number from -1 to 1")
    return Correlation(between=(one, two), rank=rank.value, line=reading.line(path))


def checks(reading: Reading, data: Placed) -> tuple[Promise, ...]:
    """Read what is to hold."""
    path = (*data.path, "checks")
    return tuple(
        Promise(name=name, formula=said.strip(), line=reading.line((*path, name)))
        for name, said in reading.named(data, "checks").items()
        if _condition(reading, name, said, (*path, name))
    )


def _condition(reading: Reading, name: str, said: Any, path: Path) -> bool:  # noqa: ANN401  unchecked input
    if isinstance(said, str) and said.strip() and written(said) is None:
        return True
    reading.refuse(path, f"check {name} is {said!r}", "a condition, as gross_margin_share >= 30%")
    return False
