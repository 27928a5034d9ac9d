"""Payments: when a pool is paid, which is not when it is used."""

from decimal import Decimal

from pertoken.core.formula import Call, Node
from pertoken.rating.payment import dues
from pertoken.rating.pool import unit_price
from pertoken.rating.pool_terms import Pay, Pool
from pertoken.scenario.lowered.arithmetic import ONE, ZERO, before, beyond, minus, most, otherwise, plus, summed, times
from pertoken.scenario.lowered.balances import Balance, named
from pertoken.scenario.lowered.refusal import refused
from pertoken.scenario.lowered.work import Work


def pool_money(work: Work, balance: Balance, used: Node, lost: Node) -> None:
    """Write what a pool costs as it is used, what is lost, what is paid for it and paid back.

    Args:
        work: The card at work.
        balance: The pool.
        used: What is used of it, at its cost. [currency]
        lost: What is lost, or paid back. [currency]
    """
    pool = balance.pool
    if pool.name not in work.invoiced:
        work.invoiced[pool.name] = {}
    if balance.cost != ZERO:
        work.noted(pool.name, (), "drawn", used, "drawn")
        if pool.unused == "refund":
            back = minus(ZERO, work.rounded(lost))
            work.add(pool.name, (), "refunded", back, "refund")
        elif lost != ZERO:
            work.noted(pool.name, (), "unused", lost, "unused")
    bought = _bought(work, balance, used, lost)
    if bought != ZERO:
        work.add(pool.name, (), "purchase", work.rounded(bought), "purchase")


def _bought(work: Work, balance: Balance, used: Node, lost: Node) -> Node:
    pool = balance.pool
    if pool.pay:
        paid = summed(_paid(work, balance, place, pay) for place, pay in enumerate(pool.pay))
        return plus(paid, _true_up(work, balance, paid)) if pool.unused == "true_up" else paid
    if pool.price is None and pool.unused == "true_up":
        return plus(used, lost)
    if pool.price == 0 and balance.cost == ZERO:
        return ZERO
    if balance.grants.paid() == balance.grants.shares():
        return times(balance.granted, balance.cost)
    grant = work.draft.given(("pools", balance.grants.place, "grant"), pool.grant)
    return times(work.marks.numbers(named(work, pool, "bought"), balance.grants.paid()), grant, balance.cost)


def _paid(work: Work, balance: Balance, place: int, pay: Pay) -> Node:
    """What one way of paying comes to in each month: so many times an amount, or so much of the price."""
    pool, course = balance.pool, work.course
    if pay.amount is not None:
        each, money = (
            pay.amount,
            work.draft.given(("pools", balance.grants.place, "pay", place, "amount"), pay.amount, work.currency),
        )
    else:
        each, money = _price(work, balance)
        if pay.upfront_share is None and work.card.rounding is not None and _in_parts(pool, pay):
            return _instalments(work, balance, pay, money)
    if not each:
        return ZERO
    values = [Decimal(0)] * len(course.months)
    for _, at, owed in dues(course.job, pool, pay, balance.grants.grid):
        month = course.month(at)
        if month < 0 and pool.unused == "true_up":
            what = f"the pool {pool.name} was paid in part before the model begins"
            raise refused(work.card, what, "let its term begin with the model", pool.line)
        if 0 <= month < len(values):
            values[month] += owed / each
    return times(work.marks.numbers(named(work, pool, f"payment_{place + 1}"), values), money)


def _price(work: Work, balance: Balance) -> tuple[Decimal, Node]:
    """Price of one grant."""
    pool, place = balance.pool, balance.grants.place
    if pool.price is not None:
        return pool.price, work.draft.given(("pools", place, "price"), pool.price, work.currency)
    each = unit_price(pool)
    grant = work.draft.given(("pools", place, "grant"), pool.grant)
    rate = (
        ONE
        if each in (None, 1)
        else work.draft.given(("pools", place, "inside", "rate"), each or Decimal(0), work.currency)
    )
    return pool.grant * (Decimal(1) if each is None else each), times(grant, rate)


def _in_parts(pool: Pool, pay: Pay) -> bool:
    """Tell whether a price is cut into parts that are rounded."""
    return pay.every is not None and (pool.every is None or pay.every != pool.every)


def _instalments(work: Work, balance: Balance, pay: Pay, price: Node) -> Node:
    """Cut what is left of a price into parts that add up to it, to the cent."""
    pool, months = balance.pool, len(work.course.months)
    spans = [(begin, end) for begin, end, *_ in balance.grants.spans]
    if pool.every is not None or any(begin < 0 for begin, _ in spans):
        what = f"the pool {pool.name} is paid in parts of a cycle, or was before the model begins"
        raise refused(work.card, what, "say pay: {every: ..., amount: ...}", pool.line)
    step = {"month": 1, "quarter": 3, "year": 12}.get(pay.every or "month")
    if step is None:
        raise refused(work.card, f"the pool {pool.name} is paid by the {pay.every}", "say every: month", pool.line)
    upfront = next((p.upfront_share for p in pool.pay if p.upfront_share is not None), None)
    first = next((i for i, p in enumerate(pool.pay) if p.upfront_share is not None), 0)
    share = (
        ZERO
        if upfront is None
        else work.draft.given(("pools", balance.grants.place, "pay", first, "upfront_share"), upfront)
    )
    so_far = [Decimal(0)] * months
    starts = [False] * months
    for begin, end in spans:
        dates = range(begin, end, step)
        for month in range(begin, min(end, months)):
            so_far[month] = Decimal(sum(date <= month for date in dates)) / Decimal(len(dates))
            starts[month] = month == begin
    part = work.marks.numbers(named(work, pool, "paid_share"), so_far)
    name = named(work, pool, "paid_so_far")
    node = work.rounded(times(price, plus(share, times(otherwise(share) if share != ZERO else ONE, part))))
    edge = work.draft.row(name, node, work.currency)
    opening = work.rounded(times(price, share))
    fresh = work.marks.flag(named(work, pool, "paid_anew"), starts)
    earlier = plus(times(fresh, opening), times(otherwise(fresh), before(name)))
    return times(balance.there, minus(edge, earlier))


def _true_up(work: Work, balance: Balance, paid: Node) -> Node:
    """Write what was promised until a grant is over and is not yet paid."""
    pool = balance.pool
    closes = work.marks.flag(named(work, pool, "closes"), balance.grants.closes())
    size = balance.granted
    if not balance.grants.last_a_month:
        name = named(work, pool, "promised")
        opens = work.marks.flag(named(work, pool, "opens"), balance.grants.opens())
        size = work.draft.row(name, plus(balance.granted, times(otherwise(opens), before(name))))
    owed = work.draft.row(named(work, pool, "owed"), times(closes, size, balance.cost), work.currency)
    so_far = work.draft.row(named(work, pool, "paid"), paid, work.currency)
    short = beyond(Call("cumulative", (owed,)), Call("cumulative", (so_far,)))
    name = named(work, pool, "true_up_so_far")
    row = work.draft.row(name, most(before(name), times(closes, short)), work.currency)
    return minus(row, before(name))
