"""Standing: what can be said of customers from their history up to a date: levels, silence, gaps, spread, age."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values

SHORTEST = 0.5
"""The shortest half-life. [period]"""

HALF = 0.5
"""Share of a cycle that must have been watched for it to count."""

PSEUDO = 0.5
"""Periods of the long-run level that a recent level is given on top of its own. [period]"""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Customers at a date; every array is `(customer,)` unless said.

    Args:
        base: Long-run level, above zero. [unit / period]
        levels: Recent levels, one for each half-life and the mean of the last cycle, shape `(level, customer)`.
            [unit / period]
        silence: Periods since the last use.
        active: Share of periods with use.
        spread: Variation of a cycle's usage around its mean.
        seen: Periods watched.
    """

    base: Values
    levels: Values
    silence: Values
    active: Values
    spread: Values
    seen: Values


def half_lives(season: int, periods: int) -> Values:
    """Choose half-lives of recent levels, from half a cycle to a quarter of the history, in periods."""
    cycle = season if season > 1 else 2
    every = cycle * np.array([0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0])
    kept = every[(every >= SHORTEST) & (every <= max(periods / 4, 1.0))]
    return kept if len(kept) else np.array([1.0])


def standing(value: Values, half: Values, season: int, scale: float | None = None) -> Standing:
    """Say how customers stand after the last period.

    Args:
        value: Usage without its seasonal pattern, shape `(customer, period)`; NaN for what was not watched.
        half: Half-lives. [period]
        season: Periods of a cycle.
        scale: What a customer of whom nothing is known uses in a period; that of the customers here if None.
    """
    watched = ~np.isnan(value)
    filled = np.where(watched, value, 0.0)
    seen, total = watched.sum(axis=1).astype(float), filled.sum(axis=1)
    usual = typical(value) if scale is None else scale
    base = (total + PSEUDO * usual) / (seen + PSEUDO)
    ago = np.arange(value.shape[1])[::-1]
    weights = np.vstack([0.5 ** (ago / half[:, None]), ago < min(max(season, 2), value.shape[1])])
    levels = (filled @ weights.T + PSEUDO * base[:, None]) / (watched @ weights.T + PSEUDO)
    used = filled > 0
    last = np.where(used.any(axis=1), np.argmax(used[:, ::-1], axis=1), value.shape[1])
    silence = np.minimum((watched & (ago < last[:, None])).sum(axis=1), seen)
    active = (used.sum(axis=1) + PSEUDO) / (seen + PSEUDO)
    return Standing(base, levels.T, silence.astype(float), active, _spread(filled, watched, season), seen)


def often(here: Standing) -> Values:
    """Give the share of periods with use, drawn to that of all as far as few periods leave it open, `(customer,)`.

    Shares are beta among customers, by the moments of what was seen (Kleinman 1973, doi:10.2307/2284137).

    Args:
        here: How customers stand.
    """
    seen = np.maximum(here.seen, 1.0)
    used = np.clip(here.active * (here.seen + PSEUDO) - PSEUDO, 0.0, seen)
    mean = float(used.sum() / seen.sum())
    alone, spread = mean * (1 - mean), float(np.average((used / seen - mean) ** 2, weights=seen))
    between = max(spread - alone * len(seen) / float(seen.sum()), 1e-4 * alone)
    worth = max(alone / between - 1, 0.0) if between > 0 else 0.0
    share: Values = (used + PSEUDO + worth * mean) / (here.seen + PSEUDO + worth)
    return share


def typical(value: Values) -> float:
    """Give the usage in a period of the customer in the middle, among those who use anything."""
    seen = np.maximum((~np.isnan(value)).sum(axis=1), 1)
    mean = np.nansum(value, axis=1) / seen
    return float(np.median(mean[mean > 0])) if (mean > 0).any() else 1.0


def _spread(filled: Values, watched: np.ndarray, season: int) -> Values:
    """Measure the step from one cycle to the next: mean of |a - b| / (a + b) over the last cycles."""
    cycle = max(season, 1)
    if filled.shape[1] < 3 * cycle:
        cycle = 1
    count = filled.shape[1] // cycle
    cut = filled[:, filled.shape[1] - count * cycle :].reshape(len(filled), count, cycle).sum(axis=2)
    here = watched[:, watched.shape[1] - count * cycle :].reshape(len(filled), count, cycle).mean(axis=2)
    rate = cut / np.maximum(here, 1e-9)
    both = (here[:, 1:] > HALF) & (here[:, :-1] > HALF)
    step = np.abs(np.diff(rate, axis=1)) / np.maximum(rate[:, 1:] + rate[:, :-1], 1e-300)
    step = np.where(both, step, 0.0)
    spread: Values = (step.sum(axis=1) + 0.3) / (both.sum(axis=1) + 1.0)
    return spread
