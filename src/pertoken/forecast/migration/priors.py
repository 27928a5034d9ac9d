"""Priors: what is assumed of customers where their history cannot say it, with the evidence for each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pertoken.core.design import design
from pertoken.core.errors import InputError, nearest
from pertoken.core.money import Values

TENTH = 1.2815515655446004
"""The standard normal's P90."""


@dataclass(frozen=True, slots=True)
class Prior:
    """A number that is not known: log-normal if its P10 is above zero, else normal and never below `least`.

    Args:
        low: Its P10.
        high: Its P90; equal to `low` where it is certain.
        unit: What it is counted in.
        about: What it does.
        source: Where it comes from.
        least: It is never less.

    Raises:
        InputError: The P90 lies below the P10.
    """

    low: float
    high: float
    unit: str = "1"
    about: str = ""
    source: str = "prior, not data"
    least: float = 0.0

    def __post_init__(self) -> None:
        """Check the order."""
        if self.high < self.low:
            raise InputError(f"a prior from {self.low:g} to {self.high:g}; expected its P10 first, then its P90")

    def quantile(self, share: Values) -> Values:
        """Take values at shares of chance.

        >>> Prior(1.0, 4.0).quantile(np.array([0.1, 0.5, 0.9])).round(9).tolist()
        [1.0, 2.0, 4.0]
        """
        from scipy.special import ndtri  # noqa: PLC0415  the calculator must start fast

        if self.low == self.high:
            return np.full(np.shape(share), self.low)
        low, high = np.log([self.low, self.high]) if self.low > 0 else (self.low, self.high)
        value = (low + high) / 2 + (high - low) / 2 / TENTH * ndtri(share)
        made: Values = np.maximum(np.exp(value) if self.low > 0 else value, self.least)
        return made


PRIORS: Mapping[str, Prior] = {
    "scale": Prior(0.08, 0.6, "of a bill", "difference in a monthly bill that customers overlook: small is rational"),
    "risk": Prior(0.0, 0.4, "SD", "standard deviations of a bill that customers would pay to be rid of"),
    "free_units": Prior(
        0.0, 0.1, "of a bill", "worth of units included, beyond what they save",
        "prior; most customers value free units (Ascarza, Lambrecht, Vilcassim, JMR 2012)",
    ),
    "taste": Prior(-1.0, 1.0, "logit", "liking of the new plan that no bill explains", least=-np.inf),
    "inertia": Prior(0.7, 2.5, "logit", "reluctance to change when told"),
    "settling": Prior(3.0, 12.0, "months", "until half of the reluctance is gone"),
    "elasticity": Prior(
        0.1, 0.8, "% per %", "fall of usage for a rise of the marginal price",
        "prior, not data: about 0.3 by what faster hardware did to one vendor's revenue",
    ),
    "uplift": Prior(
        0.0, 0.15, "log", "usage beyond what prices explain, where units are included",
        "prior; customers with allowances over-use (Ascarza, Lambrecht, Vilcassim, JMR 2012)",
    ),
    "lag": Prior(1.0, 4.0, "months", "until two thirds of the change of usage are there"),
    "restless": Prior(0.004, 0.02, "a month", "chance to leave that anger multiplies at least; contracts still bind"),
    "shock": Prior(0.5, 2.5, "log", "rise of the log chance to leave for a bill that is forced up e-fold"),
    "no_notice": Prior(0.1, 0.9, "log", "rise of the log chance to leave where nobody was told before"),
    "pay_per_use": Prior(
        0.1, 1.0, "log", "the same of those who stay, for an old bill that is e-fold the new plan's",
        "prior; pay-per-use bias raises churn, flat-rate bias does not (Lambrecht, Skiera, JMR 2006)",
    ),
}  # fmt: skip
"""What is assumed of all customers of a world, by name."""


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What customers are like in each world, by the names of `PRIORS`, each `(draw,)`."""

    scale: Values
    risk: Values
    free_units: Values
    taste: Values
    inertia: Values
    settling: Values
    elasticity: Values
    uplift: Values
    lag: Values
    restless: Values
    shock: Values
    no_notice: Values
    pay_per_use: Values

    def __len__(self) -> int:
        """Count the worlds."""
        return len(self.scale)

    def first(self, draws: int) -> "Traits":
        """Keep the first worlds."""
        return Traits(**{name: getattr(self, name)[:draws] for name in PRIORS})

    def with_scale(self, scale: float) -> "Traits":
        """Have customers overlook the same share of their bill in all worlds."""
        return replace(self, scale=np.full(len(self), scale))


def believed(said: Mapping[str, Prior]) -> dict[str, Prior]:
    """Put what is known better in the place of the house's priors; words that are not said anew stay.

    Raises:
        InputError: No prior of that name.
    """
    for name in said:
        if name not in PRIORS:
            raise InputError(f"no prior {name!r}; {nearest(name, PRIORS)}")
    return {
        name: replace(prior, low=said[name].low, high=said[name].high, source=said[name].source)
        if name in said else prior
        for name, prior in PRIORS.items()
    }  # fmt: skip


def traits(priors: Mapping[str, Prior], draws: int, seed: int) -> Traits:
    """Draw what customers are like, evenly over all that is not known.

    Args:
        priors: One for each name of `PRIORS`.
        draws: How many worlds.
        seed: Same seed, same worlds.
    """
    shares = design([f"migration.{name}" for name in priors], draws=draws, seed=seed)
    return Traits(**{name: prior.quantile(shares[:, i]) for i, (name, prior) in enumerate(priors.items())})
