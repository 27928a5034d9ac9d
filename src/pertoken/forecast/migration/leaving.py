"""Leaving: how a migration raises the chance to leave, and who is left in each month under both plans."""

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.migration.choice import Appraisal
from pertoken.forecast.migration.offer import Timetable
from pertoken.forecast.migration.priors import Traits

FADE = 4.0
"""Months in which anger over a forced change falls to about a third."""

ENOUGH = 2.0
"""Months of notice after which nobody is surprised."""

NOTICED = 1.1
"""Factor on a bill from which on the lack of notice angers in full; in part below it."""

MOST = 4.0
"""Ratio of bills beyond which the chance to leave rises no further."""


def rise(old: Appraisal, new: Appraisal) -> Values:
    """Log of the factor by which the expected bill rises, 0 where it falls, shape `(customer,)`."""
    least = np.maximum(np.maximum(old.mean, new.mean) / MOST, np.finfo(np.float64).tiny)
    made: Values = np.log(np.maximum(new.mean, least) / np.maximum(old.mean, least))
    return np.maximum(made, 0.0)


def surprise(times: Timetable) -> float:
    """Share of the full anger where customers were told too late: 1 without notice, 0 from `ENOUGH` months on.

    What counts is the notice of those who are moved: from when they are told to when the old plan ends.
    """
    told = times.sunset - times.announced
    return max(1 - told / ENOUGH, 0.0)


def pressure(
    old: Appraisal, new: Appraisal, traits: Traits, times: Timetable, *, since: Values, forced: NDArray[np.bool_]
) -> Values:
    """Log of the factor on the chance to leave, shape `(draw, customer, month)`.

    Who was moved is angry over a higher bill, and over no notice of it, which fades. Who stays on the old plan although
    the new one would be cheaper pays for a bias, and leaves more; who has chosen a dearer plan does not.

    Args:
        old: The old plan as customers see it.
        new: The new plan, its cap included.
        traits: How much each matters.
        times: When the new plan starts.
        since: Months since the move, negative before it, shape `(draw, customer, month)`.
        forced: Whether the end of the old plan moved them, shape `(draw, customer)`.
    """
    up, down = rise(old, new), rise(new, old)
    noticed = np.minimum(up / np.log(NOTICED), 1.0)
    anger = traits.shock[:, None] * up + traits.no_notice[:, None] * surprise(times) * noticed
    fading = np.where(since >= 0, np.exp(-np.maximum(since, 0) / FADE), 0.0)
    angry = np.where(forced, anger, 0.0)[..., None] * fading
    months = np.arange(since.shape[-1])
    staying = (since < 0) & (months >= times.start)
    made: Values = angry + (traits.pay_per_use[:, None] * down)[..., None] * staying
    return made


def stays(base: Values, log_factor: Values, patience: Values, restless: Values) -> NDArray[np.bool_]:
    """Tell in which months a customer is still one: until the hazards that have added up exceed their patience.

    Args:
        base: Chance to leave in a month as things are, shape `(customer, month)`.
        log_factor: Log of the factor on its hazard, shape `(draw, customer, month)`.
        patience: Standard exponential, the same under both plans, shape `(draw, customer)`.
        restless: Chance to leave in a month that the factor multiplies at least, shape `(draw,)`.
    """
    made: NDArray[np.bool_] = _hazards(base, log_factor, restless) <= patience[..., None]
    return made


def chance_to_stay(base: Values, log_factor: Values, restless: Values) -> Values:
    """Chance to be still a customer after each month, arguments as for `stays`.

    >>> chance_to_stay(np.array([[0.1, 0.1]]), np.zeros((1, 1, 2)), np.array([0.01])).round(4).tolist()
    [[[0.9, 0.81]]]
    """
    made: Values = np.exp(-_hazards(base, log_factor, restless))
    return made


def _hazards(base: Values, log_factor: Values, restless: Values) -> Values:
    """Hazard that has added up until the end of each month.

    A history in which nobody has left says little of what anger does, so that the factor multiplies at least a prior;
    in months in which a contract binds nobody leaves.
    """
    own = -np.log1p(-base)
    least = -np.log1p(-restless)[:, None, None]
    stirred = np.where(own > 0, np.maximum(own, least), 0.0)
    made: Values = np.cumsum(own + stirred * np.expm1(log_factor), axis=-1)
    return made
