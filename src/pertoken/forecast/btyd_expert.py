"""An expert for customers who come and go: when they are active by a law of dying, how much by their own amounts.

What the law gets wrong of the customers of this panel is found by a back-test within their history, and mended: of
those of whom it expected as much, how many were active in fact.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.amounts import fill
from pertoken.forecast.btyd.beta_geometric_bernoulli import BetaGeometricBernoulli
from pertoken.forecast.btyd.buying import Buying, Seen_contra, fit
from pertoken.forecast.btyd.purchases import Dated, dated_of, purchases_of
from pertoken.forecast.btyd.slowing_nbd import SlowingNbd
from pertoken.forecast.expert import History
from pertoken.forecast.panel import Indices

MOST_FITTED = 4000
"""Customers whose history the law is fitted to, evenly picked where there are more."""

MOST_WATCHED = 400_000
"""Periods of all these customers together: a year by day leaves a thousand of them, by week all."""

WORLDS = 16
"""Sets of parameters that the draws of a forecast are spread over."""

CLASSES = 5
"""Classes of customers by what is expected of them, each with a correction of its own."""

BELIEF = 30.0
"""Active periods that count as much as the belief that the law is right."""

SELDOM = 0.3
"""Share of active periods below which active periods are as good as purchases at any time."""

SHOCK = 0.1
"""Standard deviation of what moves everybody's activity together, where the back-tests don't show more."""


@dataclass(frozen=True, slots=True, eq=False)
class Lift:
    """Factor on the chance to be active, by how much of a customer the law expects.

    Args:
        edges: Between the classes, of active periods expected per period, shape `(class - 1,)`.
        factor: Of each class, shape `(class,)`.
        shock: Standard deviation of the log of what all have in common.
    """

    edges: Values
    factor: Values
    shock: float

    def of(self, rate: Values) -> Values:
        """Look up the factor of customers by the rate expected, shape `(customer,)`."""
        factor: Values = self.factor[np.searchsorted(self.edges, rate)]
        return factor


def dying(history: History, horizon: int, draws: int, rng: np.random.Generator) -> Values:
    """Draw paths of customers who may have left, shape `(draw, customer, period)`.

    Args:
        history: Value above 0 is an active period.
        horizon: Periods ahead.
        draws: How many worlds.
        rng: Where chance comes from.
    """
    seen = purchases_of(history.value, history.since)
    paths = np.empty((draws, len(history), horizon), dtype=np.float32)
    seldom = float(seen.repeats.sum() / max(seen.age.sum(), 1)) < SELDOM
    if seldom:
        laws = _of_the_seldom()
        for part, kind in zip(np.array_split(paths, len(laws)), laws, strict=True):
            _buy(part, history, kind, dated_of, rng)
    else:
        _buy(paths, history, BetaGeometricBernoulli, purchases_of, rng)
    fill(paths, history.value, rng, seldom=seldom)
    return paths


def _of_the_seldom() -> tuple[type[Buying[Dated]], ...]:
    """Give the laws of the seldom active: a third of the worlds die after purchases, a third any time, a third slow."""
    from pertoken.forecast.btyd.bg_nbd import BgNbd  # noqa: PLC0415  SciPy is slow to load, and few need it
    from pertoken.forecast.btyd.pareto_nbd import ParetoNbd  # noqa: PLC0415  as above

    return BgNbd, ParetoNbd, SlowingNbd


def _buy(
    paths: Values,
    history: History,
    kind: type[Buying[Seen_contra]],
    read: Callable[[Values, Indices], Seen_contra],
    rng: np.random.Generator,
) -> None:
    """Draw how often customers are active by one law, its parameters as unsure as they are; in place.

    Args:
        paths: Shape `(draw, customer, period)`.
        history: As above.
        kind: Of law.
        read: What this needs to know, from usage and the first period of each customer.
        rng: Where chance comes from.
    """
    (draws, _, horizon), seen = paths.shape, read(history.value, history.since)
    most = min(MOST_FITTED, MOST_WATCHED // history.value.shape[1] + 1)
    few = seen if len(seen) <= most else seen.pick(np.linspace(0, len(seen) - 1, most).astype(np.int64))
    estimate = fit(kind, few)
    law = kind(*estimate.parameters)
    lift = _lift(history, law, read, horizon)
    factor = lift.of(law.expected(seen, horizon) / horizon)
    parts = np.array_split(paths, min(WORLDS, draws))
    for part, parameters in zip(parts, estimate.draw(len(parts), rng).tolist(), strict=True):
        shock = np.exp(lift.shock * rng.standard_normal((len(part), 1)))
        part[:] = kind(*parameters).paths(seen, horizon, len(part), rng, lift=shock * factor)


def _lift(
    history: History, law: Buying[Seen_contra], read: Callable[[Values, Indices], Seen_contra], horizon: int
) -> Lift:
    """Compare what the law expected with what came, at dates within the history."""
    count = history.value.shape[1]
    ahead = max(min(horizon, count // 3), 1)
    expected, actual, logs = [], [], []
    for cut in (count - ahead, count - ahead - max(ahead // 2, 1), count - 2 * ahead):
        here = np.flatnonzero(history.since < cut)
        if cut < ahead or not len(here):
            continue
        seen = read(history.value[here, :cut], history.since[here])
        expected.append(law.expected(seen, ahead) / ahead)
        came = history.value[here, cut : cut + ahead]
        actual.append((np.nan_to_num(came) > 0).sum(axis=1) / ahead)
        logs.append(np.log((actual[-1].sum() * ahead + BELIEF) / (expected[-1].sum() * ahead + BELIEF)))
    if not expected:
        return Lift(np.empty(0), np.ones(1), SHOCK)
    return _classes(np.concatenate(expected), np.concatenate(actual), ahead / len(logs), np.array(logs))


def _classes(expected: Values, actual: Values, weight: float, logs: Values) -> Lift:
    """Find the factor of each class against all, drawn to 1 as far as little was seen of it.

    What moved everybody at the time of the back-test is left out: it tells of that time, not of the one to come.
    """
    rise = np.argsort(expected)
    share = np.cumsum(expected[rise]) / max(float(expected.sum()), 1e-300)
    edges = np.unique(np.interp(np.arange(1, CLASSES) / CLASSES, share, expected[rise]))
    where = np.searchsorted(edges, expected)
    due, came = (np.bincount(where, each, len(edges) + 1) * weight for each in (expected, actual))
    whole = (came.sum() + BELIEF) / (due.sum() + BELIEF)
    factor = (came / whole + BELIEF) / (due + BELIEF)
    return Lift(edges, np.clip(factor, 0.25, 4.0), float(np.hypot(SHOCK, logs.std())))
