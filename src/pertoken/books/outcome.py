"""Outcome: how the changes of a simulation spread over customers and revenue, and whether a limit is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pertoken.books.simulate import Simulation, share
from pertoken.core.errors import InputError, nearest
from pertoken.core.lines import Lines
from pertoken.core.money import Values, array, is_exact, zeros

SHARES = (Decimal("0.05"), Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), Decimal("0.95"))
"""The quantiles of a spread."""
BARS = 12
"""Bars of a histogram on each side of zero, at most."""
WATCHED = ("customer", "total", "share")
"""What a limit can be set on."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How far a change spreads.

    Args:
        of: `money` or `percent`.
        weight: Whether each `customer` counts as one, or by its old `revenue`.
        values: The change at each of `SHARES`, shape `(*batch, 5)`: [currency], or a share of the old amount; None
            where nothing can be said.
    """

    of: Literal["money", "percent"]
    weight: Literal["customer", "revenue"]
    values: Values | None


def spreads(sim: Simulation) -> tuple[Spread, ...]:
    """The change in money and in percent, weighted by customer and by old revenue.

    A percentage is of the old amount; customers who paid nothing have none and are left out of it.
    """
    old, moved = sim.old(sim.customers), sim.change(sim.customers)
    one = zeros(old.shape, exact=is_exact(old)) + 1
    paid = np.where(old > 0, old, old * 0)
    rates = np.where(old > 0, share(moved, old), old * 0)
    return (
        Spread("money", "customer", quantiles(moved, one)),
        Spread("money", "revenue", quantiles(moved, paid)),
        Spread("percent", "customer", quantiles(rates, np.where(old > 0, one, one * 0))),
        Spread("percent", "revenue", quantiles(rates, paid)),
    )


def quantiles(values: Values, weights: Values, shares: Sequence[Decimal] = SHARES) -> Values | None:
    """The least value at which the weight so far reaches each share of all; always one of the values.

    Args:
        values: Numbers, shape `(*batch, line)`.
        weights: Weight of each, not below zero, of the same shape.
        shares: Shares of the whole weight, above 0.

    Returns:
        One number for each share, shape `(*batch, share)`; None where nothing weighs.

    >>> quantiles(np.array([4.0, 2.0, 8.0]), np.ones(3), [Decimal("0.5")]).tolist()
    [4.0]
    """
    if not values.shape[-1] or not np.all(weights.sum(axis=-1) > 0):
        return None
    order = np.argsort(values, axis=-1, kind="stable")
    reached = np.cumsum(np.take_along_axis(weights, order, axis=-1), axis=-1)
    edges: Any = array(tuple(shares), exact=is_exact(weights))
    edges = edges if is_exact(weights) else edges * (1 - DUST_SHARE)
    below = reached[..., None, :] < reached[..., -1:, None] * edges[:, None]
    at = np.take_along_axis(order, below.sum(axis=-1).astype(np.intp), axis=-1)
    return np.take_along_axis(values, at, axis=-1)


DUST_SHARE = 1e-12
"""What adding floats may take from a share."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Customers whose change in percent lies in a range.

    Args:
        low: Where it begins, as a share; None for no end. Both ends zero for those without a change.
        high: Where it ends.
        customers: How many there are.
        revenue: What they paid before. [currency]
    """

    low: Decimal | None
    high: Decimal | None
    customers: int
    revenue: Any


def histogram(sim: Simulation) -> list[Bar]:
    """Count customers by their change in percent; for a certain world.

    Bars are of one round width on both sides of zero, the outermost open; a bound belongs to the bar nearer to zero,
    and who pays the same has a bar of its own.
    """
    old, sign = sim.old(sim.customers), sim.sign
    paid = old > 0
    if not paid.any():
        return []
    rates = np.asarray(share(sim.change(sim.customers), old)[paid], dtype=np.float64)
    width = _width(rates)
    steps = rates / float(width)
    away = np.ceil(np.abs(steps) - DUST_SHARE).astype(np.int64)
    number = sign[paid] * np.clip(away, 1, BARS)
    money = old[paid]
    return [_bar(int(n), width, number == n, money) for n in range(int(number.min()), int(number.max()) + 1)]


def _bar(number: int, width: Decimal, inside: NDArray[np.bool_], money: Values) -> Bar:
    near, far = (abs(number) - 1) * width, None if abs(number) == BARS else abs(number) * width
    revenue = money[inside].sum() if inside.any() else money[:1].sum() * 0
    if number == 0:
        return Bar(Decimal(0), Decimal(0), int(inside.sum()), revenue)
    low, high = (near, far) if number > 0 else (None if far is None else -far, -near)
    return Bar(low, high, int(inside.sum()), revenue)


def _width(rates: NDArray[np.float64]) -> Decimal:
    """A round width so that nearly all changes lie within the bars."""
    reach = float(np.quantile(np.abs(rates), 0.95)) / (BARS - 1)
    reach = max(reach, 0.01)
    scale = 10.0 ** floor(log10(reach))
    step = next(step for step in (1, 2, 5, 10) if step * scale >= reach * (1 - DUST_SHARE))
    return Decimal(step).scaleb(ceil(log10(scale) - DUST_SHARE))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a limit is kept.

    Args:
        kept: True if nothing is above it.
        words: What was found.
        customers: Those above it, the farthest first.
    """

    kept: bool
    words: str
    customers: tuple[str, ...] = ()


def verdict(sim: Simulation, limit: Decimal, on: str = "customer") -> Verdict:
    """Hold a simulation of a certain world against a limit.

    Args:
        sim: The simulation.
        limit: A share, as 0.2 for 20 %.
        on: `customer`: no customer may pay more by a greater share of its old amount (who paid nothing and now pays is
            above every limit); `total`: all amounts together may not move by more, up or down; `share`: no greater
            share of the customers may pay more.

    Raises:
        InputError: Nothing that a limit can be set on.
    """
    if on not in WATCHED:
        msg = f"no limit on {on!r}; {nearest(on, WATCHED)}"
        raise InputError(msg)
    return {"customer": _each, "total": _total, "share": _worse_off}[on](sim, limit)


def _each(sim: Simulation, limit: Decimal) -> Verdict:
    old, moved = sim.old(sim.customers), sim.change(sim.customers)
    bound: Any = limit if is_exact(old) else float(limit) * (1 + DUST_SHARE)
    above = (sim.sign > 0) & (moved > old * bound)
    rates = np.where(old > 0, moved.astype(np.float64) / np.where(old > 0, old, 1).astype(np.float64), np.inf)
    order = [i for i in np.argsort(-rates, kind="stable").tolist() if above[i]]
    names = tuple(f"{name_of(sim.customers, i)} {_percent(rates[i])}" for i in order)
    return Verdict(not order, f"{len(order):,} of {len(old):,} customers pay more by over {_percent(limit)}", names)


def _total(sim: Simulation, limit: Decimal) -> Verdict:
    old, new = Decimal(str(sim.total(f"old_{sim.kind}"))), Decimal(str(sim.total(f"new_{sim.kind}")))
    kept = abs(new - old) <= limit * abs(old)
    moved = f"by {_percent((new - old) / old)}" if old > 0 else "from nothing"
    return Verdict(kept, f"the total of what is {sim.kind} moves {moved}, the limit is {_percent(limit)} up or down")


def _worse_off(sim: Simulation, limit: Decimal) -> Verdict:
    worse, size = int((sim.sign > 0).sum()), len(sim.customers)
    found = Decimal(worse) / size if size else Decimal(0)
    return Verdict(found <= limit, f"{_percent(found)} of the customers pay more, the limit is {_percent(limit)}")


def name_of(lines: Lines, index: int) -> str:
    """What a contract is called: its labels."""
    return ", ".join(key.labels[key.codes[index]] for key in lines.keys.values())


def _percent(rate: float | Decimal) -> str:
    return "(new)" if rate == float("inf") else f"{float(rate):+.1%}".removeprefix("+")
