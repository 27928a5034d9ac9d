"""Cases: forecasts that would have been made at earlier dates of a history, and what came of them."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast import seasonal
from pertoken.forecast.dressed import Cases
from pertoken.forecast.origins import after, origins
from pertoken.forecast.panel import Indices
from pertoken.forecast.pooled import BOUNDS, Law, blend, features, mean_law, spread_law, traits
from pertoken.forecast.standing import half_lives, often, standing, typical
from pertoken.forecast.theta import theta

LEARNT = 3000
"""Cases that errors are learnt from; more are thinned evenly over sizes."""

JUDGED = 1200
"""Cases that experts are judged by."""

FLOOR = 0.1
"""Least share of the pooled mean in every other point forecast, so that none is zero; of who came lately, their
newness: a first period is seldom like those that follow."""

WORST = 400.0
"""The largest squared relative error that counts."""

UNTRIED, TRIALS = 0.8, 9
"""Errors where no earlier date could be tried: the standard deviation of their log, a guess that is meant to be wide;
how many stand for them."""

SIMPLE = ("recent", "cycle", "steady", "theta")
"""Point forecasts beside the pooled mean: the shortest half-life, the last cycle, the whole history, a damped trend."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Point forecasts of customers at a date.

    Args:
        like: Who they are and what they are like.
        points: Forecasts by name, each `(case,)`. [unit]
        reference: What is expected before anything is learnt. [unit]
        actual: What came; zeros for the date from which is forecast. [unit]
        active: Share of periods with use, drawn to that of all where periods are few.
        newness: How much less is known of each than of who was watched the longest: 1/n - 1/N with n periods of N.
    """

    like: Cases
    points: dict[str, Values]
    reference: Values
    actual: Values
    active: Values
    newness: Values


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """All that was learnt from earlier dates.

    Args:
        cases: Earlier forecasts.
        now: Forecasts from the last period.
        learnt: Rows of the cases that errors are learnt from.
        judged: Rows of the cases that experts are judged by.
        horizon: Periods ahead that are asked for.
        ahead: Periods ahead that earlier forecasts are judged over.
        periods: Of the history.
        dates: Periods known at each earlier date; none where nobody was there by then.
    """

    cases: Told
    now: Told
    learnt: Indices
    judged: Indices
    horizon: int
    ahead: int
    periods: int
    dates: tuple[int, ...]

    @property
    def apart(self) -> float:
        """How many of the earlier dates don't overlap."""
        return max(self.periods / self.ahead - 1, 1.0)

    @property
    def told_at(self) -> tuple[int, ...]:
        """Periods known at the date of each origin of cases: those of now where no earlier date could be tried."""
        return self.dates or (self.periods,)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """What the laws are fitted to, one row for a customer at a date."""

    x: Values
    like: Values
    reference: Values
    actual: Values
    levels: Values
    active: Values
    newness: Values
    who: Indices
    origin: Indices


def past(value: Values, since: Indices, horizon: int, season: int, came: Values | None = None) -> Past:
    """Forecast from earlier dates and from now.

    Args:
        value: Usage, shape `(customer, period)`; NaN for what was not watched.
        since: First period of each customer.
        horizon: Periods ahead.
        season: Periods of a cycle.
        came: The same with spikes, by which forecasts are judged; `value` if None.
    """
    periods = value.shape[1]
    dates, ahead = origins(periods, horizon, season)
    usual, half = typical(value), half_lives(season, periods)

    def rows(date: int, over: int, number: int) -> _Rows:
        return _rows(
            (value, value if came is None else came), since, (date, over, number), season=season, half=half, usual=usual
        )

    then = _joined([rows(date, ahead, number) for number, date in enumerate(dates)] or [rows(periods, ahead, 0)])
    if not dates or not len(then.who):
        dates, then = (), _untried(rows(periods, ahead, 0))
    regular = float((then.like[:, 0] > np.log(0.5)).mean())
    law = mean_law(then.x, then.reference, then.actual, max(periods / ahead - 1, 1.0), regular)
    mean = _mean(law, then)
    spread = spread_law(then.like, np.minimum((then.actual / mean - 1) ** 2, WORST), np.sqrt(mean / np.median(mean)))
    by_size = np.lexsort((then.reference, then.origin))
    return Past(
        _told(then, law, spread, usual * ahead),
        _told(rows(periods, horizon, -1), law, spread, usual * horizon),
        np.sort(by_size[:: -(-len(by_size) // LEARNT)]),
        by_size[:: -(-len(by_size) // JUDGED)],
        horizon,
        ahead,
        periods,
        dates,
    )


def _untried(rows: _Rows) -> _Rows:
    """Say what errors are believed in where no earlier date could be tried: log-normal ones, evenly spread."""
    from scipy.special import ndtri  # noqa: PLC0415  seldom, and slow to load

    ratio = np.exp(UNTRIED * ndtri((np.arange(TRIALS) + 0.5) / TRIALS))
    many = {name: np.concatenate([getattr(rows, name)] * TRIALS) for name in _Rows.__slots__}
    return _Rows(**many | {"actual": many["reference"] * np.repeat(ratio, len(rows.who))})


def _rows(
    values: tuple[Values, Values],
    since: Indices,
    when: tuple[int, int, int],
    *,
    season: int,
    half: Values,
    usual: float,
) -> _Rows:
    """Describe customers at a date, and say what came after it."""
    (value, came), (date, over, number) = values, when
    known = value[:, :date]
    factors = seasonal.profile(known, season)
    plain = seasonal.without(known, factors)
    here = standing(plain, half, season, usual)
    newness = 1 / np.maximum(here.seen, 1.0)
    newness -= newness.min(initial=1.0)
    worth = seasonal.ahead(factors, date, over)
    actual = after(came, date, over) if date < value.shape[1] else np.zeros(len(value))
    rows = np.flatnonzero((since < date) & ~np.isnan(actual))
    trend = theta(plain, max(season, 2) / 4, over)
    levels = np.column_stack([here.levels[0], here.levels[-1], here.base, trend]) * worth[:, None]
    return _Rows(
        features(here, usual)[rows],
        traits(here, usual)[rows],
        (blend(here) * worth)[rows],
        actual[rows],
        levels[rows],
        often(here)[rows],
        newness[rows],
        rows,
        np.full(len(rows), number),
    )


def _joined(parts: list[_Rows]) -> _Rows:
    return _Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in _Rows.__slots__))


def _mean(law: Law, rows: _Rows) -> Values:
    mean: Values = rows.reference * np.exp(np.clip(law.log(rows.x), *BOUNDS))
    return mean


def _told(rows: _Rows, law: Law, spread: Law, usual: float) -> Told:
    mean = _mean(law, rows)
    like = np.column_stack([spread.log(rows.like), rows.like[:, 0], 0.4 * np.log(mean / usual)])
    points, pooled = {"pooled": mean}, np.maximum(rows.newness, FLOOR)
    for name, each in zip(SIMPLE, rows.levels.T, strict=True):
        points[name] = (1 - pooled) * each + pooled * mean
    return Told(Cases(rows.who, rows.origin, like), points, rows.reference, rows.actual, rows.active, rows.newness)
