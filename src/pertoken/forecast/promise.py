"""Promise: what customers have committed to, as what is due at the end of which month of the forecast."""

from collections.abc import Mapping, Sequence

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.forecast.agreement import TERMS, Agreement
from pertoken.forecast.kernel_people import Promises


def promises(
    agreements: Sequence[Agreement],
    customers: Sequence[str],
    months: Sequence[str],
    *,
    paid: Mapping[str, float] | None = None,
) -> Promises:
    """Lay agreements out by month.

    A period that began before the first month counts what was billed of it until then; one that ends after the last
    month is not settled in these months. Months are whole: an agreement runs from the month of its start to the one
    before its end, or to the month of its end where that is not its first day.

    Args:
        agreements: The agreements; each customer has one at most at any time.
        customers: Names of the customers, in the order of the population.
        months: Labels of the months, shape `(month,)`.
        paid: What was billed of each customer's running period before the first month. [currency]

    Raises:
        InputError: A customer that is not there, or two agreements of one that overlap.
    """
    place = {name: i for i, name in enumerate(customers)}
    row = np.full(len(customers), -1, dtype=np.int64)
    due: list[np.ndarray] = []  # type: ignore[type-arg]
    opens: list[np.ndarray] = []  # type: ignore[type-arg]
    taken: list[np.ndarray] = []  # type: ignore[type-arg]
    before: list[float] = []
    for each in agreements:
        if each.customer not in place:
            raise InputError(
                f"an agreement of {each.customer!r}, who is no customer; {nearest(each.customer, customers)}"
            )
        i = place[each.customer]
        if row[i] < 0:
            row[i] = len(due)
            due.append(np.zeros(len(months)))
            opens.append(np.zeros(len(months), dtype=bool))
            taken.append(np.zeros(len(months), dtype=bool))
            before.append(float((paid or {}).get(each.customer, 0.0)))
        first, last = _edges(each, months)
        run = slice(max(first, 0), max(min(last, len(months)), 0))
        if taken[row[i]][run].any():
            raise InputError(f"two agreements of {each.customer} in one month; expected one; end one before the other")
        taken[row[i]][run] = True
        _laid(each, first, last, due[row[i]], opens[row[i]])
    shape = (len(due), len(months))
    return Promises(
        row, np.array(due, dtype=float).reshape(shape), np.array(opens, dtype=bool).reshape(shape), np.array(before)
    )


def _edges(each: Agreement, months: Sequence[str]) -> tuple[int, int]:
    """The first month of an agreement and the one after its last, counted from the first of the forecast."""
    origin = int(months[0][:4]) * 12 + int(months[0][5:7])
    first = each.start.year * 12 + each.start.month - origin
    last = each.end.year * 12 + each.end.month - origin + (each.end.day > 1)
    return first, last


def _laid(each: Agreement, first: int, last: int, due: "np.ndarray", opens: "np.ndarray") -> None:  # type: ignore[type-arg]
    size = TERMS.get(each.per, last - first)
    for begin in range(first, last, size):
        end = min(begin + size, last)
        if 0 <= begin < len(opens):
            opens[begin] = True
        if 0 < end <= len(due):
            due[end - 1] = float(each.committed) * (end - begin) / size
