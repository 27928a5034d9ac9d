"""Pools of money: what they pay of an invoice, charge by charge."""

from pertoken.core.formula import Node
from pertoken.rating.card import plain
from pertoken.rating.part import drawing
from pertoken.rating.pool_terms import MONEY
from pertoken.scenario.lowered.arithmetic import ONE, ZERO, beyond, minus, most, summed, times
from pertoken.scenario.lowered.balances import close_pool, open_pool
from pertoken.scenario.lowered.drawing import draw, factor_outside, in_order
from pertoken.scenario.lowered.payments import pool_money
from pertoken.scenario.lowered.work import Work


def credit_rows(work: Work) -> None:
    """Write what the card's pools of money cover of the invoice, and what they cost."""
    pools = [pool for pool in work.card.pools if pool.unit == MONEY]
    balances = [each for each in (open_pool(work, pool) for pool in in_order(work, pools)) if each is not None]
    names = dict.fromkeys(name for each in balances for name in drawing(each.pool, work.card))
    demand: dict[str, Node] = {}
    for name in names:
        total = work.total([charge for charge in work.invoiced if plain(charge) == name])
        if total != ZERO:
            demand[name] = work.draft.row(work.draft.named(name, "due"), most(total, ZERO), work.currency)
    covered: dict[str, list[Node]] = {name: [] for name in demand}
    for balance in balances:
        eligible = drawing(balance.pool, work.card)
        needs = {name: minus(due, summed(covered[name])) for name, due in demand.items() if name in eligible}
        taken = draw(work, balance, needs)
        for name, (_, off) in taken.items():
            covered[name].append(off)
        pool_money(work, balance, *close_pool(work, balance, (drawn for drawn, _ in taken.values())))
    for name, due in demand.items():
        charge = next(each for each in work.invoiced if plain(each) == name)
        off, factor = summed(covered[name]), factor_outside(work, balances, name)
        dearer = ZERO if factor == ONE else times(beyond(due, off), minus(factor, ONE))
        work.add(charge, (), "credit", work.rounded(minus(dearer, off)), "covered")
