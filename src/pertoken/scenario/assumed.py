"""Assumptions as rows: a number, or a number that grows, follows the season, steps, and wanders."""

from collections.abc import Iterator, Sequence
from functools import partial

from pertoken.core import period
from pertoken.core.nodes import Name, Node
from pertoken.scenario.draft import Entry, call, minus, name, number, plus, since, times
from pertoken.scenario.spec import Assumption, Event, Spec

FIRST = ".first"
"""End of the name of the row with a quantity's value in the first month, where it changes from then on."""


def varies(said: Assumption) -> bool:
    """Tell whether an assumption changes from month to month."""
    return bool(said.growth or said.season or said.steps or said.walk)


def entry_of(said: Assumption) -> str:
    """Name the row that holds an assumption's value."""
    return said.name + FIRST if varies(said) else said.name


def every_input(spec: Spec) -> dict[str, Assumption]:
    """List all inputs of a model: assumptions, what they grow and wander by, and the chances of events."""
    found: dict[str, Assumption] = {}
    for said in [*spec.assumptions.values(), *(event.probability for event in spec.events)]:
        for each in (said, said.growth, said.walk):
            if each is not None:
                found[each.name] = each
    return found


def calendar_rows() -> Iterator[Entry]:
    """Write the rows that are always there: the number of the month, and how long it is."""
    yield Entry(
        name="month", said=plus(call("prev", name("month")), number(1)), unit="1", section="calendar", label="Month"
    )
    yield Entry(
        name="days_in_month", unit="day", section="calendar", label="Days in the month", total="sum", single=False
    )
    yield Entry(
        name="hours_in_month",
        said=call("*", name("days_in_month"), name("hours_in_day")),
        unit="hour",
        section="calendar",
        label="Hours in the month",
        total="sum",
    )
    yield Entry(name="months", said=call("last", name("month")), section="calendar", label="Months of the model")
    yield Entry(name="hours_in_day", said=number(24), unit="hour / day", section="calendar", label="Hours in a day")
    yield Entry(name="calendar_month", section="calendar", label="Month of the year", single=False)


def calendar_values(months: Sequence[str]) -> dict[str, list[float]]:
    """Reckon what the calendar says of each month."""
    begun = period.begins(months)
    days = (period.following(begun, "month") - begun).astype("timedelta64[D]").astype(int)
    return {"days_in_month": [float(each) for each in days], "calendar_month": [float(each[5:]) for each in months]}


def assumed_rows(said: Assumption) -> Iterator[Entry]:
    """Write the rows of an assumption: its value, and where it changes, the value of each month."""
    common = partial(Entry, label=said.label, source=said.source, line=said.line)
    where = "inputs"
    yield common(name=entry_of(said), unit=said.unit, single=True, section=where)
    if not varies(said):
        return
    level: Node = name(entry_of(said))
    if said.steps:
        level, more = _stepped(said, level)
        yield from more
    factors: list[Node] = []
    words = ["its value"]
    if said.growth is not None:
        turn = name("month") if said.growth_per == "month" else call("/", name("month"), number(12))
        first = number(1) if said.growth_per == "month" else call("/", number(1), number(12))
        grown = call("^", plus(number(1), name(said.growth.name)), minus(turn, first))
        yield Entry(
            name=said.growth.name,
            unit=said.growth.unit or "1",
            single=True,
            section=where,
            label=said.growth.label or f"{said.label or said.name}, growth a {said.growth_per}",
            source=said.growth.source,
            line=said.growth.line,
        )
        factors.append(grown)
        words.append("grown")
    if said.season:
        yield Entry(name=f"{said.name}.season", single=False, section=where, label=f"{said.label or said.name}, season")
        factors.append(name(f"{said.name}.season"))
        words.append("in season")
    if said.walk is not None:
        yield from _walked(said)
        factors.append(call("exp", name(f"{said.name}.wander")))
        words.append("as it wanders")
    yield common(name=said.name, said=times(level, *factors), unit=said.unit, section="drivers", text=" ".join(words))


def _stepped(said: Assumption, level: Node) -> tuple[Node, list[Entry]]:
    """Write the steps of an assumption as differences that set in one after the other."""
    rows = []
    before: Node = level
    for label in sorted(said.steps):
        step = f"{said.name}.from_{label}"
        rows.append(
            Entry(
                name=step,
                unit=said.unit,
                single=True,
                section="inputs",
                label=f"{said.label or said.name} from {label}",
                source=said.source,
                line=said.line,
            )
        )
        level = plus(level, times(since(label), minus(name(step), before)))
        before = name(step)
    return level, rows


def _walked(said: Assumption) -> Iterator[Entry]:
    assert said.walk is not None  # noqa: S101  see the caller
    own = said.label or said.name
    yield Entry(
        name=said.walk.name,
        unit=said.walk.unit or "1",
        single=True,
        section="inputs",
        label=said.walk.label or f"{own}, wandering a month",
        source=said.walk.source,
        line=said.walk.line,
    )
    yield Entry(name=f"{said.name}.shock", single=False, section="inputs", label=f"{own}, shock of the month")
    wander = Name(f"{said.name}.wander")
    yield Entry(
        name=wander.name,
        said=plus(call("prev", wander), times(name(said.walk.name), name(f"{said.name}.shock"))),
        unit="1",
        label=f"{own}, how far it has wandered",
    )


def event_rows(event: Event) -> Iterator[Entry]:
    """Write an event: the month in which it happens, 0 for never, and whether it has."""
    own = event.label or event.name
    yield Entry(
        name=event.probability.name,
        unit=event.probability.unit or "1",
        single=True,
        section="inputs",
        label=event.probability.label or f"Chance of {own}",
        source=event.probability.source,
        line=event.line,
    )
    month = Name(f"event.{event.name}.month")
    yield Entry(
        name=month.name,
        single=True,
        section="inputs",
        label=f"{own}: month of the model in which it happens",
        line=event.line,
    )
    happened = times(call(">", month, number(0)), call(">=", name("month"), month))
    yield Entry(name=f"event.{event.name}", said=happened, unit="1", label=own, line=event.line)
