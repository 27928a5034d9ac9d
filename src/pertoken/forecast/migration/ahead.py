"""Ahead: usage of customers from their monthly history alone, where no forecast is at hand."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.design import design
from pertoken.core.money import Values
from pertoken.forecast.panel import Indices

RECENT = 6
"""Months of history that a customer's level and pattern are taken from."""

GROWTH_PRIOR, GROWTH_ERROR, DAMPING = 0.03, 0.02, 0.85
"""Standard deviation of same-customer log growth a month before its history is seen, of what a history as short as this
leaves unsure, and the factor by which growth fades from month to month."""

SHOCK, STAYS = 0.04, 0.7
"""Standard deviation of the shared shock of a month, and how much of it stays into the next."""

WALK = 0.05
"""Standard deviation of a customer's own step of the log level in a month."""


@dataclass(frozen=True, eq=False)
class Resampled:
    """Months of each customer's recent history, drawn anew, times growth and shocks that all share.

    Args:
        recent: The last months of each, shape `(customer, month)`; NaN before a customer came.
        shared: Log of the factor on everybody's usage, shape `(draw, month)`.
        seed: Of each customer's own chance.
    """

    recent: Values
    shared: Values
    seed: int

    def __call__(self, rows: Indices, /) -> Values:
        """Draw usage, shape `(draw, customer, month)`."""
        draws, months = self.shared.shape
        out = np.zeros((draws, len(rows), months))
        for place, row in enumerate(rows.tolist()):
            rng = np.random.default_rng([self.seed, 1, row])
            known = self.recent[row][np.isfinite(self.recent[row])]
            if not len(known) or not known.sum() > 0:
                continue
            chosen = known[rng.integers(len(known), size=(draws, months))]
            level = known[rng.integers(len(known), size=(draws, len(known)))].mean(axis=1) / known.mean()
            walk = np.cumsum(rng.normal(0.0, WALK, size=(draws, months)), axis=1)
            own = np.where(level > 0, level, 1.0)[:, None] * np.exp(walk - WALK**2 / 2 * np.arange(1, months + 1))
            out[:, place] = chosen * own
        made: Values = out * np.exp(self.shared)[:, None, :]
        return made


def resampled(value: Values, months: int, *, draws: int, seed: int) -> Resampled:
    """Make usage ahead of a monthly history.

    Growth is that of the customers who were there in both halves of the recent months, shrunk towards none by its
    error, and damped; its error and a shock that stays a while are shared by all customers of a world.

    Args:
        value: Usage of past months, shape `(customer, month)`; NaN for what was not watched. [driver / month]
        months: Months ahead.
        draws: How many worlds.
        seed: Same seed, same usage.
    """
    from scipy.special import ndtri  # noqa: PLC0415  the calculator must start fast

    recent = value[:, -RECENT:]
    mean, error = _growth(recent)
    names = ["ahead.growth", *(f"ahead.shock.{month}" for month in range(months))]
    chance = ndtri(design(names, draws=draws, seed=seed))
    faded = np.cumsum(DAMPING ** np.arange(months)) + (recent.shape[1] - 1) / 2  # from the middle of what is resampled
    growth = (mean + error * chance[:, :1]) * faded
    shock = np.zeros((draws, months))
    last = np.zeros(draws)
    for month in range(months):
        last = STAYS * last + SHOCK * chance[:, 1 + month]
        shock[:, month] = last
    return Resampled(recent, growth + shock, seed)


def _growth(recent: Values) -> tuple[float, float]:
    """Same-customer log growth of a month and its error, after the prior of no growth."""
    half = recent.shape[1] // 2
    if not half:
        return 0.0, GROWTH_PRIOR
    there = recent[np.isfinite(recent).all(axis=1)]
    early, late = there[:, :half].sum(), there[:, -half:].sum()
    if not (early > 0 and late > 0):
        return 0.0, GROWTH_PRIOR
    seen = float(np.log(late / early)) / (recent.shape[1] - half)
    own, found = 1 / GROWTH_PRIOR**2, 1 / GROWTH_ERROR**2
    return seen * found / (own + found), float((own + found) ** -0.5)
