"""Growth: how fast customers who are there grow, how sure that is, and how much all of them swing together.

Growth of those who are there and arrivals of new ones are told apart and carried on apart. What the history is too
short to say comes from a stated prior, and gives way to the history as windows of 28 days come in.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.core.period import begins
from pertoken.forecast.panel import Panel

DAYS = 30.4375
"""Days of a month of mean length."""

WINDOW = 28
"""Days of a window: four whole weeks, so that no month length or weekday is taken for growth."""

TREND = 13
"""Weeks at most from which growth is read."""

BOOTSTRAPS = 200
FEWEST = 3
"""Weeks, customers and windows below which nothing is read from them."""
FEWEST_DAYS = 21
"""Days from which a pattern of the week is believed."""
SHORTEST = 28
"""Days of the shortest month."""
FULL_YEARS = 24
"""Months from which a pattern of the year is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthPrior:
    """What is believed of growth before the history speaks. Standard deviations are of logs.

    The shared swings are those of a public panel of telecom customers; growth is damped with a half-life of 8 to 13
    weeks, as short panels of consumption ask for; that it is damped is a guess as well, so its error lasts longer.

    Args:
        rate: Expected growth of those who are there. [log / month]
        spread: How unsure that is; it gives way to the history.
        turn: How much a rate turns from what it was, however long the history. [log / month]
        half_life: Weeks in which growth halves.
        error_half_life: Weeks in which its error halves.
        shock: Shared swing of a month.
        shock_stays: How much of a swing is still there a month later.
        segment_shock: The same of a segment apart.
        windows: Windows of 28 days that the prior of the swings counts for.
    """

    rate: float = 0.01
    spread: float = 0.08
    turn: float = 0.03
    half_life: float = 10.5
    error_half_life: float = 21.0
    shock: float = 0.055
    shock_stays: float = 0.5
    segment_shock: float = 0.04
    windows: float = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """What the history and the prior say together.

    Args:
        rate: Of each segment, shape `(segment,)`. [log / month]
        error: Standard deviation of the rate, shape `(segment,)`.
        damping: Factor from month to month.
        lasting: The same of the error.
        shock: Shared swing of a month.
        shock_stays: How much of it is left a month later.
        segment_shock: Swing of each segment apart.
        season: Log of each calendar month's factor, January first, shape `(12,)`; zeros where nothing is known.
        weekday: Factor of each day of the week, Monday first, shape `(7,)`; mean 1.
        data_share: How much of the rate the history says, not the prior, shape `(segment,)`.
    """

    rate: Values
    error: Values
    damping: float
    lasting: float
    shock: float
    shock_stays: float
    segment_shock: float
    season: Values
    weekday: Values
    data_share: Values


def grown(panel: Panel, segment: Key, *, prior: GrowthPrior, rng: np.random.Generator, more: float = 1.0) -> Growth:
    """Estimate growth and shared swings.

    Args:
        panel: One cell for all usage, by day.
        segment: Of each customer, shape `(customer,)`.
        prior: What is believed before.
        rng: For the bootstrap over customers.
        more: Reckon the error as if the history were so many times as long; what is expected stays.
    """
    rates, errors, shares = [], [], []
    swings = _swings(panel)
    for code in range(len(segment.labels)):
        rate, error = _trend(panel.pick(np.flatnonzero(segment.codes == code)), rng)
        weight, later = (prior.spread**2 / (prior.spread**2 + each**2) for each in (error, error / more**1.5))
        rates.append(prior.rate + weight * (rate - prior.rate))
        errors.append(float(np.sqrt(prior.spread**2 * (1 - later) + prior.turn**2)))
        shares.append(weight)
    count = max(len(swings) - 1, 0) * more
    found = float(np.std(swings, ddof=1)) if len(swings) > 1 else prior.shock
    shock = float(np.sqrt((prior.windows * prior.shock**2 + count * found**2) / (prior.windows + count)))
    damping, lasting = (float(0.5 ** (DAYS / 7 / weeks)) for weeks in (prior.half_life, prior.error_half_life))
    return Growth(
        np.array(rates), np.array(errors), damping, lasting, shock, prior.shock_stays, prior.segment_shock,
        _season(panel), weekdays(panel), np.array(shares),
    )  # fmt: skip


def _trend(panel: Panel, rng: np.random.Generator) -> tuple[float, float]:
    """Read growth a month from weekly totals of those who were there throughout; an error without end if none can be.

    The error adds what a bootstrap over customers says (who happens to be there) and what the residuals say (which
    weeks happen to be there).
    """
    weeks = _weeks(panel)
    if weeks.shape[1] < FEWEST or not len(weeks):
        return 0.0, np.inf
    here = weeks[(weeks[:, 0] > 0) & (weeks[:, -1] > 0)]
    if len(here) < FEWEST:
        return 0.0, np.inf
    total = here.sum(axis=0)
    if not total.all():  # a week in which none of them worked
        return 0.0, np.inf
    slope, residual = _line(np.log(total))
    drawn = rng.multinomial(len(here), np.full(len(here), 1 / len(here)), size=BOOTSTRAPS)
    slopes = _line(np.log(np.maximum(drawn @ here, total.min() * 1e-6)))[0]
    size = weeks.shape[1]
    noise = residual**2 * 12 / (size**3 - size)
    month = DAYS / 7
    return float(slope * month), float(month * np.sqrt(np.var(slopes) + noise))


def _weeks(panel: Panel) -> Values:
    """Add days up by whole weeks that end with the last day, `TREND` at most; those who came later are left out."""
    weeks, seen = by_window(panel.value[:, -7 * TREND :], 7)
    kept: Values = weeks[seen.all(axis=1)]
    return kept


def by_window(value: Values, length: int) -> tuple[Values, NDArray[np.bool_]]:
    """Add days up by whole windows that end with the last day; days not watched are taken to be like the others.

    Args:
        value: By day, shape `(customer, day)`; NaN for what was not watched.
        length: Days of a window.

    Returns:
        Totals, 0 where no day was watched, and where any was, both shape `(customer, window)`.

    >>> by_window(np.array([[9.0, np.nan, 2.0, 3.0, 5.0]]), 2)[0].tolist()
    [[4.0, 8.0]]
    """
    count = value.shape[1] // length
    days = value[:, value.shape[1] - length * count :].reshape(len(value), count, length)
    seen = ~np.isnan(days)
    mean = np.where(seen, days, 0.0).sum(axis=2) / np.maximum(seen.sum(axis=2), 1)
    return length * mean, np.asarray(seen.any(axis=2))


def _line(log: Values) -> tuple[Values, Values]:
    """Slope a step and standard deviation of the residuals of straight lines, over the last axis."""
    size = log.shape[-1]
    x = np.arange(size) - (size - 1) / 2
    slope = (log @ x) / (x @ x)
    rest = log - log.mean(axis=-1, keepdims=True) - slope[..., None] * x
    return slope, np.sqrt((rest**2).sum(axis=-1) / max(size - 2, 1))


def _swings(panel: Panel) -> Values:
    """Swings of windows of 28 days: second differences of the log of the total of those who were there in all three."""
    windows, _ = by_window(panel.value, WINDOW)
    count = windows.shape[1]
    found = []
    for at in range(count - 2):
        three = windows[:, at : at + 3]
        three = three[(three > 0).all(axis=1)]
        if len(three) >= FEWEST:
            low, middle, high = np.log(three.sum(axis=0))
            found.append((high - 2 * middle + low) / np.sqrt(6))
    return np.array(found)


def weekdays(panel: Panel) -> Values:
    """Factor of each day of the week, Monday first, from three whole weeks on; ones before.

    Each customer counts by the square root of what they use, so that no one customer's week is taken for all.
    """
    days = panel.value.shape[1]
    if panel.grain != "day" or days < FEWEST_DAYS:
        return np.ones(7)
    value = panel.value[:, days - days // 7 * 7 :]
    scale = np.sqrt(np.nansum(value, axis=1, keepdims=True)) + 1e-12
    total = np.nansum(value / scale, axis=0)
    weekday = (begins(panel.periods).astype("datetime64[D]").astype(np.int64) + 3)[-len(total) :] % 7
    watched = ~np.isnan(value).all(axis=0)
    mean = np.array([total[watched & (weekday == day)].sum() for day in range(7)])
    mean /= np.maximum(np.bincount(weekday[watched], minlength=7), 1)
    every = mean.mean()
    factor: Values = mean / every if every > 0 else np.ones(7)
    return factor


def _season(panel: Panel) -> Values:
    """Pattern of the year: ratio of each month to its centred year, shrunk by half a year; zeros below two years."""
    if panel.grain != "day":
        return np.zeros(12)
    month = begins(panel.periods).astype("datetime64[M]")
    labels, place, length = np.unique(month, return_inverse=True, return_counts=True)
    whole = length >= SHORTEST
    if whole.sum() < FULL_YEARS:
        return np.zeros(12)
    there = panel.pick(np.flatnonzero(panel.since == 0))
    if not len(there):
        return np.zeros(12)
    watched = np.bincount(place, ~np.isnan(there.value).all(axis=0))
    total = np.bincount(place, np.nansum(there.value, axis=0)) / np.maximum(watched, 1)
    log = np.log(np.maximum(total, total.max() * 1e-9))
    kernel = np.r_[0.5, np.ones(11), 0.5] / 12
    trend = np.convolve(log, kernel, mode="valid")
    ratio, calendar = log[6:-6] - trend, (labels.astype(np.int64) % 12)[6:-6]
    count = np.bincount(calendar, minlength=12)
    season = np.bincount(calendar, ratio, minlength=12) / (count + 0.5)
    centred: Values = season - season.mean()
    return centred


def ahead(growth: Growth, months: tuple[str, ...], last: np.datetime64) -> tuple[Values, Values]:
    """Expected log factors of each month against 28 days from the end of the history.

    Args:
        growth: What is expected.
        months: Labels of the months ahead.
        last: Last day of the history.

    Returns:
        Damped growth, shape `(segment, month)`; and for everybody who is there the length of the month with its
        weekdays, and the pattern of the year, shape `(month,)`.
    """
    begun = begins(months).astype("datetime64[M]")
    first, over = begun.astype("datetime64[D]"), (begun + 1).astype("datetime64[D]")
    start = last + 1
    centre = ((first - start).astype(np.int64) + (over - start).astype(np.int64)) / 2 - WINDOW / 2
    gone = np.maximum(centre / DAYS, 0.0)
    log = np.log(growth.damping)
    damped = (growth.damping**gone - 1) / log
    length = np.array([_weight(a, b, growth.weekday) for a, b in zip(first, over, strict=True)]) / DAYS
    season = growth.season[begun.astype(np.int64) % 12]
    past = growth.season[int(last.astype("datetime64[M]").astype(np.int64)) % 12]
    return growth.rate[:, None] * damped, np.log(length) + season - past


def _weight(first: np.datetime64, over: np.datetime64, weekday: Values) -> float:
    days = np.arange(first, over).astype(np.int64)
    return float(weekday[(days + 3) % 7].sum())
