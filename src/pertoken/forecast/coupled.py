"""Coupling: samples of customers that belong together, so that their sum is as wide as totals have turned out to be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.keys import Codes
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


def even_normal(draws: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw normal_scores that are the even quantiles in random order, float32, shape `(draw,)`."""
    normal: NDArray[np.float32] = rng.permutation(normal_scores((np.arange(draws) + 0.5) / draws)).astype(np.float32)
    return normal


@dataclass(frozen=True, slots=True, eq=False)
class Bond:
    """How customers move together: each with its segment, and segments with each other.

    The normal in a customer's rank is loading x F + sqrt(1 - loading^2) x its own, with the normal F of its segment.

    Args:
        segment: Of each customer, shape `(customer,)`.
        loading: Weight of its segment's normal in a customer's rank, 0 to 1, shape `(segment,)`.
        alike: Correlation of the normals of two segments; at 1 all move as one, below 0 what one gains others lose.
    """

    segment: Codes
    loading: Values
    alike: float = 1.0

    @classmethod
    def of_all(cls, loading: float, customers: int) -> "Bond":
        """Tie all customers alike."""
        return cls(np.zeros(customers, dtype=np.int32), np.array([loading]))

    @property
    def mean(self) -> float:
        """Weight of the normal of all in a customer's rank, on the mean over customers."""
        return float(np.sqrt(max(self.alike, 0.0)) * self.loading[self.segment].mean())


def coupled(quantiles: Values, shares: Values, *, draws: int, bond: Bond, seed: int) -> Values:
    """Sample customers from their quantiles with shared factors, float32, shape `(draw, customer)`.

    Args:
        quantiles: Shape `(share, customer)`.
        shares: Shape `(share,)`.
        draws: How many.
        bond: How customers move together.
        seed: The same seed gives the same bits.
    """
    factors = _factors(bond, draws, seed)
    return _mixed(_apart(quantiles, shares, draws=draws, seed=seed), bond, factors)


def _factors(bond: Bond, draws: int, seed: int) -> NDArray[np.float32]:
    """Draw the normal of each segment, shape `(draw, segment)`; names and order of segments move no chance."""
    shared = even_normal(draws, np.random.default_rng([seed, 0]))
    firsts = np.unique(bond.segment, return_index=True)[1].tolist() if bond.alike < 1 else [0] * len(bond.loading)
    own = np.stack([even_normal(draws, np.random.default_rng([seed, 2, first])) for first in firsts])
    return alike(shared, own, bond.alike).T.astype(np.float32)


def alike(shared: Values, own: Values, correlation: float) -> Values:
    """Make normals that are all correlated alike, shape `(segment, draw)`: the mean of all gives way to what is shared.

    Args:
        shared: One normal, shape `(draw,)`.
        own: Normals of their own, shape `(segment, draw)`.
        correlation: From -1 / (segments - 1) to 1.
    """
    count = len(own)
    common = np.sqrt(max(1 + (count - 1) * correlation, 0.0) / count)
    mixed: Values = np.sqrt(1 - correlation) * (own - own.mean(axis=0)) + common * shared
    return mixed


@dataclass(frozen=True, slots=True, eq=False)
class _Apart:
    """Some customers before they are coupled: what is the same for any loading.

    Args:
        first: Row of the first of them.
        own: Own noise, shape `(draw, customer)`.
        knots: Quantiles at even shares, shape `(draw, customer)`.
    """

    first: int
    own: NDArray[np.float32]
    knots: NDArray[np.float32]


def _apart(quantiles: Values, shares: Values, *, draws: int, seed: int) -> Iterator[_Apart]:
    """Draw chance, some customers at a time: their own noise of the block."""
    for first in range(0, quantiles.shape[1], BLOCK):
        some = quantiles[:, first : first + BLOCK]
        own = np.random.default_rng([seed, 1, first]).standard_normal((draws, some.shape[1]), dtype=np.float32)
        yield _Apart(first, own, at_shares(some, shares, (np.arange(draws) + 0.5) / draws).astype(np.float32))


def _mixed(parts: Iterable[_Apart], bond: Bond, factors: NDArray[np.float32]) -> Values:
    """Put each customer's quantiles in the order of its noise and the shared factors, shape `(draw, customer)`."""
    made = []
    for each in parts:
        even = np.empty_like(each.knots)
        code = bond.segment[each.first : each.first + each.own.shape[1]]
        loading = bond.loading[code]
        mixed = loading.astype(np.float32) * factors[:, code] + np.sqrt(1 - loading**2).astype(np.float32) * each.own
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
    parts, customers = list(_apart(quantiles, shares, draws=draws, seed=seed)), quantiles.shape[1]
    factors = _factors(Bond.of_all(1.0, customers), draws, seed)
    widest = list[float]()  # so far, so that it only rises
    for each in LOADINGS:
        widest.append(max([width_of(_mixed(parts, Bond.of_all(each, customers), factors)), *widest[-1:]]))
        if widest[-1] > TO_P90 * wanted:
            break  # what is wanted lies below
    return float(np.interp(TO_P90 * wanted, widest, LOADINGS[: len(widest)]))


def width_of(samples: Values) -> float:
    """Relative width of the sum of customers: half of P10 to P90 over P50, of samples `(draw, customer)`."""
    low, middle, high = np.quantile(samples.sum(axis=1, dtype=np.float64), [0.1, 0.5, 0.9])
    return float((high - low) / 2 / max(middle, 1e-300))
