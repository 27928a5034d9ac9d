"""Sharded: customers in shards of a fixed size, each simulated apart, by whatever joblib is told to work with.

The shards, and the order in which their sums are added, do not depend on who works: the result has the same bits on one
processor, several, or a cluster (`joblib.parallel_config(backend="dask")`).
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.population import Forecastable
from pertoken.forecast.promises import Promises
from pertoken.forecast.simulate import Simulated, checked, pick, simulated, summed
from pertoken.forecast.tariff import Tariffs
from pertoken.forecast.tiers import Tiers, tiers
from pertoken.forecast.worlds import DESIGNED, Worlds, whales_of

SHARD = 4_096
"""Customers of a shard."""


def simulate_sharded(
    model: Forecastable,
    tariffs: Tariffs,
    *,
    paths: int = 10_240,
    seed: int,
    held: Collection[str] = (),
    promises: Promises | None = None,
    jobs: int | None = None,
    shard: int = SHARD,
) -> Simulated:
    """Simulate as `simulate` does, shard by shard.

    Args:
        model: The population and its laws.
        tariffs: What customers are charged by.
        paths: How many worlds.
        seed: Same seed, same digits.
        held: Factors that stand at their middle; not all of them.
        promises: What customers have committed to.
        jobs: How many shards are worked on at once; as joblib is told if None.
        shard: Customers of a shard. Sums of other shards differ in their last bits.
    """
    shared = checked(model, tariffs, paths=paths, seed=seed, held=held)
    size = len(model.people.names)
    due = Promises.none(size, len(model.months)) if promises is None else promises
    parts = np.split(np.arange(size), range(shard, size, shard))
    places = tiers(model, tariffs.plans, due)
    work = (
        delayed(shard_sums)(*_part(model, shared, due, rows, last=i == len(parts) - 1), tariffs, seed, places)
        for i, rows in enumerate(parts)
    )
    sums: dict[str, Values] = {}
    for each in Parallel(n_jobs=jobs)(work):
        sums = {name: sums[name] + part if name in sums else part for name, part in each.items()}
    return simulated(model, tariffs, shared, sums, places)


def shard_sums(  # noqa: PLR0917  what meets here
    model: Forecastable, shared: Worlds, promises: Promises, tariffs: Tariffs, seed: int, places: Tiers
) -> Mapping[str, Values]:
    """Sums of one shard, by one thread."""
    return summed(model, tariffs, shared, seed, promises, places, threads=1)


def _part(
    model: Forecastable, shared: Worlds, promises: Promises, rows: NDArray[np.int64], *, last: bool
) -> tuple[Forecastable, Worlds, Promises]:
    """Some customers, in the worlds of all; those who are yet to come go with the last."""
    mine = np.flatnonzero(np.isin(whales_of(model)[:DESIGNED], rows))
    some = replace(
        shared,
        born=shared.born if last else np.zeros_like(shared.born),
        **{
            name: getattr(shared, name)[mine] if len(getattr(shared, name)) else getattr(shared, name)
            for name in ("whale_level", "whale_walk", "whale_share")
        },
    )
    return pick(model, rows), some, replace(promises, row=promises.row[rows])
