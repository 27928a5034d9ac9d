"""Pareto/NBD: customers buy at a rate of their own, and die at another one, whether they buy or not.

Source: Schmittlein, Morrison, Colombo, Counting your customers, Management Science 33(1), 1987. The integral over the
time of death is not taken by the hypergeometric function, which overflows for busy customers, but by quadrature of a
bounded integrand.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from pertoken.core.money import Values
from pertoken.core.special import gammaln
from pertoken.forecast.btyd.buying import Buying, pace
from pertoken.forecast.btyd.likelihood import Prior
from pertoken.forecast.btyd.purchases import Purchases

NODES, WEIGHTS = ((node + 1) / 2 if i == 0 else node / 2 for i, node in enumerate(np.polynomial.legendre.leggauss(24)))
"""Gauss-Legendre on 0 to 1."""

DECAYED = 36.0
"""Where an exponential has fallen to nothing."""


@dataclass(frozen=True, slots=True)
class ParetoNbd(Buying[Purchases]):
    """Rates of buying and of dying are gamma.

    Args:
        r: Shape of the rates of buying.
        alpha: Their scale: the mean rate is `r / alpha`. [period]
        s: Shape of the rates of dying.
        beta: Their scale. [period]
    """

    r: float
    alpha: float
    s: float
    beta: float

    @classmethod
    def prior(cls, seen: Purchases) -> Prior:
        """Expect rates that differ a lot, and lives about as long as the time watched."""
        return Prior.around([0.5, pace(seen) / 4, 0.6, pace(seen) / 2], 1.5)

    def expected(self, seen: Purchases, ahead: float) -> Values:
        """Purchases expected of each customer in the periods ahead, shape `(customer,)`."""
        rate = (self.r + seen.repeats) / (self.alpha + seen.age)
        since = self.beta + seen.age
        more, log = self.s - 1, np.log1p(ahead / since)
        lived = since * (log if abs(more) < 1e-9 else -np.expm1(-more * log) / more)  # noqa: PLR2004 - as good as 1
        expected: Values = self.alive(seen) * rate * lived
        return expected

    def paths(
        self, seen: Purchases, horizon: int, draws: int, rng: np.random.Generator, *, lift: Values | float = 1.0
    ) -> Values:
        """Draw how often each customer buys in each period ahead, shape `(draw, customer, period)`; see `Buying`."""
        size = (draws, len(seen))
        rate = rng.gamma(self.r + seen.repeats, 1 / (self.alpha + seen.age), size) * lift
        dying = rng.gamma(self.s, 1 / (self.beta + seen.age), size)
        life = rng.exponential(1, size) / np.maximum(dying, 1e-300) * (rng.random(size) < self.alive(seen))
        lived = np.clip(life[..., None] - np.arange(horizon), 0, 1)
        return rng.poisson(rate[..., None] * lived).astype(np.float64)

    def parts(self, seen: Purchases) -> tuple[Values, Values]:
        """Log likelihood of living on, and of having died at some time since the last purchase.

        With y = log((alpha + t) / (alpha + last)), the integral over the time of death t is that of
        exp(-(r + x + s) y) ((alpha + t) / (beta + t)) ** (s + 1), smooth and between bounds, as far as it matters.
        """
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        buys, power = r + seen.repeats, r + seen.repeats + s
        rate = gammaln(buys) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        living = rate - buys * np.log(alpha + seen.age) - s * np.log(beta + seen.age)
        reach = np.minimum(np.log1p((seen.age - seen.last) / (alpha + seen.last)), DECAYED / power)
        at, begin = reach[..., None] * NODES, np.log(alpha + seen.last)
        ratio = -(s + 1) * np.log1p((beta - alpha) * np.exp(-begin[..., None] - at)) - power[..., None] * at
        with np.errstate(divide="ignore"):
            dead = rate + np.log(s * reach) + logsumexp(ratio, b=WEIGHTS, axis=-1) - power * begin
        return living, dead
