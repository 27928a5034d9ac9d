"""Calibration: intervals are made as wide as it takes to have covered what came, at earlier dates and of alike customers."""

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.panel import Indices

WIDTHS = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4, 1.6, 1.8, 2.0, 2.4])
"""Factors on the width that are tried."""

BELIEF = 2.0
"""Earlier dates that the belief that no factor is needed is worth."""


def margin(quantiles: Values, shares: Values, actual: Values, origin: Indices) -> float:
    """Find the factor on the width at which eight in ten would have been covered, shrunk towards 1.

    Args:
        quantiles: Of earlier forecasts, shape `(share, case)`.
        shares: Shape `(share,)`.
        actual: What came, shape `(case,)`.
        origin: Number of the date, shape `(case,)`.
    """
    if not len(actual):
        return 1.0
    covered = np.array([_covered(widened(quantiles, shares, each, 0.0), shares, actual) for each in WIDTHS])
    found = float(np.interp(0.8, np.maximum.accumulate(covered), WIDTHS))
    dates = len(np.unique(origin))
    return float(found ** (dates / (dates + BELIEF)))


def _covered(quantiles: Values, shares: Values, actual: Values) -> float:
    """Share of what came that lies within P10 to P90; half of what lies on a bound that is not between."""
    low, high = (quantiles[int(np.argmin(np.abs(shares - each)))] for each in (0.1, 0.9))
    inside = (actual > low) & (actual < high)
    at = ((actual == low) | (actual == high)) & ~inside
    zero = (shares[:, None] <= 0.9) & (shares[:, None] > 0.1) & (quantiles <= 0)
    below = zero.sum(axis=0) / np.maximum(((shares <= 0.9) & (shares > 0.1)).sum(), 1)
    return float(np.where(at & (actual <= 0), np.minimum(0.8, below) / np.maximum(np.minimum(0.8, below) + 0.1, 0.1), np.where(at, 1.0, inside)).mean())


def widened(quantiles: Values, shares: Values, factor: float, extra: float) -> Values:
    """Stretch quantiles away from their median on the log scale where it is above zero.

    Args:
        quantiles: Shape `(share, case)`.
        shares: Shape `(share,)`.
        factor: On the width.
        extra: Standard deviation of log to be added.
    """
    middle = quantiles[len(shares) // 2]
    low, high = (quantiles[int(np.argmin(np.abs(shares - each)))] for each in (0.1, 0.9))
    safe = np.where(middle > 0, middle, 1.0)
    spread = np.log(np.maximum(high, 1e-300) / np.maximum(low, 1e-3 * safe)) / 2.5631
    power = factor * np.sqrt(1 + (extra / np.maximum(spread, 0.25 * extra + 1e-9)) ** 2)
    power = np.where((middle > 0) & (high > 0), np.minimum(power, 4), 1.0)
    up, down = np.maximum(quantiles / safe, 1), np.minimum(quantiles / safe, 1)
    reach = np.minimum(up**power, 1 + (up - 1) * power * 2)
    out: Values = np.where(middle > 0, safe * reach * down**power, quantiles)
    return out
