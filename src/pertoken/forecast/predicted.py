"""Predicted: what customers will use over a horizon, as samples that belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.keys import Codes, Key
from pertoken.core.money import Values


@dataclass(frozen=True, eq=False)
class Predicted:
    """A forecast of each customer, of segments and of their total; row *d* of all is the same world *d*.

    In each world segments add up to the total. Customers add up to it too, but where earlier sums were off in one
    direction: the total, and segments with it, are then shifted against the sum of customers.

    Args:
        customers: Their names.
        horizon: How many periods ahead.
        samples: Usage over the whole horizon, calibrated by customer, shape `(draw, customer)`.
        total: Usage of all customers over the whole horizon, calibrated as a total, shape `(draw,)`.
        steps: Usage by period, shape `(draw, customer, period)`, adds up to `samples`; None where it was not asked for.
        weights: What each expert counted for.
        loading: Weight of what all share in a customer's rank, 0 to 1, on the mean: how much customers move together.
        notes: What should be known beside the numbers: little history, a customer who is most of all usage.
        segment: Of each customer, by what is known now, shape `(customer,)`; -1 for who is not there yet. None where
            nobody was told apart.
        segments: Usage of each segment over the whole horizon, calibrated as such, shape `(draw, segment)`.
    """

    customers: tuple[str, ...]
    horizon: int
    samples: Values
    total: Values
    steps: Values | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    loading: float = 0.0
    notes: tuple[str, ...] = ()
    segment: Key | None = None
    segments: Values | None = None

    def quantiles(self, shares: Sequence[float] = (0.1, 0.5, 0.9)) -> Values:
        """Quantiles of each customer, shape `(share, customer)`."""
        quantiles: Values = np.quantile(self.samples, _checked(shares), axis=0)
        return quantiles

    def total_quantiles(self, shares: Sequence[float] = (0.1, 0.5, 0.9)) -> Values:
        """Quantiles of the total, shape `(share,)`."""
        quantiles: Values = np.quantile(self.total, _checked(shares))
        return quantiles

    def segment_quantiles(self, shares: Sequence[float] = (0.1, 0.5, 0.9)) -> Values:
        """Quantiles of each segment, shape `(share, segment)`.

        Raises:
            InputError: Nobody was told apart.
        """
        if self.segments is None:
            raise InputError("no segments in this forecast; say what customers are told apart by: segment=")
        quantiles: Values = np.quantile(self.segments, _checked(shares), axis=0)
        return quantiles


def added(samples: Values, segment: Key) -> Values:
    """Add samples of customers up by segment, shape `(draw, segment)`.

    Args:
        samples: Shape `(draw, customer)`.
        segment: Of each customer; -1 for none.
    """
    sums: Values = np.zeros((len(samples), len(segment.labels)))
    for code in range(len(segment.labels)):
        sums[:, code] = samples[:, segment.codes == code].sum(axis=1, dtype=np.float64)
    return sums


def shift(made: Predicted) -> Values:
    """Factors by which sums lie off those of their customers, as earlier ones did, on the mean, shape `(customer,)`."""
    foretold, sums, code = _sums(made)
    return _ratio(foretold.mean(axis=0), sums.mean(axis=0))[code]


def adding_up(made: Predicted) -> Values:
    """Samples of customers that add up to those of segments, and of the total, in each world: `(draw, customer)`."""
    foretold, sums, code = _sums(made)
    samples: Values = made.samples * _ratio(foretold, sums)[:, code]
    return samples


def _sums(made: Predicted) -> tuple[Values, Values, Codes]:
    """What is foretold of sums, what their customers add up to, and the sum that each customer is in."""
    if made.segment is None or made.segments is None:
        whole = Key.constant("", len(made.customers))
        return np.asarray(made.total, dtype=np.float64)[:, None], added(made.samples, whole), whole.codes
    return made.segments, added(made.samples, made.segment), made.segment.codes


def _ratio(one: Values, other: Values) -> Values:
    ratio: Values = np.divide(one, other, out=np.ones_like(other), where=other > 0)
    return ratio


def _checked(shares: Sequence[float]) -> list[float]:
    if not all(0 <= share <= 1 for share in shares):
        raise InputError(f"quantiles at {list(shares)}; expected shares from 0 to 1")
    return list(shares)
