"""Pooled mean and spread: regressions over all customers and earlier dates say what recent levels are worth."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.standing import Standing

SIZE = 0.5
"""Power of its size that a customer counts by: neither one whale nor many small ones decide alone."""

STEPS = 15
"""Steps of the iterations."""

SHOCK = 0.08
"""What all customers of an earlier date share, one standard deviation of log: a date is one observation of growth."""

GROWTH = 0.05
"""Prior standard deviation of the log growth that all have in common over a horizon."""

SLOPE = 0.1
"""Prior standard deviation of what a standard deviation of a feature is worth, in log."""

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
    """Give the middle of the recent levels, the reference of the mean, in units a period, shape `(customer,)`.

    The geometric mean of those who are always active, so that a burst counts little; the mean of the others.
    """
    even, middle = here.levels.mean(axis=0), np.exp(np.log(here.levels).mean(axis=0))
    level: Values = here.active * middle + (1 - here.active) * even
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
    return np.column_stack([levels.T, quiet, quiet**2, np.log(here.active),
                            np.log(middle / usual), age])  # fmt: skip


def traits(here: Standing, usual: float) -> Values:
    """Describe how customers vary: active share, size, spread, how far recent levels lie apart, silence, age."""
    middle = blend(here)
    apart = np.abs(np.log(here.levels[0] / here.base))
    age = np.log(here.seen / max(here.seen.max(initial=1.0), 1.0) + 0.02)
    return np.column_stack([np.log(here.active), np.log(middle / usual), np.log(here.spread), apart,
                            np.log1p(here.silence * here.active), age])  # fmt: skip


def mean_law(x: Values, reference: Values, actual: Values, apart: float, regular: float = 1.0) -> Law:
    """Fit the mean: a Poisson regression of the ratio to the reference with a ridge, constant and all; it is convex.

    Args:
        x: Features, shape `(case, feature)`.
        reference: What is expected before anything is learnt, shape `(case,)`.
        actual: What came, shape `(case,)`.
        apart: How many of the earlier dates don't overlap.
        regular: Share of the cases whose customers are active most of the time; others count by their size.
    """
    middle, scale = x.mean(axis=0), np.sqrt(np.maximum(x.var(axis=0), 1e-2))
    z, ratio = _standard(x, middle, scale), np.minimum(actual / reference, STEEPEST)
    pull = reference ** (1 - SIZE * regular)
    pull = pull / pull.mean()
    common = len(x) / apart * SHOCK**2
    beta = np.zeros(z.shape[1])
    for _ in range(STEPS):
        mean = np.exp(np.clip(z @ beta, *BOUNDS))
        spread = float((pull * np.minimum((ratio - mean) ** 2, 9)).mean())
        ridge = np.full(len(beta), RIDGE * max(spread, 0.05) + common / SLOPE**2)
        ridge[0] = common / GROWTH**2
        weighted = z * pull[:, None]
        slope = weighted.T @ (ratio - mean) - ridge * beta
        beta = beta + np.clip(np.linalg.solve((weighted * mean[:, None]).T @ z + np.diag(ridge), slope), -1, 1)
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
