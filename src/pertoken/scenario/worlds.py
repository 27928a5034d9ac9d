"""Worlds: what every input is, in a named case or in many drawn worlds at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.core.money import Values
from pertoken.scenario.assumed import calendar_values
from pertoken.scenario.model import Model
from pertoken.scenario.spec import Assumption

BASE = "base"


@dataclass(frozen=True, slots=True, eq=False)
class Worlds:
    """What every input is.

    Args:
        given: Values by row: `(*batch, 1)` for single numbers, `(*batch, month)` by month.
        case: The case or scenario that they are of.
        shape: The leading axes; empty for one certain world.
    """

    given: Mapping[str, Values]
    case: str = BASE
    shape: tuple[int, ...] = field(default=())


def cases(model: Model) -> tuple[str, ...]:
    """Name the cases and scenarios of a model, base first."""
    own = [name for said in model.inputs.values() for name in said.cases]
    every = dict.fromkeys([BASE, *(c for c in ("low", "high") if c in own), *model.spec.scenarios, *own])
    return tuple(every)


def value_in(said: Assumption, case: str, model: Model) -> float:
    """Find the value of an input in a case."""
    scenario = model.spec.scenarios.get(case)
    if scenario is not None and said.name in scenario.values:
        return float(scenario.values[said.name])
    return float(said.cases.get(case, said.value))


def named(model: Model, case: str = BASE, but: Mapping[str, float] | None = None) -> Worlds:
    """Make the one certain world of a case.

    Args:
        model: The model.
        case: `base`, `low`, `high`, or a scenario.
        but: Other values for some inputs, by name, each in its own unit.

    Raises:
        InputError: No such case or input.
    """
    if case not in cases(model):
        msg = f"no scenario {case!r} in {model.spec.source or model.spec.name}; {nearest(case, cases(model))}"
        raise InputError(msg)
    values = {name: value_in(said, case, model) for name, said in model.inputs.items()}
    for name, value in (but or {}).items():
        values[checked_name(name, model)] = value
    given = {model.entries[name]: np.array([value]) for name, value in values.items()}
    return Worlds({**_fixed(model), **given}, case)


def side_by_side(model: Model, names: Sequence[str]) -> Worlds:
    """Make the worlds of several cases at once, in their order along the leading axis; what they share stays single."""
    every = [named(model, name).given for name in names]
    alike = {row for row, value in every[0].items() if all(np.array_equal(value, each[row]) for each in every)}
    given = {row: value if row in alike else np.stack([each[row] for each in every]) for row, value in every[0].items()}
    return Worlds(given, names[0], np.broadcast_shapes(*(value.shape[:-1] for value in given.values())))


def checked_name(name: str, model: Model) -> str:
    """Return the name of an input, or raise `InputError` with the nearest."""
    if name not in model.inputs:
        made = {row.name for program in (model.before, model.after) for row in program.rows} - set(model.inputs)
        what = "is no input but follows from others in" if name in made else "is no input of"
        msg = f"{name!r} {what} {model.spec.source or model.spec.name}; {nearest(name, model.inputs)}"
        raise InputError(msg)
    return name


def _fixed(model: Model) -> dict[str, Values]:
    """The calendar, seasons, steps, no shocks, and events when they happen in named cases."""
    months = model.months
    given: dict[str, Values] = {n: np.array(each) for n, each in calendar_values(months).items()}
    turn = [int(label[5:]) - 1 for label in months]
    for said in model.spec.assumptions.values():
        if said.season:
            given[f"{said.name}.season"] = np.array([float(said.season[i]) for i in turn])
        for label, value in said.steps.items():
            given[f"{said.name}.from_{label}"] = np.array([float(value)])
    given |= {row: np.zeros(len(months)) for row in model.shocks.values()}
    for name, row in model.happenings.items():
        base = model.events[name].base
        given[row] = np.array([float(months.index(base) + 1 if base else 0)])
    return given


def spread_over(worlds: Worlds, more: Mapping[str, Values]) -> Worlds:
    """Put drawn values in the place of certain ones."""
    shapes = [value.shape[:-1] for value in more.values()]
    return Worlds({**worlds.given, **more}, worlds.case, np.broadcast_shapes(*shapes) if shapes else ())


def of_inputs(model: Model, values: Mapping[str, Values], case: str = BASE) -> Worlds:
    """Make many worlds in which some inputs have values of their own.

    Args:
        model: The model.
        values: Values by input, shape `(*batch,)`, each in the input's own unit.
        case: The case of all other inputs.
    """
    base = named(model, case)
    return spread_over(base, {model.entries[checked_name(n, model)]: v[..., np.newaxis] for n, v in values.items()})
