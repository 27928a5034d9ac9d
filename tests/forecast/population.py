"""Populations made by hand, as small as they can be."""

from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from pertoken.core.keys import Key
from pertoken.forecast.population import Conversion, Forecastable, Law, Population, Shared

SHARES = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])
MONTHS = tuple(f"{2027 + m // 12}-{m % 12 + 1:02}" for m in range(24))
TIERS = """
card: x
scope: [customer]
prices:
  tokens:
    measure: {sum: total_tokens, window: month}
    convert: {per: 1000}
    curve:
      mode: marginal
      tiers: [{up_to: 100, rate: 0.005}, {up_to: 1000, rate: 0.004}, {rate: 0.003}]
"""


def population(customers=11, months=5, *, spread=0.3, segments=2, groups=3, seed=1, **about):
    """Customers of two segments and three groups; `about` changes what is the same for all."""
    rng = np.random.default_rng(seed)
    base = rng.lognormal(12, 1.5, customers)
    said = {"noise": 0.2, "walk": 0.1, "idle": 0.0, "alive": 0.95, "cost": 1e-7, "age": 3, "bound": 0} | about
    whole = {name: np.full(customers, said.pop(name), dtype=np.int64) for name in ("age", "bound")}
    real = {name: np.full(customers, float(said.pop(name))) for name in ("noise", "walk", "idle", "alive", "cost")}
    people = Population(
        names=tuple(f"c{i}" for i in range(customers)),
        segment=(np.arange(customers) % segments).astype(np.int32),
        plan=np.zeros(customers, dtype=np.int32),
        group=(np.arange(customers) % groups).astype(np.int32),
        shares=SHARES,
        level=base[:, None] * np.exp(spread * ndtri(SHARES)),
        mix=np.ones((customers, 1)),
        whales=np.argsort(-base)[:2],
        **whole, **real,
    )  # fmt: skip
    law = Law(
        name="s0", leave=np.array([0.05, 0.03, 0.02]), back=said.pop("back", 0.0), ramp=np.log([0.3, 0.6, 1.0]),
        sizes=np.exp(11 + ndtri(SHARES)), tail=0.3, noise=real["noise"][0], walk=real["walk"][0], idle=real["idle"][0],
        mix=np.ones(1), cost=1e-7, plan=0, groups=np.zeros(months, dtype=np.int32),
    )  # fmt: skip
    shared = Shared(
        growth=np.cumsum(np.full((segments, months), 0.01), axis=1), error=0.02, lasting=0.9, shock=0.05,
        shock_stays=0.7, segment_shock=0.03, level=np.full(segments, 0.2), leave=0.2,
        arrivals=np.full((segments, months), said.pop("arrivals", 1.0)), arrivals_error=np.full(months, 0.2),
        arrivals_size=5.0, level_alike=said.pop("level_alike", 1.0),
    )  # fmt: skip
    assert not said
    return Forecastable(
        months=MONTHS[:months],
        people=people,
        laws=tuple(replace(law, name=f"s{i}") for i in range(segments)),
        shared=shared,
        cells={"meter": Key.of(["input_tokens"])},
        groups={"tier": Key.of([f"g{i}" for i in range(groups)])},
    )


def converting(model, chance):
    """The same customers, who change their plan by these chances, and use a tenth more when they do."""
    chance = np.array(chance)
    return replace(model, conversion=Conversion(chance, np.full(chance.shape, np.log(1.1))))
