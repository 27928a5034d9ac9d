"""Settlement: simulated charges held against the commitments of contracts, term by term, as read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.agreed import Agreed
from pertoken.forecast.promises import Promises

NOT_BILLED = ("drawn", "unused")
"""Stages that no commitment is held against."""


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Charges held against commitments.

    Args:
        within: Charges that draw on a commitment, shape `(*batch, customer, month)`. [currency]
        over: Charges above and without one, the same shape. [currency]
        true_up: What is charged without usage in the month in which a term ends, the same shape. [currency]
        breakage: The same by term, shape `(*batch, term)`. [currency]
        left: What is still to be used of terms that end after the last month, shape `(*batch, term)`. [currency]
    """

    within: Values
    over: Values
    true_up: Values
    breakage: Values
    left: Values

    @property
    def committed(self) -> Values:
        """The part of revenue that the contracts secure, shape `(*batch, customer, month)` [currency]."""
        return self.within + self.true_up


def settled(agreement: Agreed, charges: Values) -> Settled:
    """Hold simulated charges against the commitments.

    For each term: committed = min(drawn, committed) + within + (breakage or left).

    Args:
        agreement: Of the same customers and months.
        charges: For usage, shape `(*batch, customer, month)`. [currency]

    Raises:
        InputError: Charges of other customers or months.
    """
    if charges.shape[-2:] != agreement.ramp.shape:
        raise InputError(f"charges are {charges.shape}; expected (..., customer, month) of {agreement.ramp.shape}")
    terms, batch, last = agreement.terms, charges.shape[:-2], len(agreement.months)
    within, true_up = np.zeros(charges.shape), np.zeros(charges.shape)
    breakage, left = np.zeros((*batch, len(terms))), np.zeros((*batch, len(terms)))
    for term in range(len(terms)):
        customer, committed, drawn = terms.customer[term], terms.committed[term], terms.drawn[term]
        inside = np.flatnonzero(terms.share[term])
        months = slice(inside[0], inside[-1] + 1)
        used = drawn + np.cumsum(charges[..., customer, months] * terms.share[term, months], axis=-1)
        paid = np.minimum(used, committed)
        within[..., customer, months] += np.diff(paid, axis=-1, prepend=min(drawn, committed))
        unused = committed - paid[..., -1]
        if terms.expires[term] < last:
            true_up[..., customer, terms.expires[term]] += unused
            breakage[..., term] = unused
        else:
            left[..., term] = unused
    return Settled(within, charges - within, true_up, breakage, left)


def trued_up(promises: Promises, row: int, billed: Values, here: NDArray[np.bool_]) -> Values:
    """Hold what one customer is billed in each path against its contract, as the simulation does.

    Args:
        promises: Contracts.
        row: Which of them.
        billed: Shape `(path, month)`. [currency]
        here: Whether it is a customer, of the same shape.

    Returns:
        What is charged without usage, of the same shape. [currency]
    """
    more = np.zeros_like(billed)
    so_far = np.full(len(billed), promises.paid[row])
    for month in range(billed.shape[1]):
        so_far += promises.counts[row, month] * billed[:, month]
        if promises.due[row, month] > 0:
            more[:, month] = np.maximum(promises.due[row, month] - so_far, 0.0) * here[:, month]
            so_far[:] = 0.0
        so_far += promises.later[row, month] * billed[:, month]
    return more
