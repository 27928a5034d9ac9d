"""Sufficiency: how much narrower the first month's forecast would be with more history, told by the history itself.

The same forecast is made from the last half of the history; how much wider it is says by which power of the length
widths fall. The power is at most a half, which is that of independent days.
"""

from dataclasses import replace

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.panel import Panel
from pertoken.forecast.predicted import Predicted
from pertoken.forecast.prediction import predicted

LEAST = 12
"""Periods that half a history has at least."""


def falls_by(panel: Panel, level: Predicted, *, seed: int) -> float:
    """Find the power by which widths fall with the length of the history.

    Args:
        panel: One cell for all usage.
        level: The forecast made of all of it.
        seed: As of `level`.

    Returns:
        0 (more history would not help) to 0.5.
    """
    count = len(panel.periods)
    if count // 2 < LEAST:
        return 0.25
    half = predicted(
        panel.window(count - count // 2, count), horizon=level.horizon, draws=len(level.samples), seed=seed
    )
    ratio = np.log(_spread(half) / _spread(level)) / np.log(count / (count // 2))
    return float(np.clip(ratio, 0.0, 0.5))


def _spread(level: Predicted) -> float:
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
    before, after = level.samples.sum(axis=1).mean(), samples.sum(axis=1)
    total: Values = after * (level.total.mean() / before) if before > 0 else after
    return replace(level, samples=samples, total=total, steps=None)
