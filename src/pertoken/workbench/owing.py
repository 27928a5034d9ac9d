"""What customers owed by contract in months gone by: charges held against what was committed."""

from collections.abc import Sequence

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.agreement import Agreement
from pertoken.forecast.panel import Panel


def owing(
    agreements: Sequence[Agreement], used: Panel, months: Sequence[str], amount: Values, owed: Values
) -> tuple[Values, Values, tuple[str, ...]]:
    """Add true-ups to what customers were charged, and what they committed to to what they owed.

    A commitment is settled when its term is over; that of a month of which the log lacks days is not over yet.

    Args:
        agreements: What was signed.
        used: Usage of the customers.
        months: All months of the usage, in time.
        amount: What cards charge, shape `(customer, month)`. [currency]
        owed: What of it is owed whatever is used, of the same shape. [currency]

    Returns:
        Both, and what should be known beside them.
    """
    from pertoken.forecast.agreed import agreed  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.settlement import settled  # noqa: PLC0415

    there = set(used.customers)
    mine = [each for each in agreements if each.committed and each.customer in there]
    if not mine:
        return amount, owed, ()
    contracts = agreed(mine, months, used.customers)
    found = settled(contracts, amount)
    true_up = found.true_up.copy()
    if used.grain == "day" and str(np.datetime64(used.periods[-1]) + 1)[:7] == months[-1]:
        true_up[:, -1] = 0.0
    total = amount + true_up
    least = np.clip(np.maximum(owed, found.within + true_up), 0.0, np.maximum(total, 0.0))
    return total, least, contracts.notes


def charged_for(agreements: Sequence[Agreement]) -> None:
    """Refuse commitments where nobody is charged.

    Raises:
        InputError: Somebody has committed to money.
    """
    if any(each.committed for each in agreements):
        raise InputError("contracts commit to money, and no revenue card says what is charged; add --revenue PLAN")
