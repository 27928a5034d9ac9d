"""Pool: grants that usage or money draws down, replayed window by window; nothing is ever edited.

Each purchase, and each cycle, is a grant of its own. In every window the grants draw in the order of priority, expiry,
cost of a unit, name and age; at its end a grant is carried on, forfeited or refunded. Granted = drawn + expired + left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.distinct import distinct, first_of, order_of, pairs
from pertoken.core.lines import Key
from pertoken.core.money import Values, is_exact, settle, zeros
from pertoken.core.period import Instants, months_later, periods, seconds
from pertoken.rating.card import MONEY, During, Pool, Term, Window
from pertoken.rating.contract import ALWAYS, NEVER, Contracts, Windows

HOUR = 3600


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Contracts by windows in which pools are drawn, in order of time.

    Args:
        grain: Length of the windows.
        name: Name of the windows' key.
        labels: Labels of the windows.
        begin: When they begin, shape `(window,)`.
        end: When they end, shape `(window,)`.
        contracts: The contracts.
    """

    grain: Window
    name: str
    labels: tuple[str, ...]
    begin: Instants
    end: Instants
    contracts: Contracts

    @classmethod
    def of(cls, contracts: Contracts, grain: Window) -> "Grid":
        """List the windows of the books."""
        found = contracts.windows(grain, During(), prorate="none", what="a window")
        begin, which = distinct(found.begin)
        at = first_of(which, len(begin))
        labels = tuple(found.key.labels[found.key.codes[i]] for i in at)
        return cls(grain, found.name, labels, begin, found.end[at], contracts)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of contracts and of windows."""
        return len(self.contracts), len(self.begin)

    def drawn(self, begin: np.datetime64, end: np.datetime64) -> tuple[int, int]:
        """Find the first window in which a grant can be drawn, and the first in which it no longer can.

        Where contracts have cycles of their own, windows overlap: a grant for a cycle is drawn in that one.
        """
        at = int(np.searchsorted(self.begin, begin, side="left"))
        own = at < len(self.begin) and self.begin[at] == begin
        opened = at if own else int(np.searchsorted(self.end, begin, side="right"))
        if own and self.end[at] == end:
            return opened, opened + 1
        closed = int(np.searchsorted(self.begin, end, side="left"))
        return opened, closed if end <= self.end[-1] else len(self.begin) + 1


@dataclass(slots=True, eq=False)
class Grant:
    """One grant to each contract, and what became of it.

    Args:
        pool: Its pool.
        begin: When it was granted.
        end: When it is over; far ahead if never.
        opened: First window in which it can be drawn.
        closed: First window in which it no longer can.
        size: What is granted, shape `(*batch, contract)`. [unit]
        value: What it costs, shape `(*batch, contract)`. [currency]
        carried: For how many cycles it has been carried on.
        left: What is left now. [unit]
        known: How much of its value is recognised. [currency]
        entries: What happened: kind, window, quantity, value.
    """

    pool: Pool
    begin: np.datetime64
    end: np.datetime64
    opened: int
    closed: int
    size: Values
    value: Values
    carried: int = 0
    left: Values = field(init=False)
    known: Values = field(init=False)
    entries: list[tuple[str, int, Values, Values]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin full."""
        self.left = self.size + 0
        self.known = self.value * 0

    @property
    def unit_cost(self) -> Decimal:
        """Money for one unit, for the burn order."""
        sizes = self.size.reshape(-1)
        some = np.flatnonzero(sizes != 0)[:1]
        return Decimal(0) if not len(some) else Decimal(str(self.value.reshape(-1)[some[0]] / sizes[some[0]]))

    def draw(self, wanted: Values, window: int) -> Values:
        """Draw as much as there is; return what was drawn."""
        taken: Values = np.minimum(self.left, wanted)
        if not np.any(taken != 0):
            return taken
        self.left = self.left - taken
        known = self._worth(self.size - self.left)
        self.entries.append(("drawn", window, taken, known - self.known))
        self.known = known
        return taken

    def _worth(self, used: Values) -> Values:
        """Value of what has been used so far, so that parts always add up to the whole."""
        if self.value is self.size:
            return used
        size = np.where(self.size == 0, 1, self.size)
        return np.where(used == self.size, self.value, settle(self.value * used / size))

    def close(self, window: int, kept: Values | None = None) -> "tuple[Values, Values]":
        """End the grant: what is kept goes on with its value, the rest expires. Return quantity and value kept."""
        kept = self.left * 0 if kept is None else kept
        worth = self.value - self._worth(self.size - kept)
        lost, cost = self.left - kept, self.value - self.known - worth
        if np.any(lost != 0) or np.any(cost != 0):
            self.entries.append(("refunded" if self.pool.unused == "refund" else "expired", window, lost, cost))
        if np.any(kept != 0):
            self.entries.append(("carried", window, kept, worth))
        self.left = self.left * 0
        return kept, worth


def unit_price(pool: Pool) -> Decimal | None:
    """Money for one unit of a grant where the pool says it: inside rate, or 1 for money without a price."""
    if pool.inside.rate is not None:
        return pool.inside.rate
    free_of_price = pool.price is None and not any(p.amount is not None for p in pool.pay)
    return Decimal(1) if pool.unit == MONEY and free_of_price else None


def held(pool: Pool) -> During:
    """When a pool's grants are made: its own `during` within its term."""
    term, own = pool.term or Term(), pool.during
    starts = [day for day in (term.start, own.start) if day]
    ends = [day for day in (term.end, own.end) if day]
    months = own.months if own.months is not None else None if term.renews or term.start else term.months
    return replace(own, start=max(starts, default=None), end=min(ends, default=None), months=months)


def grants(pool: Pool, grid: Grid, who: NDArray[np.bool_], *, exact: bool) -> list[Grant]:
    """Make the grants of a pool: one for each cycle, or one for each term.

    Args:
        pool: The pool.
        grid: Contracts and windows.
        who: Contracts that have the pool, shape `(contract,)`.
        exact: Decimals or floats.
    """
    spans = _cycles(pool, grid) if pool.every else _terms(pool, grid)
    some = who[spans.contract]
    amount = zeros((len(spans.contract),), exact=exact) + (pool.grant if exact else float(pool.grant))
    amount = spans.prorated(amount)
    if pool.every == "hour" and grid.contracts.tz != "UTC":
        long = seconds(spans.begin, spans.end, grid.contracts.tz)
        amount = amount * (np.array([Decimal(int(s)) / HOUR for s in long], dtype=object) if exact else long / HOUR)
    price = spans.prorated(zeros(amount.shape, exact=exact) + _number(_price(pool, spans, grid), exact=exact))
    out = []
    begins, ends, which = pairs(spans.begin, spans.end)
    order = order_of(which, len(begins))
    order = order if some.all() else order[some[order]]
    edges = np.append(0, np.cumsum(np.bincount(which[order], minlength=len(begins))))
    amount, contract = amount[order], spans.contract[order]
    each = unit_price(pool)
    worth = price[order] if each is None else amount * _number(each, exact=exact)
    for i in range(len(begins)):
        lines = slice(edges[i], edges[i + 1])
        size, value = zeros((len(grid.contracts),), exact=exact), zeros((len(grid.contracts),), exact=exact)
        size[contract[lines]] = amount[lines]
        value[contract[lines]] = worth[lines]
        opened, closed = grid.drawn(begins[i], ends[i])
        out.append(Grant(pool, begins[i], ends[i], opened, closed, size, size if each == 1 else value))
    return out


def _number(number: Decimal, *, exact: bool) -> Any:  # noqa: ANN401  either kind
    return number if exact else float(number)


def _price(pool: Pool, spans: Windows, grid: Grid) -> Decimal:
    """Price of one grant: as said, or all that is paid for it over the term."""
    if pool.price is not None:
        return pool.price
    paid = [p for p in pool.pay if p.amount is not None]
    if not paid or not len(spans.begin):
        return Decimal(0)
    return sum((p.amount * _times(p.every, spans, grid) for p in paid if p.amount is not None), Decimal(0))


def _times(every: Window | None, spans: Windows, grid: Grid) -> int:
    """How often a payment falls due in the term of a grant."""
    if every is None:
        return 1
    begin, end = spans.begin[0], spans.end[0]
    if end >= ALWAYS:
        end = grid.end[-1]
    return len(due(every, begin, end))


def due(every: Window, begin: np.datetime64, end: np.datetime64) -> Instants:
    """List when payments fall due that are made each so often, from the begin of a term on."""
    if every in ("hour", "day"):
        return periods(every, begin, end)
    size = {"month": 1, "quarter": 3, "year": 12}[every]
    most = int((end.astype("datetime64[M]") - begin.astype("datetime64[M]")).astype(int)) // size + 1
    dates = months_later(np.repeat(begin.astype("datetime64[s]"), most), np.arange(most) * size)
    return dates[dates < end]


def _cycles(pool: Pool, grid: Grid) -> Windows:
    assert pool.every is not None  # noqa: S101  see the caller
    prorate = pool.during.prorate or grid.contracts.card.during.prorate
    if pool.every == "hour":
        prorate = prorate or "second"
    return grid.contracts.windows(pool.every, held(pool), prorate=prorate, what=f"a grant of {pool.name}")


def _terms(pool: Pool, grid: Grid) -> Windows:
    """The terms of a pool that is granted once, or anew after each term, for each contract."""
    contracts, term = grid.contracts, pool.term or Term()
    opened, closed = contracts.holds(held(pool))
    begin = np.where(opened > NEVER, np.maximum(opened, contracts.began()), contracts.began())
    begin = np.where(term.start is not None, np.maximum(begin, np.datetime64(term.start or "0001-01-01", "s")), begin)
    rows: list[tuple[int, np.datetime64, np.datetime64]] = []
    for c in range(len(contracts)):
        start, over = begin[c], min(closed[c], ALWAYS)
        while start < min(over, contracts.span[1]):
            months = term.months
            end = over if months is None else min(over, months_later(np.array([start]), months)[0])
            if end > contracts.span[0]:
                rows.append((c, start, end))
            if not term.renews or months is None:
                break
            start = months_later(np.array([start]), months)[0]
    contract = np.array([r[0] for r in rows], dtype=np.intp)
    begins = np.array([r[1] for r in rows], dtype="datetime64[s]")
    ends = np.array([r[2] for r in rows], dtype="datetime64[s]")
    one = np.ones(len(rows), dtype=np.int64)
    return Windows(contract, "", Key.constant("", len(rows)), begins, ends, one, one)


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """What pools did to charges.

    Args:
        grid: Contracts and windows.
        grants: All grants with their entries.
        demand: For each charge, what it needed, shape `(*batch, contract, window)`. [unit of the pools]
        covered: For each charge, what was covered, shape `(*batch, contract, window)`. [unit]
        offered: For each charge, whether some pool was there, shape `(contract, window)`.
    """

    grid: Grid
    grants: tuple[Grant, ...]
    demand: Mapping[str, Values]
    covered: Mapping[str, Values]
    offered: Mapping[str, NDArray[np.bool_]]


def replay(grid: Grid, given: Sequence[Grant], demand: Mapping[str, Values]) -> Replay:
    """Draw pools down in order of time.

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
    covered = {charge: demand[charge] - each for charge, each in need.items()}
    return Replay(grid, (*done, *live, *rest), demand, covered, offered)


def _burn(grant: Grant) -> tuple[int, int, Decimal, str, int]:
    return grant.pool.priority or 0, grant.closed, grant.unit_cost, grant.pool.name, grant.opened


def _draw(grant: Grant, need: Mapping[str, Values], offered: Mapping[str, NDArray[np.bool_]], window: int) -> None:
    for charge in grant.pool.eligible:
        if charge not in need:
            continue
        offered[charge][:, window] |= (grant.size != 0).reshape(-1, grant.size.shape[-1]).any(axis=0)
        wanted = need[charge][..., window]
        share = _times_of(grant.pool, charge)
        if share == 1:
            wanted -= grant.draw(np.maximum(wanted, wanted * 0), window)
            continue
        factor = _number(share, exact=is_exact(wanted))
        asked = wanted * factor
        taken = grant.draw(asked, window)
        wanted -= np.where(taken == asked, wanted, settle(taken / factor))


def _later(moment: np.datetime64, every: Window, periods: int) -> np.datetime64:
    """Go on by so many cycles, on the day of the month on which they begin."""
    if every in ("hour", "day"):
        later: np.datetime64 = moment + np.timedelta64(periods, "h" if every == "hour" else "D")
        return later
    size = {"month": 1, "quarter": 3, "year": 12}[every]
    return months_later(np.array([moment]), size * periods)[0]  # type: ignore[no-any-return]


def _times_of(pool: Pool, charge: str) -> Decimal:
    times = pool.inside.times
    return Decimal(1) if times is None else times if isinstance(times, Decimal) else times.get(charge, Decimal(1))


def _ended(grant: Grant, live: Sequence[Grant], grid: Grid, window: int) -> list[Grant]:
    """End a grant; return what is carried on as a grant of its own."""
    rule = grant.pool.rollover
    if rule is None or grant.carried:
        grant.close(window)
        return []
    exact = is_exact(grant.size)
    base = grant.left if rule.of == "remaining" else grant.size
    kept = np.minimum(base * _number(rule.share, exact=exact), grant.left)
    if rule.max is not None:
        older = sum((g.left for g in live if g.pool is grant.pool and g.carried), grant.left * 0)
        kept = np.minimum(kept, np.maximum(_number(rule.max, exact=exact) - older, grant.left * 0))
    goes_on = grid.contracts.holds(held(grant.pool))[1] > grid.end[window]
    kept, worth = grant.close(window, np.where(goes_on, kept, kept * 0))
    if not np.any(kept != 0):
        return []
    assert grant.pool.every is not None  # noqa: S101  the door asks for it
    until = grid.end[window]
    until = _later(until, grant.pool.every, rule.periods)
    opened, closed = grid.drawn(grid.end[window], until)
    value = kept if grant.value is grant.size else worth
    return [Grant(grant.pool, grant.begin, until, opened, closed, kept, value, carried=1)]
