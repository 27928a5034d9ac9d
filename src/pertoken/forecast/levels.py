"""Levels: what each customer uses in a month, as the first month's forecast says it."""

from collections.abc import Sequence

import numpy as np

from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.core.quantiles import of_ordered
from pertoken.forecast.growth import DAYS
from pertoken.forecast.panel import Indices
from pertoken.forecast.predicted import added
from pertoken.forecast.retention import LONG_GONE, Retention

SHARES = np.array([0.005, 0.025, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.975, 0.995])
"""Shares at which levels are known."""

P90 = 1.2816
"""Standard deviations from the middle of a normal to its 90th percentile."""

TRACE = 0.2
"""Share of a customer's usual month below which a month's use is next to nothing."""

MOST = 0.9
"""The most of a customer's variance that is shared with others of its segment."""

TINY = 1e-12
"""In the place of nothing where logs are taken."""


def alive_of(segment: Key, kept: Sequence[Retention], bound: Indices | None) -> Values:
    """Chance that each is still a customer, by the silence so far, shape `(customer,)`; who is bound by contract is."""
    alive = np.empty(len(segment))
    for code, retention in enumerate(kept):
        alive[segment.codes == code] = retention.alive
    return alive if bound is None else np.where(bound > 0, 1.0, alive)


def without_traces(ahead: Values, alive: Values, value: Values, months: float = 1.0) -> Values:
    """Take next to nothing for nothing, of customers who seem to have left: in such worlds they have.

    Args:
        ahead: Usage in some time ahead, shape `(draw, customer)`.
        alive: Chance that each is still a customer, by the silence so far, shape `(customer,)`.
        value: What each has used, shape `(customer, day)`; NaN for what was not watched.
        months: How long that time is.
    """
    used = np.nan_to_num(value) > 0
    last, first = used.shape[1] - np.argmax(used[:, ::-1], axis=1), np.argmax(used, axis=1)
    usual = np.nansum(value, axis=1) * DAYS / np.maximum(last - first, DAYS)  # a month's, of who was there less
    least = np.where(alive < LONG_GONE, TRACE * months * usual, 0.0)
    kept: Values = np.where(ahead < least, 0.0, ahead)
    return kept


def positive(monthly: Values) -> Values:
    """Knots of each customer's level over the worlds with usage, shape `(customer, knot)`.

    Args:
        monthly: Usage, shape `(draw, customer)`.
    """
    ordered = np.sort(monthly, axis=0)
    return np.ascontiguousarray(of_ordered(ordered, SHARES, (ordered <= 0).sum(axis=0)).T)


def parted(knots: Values, noise: Values) -> tuple[Values, Values]:
    """Part the first month's spread into a level that stays and a month's noise that is part of it, at most all of it.

    With logs of spread s and noise n, a level of spread sqrt(s^2 - n^2) times a noise of mean 1 has the same law.

    Args:
        knots: Levels at `SHARES`, shape `(customer, knot)`.
        noise: What the history says of it, shape `(customer,)`.
    """
    low, middle, high = (np.maximum(knots[:, share == SHARES][:, 0], TINY) for share in (0.1, 0.5, 0.9))
    spread = np.log(high / low) / (2 * P90)
    own = np.minimum(noise, spread)
    left = np.sqrt(np.maximum(1 - (own / np.maximum(spread, TINY)) ** 2, 0.0))
    scale = middle[:, None]
    level = scale * np.exp(own[:, None] ** 2 / 2) * np.maximum(knots / scale, TINY) ** left[:, None]
    return np.where(knots > 0, level, 0.0), own


def together(monthly: Values, segment: Key, moved: tuple[float, float] = (0.0, 0.0)) -> tuple[Values, float]:
    """How much of the first month's level moves together, so that sums are as wide as the forecast says.

    With weight *w* of a normal that a segment shares the variance of its sum is sum(s^2) + w^2 ((sum s)^2 - sum(s^2)).
    What the variance of the total has beyond those of segments is the covariance of each two. The errors of earlier
    sums had growth and shocks in them; what these bring to the first month by themselves is left out here.

    Args:
        monthly: Usage, shape `(draw, customer)`.
        segment: Of each customer.
        moved: Variance of the log of a sum by what moves all, and by what moves a segment, where the simulation has
            growth and shocks beside.

    Returns:
        The weights, shape `(segment,)`, and the correlation of the normals of two segments.
    """
    count, code, spread = len(segment.labels), segment.codes, monthly.std(axis=0)
    alone = np.bincount(code, spread**2, minlength=count)
    whole = np.bincount(code, spread, minlength=count)
    sums = added(monthly, segment)
    mean, variance = sums.mean(axis=0), sums.var(axis=0)
    left = np.clip((variance - sum(moved) * mean**2 - alone) / np.maximum(whole**2 - alone, 1e-12), 0.0, MOST)
    single = (np.bincount(code, minlength=count) == 1) & (count > 1)
    left = np.where(single, MOST, left)  # whose sum no weight makes wider: it is there to move with other segments
    carried = np.sqrt(left) * whole
    both = float(carried.sum() ** 2 - carried @ carried)
    beyond = float(sums.sum(axis=1).var() - variance.sum() - moved[0] * (mean.sum() ** 2 - mean @ mean))
    return np.sqrt(left), float(np.clip(beyond / both, -1 / (count - 1), 1.0)) if both > 0 else 1.0
