"""What an assumption does over time: season and steps, and the time in which it grows by so much."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pertoken.connect.model_file.figures import Figures
from pertoken.connect.model_file.numbers import PERCENT, in_unit, written
from pertoken.connect.placed import Placed
from pertoken.scenario.spec import Per

YEAR = 12
NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def growth_per(own: Figures) -> Per:
    """Read the time in which it grows by so much."""
    said = own.said.get("growth_per", "month")
    grows = "growth" in own.said or "growth_per" not in own.said
    if said not in ("month", "year") or not grows:
        found = f"growth_per of {own.name} is {said!r}" + ("" if grows else ", without growth")
        own.refuse(("growth_per",), found, "month or year, beside growth")
    return "year" if said == "year" else "month"


def season(own: Figures) -> tuple[Decimal, ...]:
    """Read twelve factors, or those of some months; the others are 1."""
    said = own.said.get("season")
    if said is None:
        return ()
    table = _by_month(said) if isinstance(said, Mapping) else said
    if not isinstance(table, list) or len(table) != YEAR:
        expected = "twelve factors, January to December, or those of some months, as {dec: 1.4}"
        own.refuse(("season",), f"season of {own.name} is {said!r}", expected)
        return ()
    read = [written(each) for each in table]
    kept = [each for each in read if each is not None and each.unit in ("", PERCENT) and each.value >= 0]
    if len(kept) < YEAR:
        own.refuse(("season",), f"season of {own.name} is {said!r}", "factors of 0 or more")
        return ()
    return tuple(in_unit(each, "1", "season") for each in kept)


def _by_month(said: Mapping[str, Any]) -> list[Any] | None:
    """Spread factors of some months over the year; None where a word is no month, or one stands twice."""
    places = {name: i for i, name in enumerate(NAMES)} | {str(i + 1): i for i in range(YEAR)}
    keys = [word.lower()[:3] if word.isalpha() else word.lstrip("0") for word in said]
    found = dict(zip(keys, said.values(), strict=True))
    if len(found) < len(said) or not set(found) <= set(places):
        return None
    turned = {places[word]: each for word, each in found.items()}
    return [turned.get(i, 1) for i in range(YEAR)]


def steps(own: Figures) -> dict[str, Decimal]:
    """Read its value from some months on."""
    said = own.said.get("steps")
    if said is None:
        return {}
    if not isinstance(said, Placed) or not said:
        own.refuse(("steps",), f"steps of {own.name} is {said!r}", "months and values, as {2027-06: 1200}")
        return {}
    months, door = own.reading.months, own.reading.door
    read = {}
    for word, value in said.items():
        label = months.inside(word, (*own.path, "steps", word), door, f"a step of {own.name}")
        figure = own.figure(value, ("steps", word), f"the step from {word}")
        if label and figure is not None:
            read[label] = figure
    return dict(sorted(read.items()))
