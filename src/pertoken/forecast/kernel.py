"""Kernel: customers, month by month, in a block of paths: what they do, and what that comes to.

No path is kept. By simple plans, customers are charged as they live; by others, a few at a time once they have lived.
"""

import numpy as np

from pertoken.forecast.kernel_lanes import compiled, copied, entered, filled
from pertoken.forecast.kernel_live import DRIVER, HERE, WEIGHT, cleared, convert, drive, live, start
from pertoken.forecast.kernel_simple import simple

SUMS, MANY = 4, 32
"""How many sums there are, and of how many customers before they go to the whole in double precision."""
ZERO = np.float32(0)
# signatures are numba's
# ruff: noqa: ANN001, ANN201, D103, PLR0917


@entered
def live_block(people, common, first_pair, driver, here, weight, plan):  # type: ignore[no-untyped-def]
    """Live all months of some customers.

    Args:
        people: Customers and newcomers as arrays, see `kernel_people.People`; a lane each of what follows.
        common: What the block's paths share, see `kernel_people.Common`.
        first_pair: Number of the block's first pair of paths.
        driver: Their usage, shape `(customer, month, lane)`; written.
        here: 1 where each is a customer; written.
        weight: Share of it that is left, where its own chance stands still; written if it has any months.
        plan: The tariff that each is on; written if customers change it.
    """
    months, lanes = driver.shape[1], driver.shape[2]
    state, half = np.zeros((4, lanes // 2), dtype=np.uint32), np.zeros((4, lanes // 2), dtype=np.float32)
    lane, on = np.zeros((11, lanes), dtype=np.float32), np.zeros(lanes, dtype=np.int32)
    for i in range(len(driver)):
        for m in range(people.born[i]):
            filled(driver[i, m], ZERO)
            filled(here[i, m], ZERO)
        start(people, common, i, first_pair, state, half, lane)
        for k in range(len(on)):
            on[k] = people.plan[i]
        for m in range(people.born[i], months):
            if m > people.born[i]:
                live(people, common, i, m, state, half, lane)
                if common.converts:
                    convert(people, common, i, state, half, lane, on)
            drive(people, common, i, m, state, half, lane)
            copied(driver[i, m], lane[DRIVER])
            copied(here[i, m], lane[HERE])
            if weight.shape[1] > 0:
                copied(weight[i, m], lane[WEIGHT])
            if common.converts:
                copied(plan[i, m], on)
            cleared(lane)


@entered
def simple_block(t, people, common, first_pair, total):  # type: ignore[no-untyped-def]
    """Live and charge customers of one group, by plans of curves of the month, and add them to the whole.

    Args:
        t: Tariffs as arrays, in single precision.
        people: The customers as arrays.
        common: What the block's paths share.
        first_pair: Number of the block's first pair of paths.
        total: Sums, shape `(4, month, lane)`: driver, cost, customers, list.
    """
    months, lanes = total.shape[1], total.shape[2]
    state, half = np.zeros((4, lanes // 2), dtype=np.uint32), np.zeros((4, lanes // 2), dtype=np.float32)
    lane, units = np.zeros((11, lanes), dtype=np.float32), np.zeros(lanes, dtype=np.float32)
    sums = np.zeros((SUMS, months, lanes), dtype=np.float32)
    since = 0
    for i in range(len(people.key)):
        if people.slot[i] >= 0 and common.most[people.segment[i], people.born[i]] <= people.slot[i]:
            continue
        profile, first = people.profile[i], people.born[i]
        start(people, common, i, first_pair, state, half, lane)
        for m in range(first, months):
            if m > first:
                live(people, common, i, m, state, half, lane)
            drive(people, common, i, m, state, half, lane)
            used(lane[DRIVER], lane[HERE], people.cost[profile], sums[0, m], sums[1, m], sums[2, m])
            for card in range(t.plan[people.plan[i]], t.plan[people.plan[i] + 1]):
                simple(t, card, m, lane[DRIVER], lane[HERE], people.counts[profile], units, sums[3, m])
        since += 1
        if since == MANY:
            flush(sums, total)
            since = 0
    flush(sums, total)


@compiled
def flush(sums, total):  # type: ignore[no-untyped-def]
    for q in range(sums.shape[0]):
        for m in range(sums.shape[1]):
            part, whole = sums[q, m], total[q, m]
            for k in range(len(part)):
                whole[k] += np.float64(part[k])
                part[k] = ZERO


@compiled
def used(driver, here, cost, drivers, costs, customers):  # type: ignore[no-untyped-def]
    for k in range(len(driver)):
        drivers[k] += driver[k]
        costs[k] += cost * driver[k]
        customers[k] += here[k]
