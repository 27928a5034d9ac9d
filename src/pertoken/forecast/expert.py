"""Expert: anything that makes sample paths of customers' usage from their history. It is a function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.panel import Indices


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What an expert sees: one number for each customer and period.

    Args:
        value: Shape `(customer, period)`; NaN for what was not watched and before `since`.
        since: First period of each customer, shape `(customer,)`.
        season: Periods in which a pattern is expected to come again; 1 where none is.
        segment: Which customers are alike, shape `(customer,)`; all 0 where nothing is known.
    """

    value: Values
    since: Indices
    season: int
    segment: Indices

    def __len__(self) -> int:
        """Count the customers."""
        return len(self.value)


class Expert(Protocol):
    """A forecaster: `expert(history, horizon, draws, rng)` gives paths, shape `(draw, customer, period)`."""

    def __call__(self, history: History, horizon: int, draws: int, rng: np.random.Generator, /) -> Values:
        """Draw paths of usage, never negative."""
        ...


Experts = dict[str, Callable[[History, int, int, np.random.Generator], Values]]
"""Experts by name."""
