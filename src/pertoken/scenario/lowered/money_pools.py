"""Pools of money: what they pay of an invoice, charge by charge."""

from pertoken.core.formula import Node
from pertoken.rating.card import MONEY, plain
from pertoken.rating.part import drawing
from pertoken.scenario.lowered.arithmetic import ONE, ZERO, beyond, minus, most, times
from pertoken.scenario.lowered.grants import close_pool, draw, factor_outside, in_order, open_pool
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
    needs = dict(demand)
    for balance in balances:
        eligible = drawing(balance.pool, work.card)
        mine = {name: need for name, need in needs.items() if name in eligible}
        taken = draw(work, balance, mine)
        needs |= mine
        used, lost = close_pool(work, balance, taken)
        pool_money(work, balance, used, lost)
    for name, due in demand.items():
        charge = next(each for each in work.invoiced if plain(each) == name)
        factor = factor_outside(work, balances, name)
        off = minus(needs[name], due)
        dearer = ZERO if factor == ONE else times(beyond(needs[name], ZERO), minus(factor, ONE))
        work.add(charge, (), "credit", work.rounded(off if dearer == ZERO else minus(dearer, minus(due, needs[name]))), "covered")
