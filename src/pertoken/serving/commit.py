"""Commitments: which part of a load to buy for years, which by the hour, and which on spot.

The newsvendor's rule on the load-duration curve: the k-th GPU is in use in some share of the hours, and is committed
where that share is above the committed price by the price of the hours that it would else be bought at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A commitment that can be bought.

    Args:
        name: What it is called.
        price: Of a committed hour, used or not. [currency/h]
        bins: How many bins of the load it lasts; None for all of them, as for a typical week.
    """

    name: str
    price: float
    bins: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What is bought, and what it costs.

    Args:
        committed: By name of the commitment, how many GPUs in each of its terms, shape `(term,)`.
        hours: GPU-hours that are paid by way of purchase, each `(*batch,)`. [h]
        costs: What these cost, each `(*batch,)`. [currency]
        idle_hours: Of the committed hours, those not used, shape `(*batch,)`. [h]
    """

    committed: dict[str, Values]
    hours: dict[str, Values]
    costs: dict[str, Values]
    idle_hours: Values

    @property
    def cost(self) -> Values:
        """The whole bill [currency], shape `(*batch,)`."""
        bill: Values = sum(self.costs.values(), np.zeros(()))
        return bill


def plan(
    used: Values,
    *,
    on_demand: float,
    terms: Sequence[Term] = (),
    spot: float | None = None,
    spot_most: float = np.inf,
    width: float = 3600.0,
) -> Plan:
    """Find the cheapest way to buy a load, exactly.

    Which world it will be is not known when commitments are bought: they are those with the least mean cost.

    Args:
        used: GPUs in use, whole numbers of shape `(*batch, bin)`.
        on_demand: Price of an hour bought when it is needed. [currency/h]
        terms: Commitments on offer; each lasts a whole number of the next shorter ones.
        spot: Price of an hour on spot, what is lost by interruptions included; None for none. [currency/h]
        spot_most: GPUs on spot at once, at most.
        width: Of a bin. [s]

    Returns:
        The plan: the commitment first, then spot to its limit, then on demand.

    Raises:
        InputError: Loads or prices that can't be, or terms that don't nest.

    >>> hours = np.array([1, 1, 2, 3, 3, 2, 1, 1])
    >>> found = plan(hours, on_demand=4.0, terms=[Term(name="year", price=2.5)])
    >>> found.committed["year"].tolist(), float(found.cost), {k: float(v) for k, v in found.hours.items()}
    ([1], 44.0, {'year': 8.0, 'spot': 0.0, 'on_demand': 6.0})
    """
    load = np.asarray(used, dtype=float)
    _check(load, (on_demand, *(each.price for each in terms), *([] if spot is None else [spot])), spot_most)
    ordered = _nested(terms, load.shape[-1])
    cheap, most = (spot, spot_most) if spot is not None and spot < on_demand else (0.0, 0.0)
    hour, shortest = width / 3600, ordered[0][1] if ordered else load.shape[-1]
    saved = _saved(load, shortest, on_demand, cheap, most) * hour
    chosen = _choose(ordered, saved, load.shape[-1], hour)
    counts = {term.name: chosen[k].sum(axis=-1) for k, (term, _) in enumerate(ordered)}
    return _bought(load, counts, ordered, (on_demand, cheap, most), hour)


def _check(load: Values, prices: Sequence[float], most: float) -> None:
    if load.ndim == 0 or not load.shape[-1] or (load < 0).any() or (load != np.floor(load)).any():
        raise InputError("the load must be whole numbers of GPUs, 0 or more, in at least one bin; round it up")
    if min(prices) < 0 or not np.isfinite(prices).all() or most < 0 or (np.isfinite(most) and most != int(most)):
        raise InputError(f"prices {list(prices)} and {most:g} GPUs on spot; expected 0 or more, GPUs in whole numbers")


Sized = tuple[Term, int]
"""A commitment and the bins of one term of it."""

Prices = tuple[float, float, float]
"""On demand, on spot, and the GPUs on spot at most."""


def _nested(terms: Sequence[Term], bins: int) -> list[Sized]:
    """Order commitments from the shortest to the longest."""
    sized = sorted(((term, term.bins or bins) for term in terms), key=lambda each: each[1])
    sizes = [size for _, size in sized] + [bins]
    if any(longer % shorter for shorter, longer in pairwise(sizes)):
        found = ", ".join(f"{term.name} of {size}" for term, size in sized)
        raise InputError(f"terms ({found}) in a load of {bins} bins; expected each to be a multiple of the one before")
    if len({term.name for term in terms}) < len(terms) or {"spot", "on_demand"} & {term.name for term in terms}:
        raise InputError("each commitment needs a name of its own, other than spot and on_demand")
    return sized


def _saved(load: Values, size: int, on_demand: float, spot: float, most: float) -> Values:
    """Tell what the k-th committed GPU saves in each stretch of a size, shape `(stretch, GPU)`.

    It takes an hour off spot where spot has room for all else, and one off on demand where it hasn't: the k-th unit
    saves the spot price in hours with k or more, and the rest of the price in hours with `most` more than that.
    """
    top = max(int(load.max()), 1)
    above, level = _above(load, size, top), np.arange(1, top + 1)
    if not most:
        return on_demand * above
    shifted = np.zeros_like(above)
    kept = level[level + most <= top] - 1
    shifted[:, kept] = above[:, kept + int(most)] if len(kept) else 0
    return spot * above + (on_demand - spot) * shifted


def _above(load: Values, size: int, top: int) -> Values:
    """Count the bins of each stretch that use k GPUs or more, on average over worlds, shape `(stretch, GPU)`."""
    worlds = load.reshape(-1, load.shape[-1])
    stretches = load.shape[-1] // size
    place = worlds.astype(np.int64) + (top + 1) * (np.arange(load.shape[-1]) // size)
    counts = np.bincount(place.reshape(-1), minlength=stretches * (top + 1)).reshape(stretches, top + 1)
    above: Values = counts[:, ::-1].cumsum(axis=-1)[:, ::-1][:, 1:] / len(worlds)
    return above


def _choose(ordered: list[Sized], saved: Values, bins: int, hour: float) -> list[Values]:
    """Choose for each GPU and stretch what it is committed by, from the shortest term to the longest.

    A longer term is taken where it costs no more than the best of the shorter ones in its place; prices are per level,
    so the choices of one level don't touch those of another.

    Returns:
        For each commitment, which GPUs it holds in which of its terms, shape `(term, GPU)`.
    """
    best, chosen = saved, list[Any]()
    for term, size in ordered:
        best = best.reshape(bins // size, -1, best.shape[-1]).sum(axis=1)
        price = term.price * size * hour
        taken = price <= best
        chosen = [
            each & ~np.repeat(taken, size // shorter, axis=0)
            for each, (_, shorter) in zip(chosen, ordered, strict=False)
        ]
        chosen.append(taken)
        best = np.minimum(best, price)
    return chosen


def _bought(load: Values, counts: dict[str, Values], ordered: list[Sized], prices: Prices, hour: float) -> Plan:
    """Buy a load: within commitments, then on spot, then on demand."""
    on_demand, spot, most = prices
    committed = sum((np.repeat(counts[term.name], size) for term, size in ordered), np.zeros(load.shape[-1]))
    rest = np.maximum(load - committed, 0)
    by_spot = np.minimum(rest, most)
    hours: dict[str, Values] = {term.name: counts[term.name].sum() * size * hour for term, size in ordered}
    hours |= {"spot": by_spot.sum(axis=-1) * hour, "on_demand": (rest - by_spot).sum(axis=-1) * hour}
    price = {term.name: term.price for term, _ in ordered} | {"spot": spot, "on_demand": on_demand}
    return Plan(
        committed=counts,
        hours=hours,
        costs={name: hours[name] * price[name] for name in hours},
        idle_hours=np.maximum(committed - load, 0).sum(axis=-1) * hour,
    )
