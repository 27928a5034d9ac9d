"""Migrations whose truth is known: is the sign right, and do the ranges hold what happens?

In each case customers have usage of a known law, two plans and an offer are drawn, and what customers are like is one
draw of the priors. One world of it is walked through customer by customer and month by month by plain loops (the slow
twin of the tests): the truth. The forecast is told the law, the plans and the offer, not the world and not the draw.

    python -m benchmarks.accuracy.migration [CASES]
"""

import sys
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from pertoken.forecast.migration.ahead import forecast_ahead
from pertoken.forecast.migration.block import Setting
from pertoken.forecast.migration.chance import luck
from pertoken.forecast.migration.offer import Offer, Wave, timetable
from pertoken.forecast.migration.priors import PRIORS, traits
from pertoken.forecast.migration.simulate import migrate
from pertoken.forecast.population import Forecastable, Law, Population, Shared
from tests.forecast.migration import twin
from tests.forecast.migration.made import Hybrid

MONTHS = tuple(f"{2027 + m // 12}-{m % 12 + 1:02d}" for m in range(24))
CUSTOMERS = 40
DRAWS = 256
KNOWN = 48
"""Worlds from which customers judge their bills; others than those of the forecast."""
SHARES = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98])
SURE = 0.9
"""Share of worlds on one side from which a forecast says a sign."""
OVER = 0.02
"""Effects that must have the right sign, of old revenue."""


@dataclass(frozen=True)
class Case:
    """One case: the true change, and what was forecast, of old revenue."""

    truth: float
    low: float
    middle: float
    high: float
    wins: float

    @property
    def held(self) -> bool:
        return self.low <= self.truth <= self.high

    @property
    def right(self) -> bool:
        return (self.middle > 0) == (self.truth > 0)


def usage(rng: np.random.Generator) -> Forecastable:
    """Customers with log-normal levels, each known to some error, who share growth and shocks."""
    level = rng.lognormal(4.0, 1.0, CUSTOMERS)
    error = rng.uniform(0.05, 0.3, CUSTOMERS)
    z = np.array([-2.054, -1.282, -0.674, 0.0, 0.674, 1.282, 2.054])
    people = Population(
        names=tuple(f"c{i:02}" for i in range(CUSTOMERS)), segment=np.zeros(CUSTOMERS, np.int32),
        plan=np.zeros(CUSTOMERS, np.int32), group=np.zeros(CUSTOMERS, np.int32), age=np.full(CUSTOMERS, 6),
        shares=SHARES, level=level[:, None] * np.exp(error[:, None] * z), noise=np.full(CUSTOMERS, 0.25),
        walk=np.full(CUSTOMERS, 0.05), idle=rng.uniform(0, 0.1, CUSTOMERS), alive=np.ones(CUSTOMERS),
        mix=np.ones((CUSTOMERS, 1)), cost=np.zeros(CUSTOMERS), bound=np.ones(CUSTOMERS, dtype=int), whales=np.arange(0),
    )  # fmt: skip
    law = Law("all", np.full(1, 0.02), 0.0, np.zeros(1), np.ones(7), 0.0, 0.0, 0.0, 0.0, np.ones(1), 0.0, 0,
              np.zeros(24, np.int32))  # fmt: skip
    shared = Shared(
        growth=np.log1p(0.01) * np.arange(1, 25)[None], error=0.03, lasting=0.85, shock=0.05, shock_stays=0.5,
        segment_shock=0.02, level=np.full(1, 0.3), leave=0.0, arrivals=np.zeros((1, 24)), arrivals_error=np.zeros(24),
        arrivals_size=1.0,
    )  # fmt: skip
    return Forecastable(MONTHS, people, (law,), shared)


def plans(rng: np.random.Generator) -> tuple[Hybrid, Hybrid]:
    """One currency unit a unit of usage, and a hybrid that is dearer or cheaper for whom it happens to be."""
    units = rng.uniform(0.2, 2.0) * np.exp(4.0)
    price = units * rng.uniform(0.4, 1.1)
    return Hybrid(0.0, 0.0, 0.0, 1.0), Hybrid(rng.uniform(0, 0.5) * np.exp(4.0), units, price, rng.uniform(0.4, 1.2))


def offered(rng: np.random.Generator) -> Offer:
    """An offer with an end of the old plan, or without."""
    wave = Wave(months=int(rng.integers(1, 9)), reach=rng.uniform(0.6, 1))
    bass = Wave(kind="bass", p=rng.uniform(0.02, 0.1), q=rng.uniform(0.1, 0.5), reach=rng.uniform(0.6, 1))
    sunset = MONTHS[int(rng.integers(3, 18))] if rng.random() < 0.5 else ""
    return Offer(start=MONTHS[int(rng.integers(0, 3))], notice=int(rng.integers(0, 4)),
                 wave=wave if rng.random() < 0.5 else bass, sunset=sunset)  # fmt: skip


def truth(of: Forecastable, old: Hybrid, new: Hybrid, offer: Offer, seed: int) -> float:
    """Walk one world; the change of revenue, of old revenue."""
    rows, times = np.arange(CUSTOMERS), timetable(offer, MONTHS)
    known = forecast_ahead(of, draws=KNOWN, seed=seed + 1)(rows)[:, :, times.start : times.start + 12]
    world = forecast_ahead(of, draws=1, seed=seed + 2)(rows)[0]
    drawn, own = traits(PRIORS, 1, seed + 3), luck(rows, 1, seed + 4)
    like = SimpleNamespace(**{name: float(getattr(drawn, name)[0]) for name in PRIORS})
    before = after = 0.0
    for i in rows:
        said = {"wave": offer.wave, "times": times, "trait": like, "leave": 0.02, "taste": own.taste[0, i],
                "look": own.look[0, i], "patience": own.patience[0, i]}  # fmt: skip
        was, became = twin.lived(old, new, known[:, i].tolist(), world[i].tolist(), **said)
        before, after = before + sum(was), after + sum(became)
    return after / before - 1


def case(seed: int) -> Case:
    """Draw a case, live it, and forecast it."""
    rng = np.random.default_rng([seed, 7])
    of, (old, new), offer = usage(rng), plans(rng), offered(rng)
    everybody = np.ones(CUSTOMERS, dtype=bool)
    setting = Setting(
        of.people.names, MONTHS, forecast_ahead(of, draws=DRAWS, seed=10 * seed), old, new,
        np.full((CUSTOMERS, 24), 0.02), np.zeros(CUSTOMERS), everybody, ~everybody, timetable(offer, MONTHS),
        offer.wave, seed=10 * seed,
    )  # fmt: skip
    made = migrate(setting, traits(PRIORS, DRAWS, 10 * seed))
    share = made.change / made.old.sum(axis=1)
    low, middle, high = (float(each) for each in np.quantile(share, (0.1, 0.5, 0.9)))
    return Case(truth(of, old, new, offer, 10 * seed), low, middle, high, float((share > 0).mean()))


def table(cases: list[Case]) -> dict[str, float]:
    """Score cases: coverage of the 80 % range, and signs, with their numbers of cases."""
    clear = [each for each in cases if abs(each.truth) > OVER]
    said = [each for each in clear if max(each.wins, 1 - each.wins) >= SURE]
    return {
        "cases": len(cases),
        "coverage": float(np.mean([each.held for each in cases])),
        "below": float(np.mean([each.truth < each.low for each in cases])),
        "above": float(np.mean([each.truth > each.high for each in cases])),
        "over 2 %": len(clear),
        "sign if calibrated": float(np.mean([max(each.wins, 1 - each.wins) for each in clear])),
        "sign": float(np.mean([each.right for each in clear])),
        "over 2 % and said": len(said),
        "sign where said": float(np.mean([each.right for each in said])),
        "bias": float(np.mean([each.middle - each.truth for each in cases])),
    }


if __name__ == "__main__":
    for name, number in table([case(seed) for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 400)]).items():
        sys.stdout.write(f"{name:<20} {number:.3f}\n")
