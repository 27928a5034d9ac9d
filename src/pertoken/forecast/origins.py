"""Origins: earlier dates of a history at which forecasts would have been made, and what came after."""

import numpy as np

from pertoken.core.money import Values

HALF = 0.5
"""Share of the periods after a date that must have been watched."""

MOST = 10
"""Earlier dates looked at."""


def origins(periods: int, horizon: int, season: int, most: int = MOST) -> tuple[tuple[int, ...], int]:
    """Choose earlier dates and the horizon they can be judged by.

    Args:
        periods: Of the history.
        horizon: Wanted.
        season: Periods of a cycle.
        most: Dates at most.

    Returns:
        Numbers of periods known at each date, rising, and the horizon: the one wanted, or half of the history.

    >>> origins(30, 28, 7, 3), origins(100, 28, 7, 3), origins(2, 28, 7)
    (((10, 12, 15), 15), ((33, 52, 72), 28), ((1,), 1))
    """
    ahead = max(min(horizon, periods // 2), 1)
    if periods < 2:  # noqa: PLR2004  a date, and something after it
        return (), ahead
    first = min(max(periods // 3, season, 3), periods - ahead)
    count = min(most, periods - ahead - first + 1)
    return tuple(sorted({int(each) for each in np.linspace(first, periods - ahead, count)})), ahead


def after(value: Values, first: int, horizon: int) -> Values:
    """Add up what came after a date, scaled up for periods not watched; NaN where less than half was."""
    part = value[:, first : first + horizon]
    share = (~np.isnan(part)).mean(axis=1)
    total: Values = np.where(share >= HALF, np.nansum(part, axis=1) / np.maximum(share, HALF), np.nan)
    return total
