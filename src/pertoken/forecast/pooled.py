"""Pooled mean and spread: regressions over all customers and earlier dates say what recent levels are worth."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.panel import Indices
from pertoken.forecast.standing import Standing

POWER = 1.5
"""Variance of usage grows with this power of its mean (Tweedie), so each customer counts by the root of its size."""

STEPS = 10
"""Steps of the iterations."""

SHOCK = 0.08
"""What all customers of an earlier date share, one standard deviation of log: a date is one observation of growth."""

GROWTH = 0.05
"""Prior standard deviation of the log growth that all have in common over a horizon."""

RIDGE = 20.0
"""Cases that the prior of a coefficient is worth."""

BOUNDS = (-4.0, 2.0)
"""Log of the least and the most that a mean is of its reference."""

STEEPEST = 60.0
"""The largest relative error that counts in the fit of a mean."""

FARTHEST = 3.0
"""Standard deviations from the middle beyond which a feature says no more."""


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """A log-linear regression on standardised features.

    Args:
        weight: Constant, then one for each feature.
        middle: Mean of each feature where it was fitted.
        scale: Standard deviation of each feature where it was fitted.
    """

    weight: Values
    middle: Values
    scale: Values

    def log(self, features: Values) -> Values:
        """Give the log of what is expected, shape `(case,)`."""
        out: Values = _standard(features, self.middle, self.scale) @ self.weight
        return out


def _standard(features: Values, middle: Values, scale: Values) -> Values:
    z = np.clip((features - middle) / scale, -FARTHEST, FARTHEST)
    return np.column_stack([np.ones(len(features)), z])


def blend(here: Standing) -> Values:
    """Give the middle of the recent levels, the reference of the mean, shape `(customer,)`. [unit / period]"""
    level: Values = np.exp(np.log(here.levels).mean(axis=0))
    return level


def features(here: Standing, usual: float) -> Values:
    """Describe customers: recent levels against their middle, silence, active share, size, age, spread.

    Args:
        here: How they stand.
        usual: What the customer in the middle uses in a period.
    """
    middle = blend(here)
    levels = np.log(here.levels / middle)
    quiet = np.log1p(here.silence * here.active)
    age = np.log(here.seen / max(here.seen.max(initial=1.0), 1.0) + 0.02)
    return np.column_stack([levels.T, np.log(here.base / middle), quiet, quiet**2, np.log(here.active),
                            np.log(middle / usual), age])  # fmt: skip


def traits(here: Standing, usual: float) -> Values:
    """Describe how customers vary: active share, size, spread, how far recent levels lie apart, silence, age."""
    middle = blend(here)
    apart = np.abs(np.log(here.levels[0] / here.base))
    age = np.log(here.seen / max(here.seen.max(initial=1.0), 1.0) + 0.02)
    return np.column_stack([np.log(here.active), np.log(middle / usual), np.log(here.spread), apart,
                            np.log1p(here.silence * here.active), age])  # fmt: skip


def mean_law(x: Values, reference: Values, actual: Values, origin: Indices) -> Law:
    """Fit the mean: a Tweedie regression with a log link and a ridge, constant and all.

    Args:
        x: Features, shape `(case, feature)`.
        reference: What is expected before anything is learnt, shape `(case,)`.
        actual: What came, shape `(case,)`.
        origin: Number of the earlier date, shape `(case,)`.
    """
    middle, scale = x.mean(axis=0), np.sqrt(np.maximum(x.var(axis=0), 1e-2))
    z, unit = _standard(x, middle, scale), float(np.exp(np.mean(np.log(reference))))
    common = len(x) / max(len(np.unique(origin)), 1) * (SHOCK / GROWTH) ** 2
    beta = np.zeros(z.shape[1])
    for _ in range(STEPS):
        mean = reference * np.exp(np.clip(z @ beta, *BOUNDS))
        pull = (mean / unit) ** (2 - POWER)
        pull /= pull.mean()
        step = np.clip((actual - mean) / mean, -1, STEEPEST)
        spread = float((pull * np.minimum(step**2, 9)).mean())
        ridge = np.full(len(beta), RIDGE * max(spread, 0.05))
        ridge[0] = common
        beta = beta + _move(z, pull, step, ridge, beta)
    return Law(beta, middle, scale)


def spread_law(x: Values, squared: Values, pull: Values) -> Law:
    """Fit the squared relative error: a gamma regression with a log link and a ridge.

    Args:
        x: Traits, shape `(case, trait)`.
        squared: Squared relative errors, shape `(case,)`.
        pull: What each counts for, shape `(case,)`.
    """
    middle, scale = x.mean(axis=0), np.sqrt(np.maximum(x.var(axis=0), 1e-2))
    z, pull = _standard(x, middle, scale), pull / pull.mean()
    beta = np.zeros(z.shape[1])
    beta[0] = np.log(max(float((pull * squared).mean()), 1e-6))
    ridge = np.full(len(beta), RIDGE)
    ridge[0] = 1e-6
    for _ in range(STEPS):
        step = np.clip(squared / np.exp(np.clip(z @ beta, -14, 10)) - 1, -1, 10)
        target = np.concatenate([beta[:1] * 0, beta[1:]])
        beta = beta + _move(z, pull, step, ridge, target)
    return Law(beta, middle, scale)


def _move(z: Values, pull: Values, step: Values, ridge: Values, beta: Values) -> Values:
    weighted = z * pull[:, None]
    move: Values = np.clip(np.linalg.solve(weighted.T @ z + np.diag(ridge), weighted.T @ step - ridge * beta), -1, 1)
    return move
