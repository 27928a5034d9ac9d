"""Who stays on a plan because they have signed for it: what contracts mean for a move to another plan."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.agreement import Agreement
from pertoken.present.numbers import counted
from pertoken.rating.contract import Contract
from pertoken.workbench.declared import Declared, agreements_of, billed, signed
from pertoken.workbench.histories import History
from pertoken.workbench.remarks import few

if TYPE_CHECKING:
    from pertoken.forecast.agreed import Agreed
    from pertoken.forecast.population import Forecastable


def staying(
    read: History, said: "str | Path | Sequence[Agreement | Contract]", months: Sequence[str]
) -> tuple["Agreed | None", tuple[str, ...]]:
    """Say what contracts mean for the customers of a log and the months ahead.

    Args:
        read: The history, with cards of the plan as it is.
        said: File of contracts, or records.
        months: Labels of the months ahead.

    Returns:
        The contracts, None where nothing is promised, and what should be known beside them.

    Raises:
        InputError: What is wrong with the file, or a contract puts a customer on another plan later.
    """
    there = set(read.panel.customers)
    every = agreements_of(said, read)
    mine = Declared(tuple(each for each in every if each.customer in there))
    found = signed(read, mine, months, landed=_landing(read))
    absent = sorted({each.customer for each in every} - there)
    gone = (f"{', '.join(absent)}: signed, and nothing used yet; not in it",) if absent else ()
    if found is None:
        return None, gone
    if found.changes:
        customer, month, card = found.changes[0]
        raise InputError(
            f"{found.customers[customer]} is put on {card} from {months[month]} on by a contract that has not begun; a "
            "migration begins with the plans of today; leave the row out, or ask `pertoken forecast`"
        )
    return found, (*found.notes, *gone, *_beyond(found, mine), *_bound(found))


def rising(of: "Forecastable", held: "Agreed | None") -> Values | None:
    """Give the factor on usage that ramps bring, shape `(customer, month)`; None without contracts.

    Args:
        of: The customers that are forecast, and their growth.
        held: Contracts of the same customers; None without any.
    """
    from pertoken.forecast.promised import lifted  # noqa: PLC0415  the calculator must start fast

    if held is None:
        return None
    nobody = np.zeros(len(held.customers), dtype=bool)
    return lifted(held, of.shared.growth[of.people.segment], nobody)


def _beyond(found: "Agreed", said: Declared) -> Iterator[str]:
    """Say what contracts promise that a migration does not follow."""
    ramping = {found.customers[row] for row in np.flatnonzero((found.growing != 1).any(axis=1))}
    planned = sorted(ramping & {each.customer for each in said.agreements if each.planned is not None})
    if planned:
        yield f"! {few(planned)}: usage rises by the ramp alone, not to what was planned"
    again = sorted({found.customers[row] for row in found.renewed.customer.tolist()})
    if again:
        yield f"! {few(again)}: what a renewed contract would commit to again is not in it"


def _landing(read: History) -> tuple[str, Mapping[str, float]] | None:
    """What customers are charged for the month that a history ends in, if they go on at its pace; None for no such."""
    from pertoken.forecast.landing import begun  # noqa: PLC0415  the calculator must start fast

    month = begun(read.panel)
    labels, amount = billed(read.ledgers["revenue"], read)
    if month is None or month.month not in labels:
        return None
    whole = amount[:, labels.index(month.month)] * (1 + month.rest / month.known)
    return month.month, dict(zip(read.panel.customers, whole.tolist(), strict=True))


def _bound(found: "Agreed") -> tuple[str, ...]:
    """Say who stays by contract."""
    held = np.flatnonzero(found.bound > 0)
    if not len(held):
        return ()
    names = few([found.customers[row] for row in held])
    who = f"{counted(len(held), 'customers')} by contract on the old plan until it ends ({names})"
    return (f"{who}: commitments are settled, who is not renewed leaves, all others may move then",)


def ending(leave: Values, held: "Agreed | None") -> Values:
    """Let customers leave where a contract ends by the chance that it is not renewed, where that is said.

    Args:
        leave: Chance to leave, shape `(customer, month)`.
        held: Contracts; None without any.
    """
    if held is None:
        return leave
    rows = np.flatnonzero((held.ends < leave.shape[1]) & np.isfinite(held.renewal))
    made = leave.copy()
    made[rows, held.ends[rows]] = np.minimum(1 - held.renewal[rows], 1 - 1e-9)
    return made
