"""Peak: the most that a customer used over such a horizon, beyond which no forecast goes far."""

import numpy as np

from pertoken.core.money import Values

REGULAR, SPARSE = 10.0, 3.0
"""How many times their peak regular customers may reach, and those who come and go whom no law of dying describes.

Without a unit; chosen on the panels of benchmarks/README.md (Accuracy), where one customer went further: a whale that
rose twelvefold."""


def peak(value: Values, horizon: int) -> Values:
    """Give the largest sum over so many periods in a row; at least that of the mean customer, shape `(customer,)`.

    Args:
        value: History, shape `(customer, period)`; NaN for what was not watched.
        horizon: Periods; where they are more than the history, its sum is scaled up.

    >>> peak(np.array([[1.0, 5, 2, 0], [0, 0, 0, 0]]), 2).tolist()
    [7.0, 2.0]
    """
    used, span = np.nan_to_num(value), min(horizon, value.shape[1])
    until = np.pad(used, ((0, 0), (1, 0))).cumsum(axis=1)
    most = (until[:, span:] - until[:, :-span]).max(axis=1) * horizon / span
    usual = float(used.sum() / max(np.isfinite(value).sum(), 1)) * horizon
    peaks: Values = np.maximum(most, usual)
    return peaks


def bounded(quantiles: Values, value: Values, horizon: int, sparse: np.ndarray, *, dying: bool) -> Values:
    """Cut off what lies far beyond a customer's peak: ratios to next to nothing have tails that no customer has.

    Args:
        quantiles: Shape `(share, customer)`.
        value: History, shape `(customer, period)`.
        horizon: Periods ahead.
        sparse: Whether each customer comes and goes, shape `(customer,)`.
        dying: Whether those who do are forecast by a law, which has tails of its own.
    """
    times = np.where(sparse, np.inf if dying else SPARSE, REGULAR)
    cut: Values = np.minimum(quantiles, times * peak(value, horizon))
    return cut
