"""Counted: rows of what a charge has counted, and what the cumulative price makes of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.lines import Key, Lines
from pertoken.core.money import Values, as_read, settle
from pertoken.rating.card import Charge
from pertoken.rating.convert import convert
from pertoken.rating.curve import evaluate, normal_form, per_unit, running


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What a charge has counted, row by row, each row a stretch of a window.

    Args:
        charge: The charge.
        lines: Scope, `by`, and the period of each row; value `quantity`, and `select` where another count picks the
            tier; where pools covered some of it, `net` of that, and `factor` of its price where it has one.
        starts: Where each window begins among the rows, shape `(window,)`.
        before: What was counted in each window before the first row, shape `(*batch, window)`; None for nothing.
        begun: Whether each window had begun before, so that a flat at zero is no longer due, shape `(window,)`.
    """

    charge: Charge
    lines: Lines
    starts: NDArray[np.intp]
    before: Values | None = None
    begun: NDArray[np.bool_] | None = None

    @property
    def quantity(self) -> Values:
        """What each row has counted."""
        return self.lines.values["quantity"]

    def priced(self, meter: Key | str) -> Lines:
        """Write the rows down with their money."""
        values = {"quantity": self.quantity, "amount": self.money(self.quantity)}
        return Lines(self.lines.keys, values).with_keys(meter=meter)

    def reached(self, quantity: Values) -> tuple[Values, Values]:
        """How far each window had got before each row, and how far with it."""
        total = running(quantity, self.starts)
        if self.before is not None:
            total = total + np.repeat(self.before, np.diff(self.starts, append=len(self.lines)), axis=-1)
        return total - quantity, total

    def money(self, quantity: Values) -> Values:
        """Charge the rows with other quantities, in the currency: differences of the cumulative price."""
        select = self.lines.values.get("select")
        if len(self.starts) == len(self.lines) and self.before is None:
            return price(self.charge, quantity, select)
        total = self.reached(quantity)[1]
        paid = price(self.charge, total, None if select is None else running(select, self.starts))
        out = np.array(paid, copy=True)
        out[..., 1:] -= paid[..., :-1]
        first = paid[..., self.starts]
        if self.before is not None:
            first = first - np.where(
                self.begun if self.begun is not None else True, price(self.charge, self.before, None), self.before * 0
            )
        out[..., self.starts] = first
        return as_read(out, paid)


def price(charge: Charge, quantity: Values, select: Values | None = None) -> Values:
    """Charge a cumulative quantity, in the currency."""
    if charge.curve is None:
        return quantity * 0
    form, how = normal_form(charge.curve), charge.convert
    if how.whole:
        return settle(evaluate(form, convert(quantity, how), **_select(select)))
    return evaluate(per_unit(form, how.per, how.times), np.asarray(quantity), **_select(select))


def _select(select: Values | None) -> dict[str, Values]:
    return {} if select is None else {"select": select}
