"""Response: what a changed price of one more unit does to usage, and what a past price change says of it."""

from dataclasses import replace

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.migration.choice import Appraisal
from pertoken.forecast.migration.priors import TENTH, Prior, Traits

FALL, RISE = 0.5, 4.0
"""Factors on the marginal price beyond which the elasticity is not carried: a price of zero is no infinite cut."""

AROUND = 3
"""Months on each side of a price change that are compared; the month before and that of the change are left out."""


def price_change(old: Appraisal, new: Appraisal) -> Values:
    """Log of the factor on the price of one more unit, between the logs of `FALL` and `RISE`, shape `(customer,)`."""
    most = np.maximum(np.maximum(old.marginal, new.marginal), np.finfo(np.float64).tiny)
    least = most / RISE
    made: Values = np.log(np.maximum(new.marginal, least) / np.maximum(old.marginal, least))
    return np.clip(made, np.log(FALL), np.log(RISE))


def full_response(old: Appraisal, new: Appraisal, traits: Traits) -> Values:
    """Log of the factor on usage once it has settled, shape `(draw, customer)`.

    Usage answers the marginal price with a constant elasticity; where units are free that were not, it rises by the
    uplift that allowances have besides.
    """
    freed = np.maximum(new.free - old.free, 0.0)
    made: Values = -traits.elasticity[:, None] * price_change(old, new) + traits.uplift[:, None] * freed
    return made


def reached(since: Values, lag: Values) -> Values:
    """Share of the response that is there some months after the move, 0 before it.

    Args:
        since: Months since the move, 0 in its first month, negative before, shape `(draw, customer, month)`.
        lag: Months until two thirds are there, shape `(draw,)`.
    """
    gone = np.exp(-np.maximum(since + 1, 0) / lag[:, None, None])
    made: Values = 1 - gone
    return made


FEWEST = 5
"""Customers from whom a response can be told."""

TOGETHER = 0.05
"""Log by which the usage of all may have moved at the same time for other reasons: one standard deviation."""


def estimated(value: Values, at: int, factor: float, *, draws: int, rng: np.random.Generator) -> tuple[float, float]:
    """Estimate the elasticity from a price change in the history, and its standard error.

    Log usage of the customers who are there on both sides, months after less months before, each counted alike, over
    the log of the new price over the old. The growth of the months before is taken off. Customers differ, and all may
    have moved together for another reason; the error counts both.

    Args:
        value: Usage a day of each month, shape `(customer, month)`; NaN for what was not watched. [driver / day]
        at: First month at the new price.
        factor: New price over the old one.
        draws: Resamples of customers for the standard error.
        rng: Where their chance comes from.

    Raises:
        InputError: Too little history on one side of the change.
    """
    first, early, late = at - 1 - 2 * AROUND, at - 1 - AROUND, at + 1
    if first < 0 or late + AROUND > value.shape[1]:
        raise InputError(
            f"the price change stands in month {at + 1} of {value.shape[1]}; its effect can be told with "
            f"{2 * AROUND + 1} months before it and {AROUND} after the one in which it came"
        )
    windows = [value[:, first:early], value[:, early : at - 1], value[:, late : late + AROUND]]
    sums = np.array([window.sum(axis=1) for window in windows])
    there = sums[:, (np.isfinite(sums) & (sums > 0)).all(axis=0)]
    if there.shape[1] < FEWEST:
        raise InputError(f"{there.shape[1]} customers use on both sides of the price change; expected {FEWEST} or more")
    before, between, after = np.log(there)
    growth = (between - before) / AROUND
    rise = after - between - growth * (AROUND + 2)  # from the middle of the months before to that of those after
    again = rise[rng.integers(len(rise), size=(draws, len(rise)))].mean(axis=1)
    error = float(np.hypot(again.std(), TOGETHER))
    return float(-rise.mean() / np.log(factor)), error / abs(float(np.log(factor)))


def learned(prior: Prior, estimate: float, error: float) -> Prior:
    """Weigh a prior and an estimate by their precision, both as normal.

    >>> found = learned(Prior(0.1, 0.5), 0.5, 0.01)
    >>> round(found.low, 2), round(found.high, 2), found.source
    (0.49, 0.51, 'the price change in the history, and the prior')
    """
    middle = float(prior.quantile(np.array([0.5]))[0])
    spread = max((prior.high - prior.low) / 2 / TENTH, 1e-9)
    ours, theirs = 1 / spread**2, 1 / max(error, 1e-9) ** 2
    mean, width = (middle * ours + estimate * theirs) / (ours + theirs), TENTH / np.sqrt(ours + theirs)
    low, high = max(float(mean - width), 0.0), max(float(mean + width), 0.0)
    return replace(prior, low=low, high=high, source="the price change in the history, and the prior")
