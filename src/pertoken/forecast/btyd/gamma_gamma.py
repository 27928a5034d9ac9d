"""Gamma-gamma: what a customer spends on a purchase varies about a mean of its own.

Source: Fader, Hardie, The gamma-gamma model of monetary value, note 025 at brucehardie.com, 2013.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.core.special import gammaln
from pertoken.forecast.btyd.likelihood import Estimate, Prior, most_likely


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """The value of a purchase is gamma, and so are customers' scales.

    Args:
        p: Shape of the value of a purchase.
        q: Shape of customers' scales.
        v: Scale of these: the mean over customers is `p v / (q - 1)`. [currency]
    """

    p: float
    q: float
    v: float

    def log_likelihood(self, mean: Values, count: Values) -> Values:
        """Log likelihood of customers' mean values, shape `(customer,)`.

        Args:
            mean: Of the purchases of each, above 0. [currency]
            count: How many these were, at least 1.
        """
        p, q, v = self.p * count, self.q, self.v
        shapes = gammaln(p + q) - gammaln(p) - gammaln(q)
        total: Values = (
            shapes + q * np.log(v) + (p - 1) * np.log(mean) + p * np.log(count) - (p + q) * np.log(count * mean + v)
        )
        return total

    def expected(self, mean: Values, count: Values) -> Values:
        """Value expected of a purchase, shape `(customer,)`; the mean is not looked at if the count is 0."""
        expected: Values = self.p * (self.v + count * np.where(count > 0, mean, 0)) / (self.p * count + self.q - 1)
        return expected

    def scales(self, mean: Values, count: Values, draws: int, rng: np.random.Generator) -> Values:
        """Draw each customer's mean value of a purchase, over `p`, shape `(draw, customer)`."""
        spent = self.v + count * np.where(count > 0, mean, 0)
        scales: Values = spent / rng.gamma(self.p * count + self.q, 1.0, (draws, len(count)))
        return scales

    def amounts(self, counts: Values, scales: Values, rng: np.random.Generator) -> Values:
        """Draw what is spent on some purchases.

        Args:
            counts: How many, shape `(draw, customer, period)`.
            scales: As from `scales`, shape `(draw, customer)`.
            rng: Where chance comes from.
        """
        return rng.gamma(self.p * counts) * scales[..., None]


def fit_gamma_gamma(mean: Values, count: Values, prior: Prior | None = None) -> Estimate:
    """Find the parameters that explain best what purchases were worth.

    Args:
        mean: Value of each customer's purchases, above 0. [currency]
        count: How many these were, at least 1.
        prior: Where parameters are expected; a weak one about the mean seen if None.
    """
    middle = float(np.average(mean, weights=count)) if len(mean) else 1.0
    return most_likely(
        lambda parameters: float(GammaGamma(*parameters.tolist()).log_likelihood(mean, count).sum()),
        prior or Prior.around([3.0, 4.0, middle], 1.5),
    )
