"""Rating in lanes: one month of one customer by its plan, in all paths of a block, with the state of its pools."""

from pertoken.forecast.kernel_curve import cents, curve, priced
from pertoken.forecast.kernel_lanes import compiled, copied, filled
from pertoken.forecast.kernel_pool import money_pools, unit_pools
from pertoken.forecast.tariff_columns import (
    ALL,
    AMOUNT,
    BASE,
    CHARGES,
    CLOSES,
    COVERED,
    CREDIT,
    DISCOUNT,
    FEE,
    KIND,
    LEAST,
    LINES,
    LIST,
    LONG,
    MAXIMUM,
    MINIMUM,
    ON,
    OPENS,
    OWN,
    PERCENT,
    PLAIN,
    POOLED,
    PURCHASE,
    ROW,
    ROW_OF_STEP,
    SLOTS,
    STEPS,
    VALUE,
)

CONTRACTED, INVOICED, COUNTED = range(3)
# signatures are numba's: arrays of one lane each, of the kind of number of `t`
# ruff: noqa: ANN001, ANN201, ARG001, D103, PLR0917


@compiled
def rate_month(t, plan, month, aged, who, state, work, out, rounded):  # type: ignore[no-untyped-def]
    """Charge a month, adding to the stages.

    Args:
        t: Tariffs as arrays.
        plan: Of the customer.
        month: Which.
        aged: Whether the customer's contract began before the first month.
        who: Lanes of what the customer does: units of driver, 1 where a customer, 1 where it begins to be one; then
            what a unit of driver counts for each charge, as a vector.
        state: Balances and sums that are carried on, shape `(row, lane)`.
        work: Room for the slots, shape `(3, slot, lane)`, and three more lanes.
        out: Stages, shape `(stage, lane)`.
        rounded: Whether lines are rounded as on an invoice.
    """
    for card in range(t.plan[plan], t.plan[plan + 1]):
        list_prices(t, card, month, aged, who, state, work, out, rounded)
        if t.card[card, PLAIN]:
            continue
        table, room = work
        if t.card[card, POOLED]:
            for s in range(t.card[card, SLOTS]):
                copied(table[INVOICED, s], table[CONTRACTED, s])
            filled(room[0], t.zero)
            unit_pools(t, card, month, aged, who, state, work, out, rounded)
        for step in range(t.card[card, STEPS], t.card[card + 1, STEPS]):
            take(t, card, step, month, aged, who, state, work, out, rounded)
        if t.card[card, POOLED]:
            for s in range(t.card[card, SLOTS]):
                for i in range(out.shape[1]):
                    out[COVERED, i] += table[INVOICED, s, i] - table[CONTRACTED, s, i]
            for i in range(out.shape[1]):
                out[PURCHASE, i] += room[0, i]


@compiled
def list_prices(t, card, month, aged, who, state, work, out, rounded):  # type: ignore[no-untyped-def]
    """Charge what was used, and the fees, at list."""
    driver, here, fresh, each = who
    table, room = work
    first = t.card[card, CHARGES]
    for c in range(first, t.card[card + 1, CHARGES]):
        money, counted = table[CONTRACTED, c - first], table[COUNTED, c - first]
        if not t.charge_months[c, month, ON]:
            filled(money, t.zero)
            filled(counted, t.zero)
            continue
        if t.charge[c, FEE]:
            fee(t, c, month, aged, here, fresh, money)
        else:
            for i in range(len(counted)):
                counted[i] = driver[i] * each[c]
            if t.charge[c, ROW] >= 0:
                cumulated(t, c, month, counted, state[t.charge[c, ROW]], fresh, room, money, rounded)
            else:
                priced(t, c, counted, room[1], rounded)
                curve(t, c, room[1], money)
            for i in range(len(money)):
                money[i] *= here[i]
        if rounded and t.cents[card] > t.zero:
            cents(money, t.cents[card], t.half)
        for i in range(len(money)):
            out[LIST, i] += money[i]


@compiled
def fee(t, c, month, aged, here, fresh, money):  # type: ignore[no-untyped-def]
    """A fee is due in each month, or where its longer period begins for the customer."""
    due = t.charge_numbers[c, BASE]
    always = (not t.charge[c, LONG]) or t.charge_months[c, month, OPENS] != 0
    before = month == 0 and aged
    for i in range(len(money)):
        begins = t.one if always else (t.zero if before else fresh[i])
        money[i] = due * here[i] * begins


@compiled
def cumulated(t, c, month, counted, so_far, fresh, room, money, rounded):  # type: ignore[no-untyped-def]
    """What a window of several months rises by in one of them."""
    opens = t.charge_months[c, month, OPENS]
    for i in range(len(counted)):
        so_far[i] *= t.zero if opens else t.one - fresh[i]
    priced(t, c, so_far, room[1], rounded)
    curve(t, c, room[1], room[2])
    for i in range(len(counted)):
        begun = so_far[i] > t.zero
        room[2, i] = room[2, i] if begun else t.zero
        so_far[i] += counted[i]
    priced(t, c, so_far, room[1], rounded)
    curve(t, c, room[1], money)
    for i in range(len(counted)):
        money[i] -= room[2, i]


@compiled
def take(t, card, step, month, aged, who, state, work, out, rounded):  # type: ignore[no-untyped-def]
    """Take a step of an invoice, on what is agreed, and again on what is invoiced where there are pools."""
    kind = t.step[step, KIND]
    if kind == CREDIT:
        if t.card[card, POOLED]:
            money_pools(t, card, month, aged, who, state, work, out, rounded)
        return
    for side in range(2 if t.card[card, POOLED] else 1):
        if kind == PERCENT:
            percent(t, card, step, month, work, out, side, rounded)
        elif kind == AMOUNT:
            amount(t, card, step, month, who, work, out, side, rounded)
        elif kind == LEAST:
            least(t, card, step, month, who, state, work, out, side, rounded)
        else:
            most(t, card, step, month, who, work, out, side, rounded)


@compiled
def percent(t, card, step, month, work, out, side, rounded):  # type: ignore[no-untyped-def]
    if not t.step_months[step, month, ON]:
        return
    table, room = work
    factor, off = t.step_numbers[step, VALUE], room[1]
    for j in range(t.step[step, LINES], t.step[step + 1, LINES]):
        money = table[side, t.lists[j]]
        for i in range(len(money)):
            off[i] = money[i] * factor
        if rounded and t.cents[card] > t.zero:
            cents(off, t.cents[card], t.half)
        for i in range(len(money)):
            money[i] += off[i]
            out[DISCOUNT, i] += off[i] if side == CONTRACTED else t.zero


@compiled
def amount(t, card, step, month, who, work, out, side, rounded):  # type: ignore[no-untyped-def]
    """Take a fixed amount off one line after the other, never more than there is; or add it."""
    if not t.step_months[step, month, ON]:
        return
    table, room = work
    rest, money_off = room[1], t.step_numbers[step, VALUE]
    here = who[1]
    for i in range(len(rest)):
        rest[i] = money_off * here[i]
    if rounded and t.cents[card] > t.zero:
        cents(rest, t.cents[card], t.half)
    for j in range(t.step[step, LINES], t.step[step + 1, LINES]):
        money = table[side, t.lists[j]]
        for i in range(len(money)):
            off = max(rest[i], -max(money[i], t.zero))
            rest[i] -= off
            money[i] += off
            out[DISCOUNT, i] += off if side == CONTRACTED else t.zero


@compiled
def totalled(t, card, step, work, side, total):  # type: ignore[no-untyped-def]
    """Add up what a limit is on; all that is invoiced includes what pools cost."""
    table, room = work
    filled(total, t.zero)
    for j in range(t.step[step, LINES], t.step[step + 1, LINES]):
        money = table[side, t.lists[j]]
        for i in range(len(total)):
            total[i] += money[i]
    if side == INVOICED and t.step[step, ALL]:
        for i in range(len(total)):
            total[i] += room[0, i]


@compiled
def least(t, card, step, month, who, state, work, out, side, rounded):  # type: ignore[no-untyped-def]
    """Bring what is charged in a window up to the minimum."""
    table, room = work
    gap = table[side, t.step[step, OWN]]
    here, total, zero = who[1], room[1], t.zero
    filled(gap, zero)
    if not t.step_months[step, month, ON]:
        return
    totalled(t, card, step, work, side, total)
    row, edge = t.step[step, ROW_OF_STEP], t.step_numbers[step, VALUE]
    if row >= 0:
        so_far = state[row + side]
        keep = zero if t.step_months[step, month, OPENS] else t.one
        for i in range(len(total)):
            so_far[i] = so_far[i] * keep + total[i]
            total[i] = so_far[i]
    if not t.step_months[step, month, CLOSES]:
        return
    for i in range(len(gap)):
        gap[i] = max(edge - total[i], zero) * here[i]
        out[MINIMUM, i] += gap[i] if side == CONTRACTED else zero


@compiled
def most(t, card, step, month, who, work, out, side, rounded):  # type: ignore[no-untyped-def]
    """Take what is above the maximum off one line after the other."""
    if not t.step_months[step, month, ON]:
        return
    table, room = work
    rest, zero, edge = room[1], t.zero, t.step_numbers[step, VALUE]
    totalled(t, card, step, work, side, rest)
    for i in range(len(rest)):
        rest[i] = min(edge - rest[i], zero)
    for j in range(t.step[step, LINES], t.step[step + 1, LINES]):
        money = table[side, t.lists[j]]
        for i in range(len(money)):
            off = max(rest[i], -max(money[i], zero))
            rest[i] -= off
            money[i] += off
            out[MAXIMUM, i] += off if side == CONTRACTED else zero
    if side == INVOICED and t.step[step, ALL]:
        for i in range(len(rest)):
            off = max(rest[i], -room[0, i])
            out[COVERED, i] += off
