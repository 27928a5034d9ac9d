"""Under contract: what becomes, in each world, of customers whose contract begins, is renewed or is lost."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.promises import Promises
from pertoken.forecast.streams import keys_of

RENEWALS = "renewals"
"""The factor."""

Months = NDArray[np.int64]


def losses(promises: Promises, leave: Values, *, replicates: int, seed: int, held: Collection[str]) -> Months:
    """Draw the month from which each customer under contract is gone, since a renewal was lost.

    In each replicate the chances are spread evenly over the paths, so that as many are lost as should be; a customer's
    draw depends on seed and name alone.

    Args:
        promises: Contracts.
        leave: Error of the log odds of leaving, shape `(path,)`; it moves the chances that nobody said.
        replicates: How many independent designs the paths are of, one after the other.
        seed: Same seed, same digits.
        held: Factors that stand at their middle.

    Returns:
        Shape `(contract, path)`; the number of months for never.
    """
    months, paths = promises.chance.shape[1], len(leave)
    out = np.full((len(promises), paths), months, dtype=np.int64)
    if RENEWALS in held:
        return out
    keys = keys_of((f"renewal\n{name}" for name in promises.names), seed)
    for at in np.flatnonzero((promises.chance < 1).any(axis=1)):
        share = _spread(np.random.default_rng(int(keys[at])), paths, replicates)
        odds = np.exp(leave) if promises.unsure[at] else np.ones(paths)
        stays, lives = np.ones(paths), np.zeros(paths, dtype=np.int64)
        for month in range(months):
            p = promises.chance[at, month]
            stays = stays * p / (p + (1 - p) * odds)
            lives += share < stays
        out[at] = lives
    return out


def _spread(rng: np.random.Generator, paths: int, replicates: int) -> Values:
    """Shares from 0 to 1, one in each of as many equal parts as a replicate has paths, shape `(path,)`."""
    size = paths // replicates
    parts = [(rng.permutation(size) + rng.random(size)) / size for _ in range(replicates)]
    return np.concatenate(parts)


def kept(promises: Promises, held: Collection[str]) -> Values:
    """Share of each contract that is left where renewals stand at their middle, shape `(contract, month)`; else 1."""
    return np.cumprod(promises.chance, axis=1) if RENEWALS in held else np.ones_like(promises.chance)


def away(promises: Promises, lost: Months) -> NDArray[np.bool_]:
    """Whether the customer of each contract is not there: before it begins, and once a renewal is lost.

    Args:
        promises: Contracts.
        lost: From `losses`, shape `(contract, path)`.

    Returns:
        Shape `(contract, month, path)`.
    """
    month = np.arange(promises.due.shape[1])[:, None]
    gone: NDArray[np.bool_] = (month >= lost[:, None]) | (month < promises.begins[:, None, None])
    return gone
