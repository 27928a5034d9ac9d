"""Certain: the one world in which all chance stands at its middle, in double precision and with rounded bills."""

from collections.abc import Collection, Mapping

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.kernel_people import ROWS, Common, People, common_of, people_of
from pertoken.forecast.population import Forecastable
from pertoken.forecast.promises import Promises
from pertoken.forecast.settlement import NOT_BILLED, trued_up
from pertoken.forecast.tariff import STAGES, Tariffs
from pertoken.forecast.tariff_bill import billed
from pertoken.forecast.tiers import Tiers
from pertoken.forecast.twin import contracted, lives
from pertoken.forecast.under_contract import Months
from pertoken.forecast.worlds import Worlds

NONE = np.zeros(1, dtype=np.int64)


def certain(  # noqa: PLR0917  what meets here
    model: Forecastable, tariffs: Tariffs, shared: Worlds, seed: int, promises: Promises, places: Tiers
) -> Mapping[str, Values]:
    """Add up what customers use and pay in the one world, each of shape `(1, month, group)`."""
    people, common = twin_arrays(model, tariffs, shared, seed, promises)
    lost = np.full((len(promises), 1), len(model.months), dtype=np.int64)
    some, times = _alike(people)
    return customer_sums(
        tariffs, some, common, NONE, places, rounded=True, promises=promises, lost=lost, held=shared.held, times=times
    )


def _alike(people: People) -> tuple[People, Values]:
    """Keep one of the newcomers who live alike, as all of a segment and a month do without chance; how many each is."""
    rows = [name for name in People._fields[:ROWS] if name not in ("key", "slot")]
    come = np.where(people.slot < 0, -1 - np.arange(len(people.slot)), 0)  # each customer stands for itself
    _, first, count = np.unique(
        np.column_stack([come, *(getattr(people, name) for name in rows)]),
        axis=0,
        return_index=True,
        return_counts=True,
    )
    order = np.argsort(first)
    picked = {name: getattr(people, name)[first[order]] for name in People._fields[:ROWS]}
    return people._replace(**picked), count[order].astype(np.float64)


def twin_arrays(  # noqa: PLR0917  what meets here
    model: Forecastable, tariffs: Tariffs, shared: Worlds, seed: int, promises: Promises, block: slice = slice(None)
) -> tuple[People, Common]:
    """Arrays of a model in double precision; nobody changes its plan where all chance stands still."""
    people = people_of(model, tariffs, shared, seed, promises, np.float64)
    common = common_of(model, shared, block, np.float64)
    return people, replace_converts(common) if people.still.all() else common


def replace_converts(common: Common) -> Common:
    """Let nobody change its plan."""
    return common._replace(converts=False)


def customer_sums(
    tariffs: Tariffs, people: People, common: Common, pairs: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    places: Tiers, *, rounded: bool, promises: Promises, lost: Months, held: Collection[str] = (),
    times: Values | None = None,
) -> Mapping[str, Values]:  # fmt: skip
    """Add up customers one after the other, as read: each sum of shape `(path, month, group)`.

    Args:
        tariffs: What they are charged by.
        people: Customers as arrays.
        common: What the paths share.
        pairs: Numbers of the pairs of paths.
        places: Where they are added up.
        rounded: Whether bills are rounded.
        promises: What they have committed to.
        lost: When a renewal was lost, see `under_contract.losses`.
        held: Factors that stand at their middle.
        times: How many customers each of them stands for; one if None.
    """
    lanes, months = common.growth.shape[2], common.growth.shape[1]
    out = {name: np.zeros((lanes, months, len(places))) for name in ("driver", "cost", "customers", *STAGES)}
    for row in range(len(people.key)):
        profile = people.profile[row]
        life = contracted(lives(people, common, row, pairs), promises, int(people.promise[row]), lost, held)
        weight = life.weight if times is None else life.weight * times[row]
        moves = promises.moves(people.promise[row : row + 1]).any()
        due, billed = Promises.none(1, months) if moves else promises, np.zeros((lanes, months))
        for plan in range(len(tariffs.plans)):
            mine = life.here * (life.plan == plan)
            if mine.any():
                money = _bills(tariffs, people, row, plan, life.driver * mine, mine, rounded=rounded, promises=due)
                billed += sum(each for name, each in zip(STAGES, money, strict=True) if name not in NOT_BILLED)
                used = life.driver * (life.plan == plan)
                both = {"driver": used, "cost": used * people.cost[profile], "customers": mine}
                for name, each in (both | dict(zip(STAGES, money, strict=True))).items():
                    out[name][:, :, places.of(people.group[row], plan)] += each * weight
        if moves:  # what was committed is held against what is billed on all plans
            more = trued_up(promises, int(people.promise[row]), billed, life.here > 0) * weight
            group = places.of(people.group[row], life.plan)
            np.add.at(out["minimum"], (np.arange(lanes)[:, None], np.arange(months), group), more)
    return out


def _bills(  # noqa: PLR0917  what meets here
    tariffs: Tariffs,
    people: People,
    row: int,
    plan: int,
    driver: Values,
    here: Values,
    *,
    rounded: bool,
    promises: Promises,
) -> Values:
    """Bill one customer on one plan, shape `(stage, path, month)`."""
    born = people.born[row]
    counts = people.counts[people.profile[row]][None]
    money = np.zeros((len(STAGES), *driver.shape))
    lanes, shares = (np.ascontiguousarray(each.T[None]) for each in (driver, here))
    mine = people.promise[row : row + 1] if len(promises) else NONE - 1
    made = billed(
        tariffs, np.array([plan]), counts, people.age[row : row + 1], lanes, shares, rounded=rounded,
        due=promises.arrays(mine),
    )  # fmt: skip
    money[:, :, born:] = np.moveaxis(made[:, 0], 1, 2)[:, :, born:]
    return money
