"""Calibration: ranges are made as wide as it takes to have held what came, at earlier dates and of alike customers."""

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.panel import Indices

WIDTHS = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4, 1.6, 1.8, 2.0, 2.4])
"""Factors on the width that are tried."""

P10_TO_P90 = 2.5631
"""Standard deviations from P10 to P90 of a normal."""

FLAT = 1e-3
"""Share of the median below which the lower end says nothing of the width."""

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
    """Say what share of what came lies between P10 and P90; of zeros at a bound, as many as there should be."""
    inner = (shares > 0.1) & (shares < 0.9)  # noqa: PLR2004  the range that is looked at
    low, high = (quantiles[int(np.argmin(np.abs(shares - each)))] for each in (0.1, 0.9))
    nothing = (quantiles[inner] <= 0).mean(axis=0) * 0.8
    zero = nothing / np.maximum(nothing + 0.1, 0.1)
    inside = ((actual >= low) & (actual <= high)).astype(float)
    return float(np.where((actual <= 0) & (low <= 0), zero, inside).mean())


def widened(quantiles: Values, shares: Values, factor: float, extra: float) -> Values:
    """Stretch quantiles away from their median on the log scale where it is above zero.

    Args:
        quantiles: Shape `(share, case)`.
        shares: Shape `(share,)`.
        factor: On the width.
        extra: Standard deviation of log to be added, independent of what is there.
    """
    from scipy.special import ndtri  # noqa: PLC0415  loaded by those who forecast

    middle = quantiles[len(shares) // 2]
    low, high = (quantiles[int(np.argmin(np.abs(shares - each)))] for each in (0.1, 0.9))
    positive = middle > 0
    safe = np.where(positive, middle, 1.0)
    spread = factor * np.log(np.maximum(high, safe) / np.maximum(low, FLAT * safe)) / P10_TO_P90
    more = np.sqrt(spread**2 + extra**2) - spread
    up, down = np.maximum(quantiles / safe, 1), np.minimum(quantiles / safe, 1)
    reach = np.minimum(up**factor, 1 + 2 * factor * (up - 1)) * down**factor
    out: Values = np.where(positive, safe * reach * np.exp(more * ndtri(shares)[:, None]), quantiles)
    return out
