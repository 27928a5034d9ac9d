"""Foretold: quantities by month that a forecast has simulated, as rows: those of one of its worlds in each world."""

from collections.abc import Iterable, Iterator, Mapping

from pertoken.core.errors import Fault, nearest
from pertoken.core.nodes import Call, names, quoted
from pertoken.scenario.draft import Entry, name
from pertoken.scenario.program import Row
from pertoken.scenario.spec import Foretold, Spec

SECTION = "forecasts"
"""Heading that the rows stand under."""

TOTALS = {"customers": "last"}
"""How what is no sum over the months is totalled."""


def foretold_rows(spec: Spec) -> Iterator[Entry]:
    """Write a row for each quantity of each forecast."""
    for each in spec.forecasts:
        for sample in each.samples:
            _, measure, *part = sample.name.split(".", 3)
            yield Entry(
                name=sample.name,
                said=Call("world of", (sample, name(f"{each.name}.world"), name(f"{each.name}.width"))),
                unit=sample.unit.text,
                single=False,
                section=SECTION,
                label=f"{each.name}: {' '.join((measure, *part))}",
                text=f"worlds of {each.file or 'the forecast'} around the rank {each.name}.world",
                total=TOTALS.get(measure, "sum"),
                source=each.file,
                line=each.line,
            )


def asked_alone(rows: Iterable[Row]) -> list[Row]:
    """Leave out the rows of forecasts that no other row asks for."""
    listed = list(rows)
    asked = _asked(listed)
    return [row for row in listed if row.section != SECTION or row.name in asked]


def _asked(rows: Iterable[Row]) -> frozenset[str]:
    return frozenset[str]().union(
        *(names(node) for row in rows for node in (row.node, row.opening) if node is not None)
    )


def not_foretold(rows: Iterable[Row], spec: Spec) -> Iterator[Fault]:
    """Find what formulas ask of a forecast that it has not, and say what it has."""
    listed = list(rows)
    known = {row.name for row in listed}
    for row in listed:
        for asked in sorted(_asked([row]) - known):
            for each in spec.forecasts:
                if asked.startswith(f"{each.name}."):
                    where = f"{spec.source}:{row.line}" if row.line else spec.source
                    found = f"`{quoted(asked)}` in `{row.name}`: the forecast {each.name} has none"
                    yield Fault(where, found, _listed(each), _mend(asked, each))


def _listed(each: Foretold) -> str:
    """Say what a forecast has: its measures, then the labels of its parts by key."""
    measures: dict[str, None] = {}
    parts: dict[str, dict[str, None]] = {}
    for sample in each.samples:
        _, measure, *part = sample.name.split(".", 3)
        measures[measure] = None
        if part:
            parts.setdefault(part[0], {})[part[1]] = None
    said = [f"by {key} ({', '.join(labels)})" for key, labels in parts.items()]
    return "; ".join([", ".join(measures), *said])


def _mend(asked: str, each: Foretold) -> str:
    measures = {sample.name.split(".")[1] for sample in each.samples}
    money = asked.split(".")[1] if asked.split(".")[1] in {"revenue", "cost"} else ""
    if money and money not in measures:
        return f"make the forecast with the card that charges it: --card CARD, for its {money}"
    return nearest(asked, {quoted(sample.name) for sample in each.samples})


def one_world(spec: Spec) -> Mapping[str, float]:
    """Say what inputs are in each drawn world, whatever the case: a forecast is one of its worlds, not a mean."""
    return {f"{each.name}.width": 0.0 for each in spec.forecasts}
