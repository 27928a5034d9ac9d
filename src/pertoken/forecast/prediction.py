"""Prediction: the usage of customers and of all of them over a horizon, learnt from what earlier forecasts missed by."""

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.blended import blended
from pertoken.forecast.btyd_expert import dying
from pertoken.forecast.calibrated import margin, widened
from pertoken.forecast.cases import Past, past
from pertoken.forecast.coupled import coupled, loading_for
from pertoken.forecast.dressed import SHARES, dressed, likeness
from pertoken.forecast.expert import Experts, History
from pertoken.forecast.panel import Indices, Panel
from pertoken.forecast.predicted import Predicted

A_MONTH = {"hour": 730.0, "day": 30.4, "week": 4.35, "month": 1.0, "quarter": 1 / 3, "year": 1 / 12}
"""Periods of a month by grain."""

SHOCK = 0.055
"""Prior standard deviation of what all customers share in a month."""

SLOW = 0.25
"""Power of the horizon that shared errors grow with: months, days and years differ less than a random walk would."""

WORTH = 3.0
"""Earlier totals that the prior of their error is worth."""

SPARSE = 0.5
"""Share of active periods below which customers come and go, and are blended and calibrated apart."""

DENSE = 0.3
"""Middle of the ratios from which they are spread like logs, not mostly zeros and a few."""

TRIED = 3
"""Earlier dates at which experts that draw paths are tried."""


def predicted(panel: Panel, *, horizon: int, draws: int = 1000, seed: int = 0, experts: Experts | None = None) -> Predicted:
    """Forecast what each customer and all of them use over a horizon.

    Args:
        panel: Their history, as of now.
        horizon: How many periods ahead.
        draws: Worlds to sample.
        seed: The same seed gives the same bits.
        experts: Makers of paths beside our own, by name.
    """
    value = panel.value
    season = panel.season if panel.grain not in {"week", "month"} else 1
    before = past(value, panel.since, horizon, season)
    names, ahead, inner = _dressed(before)
    groups = np.where(before.now.active < SPARSE, 1, 0), np.where(before.cases.active[before.judged] < SPARSE, 1, 0)
    drawn = {} if experts is None else dict(experts)
    if groups[0].mean() > 0.25:
        drawn["dying"] = dying
    for name, expert in drawn.items():
        now, then = _tried(expert, before, value, panel.since, season, seed)
        names, ahead, inner = (*names, name), [*ahead, now], [*inner, then]
    shift = _total_error(before, horizon / A_MONTH.get(panel.grain, 30.4))
    mixed = np.empty((len(SHARES), len(panel)))
    weights = np.zeros(len(names))
    for group in (0, 1):
        here, there = np.flatnonzero(groups[0] == group), np.flatnonzero(groups[1] == group)
        if not len(here):
            continue
        known = there[[bool(each) for each in np.isfinite([q[0, there] for q in inner]).all(axis=0)]] if len(there) else there
        usable = [k for k, name in enumerate(names) if group or name != "dying"]
        rows = before.judged[known]
        told = np.array([inner[k][:, known] for k in usable])
        share = blended(told, SHARES, before.cases.actual[rows], before.cases.reference[rows] ** -0.5)
        quantiles = np.sort(np.tensordot(share, np.array([ahead[k][:, here] for k in usable]), axes=1), axis=0)
        then = np.sort(np.tensordot(share, told, axes=1), axis=0)
        wide = margin(then, SHARES, before.cases.actual[rows], before.cases.like.origin[rows])
        mixed[:, here] = widened(quantiles, SHARES, wide, 0.0 if group else shift.extra)
        weights[usable] += share * len(here) / len(panel)
    loading = loading_for(mixed, SHARES, 1.2816 * shift.size, seed=seed)
    samples = coupled(mixed, SHARES, draws=draws, loading=loading, seed=seed)
    return Predicted(
        panel.customers,
        horizon,
        samples,
        samples.sum(axis=1, dtype=np.float64),
        weights=dict(zip(names, weights.tolist(), strict=True)),
        loading=loading,
    )


def _tried(expert, before: Past, value: Values, since: Indices, season: int, seed: int):
    """Let an expert draw now and at some earlier dates: quantiles ahead, and of judged cases (NaN where not tried)."""
    def told(date, horizon, rows, draws):
        known = History(value[:, :date][rows], since[rows], season, np.zeros(len(rows), dtype=np.int64))
        paths = expert(known, horizon, draws, np.random.default_rng([seed, date]))
        return np.quantile(paths.sum(axis=2), SHARES, axis=0)

    now = told(value.shape[1], before.horizon, np.arange(len(value)), 100 if len(value) > 4000 else 200)
    cases, judged = before.cases.like, before.judged
    then = np.full((len(SHARES), len(judged)), np.nan)
    dates = np.unique(cases.origin)
    for each in dates[np.unique(np.linspace(0, len(dates) - 1, TRIED + 1).astype(int)[1:])]:
        date = before.dates[each]
        here = np.flatnonzero(cases.origin[judged] == each)
        born = np.flatnonzero(since < date)
        rows = np.unique(np.concatenate([cases.customer[judged[here]], born[:: max(1, len(born) // 1000)]]))
        found = told(date, before.ahead, rows, 100)
        then[:, here] = found[:, np.searchsorted(rows, cases.customer[judged[here]])]
    return now, then


def _dressed(before: Past):
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
    return tuple(cases.points), ahead, inner


def _stretched(ratio: Values, power: float) -> Values:
    """Widen ratios around their middle, for a horizon longer than the one they were seen over."""
    if power == 1:
        return ratio
    middle = ratio[len(ratio) // 2]
    safe = np.maximum(middle, DENSE)
    wider: Values = np.where(middle > DENSE, safe * (ratio / safe) ** power, ratio)
    return wider


from dataclasses import dataclass


@dataclass(frozen=True)
class Shift:
    size: float
    extra: float

def _total_error(before: Past, months: float) -> Shift:
    """Say how far totals have been off at earlier dates, with a prior: one standard deviation of the log."""
    cases = before.cases
    dates = np.unique(cases.like.origin)
    prior = (SHOCK * months**SLOW) ** 2
    errors = []
    for each in dates:
        here = cases.like.origin == each
        errors.append(np.log(max(cases.actual[here].sum(), 1e-300) / max(cases.points["pooled"][here].sum(), 1e-300)))
    errors = np.clip(np.array(errors), -1, 1)
    count = min(len(dates), max(before.periods / before.ahead - 1, 0))
    seen = float((errors**2).mean()) * (before.horizon / before.ahead) ** (2 * SLOW) if len(errors) else 0.0
    size = (WORTH * prior + count * seen) / (WORTH + count)
    return Shift(float(np.sqrt(size)), float(np.sqrt(max(size - seen, 0.0))))
