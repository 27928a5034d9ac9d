"""Features: what the past says of each period ahead, every customer on a scale of their own.

They are made for one model of all customers: what one has shown, it can expect of another.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.expert import History

SEASONS = (1, 4, 12)
"""Last seasons over which means are taken; the middle one is a customer's scale."""

RECENT = 4
"""Seasons that a customer's scale is the mean of."""

NAMES = (
    "ahead", "phase", "age", "size", *(f"mean_{each}" for each in SEASONS), "last", "lag", "phase_mean", "idle",
    "spread", "since_active", "segment", "segment_trend",
)  # fmt: skip
"""Columns, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows to learn from, or to forecast.

    Args:
        rows: Shape `(row, feature)`, named by `NAMES`; NaN where nothing is known.
        scale: What targets are in units of, shape `(row,)`. [unit]
        target: What came, in units of the scale, shape `(row,)`; NaN for what was not watched or is ahead.
    """

    rows: Values
    scale: Values
    target: Values


def features(history: History, origin: int, horizon: int) -> Table:
    """Describe each customer at a date, once for each period ahead: rows go by customer, then by period.

    Args:
        history: What is known; nothing from the origin on goes into a feature.
        origin: Periods that had gone by at that date.
        horizon: Periods ahead.
    """
    past, season = history.value[:, :origin], history.season
    customers = len(past)
    scale = _scale(past, season)
    unit = scale[:, None]
    phases = (origin + np.arange(horizon)) % season
    by_phase = _last_phases(past, season) / unit[:, :, None]
    recent = past[:, -RECENT * season :]
    alone = [
        np.log1p(np.maximum(origin - history.since, 0)),
        np.log(scale),
        *(_mean(past[:, -each * season :]) / scale for each in SEASONS),
        past[:, -1] / scale,
    ]
    later = [
        _mean(np.where(np.isnan(recent), np.nan, recent <= 0)),
        np.sqrt(_mean((recent - _mean(recent)[:, None]) ** 2)) / scale,
        _since_active(past),
        history.segment.astype(np.float64),
        _segment_trend(past, history),
    ]
    columns = [
        np.broadcast_to(np.arange(1.0, horizon + 1), (customers, horizon)),
        np.broadcast_to(phases, (customers, horizon)),
        *(np.broadcast_to(each[:, None], (customers, horizon)) for each in alone),
        by_phase[:, phases, -1],
        _mean(by_phase)[:, phases],
        *(np.broadcast_to(each[:, None], (customers, horizon)) for each in later),
    ]
    ahead = np.full((customers, horizon), np.nan)
    came = history.value[:, origin : origin + horizon]
    ahead[:, : came.shape[1]] = came
    rows = np.stack(columns, axis=-1).reshape(customers * horizon, len(NAMES))
    return Table(rows, np.repeat(scale, horizon), (ahead / unit).ravel())


def _scale(past: Values, season: int) -> Values:
    """Find what each customer is measured by: recent use, or all of it, and never nothing."""
    recent, ever = _mean(past[:, -RECENT * season :]), _mean(past)
    usual = np.nanmean(ever) if np.isfinite(ever).any() else 1.0
    scale = np.where(recent > 0, recent, ever)
    return np.where(scale > 0, scale, max(usual, 1e-9) * 1e-3)


def _mean(block: Values) -> Values:
    """Mean over the last axis of what was watched; NaN where nothing was."""
    watched = np.isfinite(block)
    count = watched.sum(axis=-1)
    total = np.where(watched, block, 0.0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _last_phases(past: Values, season: int) -> Values:
    """Put the last seasons side by side, shape `(customer, phase, season)`; the last season is last."""
    customers, count = past.shape
    phases = np.full((customers, season, RECENT), np.nan)
    for back in range(min(RECENT * season, count)):
        at = count - 1 - back
        phases[:, at % season, RECENT - 1 - back // season] = past[:, at]
    return phases


def _since_active(past: Values) -> Values:
    """Count the periods since each customer used anything."""
    active = np.where(np.isfinite(past), past, 0.0) > 0
    back = np.argmax(active[:, ::-1], axis=1).astype(np.float64)
    return np.where(active.any(axis=1), back, np.nan)


def _segment_trend(past: Values, history: History) -> Values:
    """Compare the last season of each customer's segment with its last seasons: the log of the ratio."""
    season = history.season
    count = int(history.segment.max(initial=0)) + 1
    known = np.where(np.isfinite(past), past, 0.0)
    total = np.zeros((count, past.shape[1]))
    np.add.at(total, history.segment, known)
    now, usual = total[:, -season:].mean(axis=1), total[:, -RECENT * season :].mean(axis=1)
    trend = np.log(np.maximum(now, 1e-12) / np.maximum(usual, 1e-12))
    trends: Values = np.clip(trend, -2, 2)[history.segment]
    return trends
