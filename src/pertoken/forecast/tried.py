"""Trial of an expert that draws paths: what it says now, and what it would have said at some earlier dates."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.core.quantiles import quantiles
from pertoken.forecast.cases import Past
from pertoken.forecast.dressed import SHARES
from pertoken.forecast.expert import History
from pertoken.forecast.panel import Indices
from pertoken.forecast.totals import mean_of

DATES = 3
"""Earlier dates at which an expert is tried."""

FITTED = 1000
"""Customers that it sees then, beside those it is judged on."""

DRAWS = 200
"""Paths that quantiles are taken of."""

MANY = 4000
"""Customers above which half as many paths have to do."""

Draw = Callable[[History, int, int, np.random.Generator], Values]


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What experts look at.

    Args:
        value: Usage, shape `(customer, period)`.
        since: First period of each customer.
        season: Periods of a cycle.
        seed: Of the draws.
        growing: Whether growth is expected over the horizon.
    """

    value: Values
    since: Indices
    season: int
    seed: int
    growing: bool = False


def foreseen(expert: Draw, seen: Watched, date: int, horizon: int, rows: Indices) -> Values:
    """Take the quantiles of usage over a horizon that an expert expects at a date, shape `(share, row)`."""
    known = History(seen.value[rows, :date], seen.since[rows], seen.season, np.zeros(len(rows), dtype=np.int64))
    draws = DRAWS if len(rows) <= MANY else DRAWS // 2
    paths = expert(known, horizon, draws, np.random.default_rng([seen.seed, date]))
    return held(paths.sum(axis=2, dtype=np.float64))


def held(totals: Values) -> Values:
    """Hold draws by their quantiles, shape `(share, customer)`; the last one stands for all beyond, so the mean stays.

    Args:
        totals: Draws of usage, shape `(draw, customer)`. [unit]
    """
    told: Values = quantiles(totals, SHARES)
    beyond = 1 - (SHARES[-1] + SHARES[-2]) / 2
    told[-1] = np.maximum(told[-1] + (totals.mean(axis=0) - mean_of(told, SHARES)) / beyond, told[-2])
    return told


def tried(expert: Draw, before: Past, seen: Watched) -> tuple[Values, Values]:
    """Let an expert draw now and at earlier dates.

    Returns:
        Quantiles ahead, shape `(share, customer)`, and of judged cases, NaN at dates when it was not tried.
    """
    now = foreseen(expert, seen, before.periods, before.horizon, np.arange(len(seen.value)))
    cases, judged = before.cases.like, before.judged
    then = np.full((len(SHARES), len(judged)), np.nan)
    dates = before.told_at
    last = len(dates) - 1
    for each in sorted({int(k) for k in np.linspace(last, 0, DATES + 1)[:DATES]}):
        here, born = np.flatnonzero(cases.origin[judged] == each), np.flatnonzero(seen.since < dates[each])
        asked = cases.customer[judged[here]]
        rows = np.unique(np.concatenate([asked, born[:: -(-len(born) // FITTED)]]))
        found = foreseen(expert, seen, dates[each], before.ahead, rows)
        then[:, here] = found[:, np.searchsorted(rows, asked)]
    return now, then
