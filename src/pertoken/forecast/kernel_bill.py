"""Bills in lanes: customer by customer and month by month, all paths of a block at once."""

import numpy as np

from pertoken.forecast.kernel_lanes import compiled, copied, entered, filled
from pertoken.forecast.tariff_columns import (
    KEEP,
    POOLS,
    MONTHLY_PAY,
    RENEWS,
    ROW_OF_POOL,
    TERM,
)
from pertoken.forecast.kernel_rate import rate_month

STAGES = 9
# ruff: noqa: ANN001, ANN201, D103, PLR0917


@entered
def bill_customers(t, plans, counts, ages, driver, here, rounded):  # type: ignore[no-untyped-def]
    """Charge a block: shapes `(customer, month, lane)` in, `(stage, customer, month, lane)` out."""
    customers, months, lanes = driver.shape
    out = np.zeros((STAGES, customers, months, lanes), dtype=driver.dtype)
    state = np.zeros((t.rows, lanes), dtype=driver.dtype)
    table = np.zeros((3, t.lines, lanes), dtype=driver.dtype)
    room = np.zeros((3, lanes), dtype=driver.dtype)
    fresh = np.zeros(lanes, dtype=driver.dtype)
    money = np.zeros((STAGES, lanes), dtype=driver.dtype)
    for i in range(customers):
        begin(t, plans[i], ages[i], state)
        for month in range(months):
            renewed(t, here[i], month, fresh)
            for s in range(STAGES):
                filled(money[s], t.zero)
            who = (driver[i, month], here[i, month], fresh, counts[i])
            rate_month(t, plans[i], month, ages[i] > 0, who, state, (table, room), money, rounded)
            for s in range(STAGES):
                copied(out[s, i, month], money[s])
    return out


@compiled
def begin(t, plan, age, state):  # type: ignore[no-untyped-def]
    """Empty all sums and balances; the plan's terms go on where the contract is of some age."""
    for row in range(len(state)):
        filled(state[row], t.zero)
    if age == 0:
        return
    first, last = t.plan[plan], t.plan[plan + 1]
    for p in range(t.card[first, POOLS], t.card[last, POOLS]):
        term, months = t.pool_numbers[p, TERM], int(t.pool_numbers[p, TERM])
        if months > 0:
            row = t.pool[p, ROW_OF_POOL] + 1 + t.pool[p, KEEP]
            gone = age % months if t.pool[p, RENEWS] else min(age, months)
            for i in range(state.shape[1]):
                state[row, i] = term - gone
                state[row + 1, i] = gone * t.pool_numbers[p, MONTHLY_PAY]


@compiled
def renewed(t, here, month, fresh):  # type: ignore[no-untyped-def]
    """Mark the lanes in which the customer begins to be one."""
    for i in range(len(fresh)):
        was = here[month - 1, i] if month > 0 else t.zero
        fresh[i] = t.one if here[month, i] > t.zero and was == t.zero else t.zero
