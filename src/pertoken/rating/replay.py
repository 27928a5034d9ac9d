"""Replay: pools are drawn down window by window, in order of time; what nothing carries on, in all windows at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.drawn import kind_of
from pertoken.core.money import Values, is_exact, settle, zeros
from pertoken.core.period import following, months_later
from pertoken.rating.cells import Cells, at_once, burn
from pertoken.rating.grid import Grid
from pertoken.rating.pool import Grant, Granted, grants, held
from pertoken.rating.pool_terms import Pool
from pertoken.rating.windows import MONTHS, anchored


@dataclass(frozen=True, eq=False)
class Replay:
    """What pools did to charges.

    Args:
        grid: Contracts and windows.
        demand: For each charge, what it needed, shape `(*batch, contract, window)`. [unit of the pools]
        covered: For each charge, what was covered, shape `(*batch, contract, window)`. [unit]
        offered: For each charge, whether some pool was there, shape `(contract, window)`.
        made: All grants with their entries, where they were drawn window by window.
        cells: The pools whose windows were all drawn at once.
    """

    grid: Grid
    demand: Mapping[str, Values]
    covered: Mapping[str, Values]
    offered: Mapping[str, NDArray[np.bool_]]
    made: tuple[Grant, ...] = ()
    cells: tuple[Cells, ...] = ()

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        """All grants with their entries."""
        return (*self.made, *chain.from_iterable(each.grants() for each in self.cells))

    @cached_property
    def pools(self) -> tuple[Pool, ...]:
        """The pools that granted anything."""
        drawn: tuple[Grant | Cells, ...] = (*self.made, *self.cells)
        return tuple({id(own.pool): own.pool for own in drawn}.values())

    @cached_property
    def exact(self) -> bool:
        """Decimals or floats."""
        drawn: tuple[Grant | Cells, ...] = (*self.made, *self.cells)
        return any(is_exact(own.size) for own in drawn)

    def cells_of(self, pool: Pool) -> Cells | None:
        """The cells of a pool, where it has some."""
        return next((each for each in self.cells if each.pool is pool), None)

    def entries(self, pool: Pool, kind: str) -> tuple[Values, Values]:
        """Sum what happened in a pool: quantity and value by contract and window."""
        cells = self.cells_of(pool)
        found = cells.entries(kind) if cells else None
        if found:
            return found
        rows = [e for grant in self.made if grant.pool is pool for e in grant.entries if e[0] == kind]
        shape = np.broadcast_shapes((), *(each.shape[:-1] for row in rows for each in row[2:]))
        quantity, value = (zeros((*shape, *self.grid.shape), exact=self.exact) for _ in range(2))
        for _, window, drawn, worth in rows:
            quantity[..., window] += drawn
            value[..., window] += worth
        return quantity, value

    def granted(self, pool: Pool) -> tuple[Values, Values]:
        """What a pool grants in each window, and what that costs; what was granted before stands in the first."""
        cells = self.cells_of(pool)
        if cells:
            return cells.size, cells.value
        own = [grant for grant in self.made if grant.pool is pool and grant.of is None]
        shape = np.broadcast_shapes((), *(each.shape[:-1] for grant in own for each in (grant.size, grant.value)))
        quantity, value = (zeros((*shape, *self.grid.shape), exact=self.exact) for _ in range(2))
        for grant in own:
            if grant.opened < self.grid.shape[1]:
                quantity[..., grant.opened] += grant.size
                value[..., grant.opened] += grant.value
        return quantity, value

    def there(self, pool: Pool) -> NDArray[np.bool_]:
        """Tell in which windows contracts have a pool, full or empty, shape `(contract, window)`."""
        cells = self.cells_of(pool)
        if cells:
            return _anywhere(cells.size)
        out = np.zeros(self.grid.shape, dtype=bool)
        for grant in self.made:
            if grant.pool is pool:
                out[:, grant.opened : grant.closed] |= _some(grant.size)[:, None]
        return out


def replay(grid: Grid, given: Sequence[Granted], demand: Mapping[str, Values], *, exact: bool) -> Replay:
    """Draw pools down.

    Args:
        grid: Contracts and windows.
        given: What each pool grants.
        demand: For each charge what it needs, shape `(*batch, contract, window)`. [unit of the pools]
        exact: Decimals or floats.
    """
    some = [each for each in given if len(each.over)]
    worlds = np.broadcast_shapes(*(own.amount.shape[:-1] for own in some), *(d.shape[:-2] for d in demand.values()))
    demand = {charge: _in_worlds(each, worlds) for charge, each in demand.items()}
    if some and at_once([each.pool for each in some], grid, some):
        cells = sorted((Cells.of(each.pool, grid, each, exact=exact) for each in some), key=burn)
        return _together(grid, cells, demand)
    made = [grant for each in given for grant in grants(each, grid, exact=exact)]
    return in_time(grid, made, demand)


def _in_worlds(wanted: Values, worlds: tuple[int, ...]) -> Values:
    """Give what is needed the leading axes of all worlds in which it, or what is granted, differs."""
    return wanted if wanted.shape[:-2] == worlds else np.broadcast_to(wanted, (*worlds, *wanted.shape[-2:]))


def _together(grid: Grid, cells: Sequence[Cells], demand: Mapping[str, Values]) -> Replay:
    """Draw all windows at once."""
    need = {charge: np.array(each, copy=True) for charge, each in demand.items()}
    offered = {charge: np.zeros(grid.shape, dtype=bool) for charge in demand}
    for own in cells:
        for charge in [name for name in own.pool.eligible if name in need]:
            offered[charge] |= _anywhere(own.size)
            _take(own.pool, charge, need[charge], own.draw)
    return Replay(grid, demand, _covered(demand, need), offered, cells=tuple(cells))


def _covered(demand: Mapping[str, Values], need: Mapping[str, Values]) -> dict[str, Values]:
    return {charge: demand[charge] - each for charge, each in need.items()}


def _take(pool: Pool, charge: str, wanted: Values, draw: Callable[[Values], Values]) -> None:
    """Take off what is wanted, in place, what a pool gives of it."""
    share = _times_of(pool, charge)
    if share == 1:
        wanted -= draw(np.maximum(wanted, wanted * 0))
        return
    factor, due = kind_of(share, exact=is_exact(wanted)), np.maximum(wanted, wanted * 0)
    asked = due * factor
    taken = draw(asked)
    wanted -= np.where(taken == asked, due, settle(taken / factor))


def in_time(grid: Grid, given: Sequence[Grant], demand: Mapping[str, Values]) -> Replay:
    """Draw grants down in order of time.

    Args:
        grid: Contracts and windows.
        given: Grants of all pools.
        demand: For each charge what it needs, shape `(*batch, contract, window)`. [unit of the pools]
    """
    need = {charge: np.array(each, copy=True, order="F") for charge, each in demand.items()}  # a window lies together
    offered = {charge: np.zeros(grid.shape, dtype=bool) for charge in demand}
    rest = sorted(given, key=lambda g: g.opened)
    done: list[Grant] = []
    live: list[Grant] = []
    for w in range(grid.shape[1]):
        while rest and rest[0].opened <= w:
            live.append(rest.pop(0))
        live.sort(key=_burn)
        for grant in live:
            _draw(grant, need, offered, w)
        over = [grant for grant in live if grant.closed <= w + 1]
        live = [grant for grant in live if grant.closed > w + 1]
        for grant in over:
            live += _ended(grant, live, grid, w)
        done += over
    return Replay(grid, demand, _covered(demand, need), offered, (*done, *live, *rest))


def _burn(grant: Grant) -> tuple[int, np.datetime64, Decimal, str, np.datetime64]:
    return grant.pool.priority or 0, grant.end, grant.unit_cost, grant.pool.name, grant.begin


def _draw(grant: Grant, need: Mapping[str, Values], offered: Mapping[str, NDArray[np.bool_]], window: int) -> None:
    for charge in grant.pool.eligible:
        if charge not in need:
            continue
        offered[charge][:, window] |= _some(grant.size)
        _take(grant.pool, charge, need[charge][..., window], partial(grant.draw, window=window))


def _times_of(pool: Pool, charge: str) -> Decimal:
    times = pool.inside.times
    return Decimal(1) if times is None else times if isinstance(times, Decimal) else times.get(charge, Decimal(1))


def _ended(grant: Grant, live: Sequence[Grant], grid: Grid, window: int) -> list[Grant]:
    """End a grant; return what is carried on as a grant of its own."""
    rule = grant.pool.rollover
    if rule is None or grant.of:
        grant.close(window)
        return []
    exact = is_exact(grant.size)
    base = grant.left if rule.of == "remaining" else grant.size
    kept = np.minimum(base * kind_of(rule.share, exact=exact), grant.left)
    if rule.max is not None:
        older = sum((g.left for g in live if g.pool is grant.pool and g.of), grant.left * 0)
        kept = np.minimum(kept, np.maximum(kind_of(rule.max, exact=exact) - older, grant.left * 0))
    over = grid.contracts.holds(held(grant.pool))[1]
    kept, worth = grant.close(window, np.where(over > grant.end, kept, kept * 0))
    if not np.any(kept != 0):
        return []
    value = kept if grant.value is grant.size else worth
    ends = np.minimum(_cycles_later(grant, rule.periods, grid), over)
    return [
        _carried(grant, window + 1, (end, grid), kept=np.where(ends == end, kept, kept * 0), value=value)
        for end in np.unique(ends[_some(kept)])
    ]


def _some(size: Values) -> NDArray[np.bool_]:
    """The contracts that have any of it in some world."""
    some: NDArray[np.bool_] = (size != 0).reshape(-1, size.shape[-1]).any(axis=0)
    return some


def _anywhere(size: Values) -> NDArray[np.bool_]:
    """The contracts and windows that have any of it in some world."""
    some: NDArray[np.bool_] = (size != 0).reshape(-1, *size.shape[-2:]).any(axis=0)
    return some


def _carried(grant: Grant, opened: int, until: tuple[np.datetime64, Grid], *, kept: Values, value: Values) -> Grant:
    """Make a grant of what is carried on."""
    end, grid = until
    closed = int(np.searchsorted(grid.begin, end, side="left")) if end <= grid.end[-1] else len(grid.begin) + 1
    worth = kept if grant.value is grant.size else np.where(kept != 0, value, value * 0)
    return Grant(grant.pool, grant.begin, end, opened, closed, kept, worth, of=grant)


def _cycles_later(grant: Grant, count: int, grid: Grid) -> Any:  # noqa: ANN401  a time
    """Find when a cycle ends that is so many cycles after a grant's own."""
    every, anchor = grant.pool.every, grid.contracts.card.during.anchor
    assert every is not None  # noqa: S101  the door asks for it
    until = np.array([grant.end])
    if anchor is None or every in ("hour", "day"):
        for _ in range(count):
            until = following(until, every)
        return until[0]
    has = np.flatnonzero(_some(grant.size))
    day = grid.contracts.day_of(int(has[0]) if len(has) else 0)
    return anchored(months_later(until.astype("datetime64[M]").astype("datetime64[s]"), MONTHS[every] * count), day)[0]
