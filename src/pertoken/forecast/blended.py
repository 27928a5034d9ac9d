"""Blending: experts' quantiles are averaged with the weights that would have scored best at earlier dates."""

import numpy as np

from pertoken.core.money import Values
from pertoken.machine.loop import Loop

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
    room = np.empty((2 + experts, max(len(actual), experts)))
    _descended(np.ascontiguousarray(quantiles), shares, actual, counts, weights, room)
    even = DOUBT / (apart + DOUBT)
    return (1 - even) * weights + even / experts


def lost(quantiles: Values, shares: Values, actual: Values) -> Values:
    """Give the pinball loss of quantiles, summed over shares, shape `(case,)`.

    >>> lost(np.array([[1.0, 3.0], [2.0, 6.0]]), np.array([0.25, 0.75]), np.array([4.0, 2.0])).tolist()
    [2.25, 1.75]
    """
    off = actual - quantiles
    loss: Values = np.maximum(shares[:, None] * off, (shares[:, None] - 1) * off).sum(axis=0)
    return loss


@Loop
def _gained(quantiles, share, s, case, weights, room):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    """Add to the slope of each expert what one share brings, case by case."""
    mixed, gains = room[0], room[2:]
    actual, counts = case
    for c in range(len(actual)):
        mixed[c] = 0.0
    for k in range(len(quantiles)):
        for c in range(len(actual)):
            mixed[c] += weights[k] * quantiles[k, s, c]
    for c in range(len(actual)):
        mixed[c] = ((1.0 if actual[c] < mixed[c] else 0.0) - share) * counts[c]
    for k in range(len(quantiles)):
        for c in range(len(actual)):
            gains[k, c] += quantiles[k, s, c] * mixed[c]


@Loop
def _descended(quantiles, shares, actual, counts, weights, room):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    """Go down the slope of the loss, by ever shorter steps; `weights` are changed."""
    experts, slope, gains = len(quantiles), room[1], room[2:]
    for turn in range(ROUNDS):
        gains[:] = 0.0
        for s in range(len(shares)):
            _gained(quantiles, shares[s], s, (actual, counts), weights, room)
        mean, size, whole = 0.0, 0.0, 0.0
        for k in range(experts):
            slope[k] = 0.0
            for c in range(len(actual)):
                slope[k] += gains[k, c]
            mean += slope[k] * weights[k]
        for k in range(experts):
            size = max(size, abs(slope[k] - mean))
        if size <= 0:
            break
        for k in range(experts):
            weights[k] *= np.exp(-0.5 * (slope[k] - mean) / size / (1 + turn / 20))
            whole += weights[k]
        for k in range(experts):
            weights[k] /= whole
