"""Aggregate: what the sum of a segment says of itself, as one series, beside what its customers add up to.

The series is chained back from today's customers: where some came, what was before is scaled by what they added over a
cycle, so that a segment does not seem to grow because customers joined it.
"""

import numpy as np

from pertoken.core.money import Values
from pertoken.core.special import normal_scores
from pertoken.forecast.blended import lost
from pertoken.forecast.cases import Past
from pertoken.forecast.coupled import at_shares
from pertoken.forecast.dressed import SHARES
from pertoken.forecast.mixed import ALONE
from pertoken.forecast.panel import Indices
from pertoken.forecast.segments import Split
from pertoken.forecast.smoothing import smoothing
from pertoken.forecast.totals import mean_of
from pertoken.forecast.trending import trending
from pertoken.forecast.tried import Watched

BEFORE = 0.15
"""Weight of the sum's own series before any was tried; half as much and twice as much lost more."""

MOST = 3.0
"""The most that losses of one are taken to be of those of the other."""


def chained(value: Values, since: Indices, season: int) -> Values:
    """Sum of some customers as it would have been with all who are there today, shape `(period,)`; NaN before any came.

    Args:
        value: Usage, shape `(customer, period)`; NaN for what was not watched.
        since: First period of each.
        season: Periods of a cycle.

    >>> chained(np.array([[4.0, 4.0, 5.0], [np.nan, 2.0, 3.0]]), np.array([0, 1]), 1).tolist()  # 4 with the other is 6
    [6.0, 6.0, 8.0]
    """
    value, series, factor = _whole(value, since), np.full(value.shape[1], np.nan), 1.0
    for t in range(value.shape[1] - 1, int(since.min()) - 1, -1):
        there = since <= t
        if not np.isnan(value[there, t]).all():
            series[t] = factor * np.nansum(value[there, t])
        if (since == t).any():
            cycle = slice(t, t + max(season, 1))
            rest = np.nansum(value[since < t, cycle])
            factor *= np.nansum(value[there, cycle]) / rest if rest > 0 else 1.0
    return series


def _whole(value: Values, since: Indices) -> Values:
    """Take those who were not watched in a period to have used of their usual what the others did of theirs."""
    watched = ~np.isnan(value)
    usual = np.nansum(value, axis=1) / np.maximum(watched.sum(axis=1), 1)
    level = np.nansum(value, axis=0) / np.maximum(usual @ watched, 1e-300)
    missing = ~watched & (np.arange(value.shape[1]) >= since[:, None]) & watched.any(axis=0)
    return np.where(missing, usual[:, None] * level, value)


def foretold(value: Values, since: Indices, codes: Indices, seen: Watched, horizon: int) -> Values:
    """Say what each segment's own series says of its sum, shape `(share, segment)`.

    Args:
        value: Usage until now, shape `(customer, period)`.
        since: First period of each.
        codes: Segment of each; each code stands on some.
        seen: For the cycle, and whether growth is expected.
        horizon: Periods ahead.
    """
    rows = [np.flatnonzero(codes == code) for code in range(int(codes.max()) + 1)]
    series = np.stack([chained(value[mine], since[mine], seen.season) for mine in rows])
    own = smoothing(series, seen.season, horizon, SHARES, growing=seen.growing)
    return ALONE["own"] * own + ALONE["trend"] * trending(series, seen.season, horizon, SHARES, growing=seen.growing)


def weight_of(before: Past, then: Values, split: Split, seen: Watched, spread: float) -> float:
    """Weigh segments' own series against what customers add up to, by what both lost at earlier dates.

    Args:
        before: Earlier forecasts.
        then: Quantiles of judged cases, shape `(share, case)`; NaN where too few spoke of one.
        split: Segments of judged cases.
        seen: What is looked at.
        spread: Standard deviation of the log of a segment's sum around what customers add up to.
    """
    judged, actual = before.cases.like.pick(before.judged), before.cases.actual[before.judged]
    mean, losses = mean_of(then, SHARES), np.zeros(2)
    for number, date in enumerate(before.dates):
        here = np.flatnonzero((judged.origin == number) & np.isfinite(mean))
        code, place = np.unique(split.then[here], return_inverse=True)
        if len(code):
            who, came = judged.customer[here], np.bincount(place, actual[here])
            own = foretold(seen.value[who, :date], seen.since[who], place, seen, before.ahead)
            added = lognormal(np.bincount(place, mean[here]), spread)
            size = 1 / np.sqrt(np.maximum(np.bincount(place, before.cases.reference[before.judged][here]), 1e-300))
            losses += [float(size @ lost(each, SHARES, came)) for each in (added, own)]
    ratio = losses[0] / losses[1] if losses[1] > 0 else 1.0
    odds = BEFORE / (1 - BEFORE) * float(np.clip(ratio, 1 / MOST, MOST)) ** np.sqrt(before.apart)
    return float(odds / (1 + odds))


def lognormal(mean: Values, spread: float) -> Values:
    """Quantiles of log-normal sums, shape `(share, sum)`."""
    told: Values = mean * np.exp(spread * normal_scores(SHARES)[:, None] - spread**2 / 2)
    return told


def joined(sums: Values, told: Values, weight: float) -> Values:
    """Average samples with quantiles, each sample with the quantile of its rank, shape `(draw, segment)`.

    Args:
        sums: Samples, shape `(draw, segment)`.
        told: Quantiles, shape `(share, segment)`.
        weight: Of these, 0 to 1.
    """
    draws = len(sums)
    even = at_shares(told, SHARES, (np.arange(draws) + 0.5) / draws)
    rank = np.argsort(np.argsort(sums, axis=0, kind="stable"), axis=0, kind="stable")
    made: Values = (1 - weight) * sums + weight * np.take_along_axis(even, rank, axis=0)
    return made
