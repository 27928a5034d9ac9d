"""Kernel: customers, month by month, in a block of paths: what they do, and what that comes to.

No path is kept. By simple plans, customers are charged as they live; by others, a few at a time once they have lived.
"""

import numpy as np

from pertoken.forecast.kernel_lanes import ROW, compiled, wide
from pertoken.forecast.kernel_live import DRIVER, HERE, SHARE, WEIGHT, put
from pertoken.forecast.kernel_simple import simple
from pertoken.forecast.kernel_turn import begin, go_on, go_on_as_usual
from pertoken.forecast.kernel_usual import is_usual, line_of
from pertoken.forecast.streams import LANES, PAIRS

SUMS, MANY = 4, 32
"""How many sums there are, and of how many customers before they go to the whole in double precision."""
MONTH, MONEY = SUMS * ROW, 3 * ROW
ZERO, ONE = np.float32(0), np.float32(1)
# signatures are numba's
# ruff: noqa: ANN001, ANN201, D103, PLR0917


@compiled
def live_block(people, common, turns, first, jumps, desk, driver, here, weight, plan, ats):  # type: ignore[no-untyped-def]
    """Live all months of some turns; who is under contract stays on the plan.

    Args:
        people: Customers and newcomers as arrays, see `kernel_people.People`.
        common: What the block's paths share, see `kernel_people.Common`.
        turns: Whose turns there are, see `kernel_turn.Turns`.
        first: The first of them.
        jumps: What each pair of the block adds to a key, shape `(pair,)`.
        desk: Room.
        driver: Their usage, shape `(turn, month, lane)`; written.
        here: 1 where each is a customer; written.
        weight: Share of it that is left, where its own chance stands still; written if it has any months.
        plan: The tariff that each is on; written if customers change it.
        ats: Which lane of the block each lane is, shape `(turn, lane)`; written.
    """
    wide()
    months, lane, on = driver.shape[1], desk.lane, desk.on
    for j in range(len(driver)):
        i, packed, at = turns.row[first + j], turns.pack[first + j] >= 0, ats[j]
        born = people.born[i]
        for m in range(born):
            for k in range(LANES):
                driver[j, m, k] = ZERO
                here[j, m, k] = ZERO
        who = begin(people, common, turns, first + j, jumps, at, desk)
        for m in range(born, months):
            go_on(people, common, who, i, m, packed, at, desk)
            for k in range(LANES):
                driver[j, m, k] = lane[DRIVER + k]
                here[j, m, k] = lane[HERE + k]
            if weight.shape[1] > 0:
                for k in range(LANES):
                    weight[j, m, k] = lane[WEIGHT + k]
            if common.converts:
                for k in range(LANES):
                    plan[j, m, k] = on[k]


@compiled
def simple_block(t, people, common, turns, jumps, desk, sums, mine, at, total):  # type: ignore[no-untyped-def]
    """Live and charge customers, by plans of curves of the month, and add them to the whole.

    Args:
        t: Tariffs as arrays, in single precision.
        people: Customers and newcomers as arrays.
        common: What the block's paths share.
        turns: Whose turns there are.
        jumps: What each pair of the block adds to a key, shape `(pair,)`.
        desk: Room.
        sums: Room for the sums of some customers, shape `(month x MONTH,)`.
        mine: Room for those of packed newcomers, and of whose own chance stands still, shape `(MONTH,)`.
        at: Room for their lanes.
        total: Sums, shape `(group, 4, month, lane)`: driver, cost, customers, list.
    """
    wide()
    months, lane = total.shape[2], desk.lane
    since, group = 0, 0
    for turn in range(len(turns.row)):
        i, packed = turns.row[turn], turns.pack[turn] >= 0
        if since == MANY or people.group[i] != group:
            flush(sums, total[group])
            since, group = 0, people.group[i]
        profile, count = people.profile[i], PAIRS if not packed else turns.taken[turns.pack[turn]]
        still = people.still[i] != 0
        who = begin(people, common, turns, turn, jumps, at, desk)
        usual = is_usual(who)
        if usual:
            put(lane, SHARE, ONE)
        for m in range(people.born[i], months):
            to = mine if packed or still else sums[m * MONTH : (m + 1) * MONTH]
            if usual:
                line = line_of(t, people.plan[i], m, people.counts[profile])
                go_on_as_usual(people, common, who, i, m, packed, at, line, desk, to)
                simple(t, people.plan[i], m, people.counts[profile], line.charge, lane, to[MONEY:])
            else:
                go_on(people, common, who, i, m, packed, at, desk)
                used(lane, people.cost[profile], to)
                simple(t, people.plan[i], m, people.counts[profile], -1, lane, to[MONEY:])
            if still:
                weighed(mine, lane)
            if packed:
                spread(mine, at, count, sums[m * MONTH : (m + 1) * MONTH])
            elif still:
                moved(mine, sums[m * MONTH : (m + 1) * MONTH])
        since += 1
    flush(sums, total[group])


@compiled
def used(lane, cost, sums):  # type: ignore[no-untyped-def]
    wide()
    for k in range(LANES):
        driver = lane[DRIVER + k]
        sums[k] += driver
        sums[ROW + k] += cost * driver
        sums[2 * ROW + k] += lane[HERE + k]


@compiled
def weighed(mine, lane):  # type: ignore[no-untyped-def]
    """Keep the share that is left of who can't leave by chance."""
    wide()
    for q in range(SUMS):
        for k in range(LANES):
            mine[q * ROW + k] *= lane[WEIGHT + k]


@compiled
def moved(mine, sums):  # type: ignore[no-untyped-def]
    wide()
    for k in range(MONTH):
        sums[k] += mine[k]
        mine[k] = ZERO


@compiled
def spread(mine, at, count, sums):  # type: ignore[no-untyped-def]
    """Add what newcomers come to where each of them comes."""
    driver, cost, customers, money = sums, sums[ROW:], sums[2 * ROW :], sums[MONEY:]
    for k in range(LANES):
        if k % PAIRS < count:
            to = at[k]
            driver[to] += mine[k]
            cost[to] += mine[ROW + k]
            customers[to] += mine[2 * ROW + k]
            money[to] += mine[MONEY + k]
    for k in range(MONTH):
        mine[k] = ZERO


@compiled
def flush(sums, total):  # type: ignore[no-untyped-def]
    wide()
    for q in range(SUMS):
        for m in range(total.shape[1]):
            part, whole = sums[m * MONTH + q * ROW :], total[q, m]
            for k in range(LANES):
                whole[k] += np.float64(part[k])
                part[k] = ZERO


@compiled
def spread_out(money, ats, counts, total):  # type: ignore[no-untyped-def]
    """Add what packed newcomers come to where each of them comes.

    Args:
        money: Shape `(sum, turn, month, lane)`.
        ats: Which lane of the block each lane is, shape `(turn, lane)`.
        counts: How many pairs of each turn are taken.
        total: Shape `(sum, month, lane)`; added to.
    """
    for q in range(money.shape[0]):
        for j in range(money.shape[1]):
            for m in range(money.shape[2]):
                for k in range(counts[j]):
                    total[q, m, ats[j, k]] += money[q, j, m, k]
                    total[q, m, ats[j, PAIRS + k]] += money[q, j, m, PAIRS + k]
