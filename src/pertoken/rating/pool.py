"""Pool: grants that usage or money draws down, replayed window by window; nothing is ever edited.

Each purchase, and each cycle, is a grant of its own. In every window the grants draw in the order of priority, expiry,
cost of a unit, name and age; at its end a grant is carried on, forfeited or refunded. Granted = drawn + expired + left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pertoken.core.distinct import order_of, pairs
from pertoken.core.drawn import Drawn, by_world, kind_of
from pertoken.core.errors import CardError
from pertoken.core.lines import Key
from pertoken.core.money import Values, array, settle, zeros
from pertoken.core.period import Instants, months_later, periods, seconds
from pertoken.rating.contract import Contracts
from pertoken.rating.during import During, Window
from pertoken.rating.grid import Grid
from pertoken.rating.pool_terms import MONEY, Pay, Pool, Term
from pertoken.rating.windows import ALWAYS, CYCLE, MONTHS, NEVER, Windows

HOUR = 3600


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
        carried = said_cost(self.pool) is None and self.of is not None
        return self.of.unit_cost if carried and self.of else cost_of(self.pool, self.size, self.value)

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
        return worth_of(used, self.size, self.value)

    def close(self, window: int, kept: Values | None = None) -> "tuple[Values, Values]":
        """End the grant: what is kept goes on with its value, the rest expires. Return quantity and value kept."""
        kept = self.left * 0 if kept is None else kept
        worth = self.value - self._worth(self.size - kept)
        rest, cost = self.left - kept, self.value - self.known - worth
        if np.any(rest != 0) or np.any(cost != 0):
            self.entries.append((lost(self.pool), window, rest, cost))
        if np.any(kept != 0):
            self.entries.append(("carried", window, kept, worth))
        self.left = self.left * 0
        return kept, worth


def said_cost(pool: Pool) -> Decimal | None:
    """Money for one unit of a grant where the pool says what either costs."""
    return pool.price / pool.grant if pool.price is not None else unit_price(pool)


def cost_of(pool: Pool, size: Values, value: Values) -> Decimal:
    """Money for one unit of grants, for the burn order: as the pool says, or that of the first that grants any."""
    said = said_cost(pool)
    if said is not None:
        return said
    some = np.flatnonzero((size != 0).reshape(-1, size.shape[-1]).any(axis=0))[:1]
    if not len(some):
        return Decimal(0)
    each = value[..., some[0]] / size[..., some[0]]
    return Drawn(each) if np.ndim(each) else Decimal(str(each))


def lost(pool: Pool) -> str:
    """What becomes of what is left at the end."""
    return "refunded" if pool.unused == "refund" else "expired"


def worth_of(used: Values, size: Values, value: Values) -> Values:
    """Value of what has been used so far of a grant, so that parts always add up to the whole."""
    if value is size:
        return used
    whole = np.where(size == 0, 1, size)
    return np.where(used == whole, value, settle(value * used / whole))


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


@dataclass(frozen=True, slots=True, eq=False)
class Granted:
    """What a pool grants: a line for each contract and cycle, or term.

    Args:
        pool: The pool.
        spans: The contract, begin and end of each grant.
        who: Which of them are made, shape `(grant,)`.
        over: When they are over, shape `(grant,)`.
        amount: What is granted, shape `(grant,)`. [unit]
        worth: What it costs, shape `(grant,)`; the amount itself where a unit is one of the currency. [currency]
    """

    pool: Pool
    spans: Windows
    who: NDArray[np.bool_]
    over: Instants
    amount: Values
    worth: Values


def granted(pool: Pool, grid: Grid, who: NDArray[np.bool_], *, exact: bool) -> Granted:
    """List the grants of a pool: one for each cycle, or one for each term.

    Args:
        pool: The pool.
        grid: Contracts and windows.
        who: Contracts that have the pool, shape `(contract,)`.
        exact: Decimals or floats.
    """
    spans = _cycles(pool, grid) if pool.every else _terms(pool, grid)
    over = np.minimum(spans.end, grid.contracts.holds(held(pool))[1][spans.contract])
    amount = zeros((len(spans.contract),), exact=exact) + kind_of(pool.grant, exact=exact)
    amount = spans.prorated(amount)
    if pool.every == "hour" and grid.contracts.tz != "UTC":
        long = seconds(spans.begin, spans.end, grid.contracts.tz)
        amount = amount * (np.array([Decimal(int(s)) / HOUR for s in long], dtype=object) if exact else long / HOUR)
    each = unit_price(pool)
    worth = amount
    if each != 1:
        worth = _prices(pool, spans, grid, exact=exact) if each is None else amount * kind_of(each, exact=exact)
    return Granted(pool, spans, who[spans.contract], over, amount, worth)


def grants(given: Granted, grid: Grid, *, exact: bool) -> list[Grant]:
    """Make grants, each for all contracts to which it is made at the same time."""
    out = []
    begins, ends, which = pairs(given.spans.begin, given.over)
    order = order_of(which, len(begins))
    order = order if given.who.all() else order[given.who[order]]
    edges = np.append(0, np.cumsum(np.bincount(which[order], minlength=len(begins))))
    amount, worth = (each.take(order, axis=-1) for each in (given.amount, given.worth))
    contract = given.spans.contract[order]
    for i in range(len(begins)):
        lines = slice(edges[i], edges[i + 1])
        size, value = (zeros((*each.shape[:-1], len(grid.contracts)), exact=exact) for each in (amount, worth))
        size[..., contract[lines]] = amount[..., lines]
        value[..., contract[lines]] = worth[..., lines]
        opened = int(grid.at(begins[i]))
        closed = int(np.searchsorted(grid.begin, ends[i], side="left"))
        closed = closed if ends[i] <= grid.end[-1] else len(grid.begin) + 1
        own = size if given.worth is given.amount else value
        out.append(Grant(given.pool, begins[i], ends[i], opened, closed, size, own))
    return out


def _prices(pool: Pool, spans: Windows, grid: Grid, *, exact: bool) -> Values:
    """Price of each grant: as said, or the part of all payments that falls to it, shape `(grant,)`."""
    paid = [p for p in pool.pay if p.amount is not None]
    none = zeros((*_worlds(paid), len(spans.contract)), exact=exact)
    if pool.price is None and pool.unit == MONEY and pool.unused == "true_up":
        return spans.prorated(none + kind_of(pool.grant, exact=exact))
    if pool.price is not None or not paid:
        return spans.prorated(none + kind_of(pool.price or Decimal(0), exact=exact))
    for c, begin, over in terms(pool, grid):
        end = known_end(over, c, grid)
        mine = np.flatnonzero((spans.contract == c) & (spans.begin < end) & (spans.end > begin))
        for each in paid:
            before, after = (
                _run_up(each, np.clip(edge[mine], begin, end), begin, end, exact=exact)
                for edge in (spans.begin, spans.end)
            )
            none[..., mine] += after - before
    return none


def _worlds(paid: Sequence[Pay]) -> tuple[int, ...]:
    """The worlds in which payments differ."""
    return np.broadcast_shapes(*(np.shape(by_world(each.amount)) for each in paid if each.amount is not None))


def _run_up(pay: Pay, at: Instants, begin: np.datetime64, end: np.datetime64, *, exact: bool) -> Values:
    """What the payments of a term come to for the time until some moment, each spread evenly over its own time."""
    dates = np.append(due(pay.every, begin, end) if pay.every else np.array([begin]), end)
    which = np.clip(np.searchsorted(dates, at, side="right") - 1, 0, len(dates) - 2)
    part, whole = ((t - dates[which]).astype("timedelta64[s]").astype(np.int64) for t in (at, dates[which + 1]))
    amount = kind_of(pay.amount or Decimal(0), exact=exact)
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
    what = f"a grant of {pool.name}"
    return grid.contracts.windows(pool.every, held(pool), prorate=prorate, what=what, dated=True)


def terms(pool: Pool, grid: Grid) -> list[tuple[int, np.datetime64, np.datetime64]]:
    """List the terms of a pool that touch the books, for each contract: one, or one after the other."""
    contracts, term = grid.contracts, pool.term or Term()
    closed = contracts.holds(held(pool))[1]
    begin = since(pool, contracts)
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


def since(pool: Pool, contracts: Contracts) -> Instants:
    """Find since when each contract has a pool: the pool's own first day, or else the contract's."""
    during = held(pool)
    opened = contracts.holds(during)[0]
    return opened if during.start else np.maximum(opened, contracts.began())


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
