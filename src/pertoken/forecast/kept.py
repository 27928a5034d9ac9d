"""Kept: worlds of a forecast for others to reckon with, few enough for a file and for a sheet of a workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.money import Values

if TYPE_CHECKING:
    from pertoken.forecast.answer import Forecast

MOST = 1_000
"""Worlds that are kept: a quantile of the total is then off by half a thousandth of the worlds, a run of 10,000 worlds
takes each of them once in each of its ten replicates, and a sheet of a workbook has room for them."""

MEASURES = ("customers", "usage", "revenue", "cost")
"""What is kept of each world; the margin follows."""

LEADING = ("revenue", "cost", "usage")
"""What worlds are ranked by: the first of these that there is."""

OTHERS, UNSAID = "all others", "(none)"
"""Customers who are not named, and those of whom the log does not say what they are."""

Quantity = tuple[str, str, str]
"""Measure, key and label of a part; key and label are empty for the total."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Worlds of a forecast.

    Args:
        months: Labels of the months ahead (`2027-01`).
        values: Worlds by quantity, shape `(world, month)`; row *d* of all is the same world *d*.
        currency: Of `revenue` and `cost`.
        unit: What `usage` counts.
        as_of: Last day of the history (`2026-10-31`); empty where nobody said.
        seed: Seed of the simulation; None where nobody said.
        simulated: Worlds that were simulated; 0 where nobody said.
    """

    months: tuple[str, ...]
    values: Mapping[Quantity, Values]
    currency: str = ""
    unit: str = ""
    as_of: str = ""
    seed: int | None = None
    simulated: int = 0

    @property
    def leading(self) -> str:
        """What worlds are ranked by."""
        return next(each for each in (*LEADING, "customers") if (each, "", "") in self.values)

    @property
    def worlds(self) -> int:
        """How many are kept."""
        return len(self.values[self.leading, "", ""])

    def ranked(self, months: Sequence[str]) -> "Kept":
        """Take some months, worlds in the order of what leads over these months, the lowest first.

        Args:
            months: Labels, each of which there is.
        """
        at = [self.months.index(month) for month in months]
        some = {quantity: each[:, at] for quantity, each in self.values.items()}
        order = np.argsort(some[self.leading, "", ""].sum(axis=1), kind="stable")
        return replace(self, months=tuple(months), values={quantity: each[order] for quantity, each in some.items()})


def part_word(key: str, label: str) -> str:
    """Say what a part is called."""
    return label or (OTHERS if key == "customer" else UNSAID)


def kept(answer: "Forecast", most: int = MOST) -> Kept:
    """Keep worlds of a forecast: of as many groups of alike totals the middle one.

    Args:
        answer: The forecast.
        most: How many at most.

    Returns:
        The worlds, from the lowest total to the highest; all of them where there are no more.
    """
    every = {(name, "", ""): answer.worlds[name] for name in MEASURES if name in answer.worlds}
    every |= {
        (name, key, part_word(key, label)): worlds[name]
        for key, labels in answer.parts.items()
        for label, worlds in labels.items()
        for name in MEASURES
        if name in worlds
    }
    whole = Kept(
        months=answer.months, values=every, currency=answer.currency, unit=answer.unit, as_of=answer.as_of,
        seed=answer.seed, simulated=len(next(iter(every.values()))),
    ).ranked(answer.months)  # fmt: skip
    count = min(most, whole.worlds)
    middle = (2 * np.arange(count) + 1) * whole.worlds // (2 * count)
    return replace(whole, values={quantity: each[middle] for quantity, each in whole.values.items()})
