"""Balances: what a pool has and what is left of it at the end of each month, and what a unit of it costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from pertoken.core.formula import Name, Node
from pertoken.core.units import Unit
from pertoken.rating.draw import grain_of
from pertoken.rating.pool import unit_price
from pertoken.rating.pool_terms import MONEY, Pool
from pertoken.scenario.lowered.arithmetic import (
    ONE,
    ZERO,
    before,
    beyond,
    least,
    minus,
    otherwise,
    over,
    plus,
    summed,
    times,
)
from pertoken.scenario.lowered.counted_in import unit_of_pool
from pertoken.scenario.lowered.grants import Grants
from pertoken.scenario.lowered.refusal import refused
from pertoken.scenario.lowered.work import Work


@dataclass(frozen=True, slots=True)
class Balance:
    """A pool in rows.

    Args:
        grants: Its grants.
        granted: What is granted in each month. [unit]
        available: What can be drawn in each month. [unit]
        carried: What of it was carried on. [unit]
        cost: Money for one unit. [currency / unit]
        there: 1 in the months in which there is a grant.
    """

    grants: Grants
    granted: Node
    available: Node
    carried: Node
    cost: Node
    there: Node

    @property
    def pool(self) -> Pool:
        """The pool."""
        return self.grants.pool


def named(work: Work, pool: Pool, what: str) -> str:
    """Name a row of a pool."""
    return work.draft.named(pool.name, what)


def unit_of(work: Work, pool: Pool) -> Unit:
    """Unit of what a pool holds."""
    return work.currency if pool.unit == MONEY else unit_of_pool(pool.unit)


def open_pool(work: Work, pool: Pool) -> Balance | None:
    """Write what a pool has in each month, before anything is drawn; None where it never grants anything.

    Raises:
        InputError: It is drawn by days or hours, or carries on for longer than a cycle.
    """
    if grain_of([pool]) != "month":
        raise refused(work.card, f"the pool {pool.name} is drawn by the {grain_of([pool])}", "", pool.line)
    if pool.rollover and pool.rollover.periods > 1:
        what = f"the pool {pool.name} carries on for {pool.rollover.periods} cycles"
        raise refused(work.card, what, "say periods: 1", pool.line)
    if pool.outside.block:
        what = f"the pool {pool.name} blocks usage beyond it"
        raise refused(work.card, what, "give what is beyond a price, or a factor under outside", pool.line)
    grants = Grants(work, pool, work.card.pools.index(pool))
    if not any(grants.opens()):
        return None
    grant = work.draft.given(("pools", grants.place, "grant"), pool.grant, unit_of(work, pool))
    share = work.marks.numbers(named(work, pool, "grants"), grants.shares())
    size = work.draft.row(named(work, pool, "granted"), times(share, grant), unit_of(work, pool))
    carried: Node = ZERO
    if pool.rollover:
        node = plus(before(named(work, pool, "kept")), before(named(work, pool, "still_carried")))
        carried = work.draft.row(named(work, pool, "carried"), node, unit_of(work, pool))
    rest = ZERO if grants.last_a_month else before(named(work, pool, "rest"))
    whole = work.draft.let(named(work, pool, "available"), plus(size, rest, carried), unit_of(work, pool))
    there = work.marks.flag(named(work, pool, "there"), grants.there())
    cost = cost_of(work, grants)
    if (
        pool.rollover
        and isinstance(cost, Name)
        and cost.name in work.draft.rows
        and work.draft.rows[cost.name].by_month
    ):
        what = f"the pool {pool.name} carries on, and its grants bear payments that differ by month"
        raise refused(work.card, what, "say the price of one grant", pool.line)
    return Balance(grants, size, whole, carried, cost, there)


def cost_of(work: Work, grants: Grants) -> Node:
    """Find money for one unit of a grant, by month where it differs."""
    pool, place = grants.pool, grants.place
    name = named(work, pool, "unit_cost")
    if pool.inside.rate is not None:
        return work.draft.given(("pools", place, "inside", "rate"), pool.inside.rate, work.currency)
    if unit_price(pool) == 1 or (pool.price is None and pool.unit == MONEY and pool.unused == "true_up"):
        return ONE
    grant = work.draft.given(("pools", place, "grant"), pool.grant, unit_of(work, pool))
    if pool.price is not None:
        price = work.draft.given(("pools", place, "price"), pool.price, work.currency)
        return price if price == ZERO else work.draft.row(name, over(price, grant), work.currency, by_month=False)
    paying = [i for i, pay in enumerate(pool.pay) if pay.amount is not None]
    if len(paying) != 1:
        raise refused(work.card, f"the pool {pool.name} is paid in several amounts", "say its price", pool.line)
    amount = pool.pay[paying[0]].amount or Decimal(0)
    if not amount:
        return ZERO
    money = work.draft.given(("pools", place, "pay", paying[0], "amount"), amount, work.currency)
    parts = list(dict.fromkeys((worth / amount, size / pool.grant) for *_, size, worth in grants.spans))
    each = [_unit_cost(work, f"{name}_{i}", part, money, grant) for i, part in enumerate(parts, 1)]
    nodes: list[Node] = [ZERO] * grants.months
    for begin, end, size, worth in grants.spans:
        for month in range(max(begin, 0), min(end, grants.months)):
            nodes[month] = each[parts.index((worth / amount, size / pool.grant))]
    return work.draft.let(name, work.marks.chosen(name, nodes), work.currency)


def _unit_cost(work: Work, name: str, part: tuple[Decimal, Decimal], money: Node, grant: Node) -> Node:
    """Write money for one unit of a grant that bears so many payments and is so much of a whole one."""
    count, whole = (work.draft.fixed(f"{name}_{what}", n) for what, n in zip(("payments", "grants"), part, strict=True))
    return work.draft.row(name, over(times(money, count), times(grant, whole)), work.currency, by_month=False)


def close_pool(work: Work, balance: Balance, drawn: Iterable[Node]) -> tuple[Node, Node]:
    """Write what is left of a pool at the end of each month, what is carried on, and what is over.

    Args:
        work: The card at work.
        balance: The pool.
        drawn: What charges draw of it in each month. [unit]

    Returns:
        What is used is worth, and what is lost. [currency]
    """
    grants, pool, what = balance.grants, balance.pool, unit_of(work, balance.pool)
    used = work.draft.let(named(work, pool, "used"), summed(drawn), what)
    left = work.draft.row(named(work, pool, "left"), minus(balance.available, used), what)
    over_ = work.marks.flag(named(work, pool, "closes"), grants.closes())
    if not pool.rollover:
        if not grants.last_a_month:
            work.draft.row(named(work, pool, "rest"), times(left, otherwise(over_)), what)
        lost = work.draft.let(named(work, pool, "over"), times(over_, left), what)
        return times(used, balance.cost), times(lost, balance.cost)
    old = work.draft.row(named(work, pool, "carried_left"), beyond(balance.carried, used), what)
    fresh = work.draft.row(named(work, pool, "fresh_left"), minus(left, old), what)
    kept = _kept(work, balance, fresh)
    if not grants.last_a_month:
        work.draft.row(named(work, pool, "rest"), times(fresh, otherwise(over_)), what)
    work.draft.row(named(work, pool, "still_carried"), times(old, otherwise(over_)), what)
    lost = work.draft.row(named(work, pool, "over"), minus(times(over_, left), kept), what)
    return times(used, balance.cost), times(lost, balance.cost)


def _kept(work: Work, balance: Balance, fresh: Node) -> Node:
    """Write what is carried on of what is left of a grant when it is over."""
    grants, pool, rule = balance.grants, balance.pool, balance.pool.rollover
    assert rule is not None  # noqa: S101  see the caller
    place = ("pools", grants.place, "rollover")
    share = work.draft.given((*place, "share"), rule.share)
    base: Node = fresh
    if rule.of == "original":
        base = balance.granted
        if not grants.last_a_month:
            opens = work.marks.flag(named(work, pool, "opens"), grants.opens())
            size = named(work, pool, "size")
            base = work.draft.row(size, plus(balance.granted, times(otherwise(opens), before(size))))
    most = [] if rule.max is None else [work.draft.given((*place, "max"), rule.max, unit_of(work, pool))]
    keeps = work.marks.flag(named(work, pool, "keeps"), grants.goes_on())
    node = times(keeps, least(times(base, share), fresh, *most))
    return work.draft.row(named(work, pool, "kept"), node, unit_of(work, pool))
