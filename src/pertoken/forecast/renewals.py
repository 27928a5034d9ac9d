"""Renewals: the contracts that would follow, if each were renewed on its own terms whenever it ends."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.agreement import Agreement
from pertoken.forecast.growth import DAYS


def binds(each: Agreement) -> bool:
    """Whether a contract holds its customer until it ends: there is a commitment, or a chance that it is renewed."""
    return bool(each.committed) or each.renewal is not None


def one_at_a_time(ledger: Iterable[Sequence[Agreement]]) -> None:
    """Refuse contracts of one customer that overlap.

    Args:
        ledger: Contracts of each customer, by their first day.

    Raises:
        InputError: Two of them hold on one day.
    """
    for several in ledger:
        for one, other in pairwise(several):
            if other.start < one.end:
                raise InputError(
                    f"overlapping contracts of {one.customer}: {one.card} until {one.end}, {other.card} from "
                    f"{other.start}; one plan at a time; end the first when the second begins, or join them"
                )


def whole_months(each: Agreement) -> int:
    """Months that a contract runs for, where they are whole ones; else 0.

    >>> from datetime import date
    >>> one = Agreement(customer="acme", card="pro", signed=date(2026, 1, 1), start=date(2026, 1, 31),
    ...                 end=date(2026, 2, 28))
    >>> whole_months(one), whole_months(replace(one, end=date(2026, 2, 27)))
    (1, 0)
    """
    count = (each.end.year - each.start.year) * 12 + each.end.month - each.start.month
    return count if count and _later(each.start, count) == each.end else 0


def months_of(each: Agreement) -> float:
    """Months that a contract runs for."""
    return float(whole_months(each) or (each.end - each.start).days / DAYS)


def _later(day: date, months: int) -> date:
    moved: date = period.months_later(np.array([day], dtype="datetime64[s]"), months)[0].astype("datetime64[D]").item()
    return moved


def follow_ons(several: Sequence[Agreement], until: date) -> list[Agreement]:
    """List the contracts that would follow the last one that binds, each as long and on the same terms.

    Args:
        several: Contracts of one customer, by their first day.
        until: Day after the last that is looked at.

    >>> from datetime import date
    >>> from decimal import Decimal
    >>> one = Agreement(customer="acme", card="pro", signed=date(2026, 1, 1), start=date(2026, 1, 31),
    ...                 end=date(2026, 3, 31), committed=Decimal(9))
    >>> [str(each.end) for each in follow_ons([one], date(2026, 9, 1))]
    ['2026-05-31', '2026-07-31', '2026-09-30']
    """
    last = next((each for each in reversed(several) if binds(each)), None)
    out: list[Agreement] = []
    if last is None or last is not several[-1]:
        return out
    months, days, end = whole_months(last), last.end - last.start, last.end
    while end < until:
        step = (len(out) + 1) * months
        after = _later(last.end, step) if months else end + max(days, timedelta(days=1))
        out.append(replace(last, start=end, end=after, ramp=0))
        end = after
    return out


def stay_chance(leave: Values, age: int, months: float) -> float:
    """Chance that a customer of a segment stays for so long: what a renewal has, where nobody said.

    Args:
        leave: Chance to leave in a month by age in months; the last holds from then on, shape `(age,)`.
        age: Its age when the contract began.
        months: How long it runs; the part of a month counts in part.

    >>> round(stay_chance(np.array([0.1, 0.05]), 0, 2.5), 6)
    0.833351
    """
    whole = int(months)
    ages = np.minimum(age + np.arange(whole + 1), len(leave) - 1)
    weight = np.append(np.ones(whole), months - whole)
    return float(np.exp((np.log1p(-np.minimum(leave[ages], 1 - 1e-12)) * weight).sum()))
