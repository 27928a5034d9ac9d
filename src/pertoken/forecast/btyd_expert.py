"""An expert for customers who come and go: when they are active by a law of dying, how much by their own amounts.

What the law gets wrong of the customers of this panel is found by a back-test within their history, and mended: of
those of whom it expected as much, how many were active in fact.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.amounts import fill
from pertoken.forecast.btyd.beta_geometric_bernoulli import BetaGeometricBernoulli
from pertoken.forecast.btyd.buying import Buying, fit
from pertoken.forecast.btyd.likelihood import Estimate
from pertoken.forecast.btyd.purchases import Dated, dated_of
from pertoken.forecast.expert import History

MOST_FITTED = 4000
"""Customers whose history the law is fitted to, evenly picked where there are more."""

WORLDS = 16
"""Sets of parameters that the draws of a forecast are spread over."""

CLASSES = 5
"""Classes of customers by what is expected of them, each with a correction of its own."""

BELIEF = 30.0
"""Active periods that count as much as the belief that the law is right."""

BY_PERIOD: tuple[type[Buying[Dated]], ...] = (BetaGeometricBernoulli,)

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
    seen = dated_of(history.value, history.since)
    paths = np.empty((draws, len(history), horizon), dtype=np.float32)
    laws = _laws(seen)
    few = seen if len(seen) <= MOST_FITTED else seen.pick(np.linspace(0, len(seen) - 1, MOST_FITTED).astype(np.int64))
    found = [fit(kind, few) for kind in laws]
    for part, kind, estimate in zip(_shared(paths, found), laws, found, strict=True):
        if len(part):
            _buy(part, history, seen, (kind, estimate), rng)
    fill(paths, history.value, rng, seldom=laws is not BY_PERIOD)
    return paths


def _laws(seen: Dated) -> tuple[type[Buying[Dated]], ...]:
    """Choose the laws: seldom active customers die after purchases, die at any time, or slow down."""
    share = float(seen.repeats.sum() / max(seen.age.sum(), 1))
    if share >= SELDOM:
        return BY_PERIOD
    from pertoken.forecast.btyd.bg_nbd import BgNbd  # noqa: PLC0415  SciPy is slow to load, and few need it
    from pertoken.forecast.btyd.pareto_nbd import ParetoNbd  # noqa: PLC0415  as above

    from pertoken.forecast.btyd.slowing_nbd import SlowingNbd  # noqa: PLC0415  as above

    return BgNbd, ParetoNbd, SlowingNbd


def _shared(paths: Values, found: list[Estimate]) -> list[Values]:
    """Share worlds among laws by how likely each makes the history, over all its parameters."""
    evidence = np.array([each.evidence for each in found])
    chance = np.exp(evidence - evidence.max())
    ends = np.rint(len(paths) * chance.cumsum() / chance.sum()).astype(np.int64)
    return np.split(paths, ends[:-1])


def _buy(
    paths: Values, history: History, seen: Dated, told: tuple[type[Buying[Dated]], Estimate], rng: np.random.Generator
) -> None:
    """Draw how often customers are active by one law, its parameters as unsure as they are; in place."""
    (kind, estimate), (draws, _, horizon) = told, paths.shape
    law = kind(*estimate.parameters)
    lift = _lift(history, law, horizon)
    factor = lift.of(law.expected(seen, horizon) / horizon)
    parts = np.array_split(paths, min(WORLDS, draws))
    for part, parameters in zip(parts, estimate.draw(len(parts), rng).tolist(), strict=True):
        shock = np.exp(lift.shock * rng.standard_normal((len(part), 1)))
        part[:] = kind(*parameters).paths(seen, horizon, len(part), rng, lift=shock * factor)


def _lift(history: History, law: Buying[Dated], horizon: int) -> Lift:
    """Compare what the law expected with what came, at dates within the history."""
    count = history.value.shape[1]
    ahead = max(min(horizon, count // 3), 1)
    expected, actual, logs = [], [], []
    for cut in (count - ahead, count - ahead - max(ahead // 2, 1), count - 2 * ahead):
        here = np.flatnonzero(history.since < cut)
        if cut < ahead or not len(here):
            continue
        seen = dated_of(history.value[here, :cut], history.since[here])
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
