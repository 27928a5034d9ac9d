"""Prediction: the usage of customers and of all of them over a horizon, learnt from what earlier forecasts missed by."""

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.blended import blended
from pertoken.forecast.cases import Past, past
from pertoken.forecast.coupled import coupled, loading_for
from pertoken.forecast.dressed import SHARES, dressed, likeness
from pertoken.forecast.panel import Panel
from pertoken.forecast.predicted import Predicted

A_MONTH = {"hour": 730.0, "day": 30.4, "week": 4.35, "month": 1.0, "quarter": 1 / 3, "year": 1 / 12}
"""Periods of a month by grain."""

SHOCK = 0.055
"""Prior standard deviation of what all customers share in a month."""

DENSE = 0.3
"""Middle of the ratios from which they are spread like logs, not mostly zeros and a few."""

WORTH = 3.0
"""Earlier totals that the prior of their error is worth."""


def predicted(panel: Panel, *, horizon: int, draws: int = 1000, seed: int = 0) -> Predicted:
    """Forecast what each customer and all of them use over a horizon.

    Args:
        panel: Their history, as of now.
        horizon: How many periods ahead.
        draws: Worlds to sample.
        seed: The same seed gives the same bits.
    """
    value = panel.value
    season = panel.season if panel.grain not in {"week", "month"} else 1
    before = past(value, panel.since, horizon, season)
    names, quantiles, inner = _dressed(before)
    chosen = before.judged
    weights = blended(inner, SHARES, before.cases.actual[chosen], before.cases.reference[chosen] ** -0.5)
    mixed = np.sort(np.tensordot(weights, quantiles, axes=1), axis=0)
    wanted = _total_width(before, horizon / A_MONTH.get(panel.grain, 30.4))
    loading = loading_for(mixed, SHARES, wanted, seed=seed)
    samples = coupled(mixed, SHARES, draws=draws, loading=loading, seed=seed)
    return Predicted(
        panel.customers,
        horizon,
        samples,
        samples.sum(axis=1, dtype=np.float64),
        weights=dict(zip(names, weights.tolist(), strict=True)),
        loading=loading,
    )


def _dressed(before: Past) -> tuple[tuple[str, ...], Values, Values]:
    """Dress each point forecast with the errors of alike cases: names, quantiles ahead, quantiles of judged cases."""
    cases, now, judged = before.cases, before.now, before.judged
    alike = likeness(now.like, cases.like.pick(before.learnt))
    alike_then = likeness(cases.like.pick(judged), cases.like.pick(before.learnt))
    stretch = (before.horizon / before.ahead) ** 0.25
    ahead, inner = [], []
    for name in cases.points:
        ratio = (cases.actual / cases.points[name])[before.learnt]
        ahead.append(_stretched(dressed(alike, ratio), stretch) * now.points[name])
        inner.append(dressed(alike_then, ratio) * cases.points[name][judged])
    return tuple(cases.points), np.array(ahead), np.array(inner)


def _stretched(ratio: Values, power: float) -> Values:
    """Widen ratios around their middle, for a horizon longer than the one they were seen over."""
    if power == 1:
        return ratio
    middle = ratio[len(ratio) // 2]
    safe = np.maximum(middle, DENSE)
    wider: Values = np.where(middle > DENSE, safe * (ratio / safe) ** power, ratio)
    return wider


def _total_width(before: Past, months: float) -> float:
    """Say how far totals have been off at earlier dates, with a prior: half of P10 to P90, as a share."""
    cases = before.cases
    dates = np.unique(cases.like.origin)
    prior = SHOCK**2 * max(months, 0.1)
    errors = []
    for each in dates:
        here = cases.like.origin == each
        errors.append(np.log(max(cases.actual[here].sum(), 1e-300) / max(cases.points["pooled"][here].sum(), 1e-300)))
    errors = np.clip(np.array(errors), -1, 1)
    count = min(len(dates), max(before.periods / before.ahead - 1, 0))
    mean = float((errors**2).mean()) if len(errors) else 0.0
    return float(1.2816 * np.sqrt((WORTH * prior + count * mean * before.horizon / before.ahead) / (WORTH + count)))
