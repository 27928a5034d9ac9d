"""Sufficiency: how much narrower the first month's forecast would be with more history, told by the history itself.

The same forecast is made from the last half of the history; how much wider it is says by which power of the length
widths fall. The power is at most a half, which is that of independent days.
"""

from dataclasses import replace

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.panel import Panel
from pertoken.forecast.predicted import Predicted, added, shift
from pertoken.forecast.prediction import predicted

LEAST = 12
"""Periods that half a history has at least."""

UNKNOWN = 0.25
"""Power where it is shorter: half that of independent days."""


def width_of_half(panel: Panel, *, horizon: int, draws: int, seed: int) -> float | None:
    """Say how wide a forecast from the last half of a history is; None where half of it is too short for one.

    Args:
        panel: One cell for all usage.
        horizon: As of the forecast from all of it.
        draws: The same.
        seed: The same.
    """
    count = len(panel.periods)
    if count // 2 < LEAST:
        return None
    return _width(predicted(panel.window(count - count // 2, count), horizon=horizon, draws=draws, seed=seed))


def falls_by(level: Predicted, half: float | None, periods: int) -> float:
    """Find the power by which widths fall with the length of the history.

    Args:
        level: The forecast made of all of it.
        half: How wide that of its last half is, from `width_of_half`.
        periods: Of the history.

    Returns:
        0 (more history would not help) to 0.5.
    """
    if half is None:
        return UNKNOWN
    ratio = np.log(half / _width(level)) / np.log(periods / (periods // 2))
    return float(np.clip(ratio, 0.0, 0.5))


def _width(level: Predicted) -> float:
    """Width of the customers who make most of it, weighed by their size."""
    low, middle, high = level.quantiles()
    used = middle > 0
    if not used.any():
        return 1.0
    width = (high[used] - low[used]) / middle[used]
    return float(np.average(np.maximum(width, 1e-6), weights=middle[used]))


def narrowed(level: Predicted, factor: float) -> Predicted:
    """Draw samples towards each customer's median, on the scale of logs.

    Args:
        level: A forecast.
        factor: On the width; 1 leaves it as it is.

    >>> made = Predicted(("a",), 1, np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 2.0, 4.0]))
    >>> narrowed(made, 0.5).samples[:, 0].round(3).tolist()
    [1.414, 2.0, 2.828]
    """
    middle = np.median(level.samples, axis=0)
    scale = np.where(middle > 0, middle, 1.0)
    samples: Values = np.where(
        (level.samples > 0) & (middle > 0), scale * np.maximum(level.samples / scale, 1e-12) ** factor, level.samples
    )
    moved = samples * shift(level)
    segments = None if level.segment is None else added(moved, level.segment)
    return replace(level, samples=samples, total=moved.sum(axis=1), segments=segments, steps=None)
