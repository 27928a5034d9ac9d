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

    A month of which the log lacks days is settled as if customers went on at its pace; the days known bear their share.

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
    share = _known(used, months)
    whole = owed + (amount - owed) / share  # what cards owe is that of whole months already
    found = settled(contracts, whole)
    total = whole + found.true_up
    least = np.clip(np.maximum(owed, found.within + found.true_up), 0.0, np.maximum(total, 0.0))
    return least + (total - least) * share, least, contracts.notes


def _known(used: Panel, months: Sequence[str]) -> Values:
    """How much of each month a log has: all, but of the last month to the day that it ends on."""
    share = np.ones(len(months))
    if used.grain == "day":
        first, end = (np.datetime64(months[-1], "M") + each for each in (0, 1))
        first, end = first.astype("datetime64[D]"), end.astype("datetime64[D]")
        share[-1] = float((np.datetime64(used.periods[-1], "D") + 1 - first) / (end - first))
    return share


def charged_for(agreements: Sequence[Agreement]) -> None:
    """Refuse commitments where nobody is charged.

    Raises:
        InputError: Somebody has committed to money.
    """
    if any(each.committed for each in agreements):
        raise InputError("contracts commit to money, and no revenue card says what is charged; add --revenue PLAN")
