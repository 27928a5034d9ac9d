"""Noise of coverage: what shares a forecast that is calibrated would seem to hold by chance.

Customers of one date move together, forecasts from several lengths of history are held against the same truth, and so
are in part those of dates that overlap. In each made-up repetition, where truth lies in a forecast is drawn: a normal
of the customer, by the forecast's own loading on one of all customers of the date; both run on from date to date by the
share of the horizon that two dates have in common. A forecast that is zero up to some share counts by the part of
it that lies in the range, as everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.special import normal_shares

Values = NDArray[np.float64]
Indices = NDArray[np.int64]
LOW, HIGH = 0.1, 0.9
REPEATS = 400


@dataclass(frozen=True, eq=False)
class Lines:
    """Forecasts of customers, each array `(forecast,)`.

    Args:
        customer: Number of the customer.
        origin: Periods gone by.
        zero: Share of the forecast that is zero.
        loading: On what all customers of the date share.
        group: Number of the group whose coverage is asked for.
    """

    customer: Indices
    origin: Indices
    zero: Values
    loading: Values
    group: Indices


def calibrated(lines: Lines, horizon: int, *, least: int = 20, seed: int = 0) -> tuple[Values, Values]:
    """Draw the coverage of a calibrated forecast.

    Args:
        lines: The forecasts.
        horizon: Periods that each is for.
        least: Forecasts from which a group counts.
        seed: Of the draws.

    Returns:
        Share held over all, shape `(repeat,)`, and of the groups the lowest and the highest, shape `(2, repeat)`.
    """
    rng = np.random.default_rng(seed)
    count = np.bincount(lines.group)
    kept = count >= least
    held = np.array([_held(lines, horizon, rng) for _ in range(REPEATS)])
    if not kept.any():
        return held.mean(axis=1), np.full((2, REPEATS), np.nan)
    shares = np.array([np.bincount(lines.group, each)[kept] / count[kept] for each in held])
    return held.mean(axis=1), np.stack([shares.min(axis=1), shares.max(axis=1)])


def _held(lines: Lines, horizon: int, rng: np.random.Generator) -> Values:
    """Say of each forecast what part of where truth lies is in the range, once."""
    origins, at = np.unique(lines.origin, return_inverse=True)
    alike = np.clip(1 - np.abs(origins[:, None] - origins) / horizon, 0, 1)
    root = np.linalg.cholesky(alike + 1e-9 * np.eye(len(origins)))
    shared = root @ rng.standard_normal(len(origins))
    own = rng.standard_normal((int(lines.customer.max()) + 1, len(origins))) @ root.T
    normal = lines.loading * shared[at] + np.sqrt(1 - lines.loading**2) * own[lines.customer, at]
    place = normal_shares(normal)
    part = np.clip(np.minimum(lines.zero, HIGH) - LOW, 0, None) / np.maximum(lines.zero, 1e-9)
    inside: Values = np.where(place < lines.zero, part, (place >= LOW) & (place <= HIGH))
    return inside


def written(found: Values, ends: Sequence[float] = (0.05, 0.95)) -> str:
    """Write the range in which nine in ten repetitions lie."""
    low, high = np.quantile(found, ends)
    return f"{low:.0%} to {high:.0%}"
