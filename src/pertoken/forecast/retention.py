"""Retention: who is still a customer, and the chance to leave by age, from little history and a stated prior.

Nobody is gone by a fixed rule: how long a silence means something depends on how often the customer was active before.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.core.special import betaln
from pertoken.forecast.btyd.beta_geometric_bernoulli import BetaGeometricBernoulli
from pertoken.forecast.btyd.likelihood import Estimate, Prior, most_likely_of
from pertoken.forecast.btyd.purchases import Purchases, purchases_of
from pertoken.forecast.panel import Indices

MONTHS = 36
"""Months of age for which hazards are given; the last holds from then on."""

ENOUGH_WEEKS = 4
"""Weeks of history from which days are taken by the week: use comes in bursts."""

WEEKS_A_MONTH = 365.25 / 12 / 7

LONG_GONE = 0.2
"""Chance to be alive below which somebody who comes back is taken as one who had left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPrior:
    """What is believed of leaving before anything is seen.

    Args:
        churn: Chance to leave in the first month.
        strength: How many customer-months of watching the belief is worth.
        unlike: How unlike customers are: shape of the beta that their chances to leave come from; a small one lets
            hazards fall fast with age.
        back: Chance in a month that one who left comes back.
    """

    churn: float = 0.06
    strength: float = 20.0
    unlike: float = 1.0
    back: float = 0.01

    @property
    def error(self) -> float:
        """Standard deviation of the log odds of the first month's churn."""
        return float((self.strength * self.churn * (1 - self.churn)) ** -0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Retention:
    """How customers leave.

    Args:
        leave: Chance to leave in a month by age in months, shape `(age,)`.
        error: Standard deviation of the log odds of leaving, the same for all months of a world.
        alive: Chance that each is still a customer, shape `(customer,)`.
        back: Chance in a month that one who left comes back.
        worlds: Chances to leave in worlds that history leaves open, shape `(draw, age)`.
    """

    leave: Values
    error: float
    alive: Values
    back: float
    worlds: Values

    def surviving(self, months: int) -> Values:
        """Share of newcomers who are still there after each month, shape `(month + 1,)`."""
        leave = self.leave[np.minimum(np.arange(months), len(self.leave) - 1)]
        return np.concatenate([[1.0], np.cumprod(1 - leave)])


def retained(
    value: Values,
    since: Indices,
    *,
    periods_per_month: float,
    gone: Values | None = None,
    prior: RetentionPrior | None = None,
    months: int = MONTHS,
) -> Retention:
    """Estimate who is still a customer and how customers leave, by beta-geometric/beta-Bernoulli with a prior.

    Args:
        value: Usage, shape `(customer, period)`; above 0 is active; NaN for what was not watched.
        since: First period of each customer, shape `(customer,)`.
        periods_per_month: 30.4 for days, 4.35 for weeks, 1 for months.
        gone: Who is known to have left, shape `(customer,)`; nobody if None.
        prior: What is believed before; customers of software by default.
        months: Ages for which hazards are given.

    >>> days = np.ones((5, 60)); days[0, 20:] = 0
    >>> found = retained(days, np.zeros(5, dtype=np.int64), periods_per_month=30.4)
    >>> found.alive.round(1).tolist(), bool(found.leave[0] > found.leave[12])
    ([0.0, 1.0, 1.0, 1.0, 1.0], True)
    """
    prior = prior or RetentionPrior()
    fold = _fold(value.shape[1], periods_per_month)
    seen = purchases_of(value, since, fold)
    flag = np.zeros(len(seen), dtype=bool) if gone is None else np.asarray(gone, dtype=bool)
    per_month = periods_per_month / fold
    estimate = _estimate(seen, flag, per_month, prior)
    law = BetaGeometricBernoulli(*estimate.parameters)
    worlds = np.stack(
        [
            _leaving(BetaGeometricBernoulli(*each), per_month, months)
            for each in estimate.draw(64, np.random.default_rng(0))
        ]
    )
    odds = np.log(worlds[:, :12] / (1 - worlds[:, :12])).mean(axis=1)
    unseen = law.surviving(seen.age + 0.5) / law.surviving(seen.age) if fold > 1 else 1.0
    alive = np.where(
        flag, 0.0, law.alive(seen) * unseen
    )  # half a week, on average, since the last day in the last week
    error = min(float(odds.std()), prior.error)
    back = _back(value, since, fold, periods_per_month, law=law, prior=prior)
    return Retention(_leaving(law, per_month, months), error, alive, back, worlds)


def _fold(count: int, per_month: float) -> int:
    """Say how many periods are taken as one: a week of days where there are weeks enough."""
    week = round(per_month / WEEKS_A_MONTH)
    return week if week > 1 and count >= ENOUGH_WEEKS * week else 1


def _estimate(seen: Purchases, gone: Values, per_month: float, prior: RetentionPrior) -> Estimate:
    """Find the four shapes: leaving with the prior, activity with nearly none."""
    count, place = _together(seen, gone)
    several = seen.pick(place)
    flag = gone[place]
    daily = 1 - (1 - prior.churn) ** (1 / per_month)
    stay = prior.unlike * (1 / daily - 1)
    centre = np.log([1.0, 1.0, prior.unlike, stay])
    spread = np.array([2.0, 2.0, 0.5, 3.0])
    believed = np.log(prior.churn / (1 - prior.churn))

    def log_likelihoods(places: Values) -> Values:
        leave, stay = places[:, 2], places[:, 3]
        first = np.clip(1 - np.exp(betaln(leave, stay + per_month) - betaln(leave, stay)), 1e-12, 1 - 1e-12)
        belief = -0.5 * ((np.log(first / (1 - first)) - believed) / prior.error) ** 2
        whole: Values = BetaGeometricBernoulli.together(places, several, count, flag) + belief
        return whole

    return most_likely_of(log_likelihoods, Prior(centre, spread))


def _together(seen: Purchases, gone: Values) -> tuple[Values, Indices]:
    """Count customers with the same history, and name one of each."""
    rows = np.stack([seen.repeats, seen.last, seen.age, gone], axis=1)
    _, first, count = np.unique(rows, axis=0, return_index=True, return_counts=True)
    return count.astype(np.float64), first


def _leaving(law: BetaGeometricBernoulli, per_month: float, months: int) -> Values:
    surviving = law.surviving(per_month * np.arange(months + 1))
    leaving: Values = 1 - surviving[1:] / surviving[:-1]
    return np.clip(leaving, 1e-9, 1 - 1e-9)


def _back(
    value: Values, since: Indices, fold: int, month: float, *, law: BetaGeometricBernoulli, prior: RetentionPrior
) -> float:
    """Find the chance in a month to come back: by how many more are active later than expected of the long gone.

    These are who looked so at half time. The prior counts as `strength` months of those who are gone.
    """
    half = value.shape[1] // (2 * fold) * fold
    here = np.flatnonzero(since < half)
    if half == 0 or not len(here):
        return prior.back
    alive = law.alive(purchases_of(value[here, :half], since[here], fold))
    suspect = alive < LONG_GONE
    later = np.any(np.nan_to_num(value[here, half:]) > 0, axis=1)
    returned = max(0.0, float((later[suspect] - alive[suspect]).sum()))
    watched = float((1 - alive[suspect]).sum()) * (value.shape[1] - half) / month
    return float((returned + prior.back * prior.strength) / (watched + prior.strength))
