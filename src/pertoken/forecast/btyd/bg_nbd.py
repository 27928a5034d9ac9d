"""BG/NBD: customers buy at a rate of their own, and after each purchase may die.

Source: Fader, Hardie, Lee, "Counting your customers" the easy way, Marketing Science 24(2), 2005.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import hyp2f1

from pertoken.core.money import Values
from pertoken.core.special import betaln, gammaln
from pertoken.forecast.btyd.buying import Buying, pace
from pertoken.forecast.btyd.likelihood import Prior
from pertoken.forecast.btyd.purchases import Purchases

BESIDE = 1e-7
"""How far from where the formula of what is expected has no value it is taken instead."""


@dataclass(frozen=True, slots=True)
class BgNbd(Buying[Purchases]):
    """Rates are gamma, the chance to die after a purchase is beta.

    Args:
        r: Shape of the rates.
        alpha: Their scale: the mean rate is `r / alpha`. [period]
        a: First shape of the chance to die after a purchase.
        b: Its second shape.
    """

    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def prior(cls, seen: Purchases) -> Prior:
        """Expect rates that differ a lot, and up to one death in a few purchases."""
        return Prior.around([0.5, pace(seen) / 4, 0.8, 2.5], 1.5)

    def expected(self, seen: Purchases, ahead: float) -> Values:
        """Purchases expected of each customer in the periods ahead, shape `(customer,)`."""
        dies = self.a if self.a != 1 else 1 + BESIDE
        shape, lives = self.r + seen.repeats, self.b + seen.repeats
        since, both = self.alpha + seen.age, dies + lives - 1
        both = np.where(both == 0, BESIDE, both)
        gone = hyp2f1(shape, lives, both, ahead / (since + ahead))
        bought = both / (dies - 1) * (1 - gone * (since / (since + ahead)) ** shape)
        expected: Values = bought * self.alive(seen)
        return expected

    def paths(
        self, seen: Purchases, horizon: int, draws: int, rng: np.random.Generator, *, lift: Values | float = 1.0
    ) -> Values:
        """Draw how often each customer buys in each period ahead, shape `(draw, customer, period)`; see `Buying`."""
        size = (draws, len(seen))
        rate = rng.gamma(self.r + seen.repeats, 1 / (self.alpha + seen.age), size) * lift
        chance = np.maximum(rng.beta(self.a, self.b + seen.repeats, size), 1e-12)
        most = rng.geometric(chance) * (rng.random(size) < self.alive(seen))
        bought = rng.poisson(np.broadcast_to(rate[..., None], (*size, horizon))).cumsum(axis=-1)
        paths: Values = np.diff(np.minimum(bought, most[..., None]), axis=-1, prepend=0).astype(np.float64)
        return paths

    def parts(self, seen: Purchases) -> tuple[Values, Values]:
        """Log likelihood of living on, and of having died after the last purchase; nobody dies before coming back."""
        x, r, alpha, a, b = seen.repeats, self.r, self.alpha, self.a, self.b
        rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        living = rate + betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + seen.age)
        again = np.maximum(x, 1)
        dead = rate + betaln(a + 1, b + again - 1) - betaln(a, b) - (r + x) * np.log(alpha + seen.last)
        return living, np.where(x > 0, dead, -np.inf)
