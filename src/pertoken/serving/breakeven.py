"""Break-even: from which volume on fleets of one's own cost less than an API, at every place where that changes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.serving.stairs import Own, Stairs, last, stairs

ABOVE = 1 + 1e-7
"""Times a volume at which a step is taken that it is looked at just above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A volume at which the cheaper side changes.

    Args:
        volume: Requests a month.
        cost: What the API costs there. [currency/month]
        cheaper: The side that is cheaper above: `own` or `api`.
        step: Whether the fleet takes another machine there, and leaps over the API.
        which: Place of the fleet that is the cheapest there; at a step, just above it.
        machines: Machines that are paid there, on average; at a step, just above it.
        utilisation: Share of what these can serve that is served.
    """

    volume: float
    cost: float
    cheaper: str
    step: bool
    which: int
    machines: float
    utilisation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Volumes through which one way is the cheapest.

    Args:
        low: From here on [request/month]
        high: to here. [request/month]
        which: Place of the fleet; -1 for the API.
    """

    low: float
    high: float
    which: int


def crossings(own: Own, per_request: float, *, most: float | None = None) -> tuple[Crossing, ...]:
    """Find every volume at which the cheaper of one fleet and an API changes.

    Args:
        own: The fleet.
        per_request: What the API takes for a request. [currency]
        most: Volume up to which is looked; up to the last change if None. [request/month]

    Raises:
        InputError: An API for nothing, or more steps than can be looked through.

    >>> from pertoken.serving.autoscale import Autoscale
    >>> always_on = Autoscale(headroom=0.0, hold_seconds=0.0, start_seconds=0.0)
    >>> own = Own(name="own", rate=1.0, price=1.0, fixed=0.0, shape=np.ones(1), policy=always_on)
    >>> [(round(each.volume), each.cheaper) for each in crossings(own, 0.0004)]
    [(1825000, 'own'), (2628000, 'api'), (3650000, 'own'), (5256000, 'api'), (5475000, 'own')]
    """
    _check(per_request)
    return crossed(stairs(own, last(own, per_request) if most is None else most), [own], per_request)


def crossed(found: Stairs, each: Sequence[Own], per_request: float) -> tuple[Crossing, ...]:
    """Find every volume at which the cheaper of the best fleet and an API changes.

    Between steps fleets cost the same at all volumes and an API in proportion to them, so each step is looked at by
    itself and nothing is searched.

    Args:
        found: What the cheapest fleet costs.
        each: The fleets, by the places that it says.
        per_request: What the API takes for a request. [currency]

    Raises:
        InputError: An API for nothing.
    """
    _check(per_request)
    low, top, costs = found.edges[:-1], found.edges[1:], found.costs
    after = np.append(costs[1:], -np.inf)
    within = (per_request * low < costs) & (costs < per_request * top)
    leaps = (costs <= per_request * top) & (per_request * top < after)
    places = [(float(costs[k] / per_request), int(found.which[k]), False) for k in np.flatnonzero(within)]
    places += [(float(top[k]), int(found.which[k + 1]), True) for k in np.flatnonzero(leaps)]
    return tuple(_crossing(each[which], place, per_request, which, step=step) for place, which, step in sorted(places))


def _check(per_request: float) -> None:
    if not per_request > 0:
        raise InputError(f"an API at {per_request:g} a request; expected a price above 0")


def stretches(found: Stairs, per_request: float | None) -> tuple[Stretch, ...]:
    """Tell which way is the cheapest from volume to volume.

    Args:
        found: What the cheapest fleet costs.
        per_request: What the API takes for a request; None where it is no choice. [currency]

    >>> steady = Stairs(edges=np.array([0.0, 10.0, 20.0]), costs=np.array([5.0, 9.0]), which=np.array([0, 1]))
    >>> [(each.low, each.high, each.which) for each in stretches(steady, 1.0)]
    [(0.0, 5.0, -1), (5.0, 10.0, 0), (10.0, 20.0, 1)]
    """
    low, top = found.edges[:-1], found.edges[1:]
    turn = low if per_request is None else np.clip(found.costs / per_request, low, top)
    starts, ends = (np.column_stack(pair).ravel() for pair in ((low, turn), (turn, top)))
    which = np.column_stack([np.full(len(low), -1), found.which]).ravel()
    there = ends > starts
    starts, ends, which = starts[there], ends[there], which[there]
    first = np.flatnonzero(np.append(True, which[1:] != which[:-1]))
    final = np.append(first[1:], len(which)) - 1
    return tuple(
        Stretch(low=float(starts[a]), high=float(ends[b]), which=int(which[a]))
        for a, b in zip(first.tolist(), final.tolist(), strict=True)
    )


def _crossing(own: Own, volume: float, per_request: float, which: int, *, step: bool) -> Crossing:
    at: Values | float = volume * ABOVE if step else volume
    return Crossing(
        volume=volume, cost=volume * per_request, cheaper="api" if step else "own", step=step, which=which,
        machines=float(own.machines(at)[0]), utilisation=float(own.utilisation(at)[0]),
    )  # fmt: skip
