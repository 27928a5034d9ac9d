"""Payment: when pools are paid, which is not when they are used."""

from decimal import Decimal
from typing import Any

import numpy as np

from pertoken.core import period
from pertoken.core.errors import CardError
from pertoken.core.money import Values, zeros
from pertoken.rating.card import Pay, Pool
from pertoken.rating.contract import ALWAYS
from pertoken.rating.job import Job
from pertoken.rating.pool import HOUR, Grid, Replay, due, held, unit_price


def paid(job: Job, pool: Pool, played: Replay, drawn: Values, expired: Values) -> Values | None:
    """Find what is paid for a pool by contract and window of the books.

    Args:
        job: The card at work.
        pool: The pool.
        played: What happened in it.
        drawn: Value drawn, shape `(*batch, contract, window)`. [currency]
        expired: Value that expired, of the same shape. [currency]

    Returns:
        Money by contract and window; None if nothing is ever paid. [currency]
    """
    if pool.pay:
        out = sum((_paid(job, pool, each, played) for each in pool.pay), zeros(played.grid.shape, exact=job.exact))
        return out + _true_up(pool, played, out, expired) if pool.unused == "true_up" else out
    if pool.price is None and pool.unused == "true_up":
        return drawn + expired
    if pool.price == 0:
        return None
    return _at_grant(played, pool, exact=job.exact)


def _at_grant(played: Replay, pool: Pool, *, exact: bool) -> Values:
    """Each grant is paid when it is made; what was granted before the books begin was paid before."""
    out = zeros(played.grid.shape, exact=exact)
    for grant in played.grants:
        if grant.pool is pool and not grant.carried and grant.begin >= played.grid.begin[0]:
            out[..., min(grant.opened, out.shape[-1] - 1)] += grant.value
    return out


def _true_up(pool: Pool, played: Replay, bought: Values, expired: Values) -> Values:
    """At the end of a term, what was promised and is not yet paid."""
    out = bought * 0
    for grant in played.grants:
        if grant.pool is pool and grant.closed <= played.grid.shape[1]:
            last = grant.closed - 1
            before = bought[..., grant.opened : last + 1].sum(axis=-1)
            out[..., last] += np.where(
                grant.size != 0, np.maximum(grant.value - before, grant.value * 0), grant.value * 0
            )
    return out + expired * 0


def _paid(job: Job, pool: Pool, pay: Pay, played: Replay) -> Values:
    grid = played.grid
    out = zeros(grid.shape, exact=job.exact)
    opened, closed = grid.contracts.holds(held(pool))
    begin = np.maximum(opened, grid.contracts.began())
    upfront = sum((p.upfront_share or Decimal(0) for p in pool.pay), Decimal(0))
    for c in range(grid.shape[0]):
        for begun, ended in _terms(pool, grid, begin[c], closed[c], c):
            if pay.upfront_share is not None:
                _add(out, c, grid, begun, _number(pay.upfront_share * worth(job, pool, grid, begun, ended), job))
            elif pay.every is not None:
                for at, money in _instalments(job, pool, pay, grid, begun, ended, 1 - upfront):
                    _add(out, c, grid, at, _number(money, job))
    return out


def _terms(pool: Pool, grid: Grid, begin: Any, end: Any, contract: int) -> list[tuple[Any, Any]]:  # noqa: ANN401  times
    """The terms of a contract's pool that touch the books."""
    term = pool.term
    del contract
    if term is None or not term.renews or term.months is None:
        return [(begin, end)]
    out = []
    while begin < min(end, grid.end[-1]):
        over = min(end, period.months_later(np.array([begin]), term.months)[0])
        out.append((begin, over))
        begin = over
    return out


def _instalments(
    job: Job,
    pool: Pool,
    pay: Pay,
    grid: Grid,
    begin: Any,
    end: Any,
    share: Decimal,  # noqa: ANN401  times
) -> list[tuple[Any, Decimal]]:
    """When an instalment is due in a term, and how much it is."""
    assert pay.every is not None  # noqa: S101  see the caller
    until = min(end, grid.end[-1])
    if pay.amount is not None:
        return [(at, pay.amount) for at in due(pay.every, begin, until)]
    if pool.every is None:
        dates = due(pay.every, begin, end) if end < ALWAYS else due(pay.every, begin, until)
        each = (pool.price if pool.price is not None else pool.grant) * share / len(dates)
        return [(at, each) for at in dates if at < until]
    out = []
    for at in period.periods(pay.every, max(begin, grid.begin[0]), until):
        over = period.following(np.array([at]), pay.every)[0]
        out.append((max(at, begin), worth(job, pool, grid, max(at, begin), min(over, end)) * share))
    return out


def worth(job: Job, pool: Pool, grid: Grid, begin: Any, end: Any) -> Decimal:  # noqa: ANN401  times
    """Price of all grants of a stretch of time.

    Raises:
        CardError: The time has no end, so that nothing can be paid for all of it.
    """
    if end >= ALWAYS:
        msg = f"{job.card.source or job.card.name}: pool {pool.name} is paid upfront for a term without an end; say its term"
        raise CardError(msg)
    each = unit_price(pool)
    price = pool.price if pool.price is not None else pool.grant * (each if each is not None else Decimal(1))
    if pool.every is None:
        return price
    if pool.every == "hour":
        edges = np.array([begin, end], dtype="datetime64[s]")
        return price * int(period.seconds(edges[:1], edges[1:], grid.contracts.tz)[0]) / HOUR
    return price * len(period.periods(pool.every, begin, end))


def _number(number: Decimal, job: Job) -> Any:  # noqa: ANN401  either kind
    return number if job.exact else float(number)


def _add(out: Values, contract: int, grid: Grid, at: Any, money: Any) -> None:  # noqa: ANN401  a time and money
    """Put a payment into the window in which it is due; one of the first month into the first window."""
    if at >= grid.end[-1] or period.label(at, "month") < period.label(grid.begin[0], "month"):
        return
    out[contract, int(np.searchsorted(grid.end, at, side="right"))] += money
