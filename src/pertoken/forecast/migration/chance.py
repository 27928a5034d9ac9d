"""Chance: each customer's own luck in all worlds, the same under both plans and however customers are divided."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.migration.choice import tastes
from pertoken.forecast.panel import Indices


@dataclass(frozen=True, slots=True, eq=False)
class Luck:
    """What chance deals to customers, each `(draw, customer)`.

    Args:
        taste: What one likes more than another. [logit]
        look: Place in the wave, a share.
        patience: Standard exponential; who has little leaves early.
    """

    taste: Values
    look: Values
    patience: Values


def luck(rows: Indices, draws: int, seed: int) -> Luck:
    """Deal to some customers; each has a stream of their own.

    Args:
        rows: Index of each.
        draws: How many worlds; fewer are the first of more.
        seed: Same seed, same luck.
    """
    shares = np.empty((3, draws, len(rows)))
    for place, row in enumerate(rows.tolist()):
        rng = np.random.default_rng([seed, row])
        shares[:, :, place] = rng.random((draws, 3)).T
    shares = np.clip(shares, 1e-12, 1 - 1e-12)
    return Luck(tastes(shares[0]), shares[1], -np.log(shares[2]))
