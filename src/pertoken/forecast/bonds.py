"""Bonds: how customers must move together for the sums of segments, and of all, to be as wide as they have turned out.

A segment's sum is off by what all customers share, by what those of the segment share, and by the chance of each. With
the segment's part p of all, and the variance v of what is its own, of logs,

    variance(total) = shared + sum(p^2 v),    variance(segment) = shared + v

so that the variance of the total, which is known, says what is shared. One segment is the total. A total that is surer
than the sum of v tells of segments what a regression on the total would.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pertoken.core.keys import Codes
from pertoken.core.money import Values
from pertoken.forecast.coupled import TO_P90, Bond, coupled, loading_for, width_of
from pertoken.forecast.panel import Indices

TINY = 1e-300
"""In the place of nothing where is divided."""

WIDEST = 1.5
"""The most that a sum is taken to be off by, of log: one whose middle is nothing has no relative width."""


def wanted(part: Values, own: Values, total: float) -> Values:
    """Say how wide sums of segments have to be: one standard deviation of the log of each, shape `(segment,)`.

    Args:
        part: Of each segment of all, shape `(segment,)`.
        own: Variance of what is each segment's own, its customers' chance with it, shape `(segment,)`.
        total: One standard deviation of the log of the total.

    >>> wanted(np.array([0.5, 0.5]), np.array([0.02, 0.02]), 0.1).round(3).tolist()  # nothing is shared
    [0.141, 0.141]
    >>> wanted(np.array([1.0]), np.array([0.02]), 0.1).round(3).tolist()  # one is the total
    [0.1]
    """
    known, all_own = total**2, float(part**2 @ own)
    if known >= all_own:
        return np.sqrt(known - all_own + own)
    told = (part * own) ** 2 / all_own * (1 - known / all_own)
    wide: Values = np.sqrt(np.maximum(own - told, 0.0))
    return wide


def bond_for(
    quantiles: Values, shares: Values, own: Values, total: float, *, segment: Codes, seed: int, draws: int = 256
) -> Bond:
    """Find the bond at which each segment's sum, and the sum of all, is as wide as it should be.

    The variance of the sum of all is that of the segments, and a part of the covariances that they would have if
    they moved as one; so their correlation follows from two variances. The sum of all comes first.

    Args:
        quantiles: Shape `(share, customer)`.
        shares: Shape `(share,)`.
        own: Variance of the log of what is each segment's own beside the chance of its customers, shape `(segment,)`.
        total: One standard deviation of the log of the sum of all.
        segment: Of each customer, shape `(customer,)`; each code stands on some.
        seed: Of the sampling.
        draws: How many worlds are tried.
    """
    rows = [np.flatnonzero(segment == code) for code in range(len(own))]
    alone = coupled(quantiles, shares, draws=draws, bond=Bond.of_all(0.0, len(segment)), seed=seed)
    mean = np.array([alone[:, mine].sum(dtype=np.float64) for mine in rows])
    chance = np.array([_variance(alone[:, mine]) for mine in rows])
    wide = wanted(mean / max(mean.sum(), TINY), own + chance, total)
    loading = np.array([
        loading_for(quantiles[:, mine], shares, float(each), seed=seed, draws=draws)
        for mine, each in zip(rows, wide, strict=True)
    ])  # fmt: skip
    bond = Bond(segment, loading)
    share = _share(coupled(quantiles, shares, draws=draws, bond=bond, seed=seed), rows, total)
    if share > 1:  # too narrow even if they moved as one: then none is tied less than all of them would have to be
        least = loading_for(quantiles, shares, total, seed=seed, draws=draws)
        bond = Bond(segment, np.maximum(loading, least))
        share = _share(coupled(quantiles, shares, draws=draws, bond=bond, seed=seed), rows, total)
    return replace(bond, alike=float(np.clip(share, -1 / max(len(own) - 1, 1), 1.0)))


def _share(as_one: Values, rows: Sequence[Indices], total: float) -> float:
    """Say what part of the covariances of segments is left where the sum of all is as wide as it should be.

    More than 1 says that it is too narrow even if they move as one.

    Args:
        as_one: Samples of customers whose segments move as one, shape `(draw, customer)`.
        rows: Of the customers of each segment.
        total: One standard deviation of the log of the sum of all.
    """
    apart = sum(float(as_one[:, mine].sum(axis=1, dtype=np.float64).var()) for mine in rows)
    every = float(as_one.sum(axis=1, dtype=np.float64).var())
    target = every * total**2 / max(_variance(as_one), TINY)
    if every > apart:
        return (target - apart) / (every - apart)
    return np.inf if target > every else 1.0  # nobody is tied, and chance alone said how they hang together


def _variance(samples: Values) -> float:
    """Variance of the log of the sum of customers, by how wide it is."""
    return min(width_of(samples) / TO_P90, WIDEST) ** 2
