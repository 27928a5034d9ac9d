"""Cells: pools whose grants live for one window each carry nothing on, so that all windows are drawn at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from pertoken.core.distinct import first_of
from pertoken.core.money import Values, zeros
from pertoken.rating.grid import Grid
from pertoken.rating.pool import Grant, Granted, cost_of, lost, worth_of
from pertoken.rating.pool_terms import Pool


@dataclass(slots=True, eq=False)
class Cells:
    """The grants of a pool, one for each contract and window, and what became of them.

    Args:
        pool: The pool.
        grid: Contracts and windows.
        size: What is granted, shape `(*batch, contract, window)`. [unit]
        value: What it costs, shape `(*batch, contract, window)`. [currency]
        left: What is left, shape `(*batch, contract, window)`. [unit]
        known: What was drawn is worth; None until it is asked for. [currency]
    """

    pool: Pool
    grid: Grid
    size: Values
    value: Values
    left: Values = field(init=False)
    known: Values | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Begin full."""
        self.left = self.size

    @classmethod
    def of(cls, pool: Pool, grid: Grid, given: Granted, *, exact: bool) -> "Cells":
        """Put what is granted into its windows."""
        size = _placed(grid, given, given.amount, exact=exact)
        value = size if given.worth is given.amount else _placed(grid, given, given.worth, exact=exact)
        return cls(pool, grid, size, value)

    def draw(self, wanted: Values) -> Values:
        """Draw as much as there is in each window; return what was drawn."""
        taken: Values = np.minimum(self.left, wanted)
        self.left = self.left - taken
        return taken

    def entries(self, kind: str) -> tuple[Values, Values] | None:
        """Tell what happened by contract and window: quantity and value; None where it never does."""
        if kind not in ("drawn", lost(self.pool)):
            return None
        if self.known is None:
            self.known = worth_of(self.size - self.left, self.size, self.value)
        if kind == "drawn":
            return self.size - self.left, self.known
        return self.left, self.value - self.known

    def grants(self) -> Iterator[Grant]:
        """Write them as grants, one for each window."""
        happened = [(kind, self.entries(kind)) for kind in ("drawn", lost(self.pool))]
        for w, (begin, end) in enumerate(zip(self.grid.begin, self.grid.end, strict=True)):
            size = self.size[..., w]
            value = size if self.value is self.size else self.value[..., w]
            grant = Grant(self.pool, begin, end, w, w + 1, size, value)
            for kind, found in happened:
                quantity, money = (each[..., w] for each in found or ())
                if np.any(quantity != 0) or np.any(money != 0):
                    grant.entries.append((kind, w, quantity, money))
            grant.left = grant.left * 0
            yield grant


def _placed(grid: Grid, given: Granted, values: Values, *, exact: bool) -> Values:
    """Put a number of each grant into its contract and window."""
    worlds = values.shape[:-1]
    if values.shape[-1] == grid.shape[0] * grid.shape[1] and given.who.all():
        return values.reshape(*worlds, *grid.shape)  # each contract's windows follow one another in time
    key, some = given.spans.key, given.who
    window = grid.at(given.spans.begin[first_of(key.codes, len(key.labels))])[key.codes]
    out = zeros((*worlds, *grid.shape), exact=exact)
    out[..., given.spans.contract[some], window[some]] = values[..., some]
    return out


def burn(cells: Cells) -> tuple[int, Decimal, str]:
    """The order in which cells of one window are drawn."""
    size, value = (each.reshape(*each.shape[:-2], -1) for each in (cells.size, cells.value))
    return cells.pool.priority or 0, cost_of(cells.pool, size, value), cells.pool.name


def at_once(pools: Sequence[Pool], grid: Grid, given: Sequence[Granted]) -> bool:
    """Tell whether each grant of some pools lives for one whole window, and all of a pool cost the same."""
    return all(
        pool.every == grid.grain
        and pool.rollover is None
        and grid.contracts.card.during.anchor is None
        and (len(pools) == 1 or pool.price is not None or pool.inside.rate is not None or not pool.pay)
        and bool((own.over == own.spans.end).all())
        for pool, own in zip(pools, given, strict=True)
    )
