"""Pools in lanes: grants, what is drawn, what is carried on or lost, month by month."""

from pertoken.forecast.kernel_curve import cents, curve, priced
from pertoken.forecast.kernel_lanes import compiled, filled
from pertoken.forecast.tariff_columns import (
    AS_USED,
    AT_GRANT,
    BEYOND,
    BLOCKED,
    CHARGES,
    CLOSES,
    COST,
    DRAWING,
    DRAWN,
    DRAWS,
    GOES_ON,
    GRANT,
    KEEP,
    MONTHLY,
    MONTHLY_PAY,
    MOST,
    OF_MONEY,
    ON,
    OPENS,
    ORIGINAL,
    OVER,
    PAYS,
    POOLS,
    REFUND,
    REFUNDS,
    RENEWS,
    ROW_OF_POOL,
    SHARE,
    TERM,
    UNUSED,
)

CONTRACTED, INVOICED, COUNTED = range(3)
# signatures are numba's, as in `kernel_rate`
# ruff: noqa: ANN001, ANN201, ARG001, D103, PLR0917, PLW3301


@compiled
def unit_pools(t, card, month, aged, who, state, work, out, rounded):  # type: ignore[no-untyped-def]
    """Draw what was used from pools of units; price the rest anew."""
    first = t.card[card, CHARGES]
    for p in range(t.card[card, POOLS], t.card[card + 1, POOLS]):
        if not t.pool[p, OF_MONEY]:
            drawn(t, p, month, aged, who, state, work, out, COUNTED)
    table, room = work
    here = who[1]
    for c in range(first, t.card[card + 1, CHARGES]):
        if t.charge[c, DRAWS]:
            net, money = table[COUNTED, c - first], table[INVOICED, c - first]
            if t.charge[c, BLOCKED]:
                filled(net, t.zero)
            priced(t, c, net, room[1], rounded)
            curve(t, c, room[1], money)
            factor = t.charge_numbers[c, BEYOND]
            for i in range(len(money)):
                money[i] *= here[i] * factor
            if rounded and t.cents[card] > t.zero:
                cents(money, t.cents[card], t.half)


@compiled
def money_pools(t, card, month, aged, who, state, work, out, rounded):  # type: ignore[no-untyped-def]
    """Draw what is invoiced from pools of money."""
    table, _ = work
    for p in range(t.card[card, POOLS], t.card[card + 1, POOLS]):
        if t.pool[p, OF_MONEY]:
            drawn(t, p, month, aged, who, state, work, out, INVOICED)
    for p in range(t.card[card, POOLS], t.card[card + 1, POOLS]):
        if t.pool[p, OF_MONEY] and t.pool_numbers[p, OVER] != t.one:
            for j in range(t.pool[p, DRAWING], t.pool[p + 1, DRAWING]):
                rest = table[INVOICED, t.lists[j]]
                more = t.pool_numbers[p, OVER] - t.one
                for i in range(len(rest)):
                    rest[i] += max(rest[i], t.zero) * more
            break


@compiled
def drawn(t, p, month, aged, who, state, work, out, kind):  # type: ignore[no-untyped-def]
    """Open a pool's cycle, draw on it, and close the cycle."""
    table, room = work
    opened(t, p, month, aged, who, state, room)
    lots, keep = t.pool[p, ROW_OF_POOL], t.pool[p, KEEP]
    for j in range(t.pool[p, DRAWING], t.pool[p + 1, DRAWING]):
        need = table[kind, t.lists[j]]
        if keep > 0:
            draw(t, p, state[lots + 1], need, room, out)
        draw(t, p, state[lots], need, room, out)
        for k in range(1, keep):
            draw(t, p, state[lots + 1 + k], need, room, out)
    closed(t, p, month, who, state, room, out)


@compiled
def draw(t, p, lot, need, room, out):  # type: ignore[no-untyped-def]
    cost, zero = t.pool_numbers[p, COST], t.zero
    pay = cost if t.pool[p, PAYS] == AS_USED else zero
    for i in range(len(lot)):
        taken = min(lot[i], max(need[i], zero))
        lot[i] -= taken
        need[i] -= taken
        out[DRAWN, i] += taken * cost
        room[0, i] += taken * pay


@compiled
def opened(t, p, month, aged, who, state, room):  # type: ignore[no-untyped-def]
    """Grant where a cycle or a term begins, and pay for it."""
    here, fresh = who[1], who[2]
    lot, zero, one = state[t.pool[p, ROW_OF_POOL]], t.zero, t.one
    grant, left = t.pool_numbers[p, GRANT], state[t.pool[p, ROW_OF_POOL] + 1 + t.pool[p, KEEP]]
    paid = state[t.pool[p, ROW_OF_POOL] + 2 + t.pool[p, KEEP]]
    on = one if t.pool_months[p, month, ON] else zero
    calendar = one if t.pool_months[p, month, OPENS] else zero
    price = grant * t.pool_numbers[p, COST] if t.pool[p, PAYS] == AT_GRANT else zero
    term, monthly = t.pool_numbers[p, TERM], t.pool_numbers[p, MONTHLY_PAY]
    mid = month == 0 and aged
    renews = one if t.pool[p, RENEWS] else zero
    for i in range(len(lot)):
        again = renews if left[i] == zero else zero
        starts = zero if mid and term > zero and left[i] == zero else fresh[i]
        begins = max(calendar, max(starts, again)) * here[i] * on
        now = one if (not mid) or calendar > zero or (term > zero and left[i] == term) else zero
        lot[i] = grant * begins if begins > zero else lot[i]
        room[0, i] += price * begins * now
        if begins > zero and not mid:
            left[i] = term
            paid[i] = zero
        due = monthly * here[i] * on if term == zero or left[i] > zero else zero
        room[0, i] += due
        paid[i] += due


@compiled
def closed(t, p, month, who, state, room, out):  # type: ignore[no-untyped-def]
    """Carry on, or lose, what is left where a cycle or a term ends, or where the customer is gone."""
    here = who[1]
    first, keep, zero, one = t.pool[p, ROW_OF_POOL], t.pool[p, KEEP], t.zero, t.one
    lot, left, paid = state[first], state[first + 1 + keep], state[first + 2 + keep]
    calendar = one if t.pool_months[p, month, CLOSES] else zero
    goes_on = one if t.pool_months[p, month, GOES_ON] else zero
    cost, stage = t.pool_numbers[p, COST], REFUND if t.pool[p, REFUNDS] else UNUSED
    sign = -one if t.pool[p, REFUNDS] else one
    grant, share, most = t.pool_numbers[p, GRANT], t.pool_numbers[p, SHARE], t.pool_numbers[p, MOST]
    original, pays = t.pool[p, ORIGINAL], t.pool[p, PAYS]
    for i in range(len(lot)):
        gone = one if here[i] == zero else zero
        over = one if left[i] == one else zero
        left[i] = max(left[i] - one, zero)
        shut = max(max(calendar, over), gone)
        lost = state[first + 1, i] * shut if keep > 0 else zero
        older = zero
        for k in range(keep - 1):
            state[first + 1 + k, i] += (state[first + 2 + k, i] - state[first + 1 + k, i]) * shut
            older += state[first + 1 + k, i]
        if keep > 0:
            base = grant * here[i] if original else lot[i]
            kept = min(min(base * share, lot[i]), max(most - older, zero)) * goes_on * (one - gone)
            state[first + keep, i] += (kept - state[first + keep, i]) * shut
            lost += (lot[i] - kept) * shut
            for k in range(keep):
                lost += state[first + 1 + k, i] * gone
                state[first + 1 + k, i] *= one - gone
        else:
            lost += lot[i] * shut
        lot[i] *= one - shut
        out[stage, i] += sign * lost * cost
        pay = lost * cost if pays == AS_USED else zero
        if pays == MONTHLY:
            pay = max(grant * cost - paid[i], zero) * shut * (one if paid[i] > zero else zero)
            paid[i] *= one - shut
        room[0, i] += pay
