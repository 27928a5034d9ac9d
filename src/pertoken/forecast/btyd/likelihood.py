"""The greatest likelihood of a few positive parameters, with weak priors on their logs, and how unsure it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from pertoken.core.money import Values

STEP = 1e-4
"""Width of the finite differences, on the log scale."""

FAR = 12.0
"""How far from its start the log of a parameter is looked for."""


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

    def log_density(self, logs: Values) -> float:
        """Log density of parameters' logs, but for a constant."""
        return float(-0.5 * (((logs - self.centre) / self.spread) ** 2).sum())


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

    def loss(logs: Values) -> float:
        with np.errstate(all="ignore"):  # the search may look where shapes are beyond floats; that is far from the best
            value = log_likelihood(np.exp(logs)) + prior.log_density(logs)
        return -value if np.isfinite(value) else 1e12

    bounds = [(centre - FAR, centre + FAR) for centre in prior.centre]
    logs = minimize(loss, prior.centre, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13, "maxiter": 400}).x
    step = np.linalg.lstsq(_curvature(loss, logs), _slope(loss, logs), rcond=1e-9)[0]
    if np.abs(step).max() < 1 and loss(logs - step) <= loss(logs):
        logs = logs - step
    value, vector = np.linalg.eigh(_curvature(loss, logs))
    least = np.where(np.isfinite(prior.spread), prior.spread, FAR).max() ** -2
    covariance = (vector / np.maximum(value, least)) @ vector.T
    return Estimate(logs, covariance, float(log_likelihood(np.exp(logs))))


def _slope(loss: Callable[[Values], float], at: Values) -> Values:
    steps = np.eye(len(at)) * STEP
    return np.array([(loss(at + step) - loss(at - step)) / (2 * STEP) for step in steps])


def _curvature(loss: Callable[[Values], float], at: Values) -> Values:
    """Second differences of the loss, shape `(parameter, parameter)`."""
    steps, wide = np.eye(len(at)), 10 * STEP
    curvature = np.empty((len(at), len(at)))
    for i, one in enumerate(steps):
        for j, other in enumerate(steps[: i + 1]):
            both, apart = (one + other) * wide, (one - other) * wide
            found = loss(at + both) - loss(at + apart) - loss(at - apart) + loss(at - both)
            curvature[i, j] = curvature[j, i] = found / (4 * wide**2)
    return curvature
