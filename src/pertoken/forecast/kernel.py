"""Kernel: customers, month by month, in all paths of a block at once: their usage, whether they stay, what they pay.

No path is kept: what customers do is added up by group, in sums of a few, which then go to the whole.
"""

import numpy as np

from pertoken.forecast.kernel_bill import begin
from pertoken.forecast.kernel_lanes import compiled, entered, filled
from pertoken.forecast.kernel_live import (
    DRIVER,
    FRESH,
    HERE,
    MINE,
    MY_DRIVER,
    MY_FRESH,
    WEIGHT,
    cleared,
    convert,
    drive,
    live,
    on_plan,
    start,
)
from pertoken.forecast.kernel_rate import rate_month
from pertoken.forecast.tariff_columns import DRAWN, MINIMUM, UNUSED

STAGES, OTHERS = 9, 3
FEW = 32
"""Customers whose sums are added up in single precision before they go to the whole."""
ZERO = np.float32(0)
# signatures are numba's
# ruff: noqa: ANN001, ANN201, ANN202, D103, PLR0917


@entered
def simulate_block(t, people, common, first_pair, used, total):  # type: ignore[no-untyped-def]
    """Simulate all customers in a block of paths.

    Args:
        t: Tariffs as arrays, in single precision.
        people: Customers and newcomers as arrays, see `kernel_people.People`.
        common: What the block's paths share, see `kernel_people.Common`.
        first_pair: Number of the block's first pair of paths.
        used: Numbers of the stages that are added up.
        total: Sums, shape `(quantity, group, month, lane)`: driver, cost, customers, then the stages used.
    """
    months, lanes = total.shape[2], total.shape[3]
    sums = np.zeros((OTHERS + len(used), months, lanes), dtype=np.float32)
    chance = np.zeros((4, lanes // 2), dtype=np.uint32), np.zeros((4, lanes // 2), dtype=np.float32)
    lane, on = np.zeros((11, lanes), dtype=np.float32), np.zeros(lanes, dtype=np.int32)
    work = np.zeros((3, t.lines, lanes), dtype=np.float32), np.zeros((3, lanes), dtype=np.float32)
    balance = np.zeros((t.rows + 1, lanes), dtype=np.float32)
    money = np.zeros((STAGES, lanes), dtype=np.float32)
    since = 0
    for i in range(len(people.key)):
        if since == FEW or (i > 0 and people.group[i] != people.group[i - 1]):
            flush(sums, total, people.group[i - 1])
            since = 0
        if people.slot[i] < 0 or common.most[people.segment[i], people.born[i]] > people.slot[i]:
            one_customer(t, people, common, i, first_pair, used, sums, (chance, lane, on), (balance, work, money))
            since += 1
    if since:
        flush(sums, total, people.group[len(people.key) - 1])


@compiled
def flush(sums, total, group):  # type: ignore[no-untyped-def]
    for q in range(sums.shape[0]):
        for m in range(sums.shape[1]):
            part, whole = sums[q, m], total[q, group, m]
            for i in range(len(part)):
                whole[i] += np.float64(part[i])
                part[i] = ZERO


@compiled
def one_customer(t, people, common, i, first_pair, used, sums, self, books):  # type: ignore[no-untyped-def]
    """Live one customer's months."""
    (state, half), lane, on = self
    balance, work, money = books
    start(people, common, i, first_pair, state, half, lane)
    plan, born, profile = people.plan[i], people.born[i], people.profile[i]
    for k in range(len(on)):
        on[k] = plan
    begin(t, plan, people.age[i], balance)
    filled(balance[t.rows], people.paid[i])
    cost, counts, aged = people.cost[profile], people.counts[profile], people.age[i] > 0
    for m in range(born, sums.shape[1]):
        if m > born:
            live(people, common, i, m, state, half, lane)
            if common.converts:
                convert(people, common, i, state, half, lane, on)
        drive(people, common, i, m, state, half, lane)
        for s in range(len(used)):
            filled(money[used[s]], ZERO)
        if common.converts:
            for p in range(len(t.plan) - 1):
                on_plan(p, on, lane)
                who = (lane[MY_DRIVER], lane[MINE], lane[MY_FRESH], counts)
                rate_month(t, p, m, aged, who, balance, work, money, False)  # noqa: FBT003
        else:
            who = (lane[DRIVER], lane[HERE], lane[FRESH], counts)
            rate_month(t, plan, m, aged, who, balance, work, money, False)  # noqa: FBT003
        if people.promise[i] >= 0:
            promised(people, people.promise[i], m, lane[HERE], balance[t.rows], money)
        add(m, cost, people.still[i], lane, used, money, sums)
        cleared(lane)


@compiled
def promised(people, row, m, here, so_far, money):  # type: ignore[no-untyped-def]
    """Bring what is billed in a period of an agreement up to what was committed."""
    if people.promise_opens[row, m]:
        filled(so_far, ZERO)
    for s in range(STAGES):
        if s not in (DRAWN, UNUSED):
            for k in range(len(so_far)):
                so_far[k] += money[s, k]
    least = people.promised[row, m]
    if least > ZERO:
        for k in range(len(so_far)):
            money[MINIMUM, k] += max(least - so_far[k], ZERO) * here[k]


@compiled
def add(m, cost, still, lane, used, money, sums):  # type: ignore[no-untyped-def]
    """Add a customer's month to the sums."""
    driver, here, weight = lane[DRIVER], lane[HERE], lane[WEIGHT]
    if still:
        for k in range(len(here)):
            driver[k] *= weight[k]
            weight_here = here[k] * weight[k]
            sums[2, m, k] += weight_here
        for s in range(len(used)):
            for k in range(len(here)):
                money[used[s], k] *= weight[k]
    else:
        customers = sums[2, m]
        for k in range(len(here)):
            customers[k] += here[k]
    drivers, costs = sums[0, m], sums[1, m]
    for k in range(len(driver)):
        drivers[k] += driver[k]
    if cost > ZERO:
        for k in range(len(driver)):
            costs[k] += cost * driver[k]
    for s in range(len(used)):
        part, whole = money[used[s]], sums[OTHERS + s, m]
        for k in range(len(part)):
            whole[k] += part[k]
