"""Migration: what moving customers to a new plan came to in each world, and for each customer."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.migration.priors import Traits

STEPS = ("price", "platform fee", "breakage", "self-selection", "usage response", "churn")
"""Steps of the bridge from the old plan to the new one, in the order in which they are taken.

The first three are what the plans differ by at unchanged usage if movers are random: what usage is charged, what is
charged without usage, and what is paid for and not used. Then those move who do; then they use more or less; then
more or fewer leave.
"""

SHARES = (0.1, 0.5, 0.9)
"""Quantiles of customers' bills."""

SCALES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Shares of a bill that customers may overlook, at each of which an offer is simulated; small is rational."""

SIGNALS = ("adoption", "bill fell", "usage", "churn")
"""What is watched early: share moved; share of movers whose bill fell; movers' usage over what it was; share gone."""


@dataclass(frozen=True, slots=True, eq=False)
class Customers:
    """What a migration does to each customer, at usage as it would have been; money is of a month.

    Args:
        names: Shape `(customer,)`.
        asked: Who is offered the new plan.
        kept: Who may keep the old one beyond its end.
        old: Expected old bill. [currency]
        change: Change of the bill on the new plan at `SHARES`, shape `(share, customer)`. [currency]
        moved: Chance to be on the new plan at the end.
        forced: Chance to be moved by the end of the old plan.
        lost: Further chance to leave until the last month if moved by force at the start.
        worth: What moving them by force at the start changes revenue by in all, leavers counted. [currency]
    """

    names: tuple[str, ...]
    asked: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    old: Values
    change: Values
    moved: Values
    forced: Values
    lost: Values
    worth: Values


@dataclass(frozen=True, slots=True, eq=False)
class Rationality:
    """What comes of an offer if all customers overlook one share of their bill.

    Args:
        scale: That share.
        adoption: Share of those asked that are on the new plan at the end, shape `(draw,)`.
        movers: Change of revenue by those who move, at unchanged usage, over all months. [currency]
        change: Change of revenue, usage and churn answered, over all months. [currency]
        old: Revenue under the old plan, over all months. [currency]
    """

    scale: float
    adoption: Values
    movers: Values
    change: Values
    old: Values


@dataclass(frozen=True, slots=True, eq=False)
class Migration:
    """Revenue and margin under the old plan and under the offer; row *d* of all is the same world *d*.

    Args:
        months: Months ahead.
        start: Index of the first month on the new plan.
        old: Revenue if nobody is offered anything, shape `(draw, month)`. [currency]
        new: Revenue under the offer. [currency]
        old_cost: What usage costs us then. [currency]
        new_cost: The same under the offer. [currency]
        steps: The bridge from `old` to `new`, by `STEPS`, each `(draw, month)`. [currency]
        optimisers: Change of revenue if all who would save moved at once, at unchanged usage. [currency]
        adoption: Share of those asked, and still there, that are on the new plan, shape `(draw, month)`.
        stayed: Customers at the end of each month under the old plan and under the offer, each `(draw, month)`.
        signals: What is seen by `seen`, by `SIGNALS`, each `(draw,)`; NaN where there is nothing to be seen.
        seen: Index of the month at whose end signals are read.
        traits: What customers are like in each world.
        customers: What it does to each.
        rationality: What comes of it at each of `SCALES`, in fewer worlds.
    """

    months: tuple[str, ...]
    start: int
    old: Values
    new: Values
    old_cost: Values
    new_cost: Values
    steps: Mapping[str, Values]
    optimisers: Values
    adoption: Values
    stayed: tuple[Values, Values]
    signals: Mapping[str, Values]
    seen: int
    traits: Traits
    customers: Customers
    rationality: tuple[Rationality, ...]

    def __len__(self) -> int:
        """Count the worlds."""
        return len(self.old)

    @property
    def random_movers(self) -> Values:
        """Change of revenue if as many moved at random, at unchanged usage, shape `(draw, month)`. [currency]."""
        made: Values = self.steps["price"] + self.steps["platform fee"] + self.steps["breakage"]
        return made

    @property
    def movers(self) -> Values:
        """Change of revenue by those who move, at unchanged usage, shape `(draw, month)`. [currency]."""
        made: Values = self.random_movers + self.steps["self-selection"]
        return made

    @property
    def change(self) -> Values:
        """New less old revenue over all months, shape `(draw,)`. [currency]."""
        made: Values = (self.new - self.old).sum(axis=-1)
        return made

    @property
    def margin_change(self) -> Values:
        """New less old margin over all months, shape `(draw,)`. [currency]."""
        made: Values = self.change - (self.new_cost - self.old_cost).sum(axis=-1)
        return made

    def range(self, value: Values) -> Values:
        """Take the quantiles at `SHARES` over worlds, of a number by world or by world and month."""
        made: Values = np.quantile(value, SHARES, axis=0)
        return made
