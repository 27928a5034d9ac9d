"""Break-even: from which volume on a fleet of one's own costs less than an API, at every place where that changes."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.serving.autoscale import ROUNDED, Autoscale, paid_on_average
from pertoken.serving.traffic import BIN

MONTH = 730.0
"""Hours of a month, a twelfth of a year."""

SECONDS = MONTH * 3600

MOST = 400_000
"""Steps of a fleet that are looked through."""

PART = 4096
"""Loads that are reckoned at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Own:
    """A fleet of one's own, whose cost rises in steps with its volume.

    Args:
        name: What it is called.
        rate: Requests a second that a machine serves within its targets. [1/s]
        price: Of a machine. [currency/h]
        fixed: What it costs whatever the volume: people, storage. [currency/month]
        shape: Multiples of the mean load in the bins of a time that repeats.
        policy: How it follows its load.
        width: Of a bin. [s]
    """

    name: str
    rate: float
    price: float
    fixed: float
    shape: Values
    policy: Autoscale
    width: float = BIN

    def machines(self, volumes: Values | float) -> Values:
        """Count the machines that are paid on average at volumes [request/month]."""
        flat = np.atleast_1d(np.asarray(volumes, dtype=float)) / SECONDS / self.rate
        parts = [
            paid_on_average(flat[k : k + PART], self.shape, self.policy, width=self.width)
            for k in range(0, len(flat), PART)
        ]
        found: Values = np.concatenate(parts)
        return found

    def cost(self, volumes: Values | float) -> Values:
        """Cost of a month at volumes [request/month]."""
        cost: Values = self.fixed + self.price * MONTH * self.machines(volumes)
        return cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A volume at which the cheaper side changes.

    Args:
        volume: Requests a month.
        cost: What the API costs there. [currency/month]
        cheaper: The side that is cheaper above: `own` or `api`.
        step: Whether the fleet takes another machine there, and leaps over the API.
        machines: Machines that are paid there, on average; at a step, just above it.
        utilisation: Share of what these can serve that is served.
    """

    volume: float
    cost: float
    cheaper: str
    step: bool
    machines: float
    utilisation: float


def crossings(own: Own, per_request: float, *, most: float | None = None) -> tuple[Crossing, ...]:
    """Find every volume at which the cheaper side changes.

    Between steps a fleet costs the same at all volumes and an API in proportion to them, so each step is looked at by
    itself and nothing is searched.

    Args:
        own: The fleet.
        per_request: What the API takes for a request. [currency]
        most: Volume up to which is looked; up to the last change if None. [request/month]

    Raises:
        InputError: An API for nothing, or more steps than can be looked through.

    >>> always_on = Autoscale(headroom=0.0, hold_seconds=0.0, start_seconds=0.0)
    >>> own = Own(name="own", rate=1.0, price=1.0, fixed=0.0, shape=np.ones(1), policy=always_on)
    >>> [(round(each.volume), each.cheaper) for each in crossings(own, 0.0004)]
    [(1825000, 'own'), (2628000, 'api'), (3650000, 'own'), (5256000, 'api'), (5475000, 'own')]
    """
    if not per_request > 0:
        raise InputError(f"an API at {per_request:g} a request; expected a price above 0")
    high = last(own, per_request) if most is None else most
    edges = _steps(own, high)
    costs = own.cost((edges[:-1] + edges[1:]) / 2)
    found = []
    for k, cost in enumerate(costs.tolist()):
        low, top = float(edges[k]), float(edges[k + 1])
        if per_request * low < cost < per_request * top:
            found.append(_crossing(own, cost / per_request, per_request, cheaper="own", step=False))
        if k + 1 < len(costs) and cost <= per_request * top < costs[k + 1]:
            found.append(_crossing(own, top, per_request, cheaper="api", step=True))
    return tuple(found)


def last(own: Own, per_request: float) -> float:
    """Find a volume above which the cheaper side no longer changes [request/month].

    A fleet never costs more than its shape asks for and the machines that whole numbers, minimum and spares add.
    """
    reached = paid_on_average(np.array([1e4]), own.shape, own.policy, width=own.width)[0]
    slope = own.price * MONTH * reached / 1e4 / (SECONDS * own.rate)
    extra = 2 + own.policy.minimum + own.policy.spare
    whole = own.fixed + own.price * MONTH * extra
    if per_request > slope * (1 + 1e-3):
        return float(whole / (per_request - slope)) * 1.01
    return float(whole / per_request) * 3


def _steps(own: Own, high: float) -> Values:
    """List the volumes at which a fleet takes another machine in some bin, from 0 to the highest looked at."""
    levels = np.unique(own.shape) * (1 + own.policy.headroom) * (1 - ROUNDED)
    levels = levels[levels > 0] / SECONDS / own.rate
    counts = np.floor(levels * high)
    if counts.sum() > MOST:
        found = f"{counts.sum():,.0f} steps of a fleet up to {high:,.0f} requests a month"
        raise InputError(f"{found}; expected at most {MOST:,}; look up to a smaller volume")
    steps = [np.arange(1, int(n) + 1) / level for n, level in zip(counts.tolist(), levels.tolist(), strict=True)]
    return np.unique(np.concatenate([[0.0], *steps, [high]]))


def _crossing(own: Own, volume: float, per_request: float, *, cheaper: str, step: bool) -> Crossing:
    machines = float(own.machines(volume * (1 + 1e-7) if step else volume)[0])
    busy = volume / SECONDS / own.rate
    return Crossing(
        volume=volume, cost=volume * per_request, cheaper=cheaper, step=step, machines=machines,
        utilisation=busy / machines if machines else 0.0,
    )  # fmt: skip
