"""Drawing: what charges draw of pools, one after the other."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from pertoken.core.formula import Node
from pertoken.rating.draw import together
from pertoken.rating.pool_terms import Pool
from pertoken.scenario.lowered.arithmetic import (
    ONE,
    least,
    minus,
    otherwise,
    over,
    plus,
    times,
)
from pertoken.scenario.lowered.balances import Balance, unit_of
from pertoken.scenario.lowered.refusal import refused
from pertoken.scenario.lowered.work import Work


def in_order(work: Work, pools: Sequence[Pool]) -> list[Pool]:
    """Put pools in the order in which they are drawn.

    Raises:
        InputError: Two share a charge at one priority, so that their order differs by month.
    """
    out: list[Pool] = []
    for group in together(pools):
        ordered = sorted(group, key=lambda pool: pool.priority or 0)
        for i, one in enumerate(ordered):
            for two in ordered[i + 1 :]:
                same = (one.priority or 0) == (two.priority or 0) and set(one.eligible) & set(two.eligible)
                if same and one.during.always and two.during.always:
                    what = f"the pools {one.name} and {two.name} share charges at one priority"
                    raise refused(work.card, what, "give each a priority of its own", one.line)
        out += ordered
    return out


def draw(work: Work, balance: Balance, needs: Mapping[str, Node]) -> dict[str, tuple[Node, Node]]:
    """Write what charges draw of a pool, one after the other.

    Args:
        work: The card at work.
        balance: The pool.
        needs: What each charge needs, in its unit.

    Returns:
        What each draws, in the unit of the pool and in its own.
    """
    pool, rest = balance.pool, balance.available
    out: dict[str, tuple[Node, Node]] = {}
    for charge in [name for name in pool.eligible if name in needs] + ["minimum"] * ("minimum" in needs):
        factor = _factor(work, balance, charge)
        asked = times(needs[charge], factor)
        taken = work.draft.row(work.draft.named(pool.name, charge, "drawn"), least(asked, rest), unit_of(work, pool))
        out[charge] = taken, over(taken, factor)
        rest = minus(rest, taken)
    return out


def _factor(work: Work, balance: Balance, charge: str) -> Node:
    """How much of a pool of money a unit of a charge's money draws."""
    _pool, said = balance.pool, balance.pool.inside.times
    path = ("pools", balance.grants.place, "inside", "times")
    if said is None:
        return ONE
    if isinstance(said, Decimal):
        return work.draft.given(path, said)
    return work.draft.given((*path, charge), said[charge]) if charge in said else ONE


def factor_outside(work: Work, balances: Sequence[Balance], charge: str) -> Node:
    """Write the factor of what is beyond pools: that of the first which is there."""
    out: Node = ONE
    own = [each for each in balances if charge in each.pool.eligible]
    for balance in sorted(own, key=lambda each: -each.grants.place):
        times_ = work.draft.given(("pools", balance.grants.place, "outside", "times"), balance.pool.outside.times)
        if balance.there == ONE:
            out = times_
        else:
            out = plus(times(balance.there, times_), times(otherwise(balance.there), out))
    return out
