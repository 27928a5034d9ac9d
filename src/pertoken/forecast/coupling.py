"""Coupling over time: quantiles of each period made into paths, whose sum over a horizon is as wide as it should be.

Periods that were each right alone give a total that is far too narrow if they are drawn one by one.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.core.special import normal_shares

LAGS = 12
"""The furthest distance between periods at which errors are compared; what is left at the further half lasts."""

TAIL = 2.0
"""How far the outermost stretch of quantiles goes on beyond the last of them, in its own widths."""


@dataclass(frozen=True, slots=True)
class Persistence:
    """How errors of one customer hang together from period to period.

    Args:
        lasting: Share of their variance that is the same all through.
        stays: Autocorrelation of the rest, from one period to the next.
    """

    lasting: float
    stays: float

    def __post_init__(self) -> None:
        """Check the shares."""
        if not (0 <= self.lasting <= 1 and 0 <= self.stays < 1):
            raise InputError(
                f"persistence {self.lasting:g}, {self.stays:g}; expected shares from 0 to 1, stays below 1"
            )


def persistence(scores: Values) -> Persistence:
    """Measure how errors hang together, by their products at each distance.

    Args:
        scores: Normal scores of what came among what was forecast, shape `(customer, period)`; NaN where nothing came.
    """
    watched = np.isfinite(scores)
    known = np.where(watched, scores, 0.0)
    far = range(min(LAGS, scores.shape[1] - 1) + 1)
    at = [_product(known, watched, lag) for lag in far]
    if len(at) <= 1 or at[0] <= 0:
        return Persistence(0.0, 0.0)
    lasting = float(np.clip(np.mean(at[max(len(at) // 2, 1) :]) / at[0], 0.0, 0.98))
    rest = at[0] * (1 - lasting)
    stays = float(np.clip((at[1] - at[0] * lasting) / rest, 0.0, 0.98)) if len(at) > 2 else 0.0  # noqa: PLR2004  0 and 1
    return Persistence(lasting, stays)


def _product(known: Values, watched: Values, lag: int) -> float:
    """Mean product of scores some periods apart."""
    count = known.shape[1] - lag
    both = watched[:, :count] & watched[:, lag:]
    return float((known[:, :count] * known[:, lag:]).sum() / max(both.sum(), 1))


def normals(how: Persistence, shape: tuple[int, int, int], rng: np.random.Generator) -> Values:
    """Draw standard normals with that persistence: a part that lasts, and a first-order autoregression.

    Args:
        how: How they hang together.
        shape: `(draw, customer, period)`.
        rng: Source of chance.
    """
    draws, customers, horizon = shape
    rest = rng.standard_normal(shape)
    for t in range(1, horizon):
        rest[:, :, t] = how.stays * rest[:, :, t - 1] + np.sqrt(1 - how.stays**2) * rest[:, :, t]
    level = rng.standard_normal((draws, customers, 1))
    drawn: Values = np.sqrt(how.lasting) * level + np.sqrt(1 - how.lasting) * rest
    return drawn


def paths_of(quantiles: Values, shares: Values, normal: Values) -> Values:
    """Read the quantiles of each period at coupled ranks: a Gaussian copula. Never negative.

    Args:
        quantiles: Rising with the share, shape `(share, customer, period)`.
        shares: Rising, shape `(share,)`.
        normal: Standard normals, shape `(draw, customer, period)`.

    Returns:
        Paths of the shape of `normal`; beyond the outermost quantiles the last stretch goes on.
    """
    low = np.maximum(quantiles[0] - (quantiles[1] - quantiles[0]), 0.0)
    high = quantiles[-1] + TAIL * (quantiles[-1] - quantiles[-2])
    knots = np.concatenate([low[None], quantiles, high[None]])
    places = np.concatenate([[0.0], shares, [1.0]])
    rank = normal_shares(normal)
    at = np.clip(np.searchsorted(places, rank, side="right") - 1, 0, len(places) - 2)
    part = (rank - places[at]) / (places[at + 1] - places[at])
    below = np.take_along_axis(knots, at, axis=0)
    above = np.take_along_axis(knots, at + 1, axis=0)
    paths: Values = np.maximum(below + part * (above - below), 0.0)
    return paths
