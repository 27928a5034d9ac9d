"""Paths of statsforecast's models, as experts beside our own; the package is an extra and imported when asked for."""

import warnings
from inspect import signature
from types import ModuleType
from typing import Any

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.core.money import Values
from pertoken.forecast.expert import Expert, History

SEASONS = 2
"""Whole seasons that a series needs before a model is told of them."""

SHORTEST = 4
"""Periods below which a model is not tried: such a customer is drawn from their own past."""


def statsforecast_expert(model: str) -> Expert:
    """Make an expert of a model of statsforecast, fitted to each customer alone; paths are clipped at zero.

    Customers with less than four periods, with one number all through, and those on whom the model fails are drawn
    from their own past. A model that has no paths, as those for intermittent demand, gives its point forecast as
    each path.

    Args:
        model: Name of a class in `statsforecast.models`, as `AutoETS`, `DynamicOptimizedTheta`, `CrostonSBA`.

    Raises:
        InputError: The package is not installed, or has no such model.
    """
    models = _models()
    if not hasattr(models, model):
        known = [name for name in vars(models) if name[:1].isupper()]
        raise InputError(f"statsforecast has no model {model!r}; {nearest(model, known)}")

    def expert(history: History, horizon: int, draws: int, rng: np.random.Generator, /) -> Values:
        paths = np.empty((draws, len(history), horizon))
        for row in range(len(history)):
            past = _watched(history.value[row, int(history.since[row]) :])
            season = history.season if len(past) >= SEASONS * history.season else 1
            drawn = _paths(getattr(models, model), season, past, (draws, horizon), rng)
            paths[:, row] = _own(past, (draws, horizon), rng) if drawn is None else drawn
        return np.maximum(paths, 0.0, out=paths)

    return expert


def _models() -> ModuleType:
    try:
        from statsforecast import models  # noqa: PLC0415  two seconds, and an extra
    except ImportError as error:
        raise InputError(
            "statsforecast is not installed; its models are an extra: pip install 'pertoken[statsforecast]'"
        ) from error
    return models


def _watched(past: Values) -> Values:
    """Put the last number watched where none was."""
    at = np.maximum.accumulate(np.where(np.isfinite(past), np.arange(len(past)), -1))
    return past[at[at >= 0]].astype(np.float64)


def _paths(model: type, season: int, past: Values, shape: tuple[int, int], rng: np.random.Generator) -> Values | None:
    """Draw paths, shape `(draw, period)`; None where the model can't."""
    if len(past) < SHORTEST or np.ptp(past) == 0:
        return None
    seasonal = "season_length" in signature(model).parameters
    made: Any = model(season_length=season) if seasonal else model()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            drawn = _drawn(made, past, shape, int(rng.integers(2**31)))
        except Exception:  # noqa: BLE001  whatever a model of others raises, the customer is drawn otherwise
            return None
    paths: Values = np.asarray(drawn, dtype=np.float64)
    return paths if np.isfinite(paths).all() else None


def _drawn(model: Any, past: Values, shape: tuple[int, int], seed: int) -> Values:  # noqa: ANN401  a class of others
    """Draw a model's paths, or say its point forecast in each."""
    draws, horizon = shape
    try:
        paths: Values = model.simulate(h=horizon, n_paths=draws, y=past, seed=seed)
    except NotImplementedError:  # of a model without paths
        return np.tile(model.forecast(y=past, h=horizon)["mean"], (draws, 1))
    return paths


def _own(past: Values, shape: tuple[int, int], rng: np.random.Generator) -> Values:
    return rng.choice(past, shape) if len(past) else np.zeros(shape)
