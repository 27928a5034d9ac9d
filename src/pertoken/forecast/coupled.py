"""Coupling: samples of customers that belong together, so that their sum is as wide as totals have turned out to be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.core.special import normal_scores

LOADINGS = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97])
"""Weights of the shared normal that are tried."""

MANY = 2000
"""Customers that the loading is found on at most."""

TO_P90 = 1.2816
"""Standard deviations from the median to P90 of a normal."""

BLOCK = 512
"""Customers drawn at a time, so that memory stays small."""


def even_normal(draws: int, rng: np.random.Generator) -> Values:
    """Draw normal_scores that are the even quantiles in random order, float32, shape `(draw,)`."""
    normal: Values = rng.permutation(normal_scores((np.arange(draws) + 0.5) / draws)).astype(np.float32)
    return normal


def coupled(quantiles: Values, shares: Values, *, draws: int, loading: float, seed: int) -> Values:
    """Sample customers from their quantiles with a shared factor, float32, shape `(draw, customer)`.

    Args:
        quantiles: Shape `(share, customer)`.
        shares: Shape `(share,)`.
        draws: How many.
        loading: Weight of the shared normal in each customer's rank, 0 to 1.
        seed: The same seed gives the same bits.
    """
    return _mixed(_apart(quantiles, shares, draws=draws, seed=seed), loading)


@dataclass(frozen=True, slots=True, eq=False)
class _Apart:
    """Some customers before they are coupled: what is the same for any loading.

    Args:
        shared: The shared factor, shape `(draw,)`.
        own: Own noise, shape `(draw, customer)`.
        knots: Quantiles at even shares, shape `(draw, customer)`.
    """

    shared: NDArray[np.float32]
    own: NDArray[np.float32]
    knots: NDArray[np.float32]


def _apart(quantiles: Values, shares: Values, *, draws: int, seed: int) -> Iterator[_Apart]:
    """Draw chance, some customers at a time: the shared factor of the seed, their own noise of the block."""
    shared = even_normal(draws, np.random.default_rng([seed, 0])).astype(np.float32)
    for first in range(0, quantiles.shape[1], BLOCK):
        some = quantiles[:, first : first + BLOCK]
        own = np.random.default_rng([seed, 1, first]).standard_normal((draws, some.shape[1]), dtype=np.float32)
        yield _Apart(shared, own, at_shares(some, shares, (np.arange(draws) + 0.5) / draws).astype(np.float32))


def _mixed(parts: Iterable[_Apart], loading: float) -> Values:
    """Put each customer's quantiles in the order of its noise and the shared factor, shape `(draw, customer)`."""
    made = []
    for each in parts:
        even = np.empty_like(each.knots)
        mixed = np.float32(loading) * each.shared[:, None] + np.float32(np.sqrt(1 - loading**2)) * each.own
        np.put_along_axis(even, np.argsort(mixed, axis=0, kind="stable"), each.knots, axis=0)
        made.append(even)
    return np.concatenate(made, axis=1)


def at_shares(quantiles: Values, shares: Values, wanted: Values) -> Values:
    """Read quantiles at other shares along straight lines, shape `(wanted, customer)`."""
    at = np.clip(np.searchsorted(shares, wanted) - 1, 0, len(shares) - 2)
    part = np.clip((wanted - shares[at]) / (shares[at + 1] - shares[at]), 0, 1)[:, None]
    out: Values = quantiles[at] * (1 - part) + quantiles[at + 1] * part
    return out


def loading_for(quantiles: Values, shares: Values, wanted: float, *, seed: int, draws: int = 256) -> float:
    """Find the loading at which the sum of customers has the relative width that totals have had.

    Args:
        quantiles: Shape `(share, customer)`.
        shares: Shape `(share,)`.
        wanted: One standard deviation of the log of the total.
        seed: Of the sampling.
        draws: How many worlds each loading is tried on.
    """
    if quantiles.shape[1] > MANY:  # the sum of a sample of customers stands for all, its own noise scaled down
        return loading_for(quantiles[:, :: -(-quantiles.shape[1] // MANY)], shares, wanted, seed=seed, draws=draws)
    parts = list(_apart(quantiles, shares, draws=draws, seed=seed))
    widest = list[float]()  # so far, so that it only rises
    for each in LOADINGS:
        widest.append(max([_width(_mixed(parts, each)), *widest[-1:]]))
        if widest[-1] > TO_P90 * wanted:
            break  # what is wanted lies below
    return float(np.interp(TO_P90 * wanted, widest, LOADINGS[: len(widest)]))


def _width(samples: Values) -> float:
    low, middle, high = np.quantile(samples.sum(axis=1, dtype=np.float64), [0.1, 0.5, 0.9])
    return float((high - low) / 2 / max(middle, 1e-300))
