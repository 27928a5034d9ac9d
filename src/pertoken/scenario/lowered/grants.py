"""Grants: what a pool grants to a contract in which months, as the house's own rating says."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from pertoken.core.expression import condition
from pertoken.rating.assign import holds
from pertoken.rating.grid import Grid
from pertoken.rating.pool import Granted, granted, held, since
from pertoken.rating.pool_terms import Pool
from pertoken.scenario.lowered.work import Work


@dataclass(frozen=True, eq=False)
class Grants:
    """The grants of a pool to a contract, one after the other.

    Args:
        work: The card at work.
        pool: The pool.
        place: Its place on the card.
    """

    work: Work
    pool: Pool
    place: int

    @cached_property
    def grid(self) -> Grid:
        """Months as pools are drawn by them."""
        return Grid.of(self.work.course.job.contracts, "month")

    @cached_property
    def given(self) -> Granted:
        """The grants."""
        asked = condition(self.pool.where) if self.pool.where else None
        has = holds(asked, self.work.course.labels, self.work.card.bands)
        return granted(self.pool, self.grid, np.array([has]), exact=True)

    @property
    def months(self) -> int:
        """Months of the model."""
        return len(self.work.course.months)

    @cached_property
    def spans(self) -> list[tuple[int, int, Decimal, Decimal]]:
        """First month of each grant, the one after its last, its size and what it costs; as the card has them."""
        found, month = self.given, self.work.course.month
        rows = zip(found.spans.begin, found.over, found.amount, found.worth, found.who, strict=True)
        return [(month(begin), month(end), size, worth) for begin, end, size, worth, who in rows if who]

    @property
    def first(self) -> int:
        """First month of the contract in the model."""
        return next(iter(self.work.course.runs), 0)

    def opens(self) -> list[bool]:
        """Months with which a grant begins; one from before the contract, or the model, begins with it."""
        begins = {max(begin, self.first) for begin, end, *_ in self.spans if end > 0}
        return [month in begins for month in range(self.months)]

    def closes(self) -> list[bool]:
        """Months with which a grant is over."""
        ends = {end - 1 for _, end, *_ in self.spans}
        return [month in ends for month in range(self.months)]

    def there(self) -> list[bool]:
        """Months in which there is a grant, full or empty."""
        return [any(begin <= month < end for begin, end, *_ in self.spans) for month in range(self.months)]

    def goes_on(self) -> list[bool]:
        """Months with which a grant is over and the pool is not, so that something may be carried on."""
        closed = self.work.course.month(self.work.course.job.contracts.holds(held(self.pool))[1][0])
        ends = {end - 1 for _, end, *_ in self.spans if end < closed}
        return [month in ends for month in range(self.months)]

    def paid(self) -> list[Decimal]:
        """How much of a whole grant is paid in each month; what was granted before the model was paid before."""
        began = self.work.course.month(since(self.pool, self.grid.contracts)[0])
        out = [Decimal(0)] * self.months
        for begin, _, size, _ in self.spans:
            if 0 <= max(begin, began) < self.months:
                out[max(begin, began)] = size / self.pool.grant
        return out

    def shares(self) -> list[Decimal]:
        """How much of a whole grant is made in each month."""
        out = [Decimal(0)] * self.months
        for begin, end, size, _ in self.spans:
            if end > 0 and begin < self.months:
                out[max(begin, self.first)] = size / self.pool.grant
        return out

    @property
    def last_a_month(self) -> bool:
        """Whether each grant is over with the month in which it is made."""
        return self.opens() == self.closes() == self.there()
