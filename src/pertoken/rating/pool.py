"""Pool: grants that usage or money draws down, replayed window by window; nothing is ever edited.

Each purchase, and each cycle, is a grant of its own. In every window the grants draw in the order of priority, expiry,
cost of a unit, name and age; at its end a grant is carried on, forfeited or refunded. Granted = drawn + expired + left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.distinct import distinct, first_of, order_of, pairs
from pertoken.core.errors import CardError
from pertoken.core.lines import Key
from pertoken.core.money import Values, array, is_exact, settle, zeros
from pertoken.core.period import Instants, following, months_later, periods, seconds
from pertoken.rating.card import MONEY, During, Pay, Pool, Term, Window
from pertoken.rating.contract import ALWAYS, CYCLE, NEVER, Contracts, Windows, anchored

HOUR = 3600
MONTHS = {"month": 1, "quarter": 3, "year": 12}


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
        own: For each contract and window, the contract's own window then; its first before that. Contracts whose
            periods begin on days of their own share one list of windows. Shape `(contract, window)`.
    """

    grain: Window
    name: str
    labels: tuple[str, ...]
    begin: Instants
    end: Instants
    contracts: Contracts
    own: NDArray[np.intp]

    @classmethod
    def of(cls, contracts: Contracts, grain: Window) -> "Grid":
        """List the windows of the books."""
        found = contracts.windows(grain, During(), prorate="none", what="a window")
        begin, which = distinct(found.begin)
        at = first_of(which, len(begin))
        labels = tuple(found.key.labels[found.key.codes[i]] for i in at)
        mine = np.full((len(contracts), len(begin)), -1)
        mine[found.contract, np.searchsorted(begin, found.begin)] = np.searchsorted(begin, found.begin)
        first = np.where((mine >= 0).any(axis=1), (mine >= 0).argmax(axis=1), 0) if len(begin) else 0
        own = np.maximum(np.maximum.accumulate(mine, axis=1), np.reshape(first, (-1, 1)))
        return cls(grain, found.name, labels, begin, found.end[at], contracts, own)

    def at(self, moments: Any) -> Any:  # noqa: ANN401  one time, or an array of them
        """Find the window in which a moment lies; the first for what was before."""
        return np.maximum(np.searchsorted(self.begin, moments, side="right") - 1, 0)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of contracts and of windows."""
        return len(self.contracts), len(self.begin)


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
        of: The grant of which it is what was carried on.
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
    of: "Grant | None" = None
    left: Values = field(init=False)
    known: Values = field(init=False)
    entries: list[tuple[str, int, Values, Values]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin full."""
        self.left = self.size + 0
        self.known = self.value * 0

    @property
    def carried(self) -> bool:
        """Whether it is what another grant has left."""
        return self.of is not None

    @property
    def unit_cost(self) -> Decimal:
        """Money for one unit, for the burn order; the same for what is carried on."""
        said = self.pool.price / self.pool.grant if self.pool.price is not None else unit_price(self.pool)
        if said is not None or self.of is not None:
            return said if said is not None else self.of.unit_cost if self.of else Decimal(0)
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
    if term.start and term.months is not None and not term.renews:
        ends.append(_later(term.start, term.months))
    months = own.months if own.months is not None else None if term.renews or term.start else term.months
    return replace(own, start=max(starts, default=None), end=min(ends, default=None), months=months)


def _later(day: date, months: int) -> date:
    moved: date = months_later(np.array([day], dtype="datetime64[s]"), months).astype("datetime64[D]")[0].astype(object)
    return moved


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
    over = np.minimum(spans.end, grid.contracts.holds(held(pool))[1][spans.contract])
    amount = zeros((len(spans.contract),), exact=exact) + (pool.grant if exact else float(pool.grant))
    amount = spans.prorated(amount)
    if pool.every == "hour" and grid.contracts.tz != "UTC":
        long = seconds(spans.begin, spans.end, grid.contracts.tz)
        amount = amount * (np.array([Decimal(int(s)) / HOUR for s in long], dtype=object) if exact else long / HOUR)
    price = _prices(pool, spans, grid, exact=exact)
    out = []
    begins, ends, which = pairs(spans.begin, over)
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
        opened = int(grid.at(begins[i]))
        closed = int(np.searchsorted(grid.begin, ends[i], side="left"))
        closed = closed if ends[i] <= grid.end[-1] else len(grid.begin) + 1
        out.append(Grant(pool, begins[i], ends[i], opened, closed, size, size if each == 1 else value))
    return out


def _number(number: Decimal, *, exact: bool) -> Any:  # noqa: ANN401  either kind
    return number if exact else float(number)


def _prices(pool: Pool, spans: Windows, grid: Grid, *, exact: bool) -> Values:
    """Price of each grant: as said, or the part of all payments that falls to it, shape `(grant,)`."""
    paid = [p for p in pool.pay if p.amount is not None]
    none = zeros(spans.contract.shape, exact=exact)
    if pool.price is not None or not paid:
        return spans.prorated(none + _number(pool.price or Decimal(0), exact=exact))
    for c, begin, over in terms(pool, grid):
        end = known_end(over, c, grid)
        mine = np.flatnonzero((spans.contract == c) & (spans.begin < end) & (spans.end > begin))
        for each in paid:
            before, after = (
                _run_up(each, np.clip(edge[mine], begin, end), begin, end, exact=exact)
                for edge in (spans.begin, spans.end)
            )
            none[mine] += after - before
    return none


def _run_up(pay: Pay, at: Instants, begin: np.datetime64, end: np.datetime64, *, exact: bool) -> Values:
    """What the payments of a term come to for the time until some moment, each spread evenly over its own time."""
    dates = np.append(due(pay.every, begin, end) if pay.every else np.array([begin]), end)
    which = np.clip(np.searchsorted(dates, at, side="right") - 1, 0, len(dates) - 2)
    part, whole = ((t - dates[which]).astype("timedelta64[s]").astype(np.int64) for t in (at, dates[which + 1]))
    amount = _number(pay.amount or Decimal(0), exact=exact)
    if not exact:
        money: Values = amount * (which + part / whole)
        return money
    part, whole = (array([Decimal(n) for n in x.tolist()], exact=True) for x in (part + which * whole, whole))
    return settle(amount * part / whole)


def due(every: Window, begin: np.datetime64, end: np.datetime64) -> Instants:
    """List when payments fall due that are made each so often, from the begin of a term on."""
    if every in ("hour", "day"):
        return periods(every, begin, end)
    size = MONTHS[every]
    most = int((end.astype("datetime64[M]") - begin.astype("datetime64[M]")).astype(int)) // size + 1
    dates = months_later(np.repeat(begin.astype("datetime64[s]"), most), np.arange(most) * size)
    return dates[dates < end]


def _cycles(pool: Pool, grid: Grid) -> Windows:
    assert pool.every is not None  # noqa: S101  see the caller
    prorate = pool.during.prorate or grid.contracts.card.during.prorate
    if pool.every == "hour":
        prorate = prorate or "second"
    return grid.contracts.windows(pool.every, held(pool), prorate=prorate, what=f"a grant of {pool.name}")


def terms(pool: Pool, grid: Grid) -> list[tuple[int, np.datetime64, np.datetime64]]:
    """List the terms of a pool that touch the books, for each contract: one, or one after the other."""
    contracts, term = grid.contracts, pool.term or Term()
    opened, closed = contracts.holds(held(pool))
    begin = np.maximum(opened, contracts.began())
    first, last = contracts.span
    out = []
    for c, (start, over) in enumerate(zip(begin, np.minimum(closed, ALWAYS), strict=True)):
        edges = np.array([start, over])
        if term.renews and term.months is not None:
            most = max(0, int((last.astype("datetime64[M]") - start.astype("datetime64[M]")).astype(int)))
            edges = months_later(
                np.repeat(start, most // term.months + 3), np.arange(most // term.months + 3) * term.months
            )
        spans = ((c, one, min(two, over)) for one, two in pairwise(edges))
        out += [(c, one, two) for c, one, two in spans if one < min(two, last) and two > first]
    return out


def known_end(end: np.datetime64, contract: int, grid: Grid) -> np.datetime64:
    """Say until when a term is paid for: one without an end, as long as the contract is known to run."""
    return end if end < ALWAYS else grid.contracts.last[contract]


def _terms(pool: Pool, grid: Grid) -> Windows:
    """The terms of a pool that is granted once, or anew after each term."""
    rows = terms(pool, grid)
    contract = np.array([r[0] for r in rows], dtype=np.intp)
    begins, ends = (np.array([r[i] for r in rows], dtype="datetime64[s]") for i in (1, 2))
    _inside(pool, grid, np.where(begins == grid.contracts.start[contract], NEVER, begins))
    _inside(pool, grid, np.where(ends == grid.contracts.end[contract], NEVER, ends))
    one = np.ones(len(rows), dtype=np.int64)
    return Windows(contract, "", Key.constant("", len(rows)), begins, ends, one, one)


def _inside(pool: Pool, grid: Grid, moments: Instants) -> None:
    """Refuse a term that begins or ends inside a period by which the pool is drawn.

    Raises:
        CardError: It does, so that nobody can tell what was used before.
    """
    at = np.clip(np.searchsorted(grid.end, moments, side="right"), 0, len(grid.end) - 1)
    cut = (grid.begin[at] < moments) & (moments < grid.end[at])
    if cut.any() and grid.name != CYCLE:
        i = int(np.flatnonzero(cut)[0])
        card = grid.contracts.card
        finer = "day" if grid.grain in ("month", "quarter", "year") else "hour"
        msg = (
            f"{card.source or card.name}: pool {pool.name} begins or ends on {str(moments[i])[:10]}, inside the "
            f"{grid.grain} {grid.labels[at[i]]} by which it is drawn; expected usage that can be told apart; "
            f"say drawn: {finer}"
        )
        raise CardError(msg)


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


def _burn(grant: Grant) -> tuple[int, np.datetime64, Decimal, str, np.datetime64]:
    return grant.pool.priority or 0, grant.end, grant.unit_cost, grant.pool.name, grant.begin


def _draw(grant: Grant, need: Mapping[str, Values], offered: Mapping[str, NDArray[np.bool_]], window: int) -> None:
    for charge in grant.pool.eligible:
        if charge not in need:
            continue
        offered[charge][:, window] |= _some(grant.size)
        wanted = need[charge][..., window]
        share = _times_of(grant.pool, charge)
        if share == 1:
            wanted -= grant.draw(np.maximum(wanted, wanted * 0), window)
            continue
        factor = _number(share, exact=is_exact(wanted))
        asked = wanted * factor
        taken = grant.draw(asked, window)
        wanted -= np.where(taken == asked, wanted, settle(taken / factor))


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
    kept = np.minimum(base * _number(rule.share, exact=exact), grant.left)
    if rule.max is not None:
        older = sum((g.left for g in live if g.pool is grant.pool and g.of), grant.left * 0)
        kept = np.minimum(kept, np.maximum(_number(rule.max, exact=exact) - older, grant.left * 0))
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
