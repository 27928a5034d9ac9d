"""Parts: every number of a model that can be typed over, by quantity and part; read, and put there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from math import isclose

from pertoken.core.errors import Fault, InputError
from pertoken.scenario.assumed import entry_of, every_input
from pertoken.scenario.compile import months_of
from pertoken.scenario.spec import Assumption, Event, Scenario, Spec, Spread

Part = tuple[str, str]
"""A quantity and the part of it: `("signups.first", "low")`, `("pro_churn", "p10")`."""
BASE = "base"
CLOSE = 1e-12
"""How far two numbers may be apart that are the same."""


def parts(spec: Spec) -> dict[Part, Decimal]:
    """List all numbers of a model that can be typed over, as the model says them."""
    found: dict[Part, Decimal] = {}
    known = every_input(spec)
    for said in known.values():
        row = entry_of(said)
        found[row, BASE] = said.value
        found |= {(row, case): value for case, value in said.cases.items()}
        found |= {(row, name): value for name, value in _numbers(said.spread)}
        found |= {(f"{said.name}.from_{month}", BASE): value for month, value in said.steps.items()}
        if said.season:
            months = months_of(spec)
            found |= {(f"{said.name}.season", month): said.season[int(month[5:]) - 1] for month in months}
    for case, scenario in spec.scenarios.items():
        found |= {(entry_of(known[name]), case): value for name, value in scenario.values.items()}
    for event in spec.events:
        found[f"event.{event.name}.month", BASE] = Decimal(_number(spec, event))
    return found


def _numbers(spread: Spread | None) -> Iterator[tuple[str, Decimal]]:
    for name, value in spread.parameters.items() if spread else ():
        word = name if name in ("p10", "p90") else f"range {name}"
        if isinstance(value, Decimal):
            yield word, value
        else:
            yield from ((f"{word} {i}" if len(value) > 1 else word, each) for i, each in enumerate(value, 1))


def _number(spec: Spec, event: Event) -> int:
    return months_of(spec).index(event.base) + 1 if event.base else 0


def put(spec: Spec, said: Mapping[Part, Decimal | None], where: Mapping[Part, str]) -> Spec:
    """Put other numbers into a model.

    Args:
        spec: The model.
        said: Numbers by quantity and part; None where a case is to follow the base case.
        where: Where each comes from, for messages.

    Raises:
        InputError: What the model has no place for; all of it.
    """
    faults = []
    for (row, part), value in _with_followers(spec, said).items():
        try:
            spec = _put(spec, row, part, value)
        except InputError as error:
            faults.append(Fault(where.get((row, part), row), str(error), "a number that the model's file holds",
                                "change it in the model's file, and export again"))  # fmt: skip
    if faults:
        raise InputError.of(faults)
    return spec


def _with_followers(spec: Spec, said: Mapping[Part, Decimal | None]) -> dict[Part, Decimal | None]:
    """Add cases that say the base value themselves: in a workbook they are empty, and follow it."""
    now, every = parts(spec), dict(said)
    for (row, part), value in said.items():
        if part == BASE:
            cases = {key for key in now if key[0] == row and key[1] in _cases(spec)}
            every |= {key: value for key in cases - said.keys() if now[key] == now[row, BASE]}
    return {**every, **{key: _base(now, said, key[0]) for key, value in every.items() if value is None}}


def _base(now: Mapping[Part, Decimal], said: Mapping[Part, Decimal | None], row: str) -> Decimal:
    own = said.get((row, BASE))
    return now[row, BASE] if own is None else own


def _cases(spec: Spec) -> set[str]:
    own = {case for said in every_input(spec).values() for case in said.cases}
    return own | set(spec.scenarios)


def _put(spec: Spec, row: str, part: str, value: Decimal | None) -> Spec:
    """Put one number into a model."""
    assert value is not None  # noqa: S101  see the caller
    events = {f"event.{event.name}.month": event for event in spec.events}
    if row in events:
        return _happening(spec, events[row], part, value)
    for said in every_input(spec).values():
        if row == entry_of(said):
            return _valued(spec, said, part, value)
        if row.startswith(f"{said.name}.from_") and part == BASE:
            steps = {**said.steps, row.removeprefix(f"{said.name}.from_"): value}
            return _replaced(spec, replace(said, steps=steps))
        if row == f"{said.name}.season":
            place = int(part.rpartition(" ")[2][5:7]) - 1
            return _replaced(spec, replace(said, season=(*said.season[:place], value, *said.season[place + 1 :])))
    msg = f"{row}, {part}, stands inside a formula or on the calendar"
    raise InputError(msg)


def _valued(spec: Spec, said: Assumption, part: str, value: Decimal) -> Spec:
    if part == BASE:
        return _replaced(spec, replace(said, value=value))
    if part in _cases(spec):
        return _in_case(spec, said, part, value)
    words = part.removeprefix("range ").split()
    own = said.spread.parameters if said.spread else {}
    bound = words[0] in ("low", "high") and said.spread is not None and said.spread.kind == "p10_p90"
    if said.spread is None or words[0] not in own or bound:
        msg = f"{part} of {said.name} follows from the others"
        raise InputError(msg)
    before = own[words[0]]
    now: Decimal | tuple[Decimal, ...] = value
    if isinstance(before, tuple):
        place = int(words[1]) - 1 if len(words) > 1 else 0
        now = (*before[:place], value, *before[place + 1 :])
    spread = replace(said.spread, parameters={**own, words[0]: now})
    return _replaced(spec, replace(said, spread=spread))


def _in_case(spec: Spec, said: Assumption, case: str, value: Decimal) -> Spec:
    if case in said.cases:
        spec = _replaced(spec, replace(said, cases={**said.cases, case: value}))
    before = spec.scenarios.get(case, Scenario(name=case, values={}))
    now = replace(before, values={**before.values, said.name: value})
    return replace(spec, scenarios={**spec.scenarios, case: now})


def _happening(spec: Spec, event: Event, part: str, value: Decimal) -> Spec:
    months = months_of(spec)
    if part != BASE:
        msg = f"the month of event {event.name} is the same in all cases"
        raise InputError(msg)
    base = months[int(value) - 1] if value else ""
    if base and not event.first <= base <= event.last:
        msg = f"event {event.name} is in {base}, but may happen from {event.first} to {event.last}"
        raise InputError(msg)
    return replace(spec, events=tuple(replace(e, base=base) if e.name == event.name else e for e in spec.events))


def _replaced(spec: Spec, now: Assumption) -> Spec:
    """Put an assumption in its place: among the assumptions, within one, or as the chance of an event."""
    swap = _swapped(now)
    return replace(
        spec,
        assumptions={name: swap(said) for name, said in spec.assumptions.items()},
        events=tuple(replace(event, probability=swap(event.probability)) for event in spec.events),
        levers=tuple(
            replace(lever, on=bool(now.value)) if now.name == f"levers.{lever.name}.on" else lever
            for lever in spec.levers
        ),
    )


def _swapped(now: Assumption) -> Callable[[Assumption], Assumption]:
    def swap(said: Assumption) -> Assumption:
        if said.name == now.name:
            return now
        inner: Sequence[tuple[str, Assumption | None]] = (("growth", said.growth), ("walk", said.walk))
        for word, each in inner:
            if each is not None and each.name == now.name:
                return replace(said, growth=now) if word == "growth" else replace(said, walk=now)
        return said

    return swap


def differing(one: Mapping[Part, Decimal], other: Mapping[Part, Decimal]) -> frozenset[Part]:
    """Name the parts that two models do not say alike."""
    alike = {part for part in one.keys() & other.keys() if isclose(float(one[part]), float(other[part]), rel_tol=CLOSE)}
    return frozenset((one.keys() | other.keys()) - alike)
