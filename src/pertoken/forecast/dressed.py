"""Dressing: a point forecast gets the distribution of the errors made earlier on customers who were alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.core.special import normal_scores
from pertoken.forecast.panel import Indices
from pertoken.machine.loop import Loop

SHARES = np.array(
    [0.002, 0.01, 0.025, *(np.arange(1, 20) / 20), 0.975, 0.99, 0.998],
)
"""Shares at which a customer's distribution is held, shape `(share,)`."""

NEAR = 0.35
"""Share of the cases that count for a target."""

PRIOR, PRIOR_SPREAD, PRIOR_WEIGHT = 7, 0.5, 0.25
"""Ratios that are believed before any was seen: how many, the standard deviation of their log, the weight of each."""

OWN = 2.0
"""How much more a customer's own earlier error counts than that of another who was just alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Earlier forecasts and what came of them, one a row.

    Args:
        customer: Row of the customer, shape `(case,)`.
        origin: Number of the earlier date, shape `(case,)`.
        traits: What the customer was like then, shape `(case, trait)`.
    """

    customer: Indices
    origin: Indices
    traits: Values

    def pick(self, rows: Indices) -> "Cases":
        """Keep some, by index."""
        return Cases(self.customer[rows], self.origin[rows], self.traits[rows])


@Loop
def _likeness(traits, customer, origin, of_traits, of_customer, of_origin, near, own, far, out):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    """Weigh cases by how much they are like each target, shape `(target, case)`; 0 for the same date."""
    n, m, k = len(traits), len(of_traits), traits.shape[1]
    for i in range(n):
        kept = 0
        for j in range(m):
            d = 0.0
            for a in range(k):
                d += (traits[i, a] - of_traits[j, a]) ** 2
            if of_origin[j] != origin[i]:
                far[kept] = d
                kept += 1
            out[i, j] = d
        if kept == 0:  # one date only: learn from the others of that date
            for j in range(m):
                out[i, j] = 0.0 if of_customer[j] == customer[i] else 1.0
            continue
        at = min(near, kept) - 1
        ordered(far, at, kept - 1)
        wide = far[at] * 1.05 + 1e-6
        for j in range(m):
            if of_origin[j] == origin[i]:
                out[i, j] = 0.0
            else:
                out[i, j] = max(1.0 - out[i, j] / wide, 0.0)
                if of_customer[j] == customer[i]:
                    out[i, j] *= own


@Loop
def ordered(values, at, last):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Put in its place the value that would stand there in order, those that are no greater before it (Hoare, 1961)."""
    first = 0
    while first < last:
        pivot, i, j = values[(first + last) // 2], first, last
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i, j = i + 1, j - 1
        if at <= j:
            last = j
        elif at >= i:
            first = i
        else:
            return


@Loop
def _quantiles(weights, order, ratio, shares, out):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Take weighted quantiles of the ratios for each target, shape `(share, target)`; middles of steps are joined."""
    n, m = weights.shape
    for i in range(n):
        total = 0.0
        for j in range(m):
            total += weights[i, j]
        gone, before, value, s = 0.0, 0.0, ratio[order[0]], 0
        first = True
        for j in order:
            w = weights[i, j]
            if w <= 0.0:
                continue
            middle = (gone + 0.5 * w) / total
            while s < len(shares) and shares[s] <= middle:
                if first or middle <= before:
                    out[s, i] = ratio[j]
                else:
                    out[s, i] = value + (ratio[j] - value) * (shares[s] - before) / (middle - before)
                s += 1
            first = False
            gone += w
            before, value = middle, ratio[j]
        while s < len(shares):
            out[s, i] = value
            s += 1


def likeness(targets: Cases, cases: Cases, near: int = 0, own: float = OWN) -> NDArray[np.float32]:
    """Weigh earlier cases by how much they are like each target, shape `(target, case)`.

    Args:
        targets: Those to forecast; cases of the same date count nothing.
        cases: Those to learn from.
        near: How many cases count; the weight falls to zero at the last (Epanechnikov). 0 for a share of them.
        own: Extra weight of the same customer.
    """
    near = near or int(np.clip(NEAR * len(cases.origin), 25, 400))
    size = len(targets.origin), len(cases.origin)
    out: NDArray[np.float32] = np.zeros(size, dtype=np.float32)
    now, then = (targets.traits, targets.customer, targets.origin), (cases.traits, cases.customer, cases.origin)
    _likeness(*now, *then, near, own, np.zeros(size[1]), out)
    return out


def dressed(weights: NDArray[np.float32], ratio: Values, shares: Values = SHARES) -> Values:
    """Take quantiles of earlier ratios of what came to what was forecast, shape `(share, target)`.

    Args:
        weights: Likeness, shape `(target, case)`.
        ratio: Shape `(case,)`.
        shares: Shape `(share,)`.
    """
    prior = np.exp(PRIOR_SPREAD * normal_scores((np.arange(PRIOR) + 0.5) / PRIOR))
    every = np.concatenate([ratio, prior])
    faint = np.full((len(weights), PRIOR), PRIOR_WEIGHT, dtype=np.float32)
    out: Values = np.empty((len(shares), len(weights)))
    _quantiles(np.hstack([weights, faint]), np.argsort(every, kind="stable"), every, shares, out)
    return out
