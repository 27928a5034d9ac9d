"""Quantiles of a gradient-boosted model of all customers, as an expert beside our own; LightGBM is an extra.

For thousands of customers and a year of history: what one customer has shown, it expects of others who are alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.coupling import Persistence, normals, paths_of, persistence
from pertoken.forecast.expert import Expert, History
from pertoken.forecast.features import RECENT, Table, features
from pertoken.forecast.panel import Indices
from pertoken.forecast.peers import seasonal_naive

SHARES = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
"""Quantiles that are learnt, one model each."""

LEAST_ROWS = 2_000
"""Customers x periods, beyond four seasons and a horizon, below which there is too little to learn from."""

HIGHEST = 3.0
"""How far a quantile may lie above all that a customer ever used."""

DATES = 16
"""Earlier dates to learn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosting:
    """How much is learnt.

    Args:
        trees: Of each quantile's model.
        leaves: Of each tree.
        rate: Step of each tree.
        rows: The most rows to learn from; others are left out at random.
        threads: Cores; the same bits come out for any number.
    """

    trees: int = 80
    leaves: int = 31
    rate: float = 0.1
    rows: int = 60_000
    threads: int = 1


USUAL = Boosting()
"""As it is learnt where nobody says otherwise."""


Learn = Callable[[Table, np.random.Generator], Sequence[Any]]
"""Learn a model of each quantile from a table."""


def lightgbm_expert(how: Boosting = USUAL) -> Expert:
    """Make an expert of quantile models of all customers, coupled over time as their errors have been.

    Quantiles are sorted, never negative, and at most three times what a customer ever used. Where there is too little
    to learn from, as at the earliest dates of a trial, it draws the last season again as `seasonal_naive` does.

    Raises:
        InputError: The package is not installed.
    """
    learn = partial(_learnt, _package(), how)

    def expert(history: History, horizon: int, draws: int, rng: np.random.Generator, /) -> Values:
        dates = _dates(history, horizon)
        if not len(dates):
            return seasonal_naive(history, horizon, draws, rng)
        stays = _persistence(learn, history, dates, horizon, rng)
        models = learn(_examples(history, dates, horizon), rng)
        quantiles = _quantiles(models, features(history, history.value.shape[1], horizon), len(history))
        quantiles = np.minimum(quantiles, HIGHEST * _most(history)[:, None])
        return paths_of(quantiles, SHARES, normals(stays, (draws, *quantiles.shape[1:]), rng))

    return expert


def _persistence(learn: Learn, history: History, dates: Indices, horizon: int, rng: np.random.Generator) -> Persistence:
    """Measure how errors hang together at the last date, by models that knew nothing of what came after it."""
    before = dates[dates <= dates[-1] - horizon]
    models = learn(_examples(history, before if len(before) else dates[:1], horizon), rng)
    then = features(history, int(dates[-1]), horizon)
    actual = (then.target * then.scale).reshape(len(history), horizon)
    return persistence(_scores(_quantiles(models, then, len(history)), actual, rng))


def _package() -> Any:  # noqa: ANN401  published without types
    try:
        import lightgbm  # noqa: PLC0415  a second, and an extra
    except ImportError as error:
        raise InputError("LightGBM is not installed; it is an extra: pip install 'pertoken[lightgbm]'") from error
    return lightgbm


def _dates(history: History, horizon: int) -> Indices:
    """Choose earlier dates to learn from, whole seasons back from the last with a horizon after it; none if too few."""
    last = history.value.shape[1] - horizon
    first = RECENT * history.season
    if len(history) * (last - first) < LEAST_ROWS:
        return np.zeros(0, dtype=np.int64)
    back = np.arange(last, first - 1, -history.season)
    kept = back[np.unique(np.linspace(0, len(back) - 1, DATES).astype(int))]
    return np.sort(kept)


def _examples(history: History, dates: Indices, horizon: int) -> Table:
    """Gather what was known at each date and what came, of customers who were there."""
    rows, scale, target = [], [], []
    for date in dates:
        then = features(history, int(date), horizon)
        here = np.repeat(history.since < date, horizon) & np.isfinite(then.target)
        rows.append(then.rows[here])
        scale.append(then.scale[here])
        target.append(then.target[here])
    return Table(np.concatenate(rows), np.concatenate(scale), np.concatenate(target))


def _learnt(boosted: Any, how: Boosting, known: Table, rng: np.random.Generator) -> Sequence[Any]:  # noqa: ANN401
    """Learn one model for each quantile."""
    count = len(known.target)
    some = rng.choice(count, how.rows, replace=False) if count > how.rows else np.arange(count)
    said = {
        "objective": "quantile", "num_leaves": how.leaves, "learning_rate": how.rate, "min_data_in_leaf": 40,
        "deterministic": True, "force_row_wise": True, "num_threads": how.threads, "verbosity": -1,
        "seed": int(rng.integers(2**31)),
    }  # fmt: skip
    rows = boosted.Dataset(known.rows[some], known.target[some], params={"verbosity": -1}, free_raw_data=False)
    return [boosted.train(said | {"alpha": float(share)}, rows, num_boost_round=how.trees) for share in SHARES]


def _quantiles(models: Sequence[Any], asked: Table, customers: int) -> Values:
    """Forecast the quantiles of each customer and period, shape `(share, customer, period)`."""
    found = np.array([model.predict(asked.rows) for model in models]) * asked.scale
    quantiles: Values = np.maximum(np.sort(found, axis=0), 0.0).reshape(len(models), customers, -1)
    return quantiles


def _scores(quantiles: Values, actual: Values, rng: np.random.Generator) -> Values:
    """Normal scores of what came among the quantiles; at random between those that it equals."""
    from scipy.special import ndtri  # noqa: PLC0415  loaded by those who draw

    edges = np.concatenate([[0.0], SHARES, [1.0]])
    below, upto = (quantiles < actual).sum(axis=0), (quantiles <= actual).sum(axis=0)
    low, high = edges[below], edges[np.minimum(upto + 1, len(edges) - 1)]
    scores: Values = ndtri(np.clip(low + (high - low) * rng.random(actual.shape), 1e-3, 1 - 1e-3))
    return np.where(np.isfinite(actual), scores, np.nan)


def _most(history: History) -> Values:
    known = np.where(np.isfinite(history.value), history.value, 0.0)
    most: Values = known.max(axis=1)
    return most
