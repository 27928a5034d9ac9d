"""Target: the value of an input at which a result is as wanted, where two cases cross, and from when on it pays."""

import numpy as np
from numpy.typing import NDArray

from pertoken.core.design import whole_draws
from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.scenario.answer import Crossing, PaysFrom, Solved
from pertoken.scenario.drawn_worlds import drawn
from pertoken.scenario.model import Model
from pertoken.scenario.run import ALIASES, row_of, run, total_of
from pertoken.scenario.simulate import Draws, shares_of
from pertoken.scenario.solve import Gap, roots
from pertoken.scenario.worlds import Worlds, checked_name, named, spread_over, value_in

REACH = 10.0
"""A positive input is looked for from nothing to so many times its value."""


def solved(
    model: Model,
    of: str,
    target: float,
    by: str,
    *,
    case: str = "base",
    month: str = "",
    ends: tuple[float | None, float | None] = (None, None),
    draws: Draws | None = None,
) -> Solved:
    """Find the values of an input at which a result meets a target.

    Args:
        model: The model.
        of: The row, or `margin`, `profit`.
        target: What it is to be. [unit of the row]
        by: The input.
        case: Case or scenario of all else.
        month: The month that is meant; all together if empty.
        ends: Where the search begins and ends, in the input's unit; None for what fits its unit.
        draws: Worlds over which the root ranges; None for the case alone.
    """
    of = ALIASES.get(of, of)
    row_of(model, of)
    now = value_in(model.inputs[checked_name(by, model)], case, model)
    low, high = _range(model, by, now, ends)
    worlds = _worlds(model, case, draws)
    gap = _gap(model, worlds, (of, month), target, by)
    found = roots(gap, low, high, worlds=1 + (draws.count if draws else 0))
    at_now = _result(model, named(model, case), of, month)
    return Solved(model, case, of, month, target, by, now, float(at_now), found)


def crossing(
    model: Model,
    of: str,
    by: str,
    cases: tuple[str, str],
    *,
    ends: tuple[float | None, float | None] = (None, None),
    draws: Draws | None = None,
) -> Crossing:
    """Find where two cases come to the same, by the value of an input that is set alike in both."""
    of = ALIASES.get(of, of)
    now = value_in(model.inputs[checked_name(by, model)], cases[0], model)
    low, high = _range(model, by, now, ends)
    one, two = (_gap(model, _worlds(model, case, draws), (of, ""), 0.0, by) for case in cases)
    found = roots(lambda x, i: two(x, i) - one(x, i), low, high, worlds=1 + (draws.count if draws else 0))
    first = np.zeros(len(found.tried), dtype=np.intp)
    return Crossing(model, cases, of, by, now, found, (one(found.tried, first), two(found.tried, first)))


def pays_from(
    model: Model, of: str = "operating_result", *, case: str = "base", draws: Draws | None = None
) -> PaysFrom:
    """Find the month from which money, added up from the first month, is above zero and stays there."""
    of = ALIASES.get(of, of)
    if not row_of(model, of).by_month:
        msg = f"{of} is one number; expected money by month, as operating_result or cash"
        raise InputError(msg)
    paths = np.cumsum(run(model, named(model, case)).values[of], axis=-1)
    at = int(_lasting(paths[np.newaxis])[0])
    worlds: Values = np.zeros(0)
    if draws is not None:
        own = run(model, _worlds(model, case, draws))
        every = np.broadcast_to(own.values[of], (1 + draws.count, len(model.months)))
        worlds = _lasting(np.cumsum(every, axis=-1))[1:]
    return PaysFrom(model, case, of, model.months[at - 1] if at else "", paths, worlds)


def _lasting(paths: Values) -> Values:
    """Number of the month from which each path is at least zero until its end; 0 for never."""
    good = np.logical_and.accumulate((paths >= 0)[:, ::-1], axis=-1)[:, ::-1]
    return np.where(good.any(axis=-1), good.argmax(axis=-1) + 1, 0)


def _range(model: Model, by: str, now: float, ends: tuple[float | None, float | None]) -> tuple[float, float]:
    """Where an input is looked for: shares from 0 to all, positive numbers to ten times what they are."""
    said = model.inputs[by]
    share = said.unit in ("%", "1") and 0 <= now <= (100 if said.unit == "%" else 1)
    if share:
        low, high = 0.0, 100.0 if said.unit == "%" else 1.0
    else:
        low, high = sorted((0.0, REACH * now)) if now else (0.0, 1.0)
    return ends[0] if ends[0] is not None else low, ends[1] if ends[1] is not None else high


def _worlds(model: Model, case: str, draws: Draws | None) -> Worlds:
    """The case itself first, then the drawn worlds around it."""
    base = named(model, case)
    if draws is None:
        return spread_over(base, {name: value[np.newaxis] for name, value in base.given.items()})
    plan = whole_draws(draws.kind, draws.count, 1)
    own = drawn(model, shares_of(model, draws, plan, 0)[: draws.count], case)
    more = {
        name: np.concatenate([base.given[name][np.newaxis], value])
        for name, value in own.given.items()
        if value.ndim > 1
    }
    return spread_over(base, more)


def _gap(model: Model, worlds: Worlds, of: tuple[str, str], target: float, by: str) -> Gap:
    row = model.entries[by]

    def gap(value: Values, index: NDArray[np.intp]) -> Values:
        flat, at = value.reshape(-1), index.reshape(-1)
        picked = {name: own[at] if own.ndim > 1 and len(own) > 1 else own for name, own in worlds.given.items()}
        there = Worlds({**picked, row: flat[:, np.newaxis]}, worlds.case, (len(flat),))
        found = _result(model, there, *of)
        return np.asarray(np.broadcast_to(found, flat.shape) - target).reshape(value.shape)

    return gap


def _result(model: Model, worlds: Worlds, of: str, month: str) -> Values:
    values = run(model, worlds, sound=False).values
    if not month:
        return total_of(row_of(model, of), values)
    if month not in model.months:
        msg = f"no month {month} in the model; expected {model.months[0]} to {model.months[-1]}"
        raise InputError(msg)
    return np.asarray(values[of][..., model.months.index(month) if row_of(model, of).by_month else 0])
