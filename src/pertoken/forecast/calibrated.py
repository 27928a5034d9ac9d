"""Calibration: ranges are made as wide as it takes to have held what came, at earlier dates."""

import numpy as np

from pertoken.core.money import Values
from pertoken.core.special import normal_scores, normal_shares
from pertoken.forecast.coupled import at_shares
from pertoken.forecast.panel import Indices

WIDTHS = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4, 1.6, 1.8, 2.0, 2.4])
"""Factors on the width that are tried."""

BELIEF = 8.0
"""Earlier dates that the belief that no factor is needed is worth."""

CASES, DATES = 50.0, 2.0
"""Cases and dates that the belief that places are even is worth."""


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
    covered = np.array([_covered(widened(quantiles, shares, each), shares, actual) for each in WIDTHS])
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


def widened(quantiles: Values, shares: Values, factor: float) -> Values:
    """Stretch quantiles away from their median where it is above zero: down on the log scale, up on the plain one.

    Narrower is on the log scale both ways. Wider logs upward would raise the mean, the more the longer the tail.

    Args:
        quantiles: Shape `(share, case)`.
        shares: Shape `(share,)`.
        factor: On the width.
    """
    middle = quantiles[len(shares) // 2]
    positive = middle > 0
    safe = np.where(positive, middle, 1.0)
    up, down = np.maximum(quantiles / safe, 1), np.minimum(quantiles / safe, 1)
    reach = np.minimum(up**factor, 1 + factor * (up - 1)) * down**factor
    out: Values = np.where(positive, safe * reach, quantiles)
    return out


def placed(quantiles: Values, shares: Values, actual: Values) -> Values:
    """Say how much of what came lay up to each share of what was forecast: as much, if all is well; shape `(share,)`.

    What is zero in a part of a forecast and in truth lies evenly within that part: the randomised probability integral
    transform, in expectation (Czado, Gneiting and Held 2009, doi:10.1111/j.1541-0420.2009.01191.x).

    Args:
        quantiles: Of earlier forecasts, shape `(share, case)`.
        shares: Shape `(share,)`.
        actual: What came, shape `(case,)`.
    """
    edges = np.concatenate([shares[:1], (shares[1:] + shares[:-1]) / 2, [1.0]])
    zeros = edges[(quantiles <= 0).sum(axis=0)]
    even = np.minimum(shares[:, None] / zeros, 1.0)
    share: Values = np.where(actual <= 0, even, actual <= quantiles).mean(axis=1)
    return np.maximum.accumulate(share)


def trust(cases: int, dates: int, apart: float) -> float:
    """Say how far places are believed: by customers and by dates, of which those that overlap count once."""
    if not dates:
        return 0.0
    known = cases / dates * min(apart, dates)
    return float(known / (known + CASES) * dates / (dates + DATES))


def replaced(quantiles: Values, shares: Values, places: Values, stretch: float = 1.0) -> Values:
    """Read quantiles where what came would have lain evenly: a forecast is corrected in its shares, zeros and all.

    Args:
        quantiles: Shape `(share, case)`.
        shares: Shape `(share,)`.
        places: How much lies up to each share, as of `placed`, shape `(share,)`.
        stretch: Factor on the width, on the normal scale of shares.
    """
    up = np.concatenate([[0.0], places, [1.0]]) + 1e-9 * np.arange(len(places) + 2)
    wanted = np.interp(normal_shares(stretch * normal_scores(shares)), up, np.concatenate([[0.0], shares, [1.0]]))
    return at_shares(quantiles, shares, wanted)
