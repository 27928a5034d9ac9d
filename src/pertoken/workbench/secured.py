"""Secured: what contracts hold of the months ahead, customer by customer."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from pertoken.workbench.preparing import Prepared

if TYPE_CHECKING:
    from pertoken.forecast.answer import Committed
    from pertoken.forecast.promises import Promises


def secured(made: Prepared) -> "tuple[Committed, ...]":
    """What contracts secure, customer by customer."""
    from pertoken.forecast.answer import Committed  # noqa: PLC0415  the calculator must start fast

    if made.agreed is None:
        return ()
    months, terms, promises = made.agreed.months, made.agreed.terms, made.promises
    last = {each.customer: each.end for each in sorted(made.said.agreements, key=lambda one: one.end)}
    found = []
    for customer in np.flatnonzero([bool(card) for card in made.agreed.cards]):
        own = terms.customer == customer
        ends = own & (terms.expires < len(months))
        until = str(last[made.agreed.customers[customer]] - timedelta(days=1))[: len(months[0])]
        until = until if until <= months[-1] else ""
        due, drawn = float(terms.committed[ends].sum()), float(terms.drawn[ends].sum())
        goes_on = _renewal(promises, months, int(customer))
        found.append(Committed(made.agreed.customers[customer], due, drawn, until, *goes_on))
    return tuple(found)


def _renewal(promises: "Promises | None", months: Sequence[str], customer: int) -> tuple[str, float]:
    """Into which month a contract goes on only if it is renewed, and the chance of that."""
    at = -1 if promises is None else promises.row[customer]
    if promises is None or at < 0 or not (ends := np.flatnonzero(promises.chance[at] < 1)).size:
        return "", 1.0
    return months[ends[0]], float(promises.chance[at, ends[0]])
