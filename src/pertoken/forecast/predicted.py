"""Predicted: what customers will use over a horizon, as samples that belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values


@dataclass(frozen=True, eq=False)
class Predicted:
    """A forecast of each customer and of their total; row *d* of all is the same world *d*.

    Args:
        customers: Their names.
        horizon: How many periods ahead.
        samples: Usage over the whole horizon, calibrated by customer, shape `(draw, customer)`.
        total: Usage of all customers over the whole horizon, calibrated as a total, shape `(draw,)`.
        steps: Usage by period, shape `(draw, customer, period)`, adds up to `samples`; None where it was not asked for.
        weights: What each expert counted for.
        loading: Weight of the shared normal in each customer's rank, 0 to 1: how much customers move together.
        notes: What should be known beside the numbers: little history, a customer who is most of all usage.
    """

    customers: tuple[str, ...]
    horizon: int
    samples: Values
    total: Values
    steps: Values | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    loading: float = 0.0
    notes: tuple[str, ...] = ()

    def quantiles(self, shares: Sequence[float] = (0.1, 0.5, 0.9)) -> Values:
        """Quantiles of each customer, shape `(share, customer)`."""
        quantiles: Values = np.quantile(self.samples, _checked(shares), axis=0)
        return quantiles

    def total_quantiles(self, shares: Sequence[float] = (0.1, 0.5, 0.9)) -> Values:
        """Quantiles of the total, shape `(share,)`."""
        quantiles: Values = np.quantile(self.total, _checked(shares))
        return quantiles


def _checked(shares: Sequence[float]) -> list[float]:
    if not all(0 <= share <= 1 for share in shares):
        raise InputError(f"quantiles at {list(shares)}; expected shares from 0 to 1")
    return list(shares)
