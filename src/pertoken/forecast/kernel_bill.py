"""Bills in lanes: customer by customer and month by month, all paths of a block at once."""

from typing import Any

import numpy as np

from pertoken.forecast.kernel_lanes import compiled, copied, filled
from pertoken.forecast.kernel_rate import rate_month
from pertoken.forecast.tariff_columns import (
    DRAWN,
    KEEP,
    MINIMUM,
    MONTHLY_PAY,
    POOLS,
    RENEWS,
    ROW_OF_POOL,
    TERM,
    UNUSED,
)

STAGES = 9
# ruff: noqa: ANN001, ANN201, PLR0917


@compiled
def billed_customers(t, plans, counts, ages, driver, here, rounded, due, out, weight, groups, total, room):  # type: ignore[no-untyped-def]
    """Charge customers in a block of paths, and write that down or add it up.

    Args:
        t: Tariffs as arrays.
        plans: Plan of each, shape `(customer,)`.
        counts: What a unit of driver counts for each charge, shape `(customer, charge)`.
        ages: Months since each came.
        driver: Usage, shape `(customer, month, lane)`.
        here: 1 where each is a customer.
        rounded: Whether lines are rounded as on an invoice.
        due: Contracts: row of each customer, what is committed for a term at its end, which share of a month counts for
            the term that runs and for the one that begins, what was paid before; see `promises.Promises`.
        out: Shape `(stage, customer, month, lane)`; written if there are any customers in it.
        weight: Share of each that is left, as `driver`; all of it if there are no months in it.
        groups: Where each is added up.
        total: Shape `(stage, group, month, lane)`; added to if there are any groups in it.
        room: For balances, lines and sums, see `bill_customers`.
    """
    customers, months, _ = driver.shape
    state, table, spare, fresh, money = room
    for i in range(customers):
        begin(t, plans[i], ages[i], state)
        row = due[0][i]
        if row >= 0:
            filled(state[t.rows], due[4][row])
        for month in range(months):
            renewed(t, here[i], month, fresh)
            for s in range(STAGES):
                filled(money[s], t.zero)
            who = (driver[i, month], here[i, month], fresh, counts[i])
            rate_month(t, plans[i], month, ages[i] > 0, who, state, (table, spare), money, rounded)
            if row >= 0:
                terms = due[1][row, month], due[2][row, month], due[3][row, month]
                promised(terms, here[i, month], fresh, state[t.rows], money)
            for s in range(STAGES):
                if out.shape[1] > 0:
                    copied(out[s, i, month], money[s])
                if total.shape[1] > 0:
                    added(total[s, groups[i], month], money[s], weight[i], month)


def bill_customers(t: Any, *what: Any) -> None:  # noqa: ANN401  as above
    """Charge customers as `billed_customers` does, with room of its own."""
    driver = what[3]
    lanes, kind = driver.shape[2], driver.dtype
    shapes = (t.rows + 1, lanes), (3, t.lines, lanes), (3, lanes), (lanes,), (STAGES, lanes)
    billed_customers(t, *what, tuple(np.zeros(shape, dtype=kind) for shape in shapes))


@compiled
def promised(terms, here, billed, so_far, money):  # type: ignore[no-untyped-def]
    """Bring what is billed in a term of a contract up to what was committed; the next one begins from nothing."""
    least, counts, later = terms
    zero = here[0] * 0
    filled(billed, zero)
    for s in range(STAGES):
        if s not in (DRAWN, UNUSED):
            for k in range(len(so_far)):
                billed[k] += money[s, k]
    for k in range(len(so_far)):
        so_far[k] += counts * billed[k]
    if least > 0:
        for k in range(len(so_far)):
            money[MINIMUM, k] += max(least - so_far[k], zero) * here[k]
            so_far[k] = zero
    for k in range(len(so_far)):
        so_far[k] += later * billed[k]


@compiled
def added(whole, part, weight, month):  # type: ignore[no-untyped-def]
    """Add money to the whole, by the share of the customer that is left."""
    if len(weight) == 0:
        for k in range(len(part)):
            whole[k] += part[k]
    else:
        left = weight[month]
        for k in range(len(part)):
            whole[k] += part[k] * left[k]


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
