"""Slowing NBD: customers buy at a rate of their own, and at some time go on at a fraction of it instead of dying.

Where nothing is left it is the model of periodic death opportunities with one in each period: Jerath, Fader, Hardie,
New perspectives on customer "death" using a generalization of the Pareto/NBD model, Marketing Science 30(5), 2011.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.core.special import betaln, gammaln
from pertoken.forecast.btyd.buying import Buying, pace
from pertoken.forecast.btyd.likelihood import Prior
from pertoken.forecast.btyd.purchases import Dated
from pertoken.forecast.btyd.slowing_together import together
from pertoken.forecast.panel import Indices

LEAST = 1e-300
"""What counts as nothing left of a rate, for it has a log."""


@dataclass(frozen=True, slots=True)
class SlowingNbd(Buying[Dated]):
    """Rates are gamma; before each period a customer may slow down, once, by a chance of its own that is beta.

    Args:
        r: Shape of the rates.
        alpha: Their scale: the mean rate is `r / alpha`. [period]
        slow: First shape of the chance to slow down before a period.
        stay: Its second shape.
        left: What is left of the rate after that, as a share.
    """

    r: float
    alpha: float
    slow: float
    stay: float
    left: float

    @classmethod
    def prior(cls, seen: Dated) -> Prior:
        """Expect rates that differ a lot, slowing within the time watched, and a tenth of the rate after that.

        That tenth is what the buyers of CDNOW showed at eight dates, 0.08 to 0.2; short histories can't tell it.
        """
        centre = np.log([0.5, pace(seen) / 4, 1.0, pace(seen) / 2, 0.1])
        return Prior(centre, np.array([1.5, 1.5, 1.5, 1.5, 1.0]))

    @classmethod
    def together(cls, places: Values, seen: Dated, count: Values) -> Values:
        """Log likelihood of all customers by each of several laws, shape `(place,)`; see `Buying`."""
        return together(places, seen, count)

    def expected(self, seen: Dated, ahead: float) -> Values:
        """Purchases expected of each customer in the next `ahead` periods, shape `(customer,)`."""
        worth = self._worth(seen.age, seen.so_far.shape[1] - 1)
        rate = self._chances(seen) * (self.r + seen.repeats[:, None]) / (self.alpha + worth)
        steps = np.arange(1, np.ceil(ahead) + 1)
        whole = np.minimum(ahead - steps + 1, 1)  # of each period; the last may be a part of one
        begin = self.stay + seen.age[:, None]
        quick = np.exp(betaln(self.slow, begin + steps) - betaln(self.slow, begin)) @ whole
        living = rate[np.arange(len(seen)), seen.age.astype(np.int64)]
        expected: Values = self.left * ahead * rate.sum(axis=1) + (1 - self.left) * quick * living
        return expected

    def paths(
        self, seen: Dated, horizon: int, draws: int, rng: np.random.Generator, *, lift: Values | float = 1.0
    ) -> Values:
        """Draw how often each customer buys in each period ahead, shape `(draw, customer, period)`; see `Buying`."""
        size = (draws, len(seen))
        slowed = _picked(self._chances(seen), rng.random(size), seen.age)
        worth = slowed + self.left * (seen.age - slowed)
        rate = rng.gamma(self.r + seen.repeats, 1 / (self.alpha + worth)) * lift
        chance = np.maximum(rng.beta(self.slow, self.stay + seen.age, size), 1e-12)
        quick = np.minimum((rng.geometric(chance) - 1) * (slowed >= seen.age), horizon)
        paths = _scattered(rate, np.zeros_like(quick), quick, horizon, rng)
        paths += _scattered(self.left * rate, quick, np.full_like(quick, horizon), horizon, rng)
        return paths

    def parts(self, seen: Dated) -> tuple[Values, Values]:
        """Log likelihood of not having slowed down, and of having done so at some time, each `(customer,)`."""
        logs = self._logs(seen)
        age = seen.age.astype(np.int64)[:, None]
        living = np.take_along_axis(logs, age, axis=1)[:, 0]
        np.put_along_axis(logs, age, -np.inf, axis=1)
        highest = logs.max(axis=1)
        highest = np.where(np.isfinite(highest), highest, 0)
        with np.errstate(divide="ignore"):
            return living, highest + np.log(np.exp(logs - highest[:, None]).sum(axis=1))

    def _worth(self, age: Values, periods: int) -> Values:
        """How many periods at the full rate all that were watched are worth, by how many went by before slowing.

        Args:
            age: Periods watched, shape `(age,)`.
            periods: The most of these.

        Returns:
            Shape `(age, period + 1)`.
        """
        full = np.minimum(np.arange(periods + 1), age[:, None])
        worth: Values = full + self.left * (age[:, None] - full)
        return worth

    def _logs(self, seen: Dated) -> Values:
        """Log likelihood of each customer by periods at the full rate, shape `(customer, period + 1)`."""
        r, x = self.r, seen.repeats[:, None]
        ages, row = np.unique(seen.age, return_inverse=True)  # logs of few ages are had at once
        periods = np.arange(seen.so_far.shape[1])
        never = betaln(self.slow, self.stay + periods) - betaln(self.slow, self.stay)
        then = betaln(self.slow + 1, self.stay + periods) - betaln(self.slow, self.stay)
        when = np.where(periods < ages[:, None], then, np.where(periods == ages[:, None], never, -np.inf))
        worth = np.log(self.alpha + self._worth(ages, len(periods) - 1))
        logs: Values = np.log(max(self.left, LEAST)) * (x - seen.so_far)
        logs += when[row]
        logs -= (r + x) * worth[row]
        logs += gammaln(r + x) - gammaln(r) + r * np.log(self.alpha)
        return logs

    def _chances(self, seen: Dated) -> Values:
        """Chance of each number of periods at the full rate, shape `(customer, period + 1)`."""
        logs = self._logs(seen)
        chances = np.exp(logs - logs.max(axis=1, keepdims=True))
        shares: Values = chances / chances.sum(axis=1, keepdims=True)
        return shares


def _picked(chances: Values, luck: Values, most: Values) -> Indices:
    """Pick a column in each row by its chances, shape `(draw, row)`, for luck between 0 and 1 of the same shape."""
    rows, columns = chances.shape
    row = np.arange(rows)
    rising = (chances.cumsum(axis=1) + row[:, None]).ravel()
    at = np.searchsorted(rising, luck + row, side="right") - columns * row
    picked: Indices = np.clip(at, 0, most.astype(np.int64))
    return picked


def _scattered(rate: Values, begin: Indices, end: Indices, horizon: int, rng: np.random.Generator) -> Values:
    """Draw purchases at a rate in the periods from one to before another; they are few, so each is put in its own.

    Args:
        rate: Shape `(draw, customer)`. [1 / period]
        begin: First period of each, shape `(draw, customer)`.
        end: Where they end.
        horizon: Periods in all.
        rng: Where chance comes from.

    Returns:
        Shape `(draw, customer, period)`.
    """
    often = rng.poisson(rate * (end - begin)).ravel()
    who = np.repeat(np.arange(often.size), often)
    at = begin.ravel()[who] + np.floor(rng.random(len(who)) * (end - begin).ravel()[who]).astype(np.int64)
    counts: Values = np.bincount(who * horizon + at, minlength=often.size * horizon).astype(np.float64)
    return counts.reshape(*rate.shape, horizon)
