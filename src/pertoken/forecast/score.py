"""Scores: how far a forecast as samples or quantiles is from what came, one number for each thing forecast.

All take what came in any shape; draws, or shares of quantiles, are a leading axis. Smaller is better throughout. The
means over a group are left to the reader: fold first, divide last.
"""

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values

CELLS = 40_000_000
"""Samples that are sorted in one piece."""


def crps(samples: Values, actual: Values, *, fair: bool = True) -> Values:
    """Continuous ranked probability score of samples, in the unit of what is forecast.

    The mean distance from what came, less half the mean distance of two samples from each other. Fair takes the second
    over pairs of different samples: its mean does not depend on how many samples there are (Ferro 2014,
    doi:10.1002/qj.2270; Zamo and Naveau 2018, doi:10.1007/s11004-017-9709-7); otherwise all pairs count, which is the
    score of the empirical distribution itself (Gneiting and Raftery 2007, doi:10.1198/016214506000001437).

    Args:
        samples: Shape `(draw, *batch)`.
        actual: Shape `(*batch,)`.
        fair: Over pairs of different samples; two at least.

    Raises:
        InputError: Shapes don't agree, or there are too few samples.

    >>> samples, came = np.array([1.0, 3.0]), np.array(2.0)
    >>> float(crps(samples, came, fair=False)), float(crps(samples, came))
    (0.5, 0.0)
    """
    _agree(samples, actual, 2 if fair else 1)
    flat, came = samples.reshape(len(samples), -1), actual.reshape(-1)
    step = max(CELLS // len(samples), 1)
    parts = [_crps(flat[:, i : i + step], came[i : i + step], fair=fair) for i in range(0, came.size, step)]
    scores: Values = np.concatenate(parts) if parts else np.zeros(0)
    return scores.reshape(actual.shape)


def _crps(samples: Values, actual: Values, *, fair: bool) -> Values:
    n = len(samples)
    ranked = np.sort(samples.astype(np.float64), axis=0)
    off = np.abs(ranked - actual).mean(axis=0)
    # the sum of all distances between two of n sorted numbers counts the k-th one 2 k - n + 1 times
    apart = (2 * np.arange(n) - n + 1) @ ranked
    between: Values = off - apart / (n * (n - 1 if fair else n))
    return between


def ranks(samples: Values, actual: Values) -> tuple[Values, Values]:
    """Where what came lies among the samples: the shares that a fair forecast puts below it, and up to it.

    Ends of the stretch in which the probability integral transform lies: one point where no sample equals it, wide
    where many do, as with zeros. One of n + 1 even places counts as its own.

    Args:
        samples: Shape `(draw, *batch)`.
        actual: Shape `(*batch,)`.

    >>> [float(end) for end in ranks(np.array([0.0, 0.0, 5.0]), np.array(0.0))]
    [0.0, 0.75]
    """
    _agree(samples, actual, 1)
    below = (samples < actual).sum(axis=0) / (len(samples) + 1)
    upto = ((samples <= actual).sum(axis=0) + 1) / (len(samples) + 1)
    return below, upto


def coverage(below: Values, upto: Values, level: float) -> Values:
    """Chance that the randomised transform lies in the central interval: how much of a level's interval came true.

    Where zeros are many, the plain interval holds more than its level, through no merit; this does not.

    Args:
        below: As of `ranks`.
        upto: As of `ranks`.
        level: Share that the interval should hold.
    """
    edge = (1 - _level(level)) / 2
    return within(below, upto, edge, 1 - edge)


def within(below: Values, upto: Values, low: float, high: float) -> Values:
    """Chance that the randomised transform lies between two shares: the part of its stretch that does."""
    both = np.clip(np.minimum(upto, high) - np.maximum(below, low), 0, None)
    part: Values = both / (upto - below)
    return part


def wape(forecast: Values, actual: Values) -> float:
    """Weighted absolute percentage error: all distances over all that came (Kolassa and Schütz 2007); NaN for nothing.

    >>> wape(np.array([8.0, 3.0]), np.array([10.0, 0.0]))
    0.5
    """
    return _ratio(float(np.abs(forecast - actual).sum()), float(actual.sum()))


def bias(forecast: Values, actual: Values) -> float:
    """How much more was forecast than came, over all that came; NaN for nothing.

    >>> round(bias(np.array([8.0, 3.0]), np.array([10.0, 0.0])), 6)
    0.1
    """
    return _ratio(float((forecast - actual).sum()), float(actual.sum()))


def wilson(share: Values, count: Values, z: float = 1.96) -> tuple[Values, Values]:
    """Ends of the interval in which a share of so many lies with 95 % (Wilson 1927, doi:10.2307/2276774).

    Args:
        share: What was found.
        count: Of how many.
        z: How many standard errors to either side.

    >>> [round(float(end), 4) for end in wilson(np.array(0.8), np.array(10))]
    [0.4902, 0.9433]
    """
    by = 1 + z**2 / count
    middle = (share + z**2 / (2 * count)) / by
    half = z / by * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return middle - half, middle + half


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise InputError(f"an interval at level {level}; expected a share between 0 and 1, as 0.8")
    return level


def _agree(samples: Values, actual: Values, least: int) -> None:
    if samples.shape[1:] != np.shape(actual):
        raise InputError(f"samples {samples.shape} of what came in {np.shape(actual)}; expected (draw, *batch)")
    if len(samples) < least:
        raise InputError(f"{len(samples)} samples; expected at least {least}")
