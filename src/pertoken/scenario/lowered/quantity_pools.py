"""Pools of a quantity: what they cover of what charges count, and what the rest comes to."""

from dataclasses import replace

from pertoken.core.formula import Node
from pertoken.rating.card import plain
from pertoken.rating.pool_terms import MONEY
from pertoken.scenario.lowered.arithmetic import ONE, ZERO, least, minus, summed, times
from pertoken.scenario.lowered.balances import close_pool, open_pool
from pertoken.scenario.lowered.charges import Charged
from pertoken.scenario.lowered.counts import Counter, priced
from pertoken.scenario.lowered.drawing import draw, factor_outside, in_order
from pertoken.scenario.lowered.payments import pool_money
from pertoken.scenario.lowered.refusal import refused
from pertoken.scenario.lowered.work import Group, Work


def quantity_pool_rows(work: Work, charged: Charged) -> None:
    """Write what the card's pools of a quantity cover, and what they cost."""
    pools = [pool for pool in work.card.pools if pool.unit != MONEY]
    balances = [each for each in (open_pool(work, pool) for pool in in_order(work, pools)) if each is not None]
    eligible = {name for each in balances for name in each.pool.eligible}
    counters = {name: _regrouped(work, found) for name, found in charged.counters.items() if plain(name) in eligible}
    demand: dict[str, list[Node]] = {}
    for name, found in counters.items():
        demand.setdefault(plain(name), []).extend(each.quantity for each in found if each.quantity != ZERO)
    units = {plain(each.name): each.unit for found in counters.values() for each in found}
    needs = {
        name: work.draft.let(work.draft.named(name, "demand"), summed(nodes), units[name])
        for name, nodes in demand.items()
        if nodes
    }
    needs = {name: need for name, need in needs.items() if need != ZERO}
    covered: dict[str, list[Node]] = {name: [] for name in needs}
    taken = []
    for balance in balances:
        own = {
            name: minus(need, summed(covered[name])) for name, need in needs.items() if name in balance.pool.eligible
        }
        drawn = draw(work, balance, own)
        taken.append([each for each, _ in drawn.values()])
        for name, (_, off) in drawn.items():
            covered[name].append(off)
    for name, parts in covered.items():
        if parts:
            cover = work.draft.let(work.draft.named(name, "from_pools"), summed(parts), units[name])
            every = [each for charge, found in counters.items() if plain(charge) == name for each in found]
            _covered(work, every, cover, factor_outside(work, balances, name))
    for balance, nodes in zip(balances, taken, strict=True):
        pool_money(work, balance, *close_pool(work, balance, nodes))


def _regrouped(work: Work, counters: list[Counter]) -> list[Counter]:
    """Count by what a charge counts by alone."""
    out: dict[Group, list[Counter]] = {}
    for each in counters:
        by = each.charge.measure.by if each.charge.measure else ()
        out.setdefault(tuple(pair for pair in each.group if pair[0] in by), []).append(each)
    return [_one(work, group, own) for group, own in out.items()]


def _one(work: Work, group: Group, counters: list[Counter]) -> Counter:
    first = counters[0]
    if first.earlier:
        what = f"the charge {first.name} goes on counting from another phase, and a pool covers it"
        raise refused(work.card, what, "say counter: restart", first.charge.line)
    if len(counters) == 1 and first.group == group:
        return first
    if work.card.rounding is not None:
        what = f"a discount with a condition is on {first.name}, and a pool covers it"
        raise refused(work.card, what, "count by what the condition asks for", first.charge.line)
    name = work.name(first.name, group, "counted")
    quantity = work.draft.let(name, summed(each.quantity for each in counters), first.unit)
    return replace(first, group=group, quantity=quantity)


def _covered(work: Work, counters: list[Counter], cover: Node, factor: Node) -> None:
    """Write for each group what pools take off its list price, one group after the other."""
    rest = cover
    several = len(counters) > 1
    for each in counters:
        taken: Node = rest
        if several:
            taken = work.draft.row(work.name(each.name, each.group, "covered"), least(each.quantity, rest), each.unit)
            rest = minus(rest, taken)
        net = work.draft.row(
            work.name(each.name, each.group, "net"), work.draft.clean(minus(each.quantity, taken)), each.unit
        )
        money = priced(work, each, net, "net_")
        money = money if factor == ONE else times(factor, money)
        listed = summed(
            node for group, nodes in work.invoiced[each.name].items() if set(each.group) <= set(group) for node in nodes
        )
        work.add(each.name, each.group, "pools", minus(work.rounded(money), listed), "covered")
