"""Stairs: what a fleet of one's own costs over its volume, which rises in steps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, sqrt

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.serving.autoscale import ROUNDED, Autoscale, levels, needs
from pertoken.serving.traffic import BIN

MONTH = 730.0
"""Hours of a month, a twelfth of a year."""

SECONDS = MONTH * 3600

MOST = 400_000
"""Steps of a fleet that are looked through."""

PART = 4096
"""Loads that are reckoned at once."""

MANY = 1e4
"""Machines at which whole numbers no longer matter."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Own:
    """A fleet of one's own, whose cost rises in steps with its volume.

    The machine that is wanted for a share of the time costs that share of the price by the hour, or all of the
    committed one, whichever is less: the newsvendor's rule, which holds for each machine by itself.

    Args:
        name: What it is called.
        rate: Requests a second that a machine serves within its targets. [1/s]
        price: Of a machine that is paid while it is needed; infinite where none is sold so. [currency/h]
        fixed: What it costs whatever the volume: people, storage. [currency/month]
        shape: Multiples of the mean load in the bins of a time that repeats.
        policy: How it follows its load.
        width: Of a bin. [s]
        committed: Price of a machine that is paid round the clock; infinite where none is committed. [currency/h]
    """

    name: str
    rate: float
    price: float
    fixed: float
    shape: Values
    policy: Autoscale
    width: float = BIN
    committed: float = inf

    @property
    def shares(self) -> Values:
        """Share of the time in which each level of the shape or a higher one is asked for, shape `(level,)`."""
        _, each = levels(self.shape, self.policy, width=self.width)
        shares: Values = np.minimum(np.cumsum(each[::-1])[::-1], 1.0)
        return shares

    @property
    def held(self) -> Values:
        """Whether one more machine at each level is committed."""
        held: Values = self.committed * (1 - ROUNDED) <= self.price * self.shares  # what costs the same is committed
        return held

    @property
    def prices(self) -> Values:
        """Price of an hour of the month of one more machine at each level [currency/h]."""
        return np.where(self.held, self.committed, self.price * self.shares)

    def machines(self, volumes: Values | float) -> Values:
        """Count the machines that are paid on average at volumes [request/month]."""
        return self._summed(volumes, np.where(self.held, 1.0, self.shares))

    def committed_machines(self, volumes: Values | float) -> Values:
        """Count those of them that are paid round the clock."""
        return self._summed(volumes, self.held.astype(float))

    def cost(self, volumes: Values | float) -> Values:
        """Cost of a month at volumes [request/month]."""
        cost: Values = self.fixed + MONTH * self._summed(volumes, self.prices)
        return cost

    def utilisation(self, volumes: Values | float) -> Values:
        """Tell the share of what the paid machines can serve that is served at volumes [request/month]."""
        busy = np.atleast_1d(np.asarray(volumes, dtype=float)) / SECONDS / self.rate
        return busy / np.maximum(self.machines(volumes), 1e-300)

    def _summed(self, volumes: Values | float, each: Values) -> Values:
        """Add up over machines what each is worth by the level at which it is needed."""
        largest, _ = levels(self.shape, self.policy, width=self.width)
        flat = np.atleast_1d(np.asarray(volumes, dtype=float)) / SECONDS / self.rate
        parts = [_more(flat[k : k + PART], largest, self.policy) @ each for k in range(0, len(flat), PART)]
        summed: Values = np.concatenate(parts)
        return summed


def _more(loads: Values, largest: Values, policy: Autoscale) -> Values:
    """Count the machines that each level of a shape needs beyond the level below, shape `(load, level)`."""
    _, needed = needs(loads[..., None] * largest, np.ones(()), policy)
    return np.diff(needed, axis=-1, prepend=0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stairs:
    """What the cheapest of some fleets costs over the volume: the same between edges.

    Args:
        edges: Volumes at which it changes, from 0 to the highest looked at, shape `(step + 1,)`. [request/month]
        costs: What it costs between them, shape `(step,)`. [currency/month]
        which: Place of the cheapest fleet, shape `(step,)`.
    """

    edges: Values
    costs: Values
    which: Values


def stairs(own: Own, high: float) -> Stairs:
    """Reckon each step of a fleet, up to a volume [request/month].

    A level of the shape weighs what one more machine costs there above what it costs at the next; each step of a level
    adds its machines at that weight, so that all costs are one running sum.

    Raises:
        InputError: There are more steps than can be looked through.
    """
    loads, weights = _levels(own)
    counts = np.floor(loads * high).astype(np.int64)
    if counts.sum() > MOST:
        found = f"{counts.sum():,.0f} steps of a fleet up to {high:,.0f} requests a month"
        raise InputError(f"{found}; expected at most {MOST:,}; look up to a smaller volume")
    kept = _needed(own, int(counts.max(initial=0)) + 1)
    taken = np.arange(1, counts.sum() + 1) - np.repeat(np.cumsum(counts) - counts, counts)
    at = taken / np.repeat(loads, counts)
    more = np.repeat(weights, counts) * (kept[taken + 1] - kept[taken])
    order = np.argsort(at, kind="stable")
    begin = float(weights @ np.where(loads > 0, kept[1], kept[0]))
    edges, place = np.unique(np.concatenate([[0.0], at[order], [high]]), return_inverse=True)
    added = np.bincount(place.ravel()[1:-1], weights=more[order], minlength=len(edges))[:-1]
    costs = own.fixed + MONTH * (begin + np.cumsum(added))
    return Stairs(edges=edges, costs=costs, which=np.zeros(len(costs), dtype=np.int64))


def lowest(each: Sequence[Stairs]) -> Stairs:
    """Take the cheapest of fleets at each volume; of several that cost the same, the first.

    >>> one = Stairs(edges=np.array([0.0, 2.0, 4.0]), costs=np.array([1.0, 2.0]), which=np.zeros(2, dtype=int))
    >>> other = Stairs(edges=np.array([0.0, 3.0, 4.0]), costs=np.array([1.5, 3.0]), which=np.zeros(2, dtype=int))
    >>> found = lowest([one, other])
    >>> found.edges.tolist(), found.costs.tolist(), found.which.tolist()
    ([0.0, 2.0, 3.0, 4.0], [1.0, 1.5, 2.0], [0, 1, 0])
    """
    edges = np.unique(np.concatenate([one.edges for one in each]))
    middles = (edges[:-1] + edges[1:]) / 2
    costs, which = np.full(len(middles), inf), np.zeros(len(middles), dtype=np.int64)
    for k, one in enumerate(each):
        place = np.searchsorted(one.edges, middles) - 1
        there = np.where(place < len(one.costs), one.costs[np.minimum(place, len(one.costs) - 1)], inf)
        less = there < costs
        costs, which = np.where(less, there, costs), np.where(less, k, which)
    kept = np.append(True, (costs[1:] != costs[:-1]) | (which[1:] != which[:-1]))
    return Stairs(edges=np.append(edges[:-1][kept], edges[-1]), costs=costs[kept], which=which[kept])


def last(own: Own, per_request: float) -> float:
    """Find a volume above which the cheaper side no longer changes [request/month]."""
    each, high = slope(own), 0.0
    for _ in range(30):
        whole = own.fixed + most_extra(own, high)
        high = whole / (per_request - each) * 1.01 if per_request > each * (1 + 1e-3) else whole / per_request * 3
    return high


def slope(own: Own) -> float:
    """Tell what one more request costs where machines are many [currency]."""
    largest, _ = levels(own.shape, own.policy, width=own.width)
    hours = float((_more(np.array([MANY]), largest, own.policy) @ own.prices)[0]) / MANY
    return MONTH * hours / (SECONDS * own.rate)


def most_extra(own: Own, volume: float) -> float:
    """Tell by how much a fleet costs more at most than its slope and its fixed costs say [currency/month].

    It never has more machines than its shape asks for and those that whole numbers, minimum, spares and the reserve of
    spot add, each at the price of one that is always needed.

    Args:
        own: The fleet.
        volume: Up to which volume. [request/month]
    """
    largest, _ = levels(own.shape, own.policy, width=own.width)
    needed = volume / SECONDS / own.rate * float(largest[-1]) * (1 + own.policy.headroom)
    extra = 2 + own.policy.minimum + own.policy.spare + 4 * sqrt(own.policy.away_share * (needed + 1))
    return MONTH * float(own.prices[0]) * extra


def beaten(own: Own, other: Own, volume: float) -> bool:
    """Whether another fleet with the same fixed costs is cheaper at a volume and above, whatever the steps.

    A fleet never costs less than its slope says; that of one on spot, whose reserve is a share that falls, is taken
    without any.

    Args:
        own: The fleet.
        other: The other one.
        volume: From which volume on. [request/month]
    """
    least = slope(replace(own, policy=replace(own.policy, away_share=0.0)))
    each = slope(other)
    return each < least and each * volume + most_extra(other, volume) < least * volume


def reach(own: Own) -> float:
    """Find the highest volume whose steps can be looked through [request/month]."""
    return 0.99 * MOST / float(_levels(own)[0].sum())


def _levels(own: Own) -> tuple[Values, Values]:
    """Tell of each level of the shape the machines that it needs for a request a month, and the weight of one."""
    largest, _ = levels(own.shape, own.policy, width=own.width)
    prices = own.prices
    loads = largest * (1 + own.policy.headroom) * (1 - ROUNDED) / SECONDS / own.rate
    return loads, prices - np.append(prices[1:], 0.0)


def _needed(own: Own, most: int) -> Values:
    """Count the machines that are kept where a load asks for none, one, and so on, to so many."""
    counts = np.arange(most + 1.0)
    _, needed = needs(counts / (1 + own.policy.headroom), np.ones(()), own.policy)
    return needed
