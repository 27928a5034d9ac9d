"""Blending: experts' quantiles are averaged with the weights that would have scored best at earlier dates."""

import numpy as np

from pertoken.core.money import Values

ROUNDS = 150
"""Rounds of the search; it stops moving long before."""

DOUBT = 1.0
"""Earlier dates that the belief that all experts are alike is worth."""


def blended(quantiles: Values, shares: Values, actual: Values, counts: Values, apart: float) -> Values:
    """Find weights of experts that minimise the pinball loss of their averaged quantiles, by mirror descent.

    Args:
        quantiles: Shape `(expert, share, case)`.
        shares: Shape `(share,)`.
        actual: What came, shape `(case,)`.
        counts: What each case counts for, shape `(case,)`.
        apart: Earlier dates that don't overlap; with few, all experts are trusted more alike.

    Returns:
        Weights that add up to 1, shape `(expert,)`.
    """
    experts = len(quantiles)
    weights = np.full(experts, 1.0 / experts)
    if experts == 1 or not len(actual):
        return weights
    for turn in range(ROUNDS):
        mixed = np.tensordot(weights, quantiles, axes=1)
        side = ((actual < mixed) - shares[:, None]) * counts
        slope = np.einsum("ksc,sc->k", quantiles, side)
        slope -= slope @ weights
        size = np.abs(slope).max()
        if size <= 0:
            break
        weights = weights * np.exp(-0.5 * slope / size / (1 + turn / 20))
        weights /= weights.sum()
    even = DOUBT / (apart + DOUBT)
    return (1 - even) * weights + even / experts
