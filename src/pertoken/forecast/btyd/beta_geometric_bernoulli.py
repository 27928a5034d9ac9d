"""Beta-geometric/beta-Bernoulli: in each period a living customer is active by a chance of its own, then may die.

Source: Fader, Hardie, Shang, Customer-base analysis in a discrete-time noncontractual setting, Marketing Science 29(6),
2010.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.core.special import betaln
from pertoken.forecast.btyd.buying import Buying, pace
from pertoken.forecast.btyd.likelihood import Prior
from pertoken.forecast.btyd.purchases import Purchases
from pertoken.forecast.btyd.together import apart, together


@dataclass(frozen=True, slots=True)
class BetaGeometricBernoulli(Buying[Purchases]):
    """Activity is beta-Bernoulli by period; dying at the start of a period is beta-geometric.

    Args:
        active: First shape of the chance of being active.
        idle: Its second shape.
        leave: First shape of the chance of dying in a period.
        stay: Its second shape.
    """

    active: float
    idle: float
    leave: float
    stay: float

    @classmethod
    def prior(cls, seen: Purchases) -> Prior:
        """Expect customers who differ a lot, and lives several times as long as the time watched."""
        return Prior.around([0.6, 1.2, 0.8, 4 * pace(seen)], 2.0)

    def log_likelihood(self, seen: Purchases, *, gone: Values | bool = False) -> Values:
        """Log likelihood of each customer, shape `(customer,)`.

        Args:
            seen: Whole numbers of periods.
            gone: Who is known to have left right after the last activity, shape `(customer,)`.
        """
        living, dead, left = self._parts(seen)
        total: Values = np.where(gone, left, np.logaddexp(living, dead))
        return total

    @classmethod
    def together(cls, places: Values, seen: Purchases, count: Values, gone: Values | None = None) -> Values:
        """Log likelihood of all customers by each of several laws, shape `(place,)`; see `Buying`.

        Args:
            places: Parameters of the laws, shape `(place, 4)`.
            seen: Whole numbers of periods.
            count: How many customers have each history.
            gone: Who is known to have left right after the last activity, shape `(history,)`; nobody if None.
        """
        repeats, last, age = (each.astype(np.int64) for each in (seen.repeats, seen.last, seen.age))
        left = np.zeros(len(seen), dtype=np.bool_) if gone is None else gone
        summed: Values = together(places, repeats, last, age, count, left)
        return summed

    def parts(self, seen: Purchases) -> tuple[Values, Values]:
        """Log likelihood of living on, and of having died at some time since the last activity."""
        return self._parts(seen)[:2]

    def expected(self, seen: Purchases, ahead: float) -> Values:
        """Active periods expected in the next `ahead`, shape `(customer,)`."""
        level = (self.active + seen.repeats) / (self.active + self.idle + seen.age)
        steps = np.arange(1, int(ahead) + 1)
        stays = (
            betaln(self.leave, self.stay + seen.age[:, None] + steps)
            - betaln(self.leave, self.stay + seen.age)[:, None]
        )
        expected: Values = self.alive(seen) * level * np.exp(stays).sum(axis=1)
        return expected

    def paths(
        self, seen: Purchases, horizon: int, draws: int, rng: np.random.Generator, *, lift: Values | float = 1.0
    ) -> Values:
        """Draw whether each customer is active in each period ahead, shape `(draw, customer, period)`.

        Args:
            seen: Whole numbers of periods.
            horizon: Periods ahead.
            draws: How many worlds.
            rng: Where chance comes from.
            lift: Factor on the chance to be active, broadcast to `(draw, customer)`.
        """
        size = (draws, len(seen))
        chance = np.minimum(rng.beta(self.active + seen.repeats, self.idle + seen.age - seen.repeats, size) * lift, 1)
        dying = np.maximum(rng.beta(self.leave, self.stay + seen.age, size), 1e-12)
        life = (rng.geometric(dying) - 1) * (rng.random(size) < self.alive(seen))
        active: Values = rng.random((*size, horizon), dtype=np.float32) < chance[..., None]
        active &= np.arange(horizon) < life[..., None]
        return active

    def surviving(self, periods: Values) -> Values:
        """Share of newcomers who live so many periods at least."""
        surviving: Values = np.exp(betaln(self.leave, self.stay + periods) - betaln(self.leave, self.stay))
        return surviving

    def _parts(self, seen: Purchases) -> tuple[Values, Values, Values]:
        """Log likelihood of living on, of having died at some time since the last activity, and right after it."""
        living, dead, left = apart(
            np.array([self.active, self.idle, self.leave, self.stay], dtype=np.float64),
            *(each.astype(np.int64) for each in (seen.repeats, seen.last, seen.age)),
        )
        return living, dead, left
