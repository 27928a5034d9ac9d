"""Plans that are plain functions, customers whose usage is known, and an offer to them."""

from dataclasses import dataclass

import numpy as np

from pertoken.forecast.migration.block import Setting
from pertoken.forecast.migration.offer import Offer, timetable
from pertoken.forecast.migration.priors import PRIORS, Prior, Traits, believed, traits
from pertoken.forecast.migration.tariff import Charged

MONTHS = tuple(f"2027-{month:02d}" for month in range(1, 12))


@dataclass(frozen=True)
class Hybrid:
    """A fee, a bundle of units at a price, and a rate beyond it."""

    fee: float
    units: float
    price: float
    rate: float

    def bill(self, used: float) -> float:
        return self.fee + self.price + self.rate * max(used - self.units, 0.0)

    def __call__(self, usage, rows):  # noqa: ARG002  the same for all
        total = self.fee + self.price + self.rate * np.maximum(usage - self.units, 0.0)
        left = np.maximum(self.units - usage, 0.0) / self.units if self.units else np.zeros_like(usage)
        return Charged(total, self.price * left)


METERED = Hybrid(0.0, 0.0, 0.0, 1.0)
BUNDLE = Hybrid(10.0, 50.0, 30.0, 0.7)


@dataclass(frozen=True)
class Known:
    """Usage that is known, shape `(draw, customer, month)`."""

    usage: np.ndarray

    def __call__(self, rows):
        return self.usage[:, rows]


def used(customers: int, draws: int, months: int = len(MONTHS), seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = rng.lognormal(4.0, 0.8, customers)
    shared = np.exp(rng.normal(0, 0.1, (draws, 1, months)))
    return level[:, None] * shared * np.exp(rng.normal(0, 0.3, (draws, customers, months)))


def setting(usage, offer: Offer | None = None, *, old=METERED, new=BUNDLE, leave=0.02, cost=0.2, seed=3) -> Setting:
    said = offer or Offer()
    size, months = usage.shape[1:]
    return Setting(
        names=tuple(f"c{i}" for i in range(size)),
        months=MONTHS[:months],
        ahead=Known(usage),
        old=old,
        new=new,
        leave=np.full((size, months), leave),
        cost=np.full(size, cost),
        asked=np.ones(size, dtype=bool),
        kept=np.zeros(size, dtype=bool),
        times=timetable(said, MONTHS[:months]),
        wave=said.wave,
        kept_above=said.grandfather_above,
        cap=said.cap,
        seed=seed,
    )


def drawn(draws: int, seed: int = 5, **known: float) -> Traits:
    """Traits of the priors, some of them known."""
    return traits(believed({name: Prior(value, value) for name, value in known.items()}), draws, seed)


def plain(draws: int, **known: float) -> Traits:
    """Traits that do nothing but what is said."""
    nothing = dict.fromkeys(PRIORS, 0.0) | {"scale": 0.2, "settling": 1.0, "lag": 1.0, "restless": 0.0}
    return Traits(**{name: np.full(draws, value) for name, value in (nothing | known).items()})
