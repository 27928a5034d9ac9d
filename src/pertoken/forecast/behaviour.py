"""Behaviour: which customers are alike, from what they do: how much, how often, on which days, how deeply integrated.

A mixture of normals on a few features, fitted by expectation-maximisation (Dempster, Laird and Rubin, JRSS B 39(1),
1977); how many parts there are is chosen by BIC (Schwarz, Annals of Statistics 6(2), 1978).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.core.period import begins
from pertoken.forecast.panel import Indices, Panel

FEWEST = 20
"""Customers below whom behaviour is not told apart."""

BELIEF = 7
"""Periods of the mean share that are added to each customer's own."""

FEWEST_ACTIVE = 3
"""Active periods below which a customer's behaviour is not known."""

ROUNDS = 200
SEPARATE = 1.5
"""Distance of two parts, in their common standard deviations on the most telling feature, below which they are one."""

NAMES = {1: ("all",), 2: ("hobbyist", "production"), 3: ("hobbyist", "regular", "production")}
"""Names of the parts, by rising level."""


@dataclass(frozen=True, slots=True, eq=False)
class Behaviour:
    """What customers do, one row each.

    Args:
        level: Log of the mean usage of an active period, shape `(customer,)`.
        active: Share of periods with usage while each was there, as an angle, whose error depends on the number of
            periods alone (Anscombe, Biometrika 35, 1948), seven periods of the mean share added.
        weekday: Log of the mean of weekdays over that of weekends, both with a tenth of the mean added; 0 where the
            grain has none.
    """

    level: Values
    active: Values
    weekday: Values

    @property
    def features(self) -> Values:
        """All of it, shape `(customer, feature)`."""
        return np.stack([self.level, self.active, self.weekday], axis=1)


def behaviour(panel: Panel) -> Behaviour:
    """Measure what customers do from their first use to their last, over the periods that were watched.

    So neither coming late nor leaving makes anybody another kind of customer.
    """
    value = panel.value
    watched = ~np.isnan(value)
    seen = watched & _there(np.nan_to_num(value) > 0)
    used = np.where(seen, value, 0.0)
    count, on = seen.sum(axis=1), (used > 0).sum(axis=1)
    mean = used.sum(axis=1) / np.maximum(on, 1)
    floor = mean[mean > 0].min(initial=1.0)
    weekday = np.zeros(len(panel))
    if panel.grain == "day":
        week = begins(panel.periods).astype("datetime64[D]").astype(np.int64)
        rest = np.isin((week + 3) % 7, (5, 6))  # 1970-01-01 was a Thursday
        parts = [_mean(used[:, days], watched[:, days]) for days in (~rest, rest)]  # a stay may have had no weekend
        tenth = 0.1 * _mean(used, watched) + 1e-12
        weekday = np.log((parts[0] + tenth) / (parts[1] + tenth))
    usual = on.sum() / max(count.sum(), 1)
    active = np.arcsin(np.sqrt((on + BELIEF * usual) / (count + BELIEF)))
    return Behaviour(np.log(np.maximum(mean, floor * 0.1)), active, weekday)


def _there(active: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the periods from the first that is active to the last, shape `(customer, period)`."""
    begun = np.logical_or.accumulate(active, axis=1)
    goes_on = np.logical_or.accumulate(active[:, ::-1], axis=1)[:, ::-1]
    there: NDArray[np.bool_] = begun & goes_on
    return there


def _mean(used: Values, seen: Values) -> Values:
    mean: Values = used.sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    return mean


def segmented(panel: Panel, *, depth: Values | None = None, most: int = 2) -> Key:
    """Tell customers apart by behaviour.

    Args:
        panel: One cell for all usage, by day at best.
        depth: How deeply each is integrated (keys issued, environments live), shape `(customer,)`; NaN if not known.
        most: The most segments.

    Returns:
        The segment of each customer, shape `(customer,)`: `hobbyist` and `production`, or `all` where the data do not
        tell two apart.
    """
    features = behaviour(panel).features
    if depth is not None:
        known = np.where(np.isnan(depth), np.nanmean(depth) if not np.isnan(depth).all() else 0.0, depth)
        features = np.column_stack([features, np.log1p(known)])
    active = (np.nan_to_num(panel.value) > 0).sum(axis=1) >= FEWEST_ACTIVE
    if active.sum() < FEWEST:
        return Key.constant("all", len(panel))
    spread = features[active].std(axis=0)
    scaled = (features - features[active].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    starts = [_direction(scaled[active]), *([scaled[active][:, -1]] if depth is not None else [])]
    tried = (_mixture(scaled[active], parts, start) for parts in range(1, most + 1) for start in starts)
    best = min(tried, key=lambda each: each.bic)
    if len(best.weight) > 1 and _apart(best) < SEPARATE:
        best = _mixture(scaled[active], 1, starts[0])
    names = NAMES.get(len(best.weight), tuple(f"segment-{i + 1}" for i in range(len(best.weight))))
    order = np.argsort(np.argsort(best.mean @ _importance(best)))
    return Key.of([names[order[part]] for part in best.likely(scaled)])


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Normals with diagonal covariance.

    Args:
        weight: Share of each part, shape `(part,)`.
        mean: Shape `(part, feature)`.
        variance: Shape `(part, feature)`.
        bic: Schwarz's criterion; lower is better.
    """

    weight: Values
    mean: Values
    variance: Values
    bic: float

    def log_density(self, points: Values) -> Values:
        """Log of weight x density of each part, shape `(point, part)`."""
        gap = points[:, None, :] - self.mean
        exponent = (gap**2 / self.variance + np.log(2 * np.pi * self.variance)).sum(axis=-1)
        density: Values = np.log(self.weight) - 0.5 * exponent
        return density

    def likely(self, points: Values) -> Indices:
        """The likeliest part of each point."""
        part: Indices = self.log_density(points).argmax(axis=1)
        return part


def _importance(mixture: Mixture) -> Values:
    """Features weigh by how far apart the parts lie on them; all of them rise with serious use."""
    importance: Values = np.ptp(mixture.mean, axis=0) / np.sqrt(mixture.variance.mean(axis=0))
    return importance


def _apart(mixture: Mixture) -> float:
    return float(_importance(mixture).max())


def _direction(points: Values) -> Values:
    """Where points lie on their first principal direction."""
    _, _, directions = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    place: Values = points @ directions[0]
    return place


def _mixture(points: Values, parts: int, start: Values) -> Mixture:
    """Fit by expectation-maximisation from even parts of an order."""
    count, width = points.shape
    rank = np.argsort(np.argsort(start, kind="stable"), kind="stable")
    part = rank * parts // count
    share = np.eye(parts)[part]
    made = Mixture(np.ones(1), np.zeros((1, width)), np.ones((1, width)), np.inf)
    before = -np.inf
    for _ in range(ROUNDS):
        made = _maximised(points, share)
        log = made.log_density(points)
        peak = log.max(axis=1, keepdims=True)
        every = peak[:, 0] + np.log(np.exp(log - peak).sum(axis=1))
        share = np.exp(log - every[:, None])
        total = float(every.sum())
        if total - before < 1e-6 * abs(total):
            break
        before = total
    free = parts * (2 * width + 1) - 1
    return Mixture(made.weight, made.mean, made.variance, free * np.log(count) - 2 * float(every.sum()))


def _maximised(points: Values, share: Values) -> Mixture:
    weight = share.sum(axis=0) + 1e-9
    mean = (share.T @ points) / weight[:, None]
    variance = (share.T @ points**2) / weight[:, None] - mean**2
    return Mixture(weight / weight.sum(), mean, np.maximum(variance, 0.02), np.inf)
