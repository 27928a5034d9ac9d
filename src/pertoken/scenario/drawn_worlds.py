"""Drawn worlds: shares of a design become values of inputs, shocks of walks, and months of events."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from pertoken.core.copula import correlate, correlate_each
from pertoken.core.design import steps
from pertoken.core.distribution import Distribution, from_p10_p90, quantile, support
from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.scenario.foretold import one_world
from pertoken.scenario.model import Model
from pertoken.scenario.spec import Assumption, Event
from pertoken.scenario.worlds import Worlds, named, spread_over, value_in


def dimensions(model: Model) -> tuple[str, ...]:
    """Name what is drawn: inputs with a range, a shock for each month of a walk, and events."""
    own = [name for name, said in model.inputs.items() if said.spread is not None]
    walks = [step for name in model.shocks for step in steps(name, model.months)]
    return (*own, *walks, *(f"event.{name}" for name in model.events))


def pairs(model: Model) -> dict[tuple[str, str], float]:
    """List the rank correlations between what is drawn."""
    return {each.between: float(each.rank) for each in model.spec.correlations}


def together(model: Model, shares: Values) -> Values:
    """Make columns of one whole replicate move together as the model says."""
    said = pairs(model)
    return correlate(shares, dimensions(model), said) if said else shares


def together_each(model: Model, shares: Values) -> Values:
    """Make columns move together as the model says, each world by itself."""
    said = pairs(model)
    return correlate_each(shares, dimensions(model), said) if said else shares


def drawn(model: Model, shares: Values, case: str = "base") -> Worlds:
    """Make the worlds of a design.

    Args:
        model: The model.
        shares: Shares strictly between 0 and 1, shape `(draws, dimensions)`.
        case: Case or scenario around whose values the worlds lie: a range moves with its value.
    """
    column = {name: shares[:, i] for i, name in enumerate(dimensions(model))}
    base = named(model, case)
    more: dict[str, Values] = {model.entries[name]: np.array([each]) for name, each in one_world(model.spec).items()}
    for name, said in model.inputs.items():
        if said.spread is not None:
            more[model.entries[name]] = moved(said, value_in(said, case, model), column[name])[:, np.newaxis]
    for name, row in model.shocks.items():
        shocks = np.stack([column[step] for step in steps(name, model.months)], axis=-1)
        more[row] = quantile(NORMAL, shocks)
    for name, row in model.happenings.items():
        chance = _chance(model.events[name], more, base.given)
        more[row] = happens(model.events[name], column[f"event.{name}"], chance, model.months)[:, np.newaxis]
    return spread_over(base, more)


NORMAL = Distribution("normal", {"mean": 0.0, "sd": 1.0})
"""What shocks are drawn from."""


def distribution(said: Assumption) -> Distribution:
    """The distribution of an assumption's value, in its unit; its value is the median of a P10 and a P90."""
    assert said.spread is not None  # noqa: S101  the callers ask for what has one
    written = said.spread.parameters
    many = {name: tuple(map(float, each)) for name, each in written.items() if isinstance(each, tuple)}
    single = {name: float(each) for name, each in written.items() if not isinstance(each, tuple)}
    if said.spread.kind == "p10_p90":
        return from_p10_p90(**{"p50": float(said.value), **single})
    return Distribution(said.spread.kind, {**many, **single})


def moved(said: Assumption, value: float, shares: Values) -> Values:
    """Draw an assumption; where a case gives it another value, its range moves with it.

    What is above zero moves by its factor, a share of the whole by its odds, all else by the difference. A share that
    is to be more than the whole moves by its factor.
    """
    found = quantile(distribution(said), shares)
    base, whole = float(said.value), support(distribution(said))[1]
    if value == base:
        return found
    how = moves(said)
    if how == "odds" and 0 <= value <= whole:
        return np.asarray(whole * value / (value + (whole / found - 1) * (whole - value) * base / (whole - base)))
    if how != "difference":
        return np.asarray(found * (value / base))
    return np.asarray(found + (value - base))


def moves(said: Assumption) -> Literal["factor", "odds", "difference"]:
    """Tell how the range of an assumption moves where a case gives it another value."""
    made, base = distribution(said), float(said.value)
    low, high = support(made)
    if low != 0 or base <= 0:
        return "difference"
    return "odds" if base < high < np.inf and made.kind not in {"discrete", "constant"} else "factor"


def _chance(event: Event, drawn_rows: Mapping[str, Values], given: Mapping[str, Values]) -> Values:
    row = event.probability.name
    own = drawn_rows.get(row, given[row])[..., 0]
    share = own / 100 if event.probability.unit == "%" else own
    if not ((share >= 0) & (share <= 1)).all():
        worst = share.reshape(-1)[np.argmax(np.abs(share - 0.5))]
        msg = f"the probability of event {event.name} is {worst:.15g}; expected a share from 0 to 1; bound its range"
        raise InputError(msg)
    return share


def happens(event: Event, shares: Values, chance: Values, months: Sequence[str]) -> Values:
    """The number of the month in which an event happens, 0 for never: each month of its stretch is as likely."""
    first, last = months.index(event.first), months.index(event.last)
    part = np.divide(shares, chance, out=np.ones_like(shares), where=chance > 0)
    month = first + 1 + np.floor(part * (last - first + 1))
    return np.asarray(np.where(part < 1, month, 0.0))
