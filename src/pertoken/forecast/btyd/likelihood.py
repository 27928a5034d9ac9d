"""The greatest likelihood of a few positive parameters, with weak priors on their logs, and how unsure it is.

The search is Newton's, from second differences: each turn asks for the likelihood at a few dozen places at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values

STEP, WIDE = 1e-4, 1e-3
"""Widths of the first and second differences, on the log scale."""

FAR = 12.0
"""How far from its start the log of a parameter is looked for."""

REACH = 2.0
"""The farthest that one turn of the search goes, on the log scale."""

SHORTER = np.array([2.0, 1.0, 0.5, 0.25, 0.06, 0.015, 0.004, 0.001])
"""Shares of a step that are tried."""

TURNS = 200
"""Turns of the search at most; ten are usual."""

FOUND = 1e-7
"""Step below which the search is over, on the log scale."""

FLAT = 1e-9
"""Curvature below which a direction is taken to be as curved as that, as a share of the greatest."""

Places = Callable[[Values], Values]
"""From places, shape `(place, parameter)`, to a number for each, shape `(place,)`."""


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Where the logs of parameters are expected: normal, each on its own.

    Args:
        centre: Means of the logs, shape `(parameter,)`.
        spread: Standard deviations of the logs, shape `(parameter,)`; infinity for no prior.
    """

    centre: Values
    spread: Values

    @classmethod
    def around(cls, parameters: Sequence[float], spread: float) -> "Prior":
        """Expect parameters near these, give or take a factor of `exp(spread)`."""
        return cls(np.log(parameters), np.full(len(parameters), spread))

    @property
    def unknowing(self) -> "Prior":
        """The same start, and no opinion: plain maximum likelihood."""
        return Prior(self.centre, np.full(len(self.centre), np.inf))

    def log_density(self, logs: Values) -> Values:
        """Log density of parameters' logs, shape `(*batch, parameter)`, but for a constant; shape `(*batch,)`."""
        density: Values = -0.5 * (((logs - self.centre) / self.spread) ** 2).sum(axis=-1)
        return density


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Where the likelihood is greatest, and its curvature there.

    Args:
        logs: Logs of the parameters, shape `(parameter,)`.
        covariance: Of the logs: the inverse of the curvature, shape `(parameter, parameter)`.
        log_likelihood: At that place, without the prior.
    """

    logs: Values
    covariance: Values
    log_likelihood: float

    @property
    def parameters(self) -> tuple[float, ...]:
        """The parameters themselves."""
        return tuple(np.exp(self.logs).tolist())

    def draw(self, draws: int, rng: np.random.Generator) -> Values:
        """Draw parameters from what is left open, by the normal approximation of logs, shape `(draw, parameter)`."""
        value, vector = np.linalg.eigh(self.covariance)
        noise = rng.standard_normal((draws, len(self.logs))) * np.sqrt(np.maximum(value, 0))
        drawn: Values = np.exp(self.logs + noise @ vector.T)
        return drawn


def most_likely(log_likelihood: Callable[[Values], float], prior: Prior) -> Estimate:
    """Find the parameters that explain best what was seen.

    Args:
        log_likelihood: Of parameters, shape `(parameter,)`, all above 0.
        prior: Where they are expected; the search starts there.

    Returns:
        The estimate; its covariance never exceeds that of the prior.
    """
    return most_likely_of(lambda places: np.array([log_likelihood(place) for place in places]), prior)


def most_likely_of(log_likelihoods: Places, prior: Prior) -> Estimate:
    """Find the parameters that explain best what was seen, by a likelihood that is reckoned at many places at once.

    Args:
        log_likelihoods: Of parameters, shape `(place, parameter)`, all above 0.
        prior: Where they are expected; the search starts there.

    Returns:
        The estimate; its covariance never exceeds that of the prior.
    """

    def loss(logs: Values) -> Values:
        with np.errstate(all="ignore"):  # the search may look where shapes are beyond floats; that is far from the best
            value = log_likelihoods(np.exp(logs)) + prior.log_density(logs)
        return np.where(np.isfinite(value), -value, 1e12)

    logs = _lowest(loss, prior.centre)
    value, vector = np.linalg.eigh(_differences(loss, logs)[2])
    least = np.where(np.isfinite(prior.spread), prior.spread, FAR).max() ** -2
    covariance = (vector / np.maximum(value, least)) @ vector.T
    return Estimate(logs, covariance, float(log_likelihoods(np.exp(logs[None]))[0]))


def _lowest(loss: Places, start: Values) -> Values:
    """Go downhill by Newton's steps, each along the curvature as it is there, shorter where that is not lower."""
    logs = start.astype(np.float64)
    for _ in range(TURNS):
        here, slope, curvature = _differences(loss, logs)
        value, vector = np.linalg.eigh(curvature)
        size = np.maximum(np.abs(value), max(np.abs(value).max() * FLAT, 1e-300))
        step = vector @ ((vector.T @ slope) / size)
        step *= min(REACH / max(float(np.abs(step).max()), 1e-300), 1.0)
        places = np.clip(logs - SHORTER[:, None] * step, start - FAR, start + FAR)
        tried = loss(places)
        best = int(np.argmin(tried))
        if tried[best] >= here:
            break
        moved, logs = float(np.abs(places[best] - logs).max()), places[best]
        if moved < FOUND:
            break
    return logs


def _differences(loss: Places, at: Values) -> tuple[float, Values, Values]:
    """Give the loss, its slope `(parameter,)` and its curvature `(parameter, parameter)` by central differences."""
    size = len(at)
    axes = np.eye(size)
    one, other = np.tril_indices(size)
    both, apart = (axes[one] + axes[other]) * WIDE, (axes[one] - axes[other]) * WIDE
    moves = np.concatenate([np.zeros((1, size)), STEP * axes, -STEP * axes, both, -both, apart, -apart])
    found = loss(at + moves)
    up, down = found[1 : 1 + size], found[1 + size : 1 + 2 * size]
    further, back, left, right = np.split(found[1 + 2 * size :], 4)
    curvature = np.empty((size, size))
    curvature[one, other] = curvature[other, one] = (further - left - right + back) / (4 * WIDE**2)
    return float(found[0]), (up - down) / (2 * STEP), curvature
