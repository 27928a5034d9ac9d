"""Combined: the view from below and the view from above made one, each weighted by its precision, on whole paths.

Paths from below are kept as they are and weighted anew, so that months, customers and contracts stay coherent, nothing
gets negative, and what is the same in all paths stays the same. Both views are taken as normal in the logs of what the
first and the second half of the months come to. The weight of a path is the density that the view from above gives it:
for one total this is the mean of both logs, weighted by 1 / variance.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.panel import Indices

CONFLICT = 2.0
"""From so many standard deviations of their difference on, two views are said to be in conflict."""

LEAST_SHARE = 0.02
"""The least effective share of the paths; where the weights leave less, they are tempered."""

SHARES = (0.1, 0.5, 0.9)
"""P10, P50, P90."""

ROUND = 10
"""From so many times on, decimals of a ratio say nothing."""

TINY = 1e-6
"""A path that earns nothing counts as this part of the median, as nothing has no log."""

_MEND = {
    "below": "look at what the cards charge for the usage of the log",
    "above": "look at the market's launch, size, reach and ceiling",
}
"""Where to look if a view earns nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What one view says of the logs of revenue.

    Args:
        mean: Of the log of each span's sum, shape `(span,)`.
        covariance: Of these, shape `(span, span)`.
    """

    mean: Values
    covariance: Values


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """Paths from below with the weights that the view from above gives them.

    Args:
        weights: Of the paths, adding up to 1, shape `(draw,)`.
        conflict: Difference of the two views in standard deviations, from below less from above, where it is largest:
            in total, or in one half of the months.
        conflicts: The same month by month, shape `(month,)`.
        inflation: Factor by which both standard deviations were widened; 1 where the views agree.
        effective: How many equally weighted paths would be known as well.
        tempered: Power to which the weights were taken so that enough paths count; 1 where none was needed.
        mean: Revenue expected by month, shape `(month,)`. [currency]
        quantiles: P10, P50 and P90 by month, shape `(share, month)`. [currency]
        total: P10, P50 and P90 of all months together, shape `(share,)`. [currency]
        below: The same as the paths said before, shape `(share,)`. [currency]
        above: The same from above, shape `(share,)`. [currency]
        says: What the reader is to be told.
    """

    weights: Values
    conflict: float
    conflicts: Values
    inflation: float
    effective: float
    tempered: float
    mean: Values
    quantiles: Values
    total: Values
    below: Values
    above: Values
    says: tuple[str, ...]

    def resampled(self, rng: np.random.Generator) -> Indices:
        """Pick as many paths as there are so that all count the same, shape `(draw,)`."""
        return systematic(self.weights, len(self.weights), rng)


def combined(bottom: Values, top: Values) -> Combined:
    """Combine paths from below with a view from above.

    Args:
        bottom: Revenue of whole simulations, shape `(draw, month)`. [currency]
        top: Revenue from above for the same months, shape `(another draw, month)`. [currency]

    Raises:
        InputError: Other months, too few paths, or paths that are negative or not numbers.
    """
    _check(bottom, top)
    logs_below, logs_above = logs(spans(bottom)), logs(spans(top))
    below, above = _view(logs_below), _view(logs_above)
    conflict = _conflict(spans(bottom), spans(top))
    inflation = max(abs(conflict) / CONFLICT, 1.0)
    weights, power = _tempered(_log_weights(logs_below, below, above, inflation))
    effective = 1 / float((weights**2).sum())
    total = weighted_quantiles(bottom.sum(axis=-1), weights)
    before, seen = np.quantile(bottom.sum(axis=-1), SHARES), np.quantile(top.sum(axis=-1), SHARES)
    return Combined(
        weights=weights,
        conflict=conflict,
        conflicts=_differences(logs(bottom), logs(top)),
        inflation=inflation,
        effective=effective,
        tempered=power,
        mean=weights @ bottom,
        quantiles=np.stack([weighted_quantiles(month, weights) for month in bottom.T], axis=-1),
        total=total,
        below=before,
        above=seen,
        says=_says(conflict, inflation, (effective, len(weights), power), (float(before[1]), float(seen[1]))),
    )


def _check(bottom: Values, top: Values) -> None:
    for name, paths in (("below", bottom), ("above", top)):
        if paths.ndim != 2 or paths.shape[0] < 2 * len(SHARES) or not paths.shape[1]:  # noqa: PLR2004  draw and month
            raise InputError(f"paths from {name} are {paths.shape}; expected at least 6 draws of a month or more")
        if not (np.isfinite(paths).all() and (paths >= 0).all()):
            raise InputError(f"paths from {name} have months below zero or without a number; expected 0 or more")
        if not np.median(paths.sum(axis=-1)) > 0:
            raise InputError(
                f"half of the paths from {name} earn nothing; expected revenue in most of them; "
                f"{_MEND[name]}, or leave the market out"
            )
    if bottom.shape[1] != top.shape[1]:
        raise InputError(f"{bottom.shape[1]} months from below, {top.shape[1]} from above; expected the same months")


def spans(paths: Values) -> Values:
    """Add up the first and the second half of the months, shape `(draw, span)`; one month is a span of its own."""
    months = paths.shape[1]
    if months == 1:
        return paths
    half = months // 2
    return np.stack([paths[:, :half].sum(axis=-1), paths[:, half:].sum(axis=-1)], axis=-1)


def logs(paths: Values) -> Values:
    """Take logs, of nothing as of very little."""
    middle = np.median(paths, axis=0)
    least = TINY * np.where(middle > 0, middle, max(float(paths.mean()), TINY))
    found: Values = np.log(np.maximum(paths, least))
    return found


def _view(seen: Values) -> View:
    """Take mean and covariance; a view that is certain keeps a little doubt, so that it can be weighed."""
    covariance = np.atleast_2d(np.cov(seen, rowvar=False))
    return View(seen.mean(axis=0), covariance + TINY * np.eye(len(covariance)))


def _differences(below: Values, above: Values) -> Values:
    """Differences of two views in standard deviations of the difference, by column."""
    spread = np.sqrt(below.var(axis=0, ddof=1) + above.var(axis=0, ddof=1) + TINY)
    found: Values = (below.mean(axis=0) - above.mean(axis=0)) / spread
    return found


def _conflict(bottom: Values, top: Values) -> float:
    """Find the largest difference of the two views, over the halves and the total."""
    both = [np.concatenate([each, each.sum(axis=-1, keepdims=True)], axis=-1) for each in (bottom, top)]
    found = _differences(logs(both[0]), logs(both[1]))
    return float(found[np.argmax(np.abs(found))])


def _log_weights(seen: Values, below: View, above: View, inflation: float) -> Values:
    """Log weights of the paths: their density from above, and where both are widened, less of that from below."""
    wide = inflation**2
    return -_distance(seen, above) / (2 * wide) + (1 - 1 / wide) * _distance(seen, below) / 2


def _distance(seen: Values, view: View) -> Values:
    """Squared distance of each path from a view (Mahalanobis), shape `(draw,)`."""
    off = seen - view.mean
    found: Values = (off * np.linalg.solve(view.covariance, off.T).T).sum(axis=-1)
    return found


def _tempered(log_weights: Values) -> tuple[Values, float]:
    """Normalise weights; where too few paths would count, take them to the power below 1 at which enough do."""
    draws = len(log_weights)
    enough = max(LEAST_SHARE * draws, 2.0)
    made = _normal(log_weights)
    if 1 / (made**2).sum() >= enough:
        return made, 1.0
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        made = _normal(middle * log_weights)
        low, high = (middle, high) if 1 / (made**2).sum() >= enough else (low, middle)
    return _normal(low * log_weights), low


def _normal(log_weights: Values) -> Values:
    weights = np.exp(log_weights - log_weights.max())
    found: Values = weights / weights.sum()
    return found


def weighted_quantiles(values: Values, weights: Values, shares: tuple[float, ...] = SHARES) -> Values:
    """Find quantiles of weighted draws, in a straight line between the middles of their weights.

    >>> weighted_quantiles(np.array([1.0, 2.0, 3.0]), np.array([0.25, 0.5, 0.25]), (0.5, 0.3125)).tolist()
    [2.0, 1.5]
    """
    order = np.argsort(values, kind="stable")
    middles = np.cumsum(weights[order]) - weights[order] / 2
    found: Values = np.interp(shares, middles, values[order])
    return found


def systematic(weights: Values, count: int, rng: np.random.Generator) -> Indices:
    """Pick draws so that each comes as often as its weight says, to less than one (systematic resampling).

    Source: G. Kitagawa, *Monte Carlo filter and smoother for non-Gaussian nonlinear state space models*, Journal of
    Computational and Graphical Statistics 5(1), 1996.
    """
    ends = np.cumsum(weights)
    picked: Indices = np.searchsorted(ends / ends[-1], (rng.random() + np.arange(count)) / count)
    return picked


def _says(
    conflict: float, inflation: float, counted: tuple[float, int, float], middles: tuple[float, float]
) -> tuple[str, ...]:
    """Say whether the views agree, and how much is left of the paths."""
    effective, draws, power = counted
    ratio, views = middles[0] / middles[1], ("below", "above")
    times, (larger, smaller) = max(ratio, 1 / ratio), views if ratio >= 1 else views[::-1]
    said = [f"The view from {larger} is {times:,.{1 if times < ROUND else 0}f} times the view from {smaller}."]
    if abs(conflict) > CONFLICT:
        said.append(
            f"CONFLICT: the two views are {abs(conflict):.1f} standard deviations of their difference apart. Both were "
            f"widened {inflation:.2g} times before they were combined; find out which of them is wrong before you use "
            "the number."
        )
    else:
        said.append(f"No conflict: they are {abs(conflict):.1f} standard deviations of their difference apart.")
    if power < 1:
        said.append(
            f"Hardly a path from below lies where both views would meet: the weights were tempered (power {power:.2f}) "
            f"so that {effective:,.0f} of {draws:,} paths count; the combined range leans to the view from below."
        )
    return tuple(said)
