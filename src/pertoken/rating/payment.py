"""Payment: when pools are paid, which is not when they are used."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np

from pertoken.core import period
from pertoken.core.drawn import Drawn, kind_of
from pertoken.core.errors import CardError
from pertoken.core.money import Values, array, round_half_up, zeros
from pertoken.core.period import Instants
from pertoken.rating.during import Window
from pertoken.rating.grid import Grid
from pertoken.rating.job import Job
from pertoken.rating.pool import HOUR, due, held, known_end, since, terms, unit_price
from pertoken.rating.pool_terms import Pay, Pool
from pertoken.rating.replay import Replay
from pertoken.rating.windows import ALWAYS

Due = tuple[int, np.datetime64, Decimal]
"""A contract, when it pays, and how much."""


def paid(job: Job, pool: Pool, played: Replay, happened: Mapping[str, tuple[Values, Values]]) -> Values | None:
    """Find what is paid for a pool by contract and window of the books.

    Args:
        job: The card at work.
        pool: The pool.
        played: What happened in it.
        happened: Quantity and value that was drawn, or expired, by contract and window. [unit], [currency]

    Returns:
        Money by contract and window; None if nothing is ever paid. [currency]
    """
    if pool.pay:
        has = _has(pool, played)
        owed = [each for pay in pool.pay for each in dues(job, pool, pay, played.grid) if has[each[0]]]
        out, before = _booked(owed, played.grid, exact=job.exact)
        return out + _true_up(pool, played, out, before) if pool.unused == "true_up" else out
    if pool.price is None and pool.unused == "true_up":
        return happened["drawn"][1] + happened["expired"][1]
    if pool.price == 0:
        return None
    return _at_grant(played, pool, exact=job.exact)


def _has(pool: Pool, played: Replay) -> Any:  # noqa: ANN401  a mask
    """The contracts to which a pool grants something."""
    return played.there(pool).any(axis=1)


def _at_grant(played: Replay, pool: Pool, *, exact: bool) -> Values:
    """Each grant is paid when it is made; what was granted before the first month of the books was paid before."""
    grid = played.grid
    if played.cells_of(pool):
        return played.granted(pool)[1]
    own = [grant for grant in played.made if grant.pool is pool and grant.of is None]
    worlds = np.broadcast_shapes((), *(grant.value.shape[:-1] for grant in own))
    out = zeros((*worlds, *grid.shape), exact=exact)
    began = since(pool, grid.contracts)
    for grant in own:
        when = np.maximum(grant.begin, began)
        now = when.astype("datetime64[M]") >= grid.begin[0].astype("datetime64[M]")
        out[..., np.arange(grid.shape[0]), grid.at(when)] += np.where(now, grant.value, grant.value * 0)
    return out


def _true_up(pool: Pool, played: Replay, bought: Values, before: Values) -> Values:
    """When a grant is over, what was promised until then and is not yet paid.

    Args:
        pool: The pool.
        played: What happened in it.
        bought: What is paid in each window. [currency]
        before: What was paid before the books begin, shape `(*batch, contract)`. [currency]
    """
    cells = played.cells_of(pool)
    own = [g for g in played.made if g.pool is pool and g.of is None and g.closed <= played.grid.shape[1]]
    worlds = np.broadcast_shapes(bought.shape[:-2], *(grant.value.shape[:-1] for grant in own))
    owed = np.broadcast_to(bought * 0, (*worlds, *played.grid.shape)).copy()
    over = np.zeros(owed.shape, dtype=bool)
    if cells:
        owed, over = owed + cells.value, np.asarray(cells.value != 0, dtype=bool)
    for grant in own:
        owed[..., grant.closed - 1] += grant.value
        over[..., grant.closed - 1] |= grant.value != 0
    short = owed.cumsum(axis=-1) - bought.cumsum(axis=-1) - before[..., None]
    most = np.maximum.accumulate(np.where(over, np.maximum(short, short * 0), short * 0), axis=-1)
    out = most.copy()
    out[..., 1:] -= most[..., :-1]
    return out


def dues(job: Job, pool: Pool, pay: Pay, grid: Grid) -> Iterator[Due]:
    """List when a pool is paid, and how much."""
    seen: dict[tuple[object, ...], list[tuple[np.datetime64, Decimal]]] = {}
    own = grid.contracts.card.during.anchor == "start"
    first, last = since(pool, grid.contracts), grid.contracts.holds(held(pool))[1]
    for c, begin, end in terms(pool, grid):
        alike = (begin, end, known_end(end, c, grid), first[c], known_end(last[c], c, grid), c if own else 0)
        if alike not in seen:
            seen[alike] = list(_of_term(job, pool, pay, grid, (c, begin, end)))
        yield from ((c, at, money) for at, money in seen[alike])


def _of_term(
    job: Job, pool: Pool, pay: Pay, grid: Grid, term: tuple[int, np.datetime64, np.datetime64]
) -> Iterator[tuple[np.datetime64, Decimal]]:
    upfront = sum((p.upfront_share or Decimal(0) for p in pool.pay), Decimal(0))
    c, begin, end = term
    until = known_end(end, c, grid)
    if pay.upfront_share is not None:
        yield begin, pay.upfront_share * _upfront(job, pool, grid, term)
    elif pay.amount is not None:
        yield from ((at, pay.amount) for at in (due(pay.every, begin, until) if pay.every else [begin]))
    elif pay.every is not None and pool.every is None:
        yield from _instalments(job, pool, pay.every, (begin, end), upfront)
    elif pay.every is not None and pool.every == "hour":
        for at in period.periods(pay.every, max(begin, grid.begin[0]), until):
            over = min(period.following(np.array([at]), pay.every)[0], until)
            yield max(at, begin), worth(pool, grid, c, (max(at, begin), over)) * (1 - upfront)
    elif pay.every is not None:
        for lo, hi, price in _cycle_prices(pool, grid, c, (begin, until)):
            finer = period.GRAINS.index(pay.every) < period.GRAINS.index(pool.every or "year")
            first = period.periods(pay.every, lo, lo + np.timedelta64(1, "s"))[:1]
            dates = due(pay.every, lo, hi) if finer else np.maximum(first, begin)
            yield from _parts(job, price, dates, upfront)


def _cycle_prices(
    pool: Pool, grid: Grid, contract: int, between: tuple[np.datetime64, np.datetime64]
) -> list[tuple[np.datetime64, np.datetime64, Decimal]]:
    """List the cycles of a pool that begin between two moments, each with its price; less where it is cut short.

    A cycle that crosses the edge of a term that renews is one of the term in which it begins, and whole.
    """
    assert pool.every is not None  # noqa: S101  see the callers
    prorate = pool.during.prorate or grid.contracts.card.during.prorate
    over = grid.contracts.holds(held(pool))[1][contract]
    first = since(pool, grid.contracts)[contract] if pool.term and pool.term.renews else between[0]
    run = first, known_end(over, contract, grid)
    lo, hi, part, whole = grid.contracts.cycles(contract, pool.every, run, over, prorate)
    each = _price(pool)
    prices = [each * p / w for p, w in zip(part.tolist(), whole.tolist(), strict=True)]
    mine = (lo >= between[0]) & (lo < between[1])
    return [cycle for cycle, own in zip(zip(lo, hi, prices, strict=True), mine, strict=True) if own]


def _instalments(
    job: Job, pool: Pool, every: Window, span: tuple[np.datetime64, np.datetime64], upfront: Decimal
) -> Iterator[tuple[np.datetime64, Decimal]]:
    """Cut what is left of a price into parts.

    Raises:
        CardError: The term has no end, so that nobody knows how many parts there are.
    """
    if span[1] >= ALWAYS:
        where = job.card.source or job.card.name
        msg = f"{where}: pool {pool.name} is paid by {every} for a term without an end; say its term"
        raise CardError(msg)
    yield from _parts(job, _price(pool), due(every, *span), upfront)


def _parts(job: Job, price: Decimal, dates: Instants, upfront: Decimal) -> Iterator[tuple[np.datetime64, Decimal]]:
    """Cut what is left of a price into parts that add up to it, to the cent."""
    steps = [price * (upfront + (1 - upfront) * i / len(dates)) for i in range(len(dates) + 1)]
    whole = job.card.rounding is None or len(dates) == 1
    edges = steps if whole else [_rounded(each, job.card.rounding or 0) for each in steps]
    yield from zip(dates, (after - before for before, after in pairwise(edges)), strict=True)


def _rounded(money: Decimal, digits: int) -> Decimal:
    if isinstance(money, Drawn):
        return Drawn(round_half_up(money.worlds, digits))
    rounded: Decimal = round_half_up(array([money], exact=True), digits)[0]
    return rounded


def _price(pool: Pool) -> Decimal:
    """Price of one grant."""
    each = unit_price(pool)
    return pool.price if pool.price is not None else pool.grant * (each if each is not None else Decimal(1))


def _upfront(job: Job, pool: Pool, grid: Grid, term: tuple[int, np.datetime64, np.datetime64]) -> Decimal:
    """Price of all grants of a term.

    Raises:
        CardError: The term has no end, so that nothing can be paid for all of it.
    """
    if term[2] >= ALWAYS:
        where = job.card.source or job.card.name
        msg = f"{where}: pool {pool.name} is paid upfront for a term without an end; say its term"
        raise CardError(msg)
    return worth(pool, grid, term[0], term[1:])


def worth(pool: Pool, grid: Grid, contract: int, between: tuple[np.datetime64, np.datetime64]) -> Decimal:
    """Price of all grants to a contract between two moments."""
    if pool.every is None:
        return _price(pool)
    if pool.every == "hour":
        edges = np.array(between, dtype="datetime64[s]")
        return _price(pool) * int(period.seconds(edges[:1], edges[1:], grid.contracts.tz)[0]) / HOUR
    return sum((price for *_, price in _cycle_prices(pool, grid, contract, between)), Decimal(0))


def _booked(dues: list[Due], grid: Grid, *, exact: bool) -> tuple[Values, Values]:
    """Put payments into the windows in which they are due; those of the first month into the first window.

    Returns:
        What is paid in each window, and what was paid before the books, shapes `(*batch, contract, window)` and
        `(*batch, contract)`.
    """
    worlds = np.broadcast_shapes(*(money.worlds.shape for *_, money in dues if isinstance(money, Drawn)))
    out, before = (zeros((*worlds, *shape), exact=exact) for shape in (grid.shape, grid.shape[:1]))
    dates = np.array([at for _, at, _ in dues], dtype="datetime64[s]")
    early = dates.astype("datetime64[M]") < grid.begin[0].astype("datetime64[M]")
    for (c, _, money), when, gone, late in zip(dues, grid.at(dates), early, dates >= grid.end[-1], strict=True):
        number = kind_of(money, exact=exact, axes=0)
        if gone:
            before[..., c] += number
        elif not late:
            out[..., c, when] += number
    return out, before
