"""Sound: customers that can be; who joins is no fewer than none, who leaves and moves on no more than all."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import Fault, InputError
from pertoken.core.money import Values
from pertoken.scenario.model import Model
from pertoken.scenario.order import upstream

DUST = 1e-9


def looked_at(model: Model) -> frozenset[str]:
    """Name the rows that have to be sound."""
    return frozenset(name for each in model.spec.segments if not each.is_contract for name in _rows(each.name, model))


def _rows(segment: str, model: Model) -> Iterator[str]:
    known = {row.name for row in model.before.rows}
    yield from (f"start.{segment}", f"new.{segment}")
    yield from sorted(name for name in known if name.startswith((f"leaving.{segment}.", f"moving.{segment}.")))
    yield from [f"leaving.{segment}"] * (f"leaving.{segment}" in known)
    yield f"customers.{segment}"


def refuse_unsound(model: Model, values: Mapping[str, Values]) -> None:
    """Refuse worlds in which customers are fewer than none, or more leave than there are.

    Args:
        model: The model.
        values: Values of rows; those that are not there are not looked at.

    Raises:
        InputError: What can't be, in how many worlds, and which inputs to bound.
    """
    wrong = []
    for segment in model.spec.segments:
        for name in _rows(segment.name, model) if not segment.is_contract else ():
            if name not in values or name.startswith("customers."):
                continue
            share = name.startswith(("leaving.", "moving."))
            bad = (values[name] < -DUST) | (share & (values[name] > 1 + DUST))
            if bad.any():
                wrong.append(_fault(model, name, values[name], bad, "a share from 0 to 1" if share else "at least 0"))
    wrong = wrong or [_fault(model, name, values[name], bad, LEFT) for name, bad in _overdrawn(model, values)]
    if wrong:
        raise InputError.of(wrong)


LEFT = "at least 0: churn and moves together take no more than are there"


def _overdrawn(model: Model, values: Mapping[str, Values]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """List segments that more leave and move on from than are there."""
    for name in (f"customers.{each.name}" for each in model.spec.segments if each.to or each.churn_by_age):
        if name in values and (bad := values[name] < -DUST * (1 + np.abs(values[name]).max())).any():
            yield name, bad


def _fault(model: Model, name: str, own: Values, bad: Values, expected: str) -> Fault:
    row = next(row for row in model.before.rows if row.name == name)
    worst = float(own[bad][np.abs(own[bad]).argmax()])
    month = int(np.argmax(np.broadcast_to(bad, own.shape).reshape(-1, own.shape[-1]).any(axis=0)))
    worlds = np.atleast_1d(bad.reshape(-1, own.shape[-1]).any(axis=-1))
    when = f" in {model.months[month]}" if own.shape[-1] == len(model.months) else ""
    many = f" in {int(worlds.sum()):,} of {len(worlds):,} worlds, {worst:.4g} at worst" if own.ndim > 1 else ""
    found = f"{name} is {worst:.4g}{when}" if own.ndim == 1 else f"{name} can't be so{many}{when}"
    behind = upstream(model.before.rows, (name,), model.before.ladders)
    unsure = [i for i, said in model.inputs.items() if model.entries[i] in behind and (said.spread or said.walk)]
    mend = f"bound the range of {' or '.join(unsure)}" if own.ndim > 1 and unsure else f"mend what {name} follows from"
    where = f"{model.spec.source}:{row.line}" if row.line and model.spec.source else model.spec.source
    return Fault(where, found, expected, mend)
