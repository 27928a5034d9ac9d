"""Paths: what single customers do in each world, replayed from their streams as the simulation had them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError, nearest
from pertoken.core.money import Values
from pertoken.forecast.certain import twin_arrays
from pertoken.forecast.population import FACTORS, Forecastable
from pertoken.forecast.promises import Promises
from pertoken.forecast.simulate import checked
from pertoken.forecast.streams import LANES
from pertoken.forecast.tariff import Tariffs
from pertoken.forecast.twin import lives


@dataclass(frozen=True, eq=False)
class Paths:
    """What customers do; a path is the same world as in the simulation on the same seed.

    Args:
        customers: Their names.
        driver: Usage, shape `(path, customer, month)`. [driver]
        here: Whether each is a customer (or which share of it is), of the same shape.
        plan: The tariff that each is on, of the same shape.
    """

    customers: tuple[str, ...]
    driver: Values
    here: Values
    plan: NDArray[np.int64]


def paths_of(
    model: Forecastable,
    tariffs: Tariffs,
    customers: Sequence[str],
    *,
    paths: int = 10_240,
    seed: int,
    held: Collection[str] = (),
) -> Paths:
    """Replay customers.

    Args:
        model: The population and its laws.
        tariffs: As in the simulation.
        customers: Names of those who are asked for.
        paths: As in the simulation.
        seed: As in the simulation.
        held: As in the simulation.

    Raises:
        InputError: No such customer.
    """
    place = {name: i for i, name in enumerate(model.people.names)}
    for name in customers:
        if name not in place:
            raise InputError(f"no customer {name!r} in the forecast; {nearest(name, place)}")
    shared = checked(model, tariffs, paths=paths, seed=seed, held=held)
    nobody = Promises.none(len(place), len(model.months))
    lanes = 1 if set(held) == set(FACTORS) else min(LANES, shared.paths // shared.replicates)
    shape = (shared.paths, len(customers), len(model.months))
    driver, here, plan = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.int64)
    for first in range(0, shared.paths, lanes):
        block = slice(first, first + lanes)
        people, common = twin_arrays(model, tariffs, shared, seed, nobody, block)
        rows = {int(profile): row for row, profile in enumerate(people.profile)}
        pairs = np.arange(first // 2, (first + lanes + 1) // 2)
        for at, name in enumerate(customers):
            life = lives(people, common, rows[place[name]], pairs)
            driver[block, at], here[block, at], plan[block, at] = life.driver, life.here * life.weight, life.plan
    return Paths(tuple(customers), driver, here, plan)
