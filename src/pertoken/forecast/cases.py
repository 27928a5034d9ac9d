"""Cases: forecasts that would have been made at earlier dates of a history, and what came of them."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast import seasonal
from pertoken.forecast.dressed import Cases
from pertoken.forecast.origins import after, origins
from pertoken.forecast.panel import Indices
from pertoken.forecast.pooled import BOUNDS, blend, features, mean_law, spread_law, traits
from pertoken.forecast.standing import half_lives, standing, typical

LEARNT = 3000
"""Cases that errors are learnt from; more are thinned evenly over sizes."""

JUDGED = 1200
"""Cases that experts are judged by."""

FLOOR = 0.1
"""Share of the pooled mean in every other point forecast, so that none is zero."""

WORST = 400.0
"""The largest squared relative error that counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Point forecasts of customers at a date.

    Args:
        like: Who they are and what they are like.
        points: Forecasts by name, each `(case,)`. [unit]
        reference: What is expected before anything is learnt. [unit]
        actual: What came; empty for the date from which is forecast. [unit]
        active: Share of periods with use.
    """

    like: Cases
    points: dict[str, Values]
    reference: Values
    actual: Values
    active: Values


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
        dates: Periods known at each earlier date.
    """

    cases: Told
    now: Told
    learnt: Indices
    judged: Indices
    horizon: int
    ahead: int
    periods: int
    dates: tuple[int, ...]


def past(value: Values, since: Indices, horizon: int, season: int) -> Past:
    """Forecast from earlier dates and from now.

    Args:
        value: Shape `(customer, period)`.
        since: First period of each customer.
        horizon: Periods ahead.
        season: Periods of a cycle.
    """
    periods = value.shape[1]
    dates, ahead = origins(periods, horizon, season)
    usual, half = typical(value), half_lives(season, periods)
    parts = [_at(value, since, date, ahead, season, half, usual) for date in dates]
    x, x_like, reference, actual, levels = (np.concatenate([part[k] for part in parts]) for k in range(5))
    who = np.concatenate([part[5] for part in parts])
    origin = np.repeat(np.arange(len(parts)), [len(part[5]) for part in parts])
    law = mean_law(x, reference, actual, origin)
    mean = reference * np.exp(np.clip(law.log(x), *BOUNDS))
    squared = np.minimum((actual / mean - 1) ** 2, WORST)
    spread = spread_law(x_like, squared, np.sqrt(mean / np.median(mean)))
    end = _at(value, since, periods, horizon, season, half, usual)
    then = _told(x, x_like, reference, levels, who, origin, law, spread, actual, usual * ahead)
    now = _told(
        end[0], end[1], end[2], end[4], end[5], np.full(len(value), -1), law, spread, np.empty(0), usual * horizon
    )
    by_size = np.lexsort((reference, origin))
    learnt = np.sort(by_size[:: max(1, -(-len(who) // LEARNT))])
    return Past(then, now, learnt, by_size[:: max(1, -(-len(who) // JUDGED))], horizon, ahead, periods, dates)


def _at(value, since, date, ahead, season, half, usual):
    known = value[:, :date]
    factors = seasonal.profile(known, season)
    here = standing(seasonal.without(known, factors), half, season, usual)
    worth = seasonal.ahead(factors, date, ahead)
    actual = after(value, date, ahead) if date < value.shape[1] else np.zeros(len(value))
    rows = np.flatnonzero((since < date) & ~np.isnan(actual))
    levels = np.column_stack([here.levels[0], here.levels[-1], here.base]) * worth[:, None]
    return (
        features(here, usual)[rows],
        traits(here, usual)[rows],
        (blend(here) * worth)[rows],
        actual[rows],
        levels[rows],
        rows,
    )


def _told(x, x_like, reference, levels, who, origin, law, spread, actual, usual):
    mean = reference * np.exp(np.clip(law.log(x), *BOUNDS))
    width = 0.5 * spread.log(x_like)
    like = np.column_stack([2 * width, x_like[:, 0], 0.4 * np.log(mean / usual)])
    points = {"pooled": mean}
    for name, each in zip(("recent", "cycle", "steady"), levels.T, strict=True):
        points[name] = (1 - FLOOR) * each + FLOOR * mean
    return Told(Cases(who, origin, like), points, reference, actual, np.exp(x_like[:, 0]))
