"""Peers: the plain forecasts that ours has to beat, each customer on their own as most tools do it.

Each is an `Expert` in plain arrays, without a loop over customers. Their totals are sums of independent customers.
"""

from types import MappingProxyType

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.expert import Expert, History
from pertoken.forecast.panel import Panel
from pertoken.forecast.predicted import Predicted
from pertoken.forecast.rolling import Forecaster

CELLS = 8_000_000
"""Numbers of paths that are held at once."""


def seasonal_naive(history: History, horizon: int, draws: int, rng: np.random.Generator, /) -> Values:
    """The last season again; its errors add up from season to season, normal with what they were before.

    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., sections 5.2 and 5.5. A history
    shorter than two seasons repeats its last period.
    """
    value = filled(history.value)
    count = value.shape[1]
    season = history.season if count >= 2 * history.season else 1
    last = value[:, -season:]
    watched = np.isfinite(history.value)
    steps = (value[:, season:] - value[:, :-season])[None]
    both = (watched[:, season:] & watched[:, :-season])[None]
    error = _deviation(steps, both)[0]
    seasons = -(-horizon // season)
    moves = rng.standard_normal((draws, len(value), seasons, season)) * error[None, :, None, None]
    paths = last[None, :, None, :] + np.cumsum(moves, axis=2)
    return _positive(paths.reshape(draws, len(value), seasons * season)[:, :, :horizon])


def historic_average(history: History, horizon: int, draws: int, rng: np.random.Generator, /) -> Values:
    """The mean of the history; normal, the mean's own error in all periods of a path.

    Source: as `seasonal_naive`.
    """
    watched = np.isfinite(history.value)
    count = np.maximum(watched.sum(axis=1), 1)
    middle = np.where(watched, history.value, 0.0).sum(axis=1) / count
    error = _deviation((history.value - middle[:, None])[None], watched[None])[0]
    level = middle + error / np.sqrt(count) * rng.standard_normal((draws, len(middle)))
    noise = error[:, None] * rng.standard_normal((draws, len(middle), horizon))
    return _positive(level[:, :, None] + noise)


def lognormal(history: History, horizon: int, draws: int, rng: np.random.Generator, /) -> Values:
    """Idle periods as often as before, the others log-normal as before, each period on its own."""
    watched = np.isfinite(history.value)
    active = watched & (np.where(watched, history.value, 0.0) > 0)
    logs = np.log(np.where(active, history.value, 1.0))
    count = active.sum(axis=1)
    middle = np.where(active, logs, 0.0).sum(axis=1) / np.maximum(count, 1)
    error = _deviation((logs - middle[:, None])[None], active[None])[0]
    busy = count / np.maximum(watched.sum(axis=1), 1)
    shape = (draws, len(middle), horizon)
    size = np.exp(middle[:, None] + error[:, None] * rng.standard_normal(shape))
    return np.where(rng.random(shape) < busy[:, None], size, 0.0)


def smoothed(history: History, horizon: int, draws: int, rng: np.random.Generator, /) -> Values:
    """Simple exponential smoothing, its factor the best of nine for each customer; normal, errors carried on.

    Source: Hyndman, Koehler, Ord and Snyder 2008, Forecasting with Exponential Smoothing, section 6: additive errors.
    """
    level, spread, factor = smoothed_level(history.value)
    moves = spread[:, None] * rng.standard_normal((draws, len(level), horizon))
    before = np.cumsum(moves, axis=2) - moves
    return _positive(level[:, None] + factor[:, None] * before + moves)


def smoothed_level(history: Values) -> tuple[Values, Values, Values]:
    """Smooth histories, each with the factor that had the smallest errors.

    Args:
        history: Usage, shape `(customer, period)`; NaN for what was not watched.

    Returns:
        Level, standard deviation of the errors of a period ahead, and factor, each `(customer,)`.
    """
    value, watched = filled(history), np.isfinite(history)
    factors = np.arange(1, 10) / 10
    level = np.repeat(value[None, :, 0], len(factors), axis=0)
    errors = np.zeros((len(factors), *value.shape))
    for t in range(1, value.shape[1]):
        errors[:, :, t] = np.where(watched[:, t], value[:, t] - level, 0.0)
        level = level + factors[:, None] * errors[:, :, t]
    spread = _deviation(errors[:, :, 1:], np.broadcast_to(watched[:, 1:], errors[:, :, 1:].shape))
    best = np.argmin(spread, axis=0)
    at = np.arange(len(value))
    return level[best, at], spread[best, at], factors[best]


PEERS = MappingProxyType(
    {
        "seasonal-naive": seasonal_naive,
        "historic-average": historic_average,
        "lognormal": lognormal,
        "smoothed": smoothed,
    }
)
"""The peers that need nothing else installed."""


def alone(expert: Expert, name: str = "") -> Forecaster:
    """Make a forecaster of an expert: totals over the horizon, customers independent of each other.

    Args:
        expert: Draws paths.
        name: What its weight is called in the result.
    """

    def forecaster(panel: Panel, horizon: int, draws: int, seed: int) -> Predicted:
        value, rng = panel.value, np.random.default_rng(seed)
        step = max(CELLS // (draws * horizon), 1)
        parts = [
            expert(_history(panel, value, slice(i, i + step)), horizon, draws, rng).sum(axis=2)
            for i in range(0, len(value), step)
        ]
        samples = np.concatenate(parts, axis=1)
        return Predicted(panel.customers, horizon, samples, samples.sum(axis=1), weights={name: 1.0} if name else {})

    return forecaster


def averaged(forecasters: dict[str, Forecaster]) -> Forecaster:
    """Make a forecaster that averages the quantiles of others: each sample is the mean of their samples of its rank.

    Source: Lichtendahl, Grushka-Cockayne and Winkler 2013, doi:10.1287/mnsc.1120.1667.

    Args:
        forecasters: By name, each counts the same.
    """
    if not forecasters:
        raise InputError("no forecasters to average; expected one at least")

    def forecaster(panel: Panel, horizon: int, draws: int, seed: int) -> Predicted:
        made = [each(panel, horizon, draws, seed) for each in forecasters.values()]
        ranked = np.mean([np.sort(each.samples, axis=0) for each in made], axis=0)
        order = np.argsort(np.random.default_rng(seed).random(ranked.shape), axis=0)
        samples = np.take_along_axis(ranked, order, axis=0)
        share = 1 / len(made)
        return Predicted(
            panel.customers, horizon, samples, samples.sum(axis=1), weights=dict.fromkeys(forecasters, share)
        )

    return forecaster


def _history(panel: Panel, value: Values, rows: slice) -> History:
    size = len(value[rows])
    return History(value[rows], panel.since[rows], panel.season, np.zeros(size, dtype=np.int64))


def filled(value: Values) -> Values:
    """Put the last number watched where none was, and the first one before it; zero for who was never watched."""
    watched = np.isfinite(value)
    at = np.where(watched, np.arange(value.shape[1]), -1)
    last = np.maximum.accumulate(at, axis=1)
    first = np.argmax(watched, axis=1)[:, None]
    filled = np.take_along_axis(value, np.where(last < 0, first, last), axis=1)
    return np.where(np.isfinite(filled), filled, 0.0)


def _deviation(errors: Values, counted: Values) -> Values:
    """Root of the mean square of errors over their last axis, one degree of freedom for what was fitted."""
    squares = np.where(counted, errors, 0.0) ** 2
    freedom = np.maximum(counted.sum(axis=-1) - 1, 1)
    deviation: Values = np.sqrt(squares.sum(axis=-1) / freedom)
    return deviation


def _positive(paths: Values) -> Values:
    """Clip at zero, as users of such paths do."""
    return np.maximum(paths, 0.0, out=paths)
