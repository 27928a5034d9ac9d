"""Amounts: how much customers use in a period in which they are active, drawn about what each had before.

Where amounts are not small whole numbers, each next one is expected from those before it: a customer's own level, drawn
to one for all by how often it was active. Its constants are learnt from pairs of what was before and what came next, so
that those who did not come back, who had used less, tell nothing of those who do.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.panel import Indices

BELIEF = 30.0
"""Amounts that count as much as a belief about them."""

LEAST = 1 / 3
"""Share of customers, those active least, whose amounts are those of customers of whom none is known."""

FEW = 12
"""Most of a small whole number: such amounts are drawn as they were seen."""


def fill(paths: Values, value: Values, rng: np.random.Generator, *, seldom: bool) -> None:
    """Put amounts where customers are active, in place; two purchases in a period count as two active periods.

    Args:
        paths: How often each is active, shape `(draw, customer, period)`.
        value: What they used, shape `(customer, period)`; NaN for what was not watched.
        rng: Where chance comes from.
        seldom: Whether customers are seldom active.
    """
    amount = np.nan_to_num(value)
    who, _ = np.nonzero(amount > 0)
    if not len(who):
        paths[:] = 0
        return
    seen = amount[amount > 0]
    whole = seen.max() <= FEW and bool((seen == np.round(seen)).all())
    _, customers, horizon = paths.shape
    every = paths.reshape(-1)
    at = np.flatnonzero(every)
    customer, times = at // horizon % customers, every[at].astype(np.int64)
    once = times.max(initial=1) == 1
    asked = customer if once else np.repeat(customer, times)
    if whole:
        amounts = _as_seen(seen, who, len(value), asked, rng)
    else:
        amounts = about_levels(seen, who, len(value), asked, rng, seldom=seldom)
    every[at] = amounts if once else np.add.reduceat(amounts, np.cumsum(times) - times)


def _as_seen(seen: Values, who: Indices, customers: int, customer: Indices, rng: np.random.Generator) -> Values:
    """Draw amounts from those that a customer had before, and as often from everybody's as little is known of it."""
    count = np.bincount(who, minlength=customers)
    within, between = _variances(seen, who, customers)
    doubt = float(np.clip(within / max(between, 1e-9), 0.5, 50))
    start = np.cumsum(count) - count
    own = rng.random(len(customer)) * (count[customer] + doubt) < count[customer]
    pick = np.where(
        own,
        start[customer] + np.floor(rng.random(len(customer)) * count[customer]).astype(np.int64),
        _of_all(who, len(customer), rng),
    )
    amounts: Values = seen[pick]
    return amounts


def _of_all(who: Indices, count: int, rng: np.random.Generator) -> Indices:
    """Pick amounts of any customer; not the first ones where later ones are enough: people try first."""
    later = np.flatnonzero(np.concatenate([[False], who[1:] == who[:-1]]))
    pool = later if len(later) >= BELIEF else np.arange(len(who))
    picked: Indices = pool[rng.integers(0, len(pool), count)]
    return picked


@dataclass(frozen=True, slots=True)
class Next:
    """What is expected of the log of a next amount.

    Args:
        level: Of who was active once and whose own amount tells nothing.
        slope: How much higher it is by the log of how often a customer was active: the busy use more each time, too.
        doubt: Amounts that the level of all is worth, against a customer's own: variance within by that between.
        between: Variance of customers' levels.
    """

    level: float
    slope: float
    doubt: float
    between: float

    def log(self, count: Values, mean: Values) -> tuple[Values, Values]:
        """Give the mean of the log and the variance of the level, by how many amounts were seen and their mean log."""
        trust = count / np.maximum(count + self.doubt, 1e-300)
        middle = self.level + self.slope * np.log(np.maximum(count, 1))
        return middle + trust * (mean - middle), self.between * (1 - trust)


def about_levels(
    seen: Values, who: Indices, customers: int, customer: Indices, rng: np.random.Generator, *, seldom: bool
) -> Values:
    """Draw amounts about customers' levels, pooled on the log scale; residuals are those that were seen.

    Args:
        seen: Amounts above 0, by customer and in order of time.
        who: Whose they are, shape `(amount,)`.
        customers: How many there are.
        customer: For whom one is drawn, shape `(drawn,)`.
        rng: Where chance comes from.
        seldom: Whether customers are told apart by how often they had been active at the time, and not in all. Where
            many are regular, those of a few days are like the regular of the same age in nothing but that.
    """
    count, log = np.bincount(who, minlength=customers), np.log(seen)
    mean = np.bincount(who, log, customers) / np.maximum(count, 1)
    pairs = _pairs(log, who, count)
    later, known, so_far = pairs
    law = _learnt(log, who, mean, pairs, known if seldom else count[who[later]].astype(np.float64))
    many = count[who] > 1  # residuals are widened to those from true levels
    residual = ((log - mean[who]) * np.sqrt(count[who] / np.maximum(count[who] - 1, 1)))[many]
    residual = residual if len(residual) else np.zeros(1)
    level, unsure = law.log(count.astype(np.float64), mean)
    due, wide = law.log(known, so_far) if seldom else (level[who[later]], unsure[who[later]])
    noise = residual[rng.integers(0, len(residual), len(customer))]
    drawn: Values = np.exp(level[customer] + np.sqrt(unsure)[customer] * rng.standard_normal(len(customer)) + noise)
    drawn *= _scale(seen[later], np.exp(due + wide / 2) * np.exp(residual).mean())
    unknown = count[customer] == 0
    drawn[unknown] = _of_the_least(seen, who, int(unknown.sum()), rng)
    return drawn


def _of_the_least(seen: Values, who: Indices, count: int, rng: np.random.Generator) -> Values:
    """Pick amounts of the third of customers who were active least: who never was is more like them than others."""
    often = np.bincount(who)
    few = np.quantile(often[often > 0], LEAST)
    amounts: Values = rng.choice(seen[often[who] <= few], count)
    return amounts


def _pairs(log: Values, who: Indices, count: Indices) -> tuple[Indices, Values, Values]:
    """Find amounts that were not a customer's first, how many it had before each, and the mean log of those."""
    start = np.cumsum(count) - count
    later = np.flatnonzero(np.arange(len(who)) > start[who])
    begin, before = start[who[later]], np.concatenate([[0.0], np.cumsum(log)])
    known = (later - begin).astype(np.float64)
    return later, known, (before[later] - before[begin]) / known


def _learnt(log: Values, who: Indices, mean: Values, pairs: tuple[Indices, Values, Values], often: Values) -> Next:
    """Fit the level of all and its slope to next amounts, with those before each known, by least squares."""
    within, between = _variances(log, who, len(mean))
    doubt = within / max(between, 1e-9)
    later, known, so_far = pairs
    pull, alike = doubt / np.maximum(known + doubt, 1e-300), float(log.mean())
    x = np.stack([pull, pull * np.log(often)], axis=1)
    away = log[later] - so_far + pull * (so_far - alike)
    level, slope = np.linalg.solve(x.T @ x + np.diag([1.0, BELIEF]), x.T @ away).tolist()
    return Next(alike + level, slope, doubt, between)


def _scale(came: Values, due: Values) -> float:
    """Find the factor by which next amounts add up to those that came, drawn to 1 where they are few."""
    belief = BELIEF * float(due.mean()) if len(due) else 1.0
    return float((came.sum() + belief) / (due.sum() + belief))


def _variances(values: Values, who: Indices, customers: int) -> tuple[float, float]:
    """Variance within customers and between them, by analysis of variance."""
    count = np.bincount(who, minlength=customers)
    mean = np.bincount(who, values, customers) / np.maximum(count, 1)
    here = count > 0
    free = int((count[here] - 1).sum())
    within = float(((values - mean[who]) ** 2).sum()) / free if free else 0.0
    spread = float(mean[here].var(ddof=1)) if here.sum() > 1 else 0.0
    return within, max(spread - within * float((1 / count[here]).mean()), 0.0)
