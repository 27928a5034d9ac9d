"""Buying: what all laws of customers who buy until they die can be asked, and how one is fitted."""

from typing import Protocol, TypeVar

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.btyd.likelihood import Estimate, Prior, most_likely_of
from pertoken.forecast.btyd.purchases import Purchases

Seen_contra = TypeVar("Seen_contra", bound=Purchases, contravariant=True)
"""What a law needs to know of customers: three numbers of each, or dates as well."""


class Buying(Protocol[Seen_contra]):
    """A law of buying and dying; its parameters are its arguments, in order."""

    def __init__(self, *parameters: float) -> None: ...

    @classmethod
    def prior(cls, seen: Seen_contra) -> Prior:
        """Say where its parameters are weakly expected, at the pace of these purchases."""
        ...

    def parts(self, seen: Seen_contra) -> tuple[Values, Values]:
        """Log likelihood of living on, and of having died since the last purchase, each `(customer,)`."""
        ...

    def log_likelihood(self, seen: Seen_contra) -> Values:
        """Log likelihood of each customer, shape `(customer,)`."""
        total: Values = np.logaddexp(*self.parts(seen))
        return total

    @classmethod
    def together(cls, places: Values, seen: Seen_contra, count: Values) -> Values:
        """Log likelihood of all customers by each of several laws, shape `(place,)`.

        Args:
            places: Parameters of the laws, shape `(place, parameter)`.
            seen: Histories.
            count: How many customers have each, shape `(history,)`.
        """
        return np.array([(count * cls(*place).log_likelihood(seen)).sum() for place in places.tolist()])

    def alive(self, seen: Seen_contra) -> Values:
        """Chance that each customer still lives, shape `(customer,)`."""
        living, dead = self.parts(seen)
        alive: Values = np.exp(living - np.logaddexp(living, dead))
        return alive

    def expected(self, seen: Seen_contra, ahead: float) -> Values:
        """Purchases expected of each customer in the periods ahead, shape `(customer,)`."""
        ...

    def paths(
        self, seen: Seen_contra, horizon: int, draws: int, rng: np.random.Generator, *, lift: Values | float = 1.0
    ) -> Values:
        """Draw how often each customer buys in each period ahead, shape `(draw, customer, period)`.

        Args:
            seen: What they bought.
            horizon: Periods ahead.
            draws: How many worlds.
            rng: Where chance comes from.
            lift: Factor on the rate of buying, broadcast to `(draw, customer)`.
        """
        ...


def fit(kind: type[Buying[Seen_contra]], seen: Seen_contra, prior: Prior | None = None) -> Estimate:
    """Find the parameters of a law that explain best what customers bought.

    Args:
        kind: Of law: `BgNbd`, `ParetoNbd` or `SlowingNbd`.
        seen: What they bought.
        prior: Where parameters are expected; the law's own weak prior if None, under which 30 customers are enough;
            `.unknowing` of it is plain maximum likelihood.
    """
    distinct, count, _ = seen.folded()
    return most_likely_of(lambda places: kind.together(places, distinct, count), prior or kind.prior(seen))


def pace(seen: Purchases) -> float:
    """Say how long customers have typically been watched, by which a weak prior is scaled. [period]."""
    return float(max(np.median(seen.age), 1.0)) if len(seen) else 1.0
