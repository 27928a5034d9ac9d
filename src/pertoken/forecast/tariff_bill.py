"""Bill: what customers are charged in each path and month, by the tariff of the plan that each is on."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.kernel_bill import bill_customers
from pertoken.forecast.tariff import STAGES, Tariffs
from pertoken.rating.rate import AMOUNTS
from pertoken.rating.rate import STAGES as PART_OF

LANES = 256
"""Paths that are rated at once."""


def bill(
    tariffs: Tariffs,
    plan: NDArray[Any] | int,
    mix: Values,
    driver: Values,
    *,
    kind: str = "effective",
    **more: Any,  # noqa: ANN401  see `stages`
) -> Values:
    """Charge usage by path, customer and month.

    Args:
        tariffs: The plans.
        plan: Of each customer, shape `(customer,)`, or one for all.
        mix: Quantity of each cell for one unit of the driver, shape `(customer, cell)`. [unit / driver]
        driver: Usage, shape `(path, customer, month)`. [driver]
        kind: `list`, `contracted`, `effective` (accrual) or `billed` (cash).
        more: As of `stages`.

    Returns:
        Money, shape `(path, customer, month)`. [currency]
    """
    if kind not in AMOUNTS:
        raise InputError(f"no amount {kind!r}; expected one of {', '.join(AMOUNTS)}")
    money = stages(tariffs, plan, mix, driver, **more)
    total: Values = sum(each for name, each in money.items() if kind in PART_OF[name])  # type: ignore[assignment]
    return total


def stages(
    tariffs: Tariffs,
    plan: NDArray[Any] | int,
    mix: Values,
    driver: Values,
    *,
    here: Values | None = None,
    age: NDArray[Any] | int = 0,
    rounded: bool = False,
) -> Mapping[str, Values]:
    """Charge usage by path, customer and month, stage by stage.

    Args:
        tariffs: The plans.
        plan: Of each customer, shape `(customer,)`, or one for all.
        mix: Quantity of each cell for one unit of the driver, shape `(customer, cell)`. [unit / driver]
        driver: Usage, shape `(path, customer, month)`. [driver]
        here: Share of each customer that is one, shape as the driver's; all of it if None. A customer who is not there
            pays nothing, and its balances are lost.
        age: Whole months since each contract began, shape `(customer,)`.
        rounded: Whether lines are rounded as on an invoice.

    Returns:
        By stage, in those that the plans have: money, shape `(path, customer, month)`. [currency]

    Raises:
        InputError: Shapes that don't fit.
        UnpricedUsage: A customer uses what its plan has no price for.
    """
    paths, customers, months = driver.shape
    if mix.shape[0] != customers or months != len(tariffs.months):
        raise InputError(
            f"usage of {driver.shape} (path, customer, month) with a mix of {mix.shape} and tariffs of "
            f"{len(tariffs.months)} months; expected the same customers and months"
        )
    plans = np.broadcast_to(np.asarray(plan, dtype=np.int64), (customers,)).copy()
    counts = np.ascontiguousarray(tariffs.counts(mix, plans))
    ages = np.broadcast_to(np.asarray(age, dtype=np.int64), (customers,)).copy()
    used = [i for i, name in enumerate(STAGES) if name in tariffs.used]
    out = np.zeros((len(used), paths, customers, months))
    for first in range(0, paths, LANES):
        block = slice(first, min(first + LANES, paths))
        lanes = np.ascontiguousarray(np.moveaxis(driver[block], 0, 2), dtype=np.float64)
        shares = np.ones_like(lanes) if here is None else np.ascontiguousarray(np.moveaxis(here[block], 0, 2), float)
        money = billed(tariffs, plans, counts, ages, lanes, shares, rounded=rounded)
        out[:, block] = np.moveaxis(money[used], 3, 1)
    return {STAGES[i]: out[row] for row, i in enumerate(used)}


def billed(  # noqa: PLR0917  what meets here
    tariffs: Tariffs,
    plans: NDArray[np.int64],
    counts: Values,
    ages: NDArray[np.int64],
    driver: Values,
    here: Values,
    *,
    rounded: bool,
    due: tuple[Any, ...] | None = None,
) -> Values:
    """Charge customers whose paths lie innermost: `(customer, month, path)` to `(stage, customer, month, path)`.

    Args:
        tariffs: The plans.
        plans: Of each customer, shape `(customer,)`.
        counts: What a unit of driver counts for each charge, shape `(customer, charge)`.
        ages: Months since each contract began, shape `(customer,)`.
        driver: Usage. [driver]
        here: 1 where each is a customer.
        rounded: Whether lines are rounded.
        due: Agreements, see `kernel_people.Promises.arrays`.
    """
    out = np.zeros((len(STAGES), *driver.shape))
    nobody = np.zeros((len(STAGES), 0, *driver.shape[1:]))
    none = np.full(len(driver), -1, dtype=np.int64), *(np.zeros((0, 1)) for _ in range(3)), np.zeros(0)
    whole = np.zeros((len(driver), 0, driver.shape[2]))
    bill_customers(tariffs.double, plans, counts, ages, driver, here, rounded, due or none, out, whole, plans, nobody)
    return out
