"""People: customers, and those who may come, as arrays for the compiled loops; and what a block of paths shares."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.core.special import normal_scores
from pertoken.forecast.kernel_lanes import placed
from pertoken.forecast.population import Forecastable, Law
from pertoken.forecast.promises import Promises
from pertoken.forecast.streams import keys_of
from pertoken.forecast.tariff import Tariffs
from pertoken.forecast.worlds import Worlds, whales_of

TAIL_FROM = 0.95
"""Share from which newcomers' levels have a tail of their own."""

FAR = (0.975, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999)
"""Shares at which the tail is known; what lies beyond the last is taken to be as large as there."""

STEP = 4
"""How many knots are taken at a time; those that are missing to that rise by nothing."""

MOST = 60.0
"""The most that growth and shocks together are taken to move usage, up or down. [log]"""

Block = slice | NDArray[np.int64]
"""Which paths: from one to another, or by number."""


class People(NamedTuple):
    """Rows of customers and newcomers, in the order of their groups; then profiles, segments and agreements.

    Args:
        key: Of the row's streams.
        born: Month from which it is there.
        slot: Number of a newcomer among those of its segment and month; -1 for who is a customer.
        segment: Its law.
        plan: Its tariff.
        group: Where it is added up.
        age: Months since it came.
        bound: Months in which it can't leave.
        alive: Chance that it is a customer at the start.
        whale: Its row in the design; -1 where its chance comes from its own stream.
        still: Whether its own chance stands at its middle.
        profile: Its row among the profiles.
        promise: Its row among the agreements; -1 for none.
        base: Level at the lowest known share, by profile.
        knots: Normal scores at which the level's slope changes, by profile.
        rises: By how much it does.
        noise: Standard deviation of a month's own noise.
        walk: Of a month's step of the level.
        idle: Share of months without usage.
        cost: Of a unit of driver.
        counts: What a unit of driver counts for each charge.
        back: Chance to come back, by segment.
        together: Weight of the segment's normal in each rank.
        ramp: Log of a newcomer's level by age.
    """

    key: NDArray[np.uint64]
    born: NDArray[np.int64]
    slot: NDArray[np.int64]
    segment: NDArray[np.int64]
    plan: NDArray[np.int64]
    group: NDArray[np.int64]
    age: NDArray[np.int64]
    bound: NDArray[np.int64]
    alive: Values
    whale: NDArray[np.int64]
    still: NDArray[np.int64]
    profile: NDArray[np.int64]
    promise: NDArray[np.int64]
    base: Values
    knots: Values
    rises: Values
    noise: Values
    walk: Values
    idle: Values
    cost: Values
    counts: Values
    back: Values
    together: Values
    ramp: Values


ROWS = 13
"""How many of the arrays of people have a row for each; the others are by profile and segment."""


class Common(NamedTuple):
    """What the paths of a block share; a lane is a path.

    Args:
        growth: Log growth, shape `(segment, month, lane)`.
        moved: Growth and shocks together, within `MOST`.
        level: Normal of the level, shape `(segment, lane)`.
        hazard: Hazard of leaving in a month by age, shape `(segment, age, lane)`.
        born: Newcomers, shape `(segment, month, lane)`.
        whale_level: Own normal_scores of the largest customers, shape `(whale, lane)`.
        whale_walk: Shape `(whale, month, lane)`.
        whale_share: Shape `(whale, lane)`.
        converts: Whether customers change their plan.
        chance: From plan to plan, shape `(plan, plan)`.
        step: Log of the factor on usage when they do.
    """

    growth: Values
    moved: Values
    level: Values
    hazard: Values
    born: NDArray[np.int32]
    whale_level: Values
    whale_walk: Values
    whale_share: Values
    converts: bool
    chance: Values
    step: Values


def people_of(  # noqa: PLR0917  what meets here
    model: Forecastable,
    tariffs: Tariffs,
    shared: Worlds,
    seed: int,
    promises: Promises,
    kind: Any = np.float32,  # noqa: ANN401  a kind of number
) -> People:
    """Write customers and newcomers down as arrays.

    Args:
        model: The population and its laws.
        tariffs: What they are charged by.
        shared: The worlds, for how many come at most and who is in the design.
        seed: Same seed, same digits.
        promises: Their agreements.
        kind: Of the numbers.
    """
    rows = _rows(model, shared, seed, promises)
    order = np.argsort(rows["group"], kind="stable")
    real = _numbers(model, tariffs)
    real["alive"] = np.append(model.people.alive, np.ones(len(order) - len(model.people.names)))[order]
    whole: dict[str, Any] = {name: each[order] for name, each in rows.items()}
    numbers: dict[str, Any] = {name: np.ascontiguousarray(each, dtype=kind) for name, each in real.items()}
    return People(**whole, **numbers)


def _rows(model: Forecastable, shared: Worlds, seed: int, promises: Promises) -> dict[str, NDArray[Any]]:
    """Write down what each customer is, then each newcomer, shape `(person,)`."""
    there, laws, size = model.people, model.laws, len(model.people.names)
    segment, month, slot = _newcomers(shared)
    come = len(slot)
    whale, still = _chance(model, shared, come)
    plans = np.array([law.plan for law in laws], dtype=np.int64)
    groups = np.array([law.groups for law in laws], dtype=np.int64).reshape(len(laws), -1)
    return {
        "key": np.concatenate([keys_of(there.names, seed), _keys(model, shared, seed)]),
        "born": _then(np.zeros(size), month),
        "slot": _then(np.full(size, -1), slot),
        "segment": _then(there.segment, segment),
        "plan": _then(there.plan, plans[segment]),
        "group": _then(there.group, groups[segment, month]),
        "age": _then(there.age, np.zeros(come)),
        "bound": _then(there.bound, np.zeros(come)),
        "whale": whale,
        "still": still,
        "profile": _then(np.arange(size), size + segment),
        "promise": _then(promises.row, np.full(come, -1)),
    }


def _numbers(model: Forecastable, tariffs: Tariffs) -> dict[str, Any]:
    """Write down what profiles and segments are: those of customers, then those of newcomers."""
    there, laws, size = model.people, model.laws, len(model.people.names)
    base, knots, rises = _profiles(model)
    ages = max(1, *(len(law.ramp) for law in laws))
    counts = np.concatenate([
        tariffs.counts(there.mix, np.asarray(there.plan)) if size else np.zeros((0, len(tariffs.owner))),
        *(tariffs.counts(law.mix[None], np.array([law.plan])) for law in laws),
    ])  # fmt: skip
    return {
        "base": base, "knots": knots, "rises": rises, "counts": counts,
        **{name: np.append(getattr(there, name), [getattr(law, name) for law in laws])
           for name in ("noise", "walk", "idle", "cost")},
        "back": [law.back for law in laws],
        "together": model.shared.level,
        "ramp": [_stretched(law.ramp, ages) for law in laws],
    }  # fmt: skip


def _then(ones: Any, others: Any) -> NDArray[np.int64]:  # noqa: ANN401  whole numbers
    """Join whole numbers of customers and of newcomers."""
    return np.concatenate([ones, others]).astype(np.int64)


def _newcomers(shared: Worlds) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Say of each newcomer its segment, its month and its number among those of both."""
    most = shared.born.max(axis=2)
    segment, month = (np.repeat(each.ravel(), most.ravel()) for each in np.indices(most.shape))
    return segment, month, np.concatenate([np.arange(each) for each in most.ravel()] or [np.zeros(0, dtype=np.int64)])


def _keys(model: Forecastable, shared: Worlds, seed: int) -> NDArray[np.uint64]:
    """Make the keys of newcomers, in their order."""
    most = shared.born.max(axis=2).tolist()
    made = [
        _some(f"to come\n{law.name}\n{month}\n", 1 << (int(count) - 1).bit_length(), seed)[: int(count)]
        for law, counts in zip(model.laws, most, strict=True)
        for month, count in zip(model.months, counts, strict=True)
        if count
    ]
    return np.concatenate(made) if made else np.zeros(0, dtype=np.uint64)


@lru_cache(maxsize=1024)
def _some(name: str, count: int, seed: int) -> NDArray[np.uint64]:
    """Make the keys of the first newcomers of a segment and a month."""
    return keys_of((f"{name}{slot}" for slot in range(count)), seed)


def _chance(model: Forecastable, shared: Worlds, come: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which row of the design each customer has, and whose chance stands still."""
    size, rows = len(model.people.names), whales_of(model)
    whale, still = np.full(size + come, -1), np.full(size + come, int("customers" in shared.held))
    still[rows] = int("whales" in shared.held)
    first = rows[: len(shared.whale_level)]
    whale[first] = np.where(still[first] == 1, -1, np.arange(len(first)))
    return whale.astype(np.int64), still.astype(np.int64)


def _stretched(values: Values, length: int) -> Values:
    """Hold the last value from then on; 0 where there is none."""
    values = np.asarray(values, dtype=float)
    return np.append(values, np.full(length - len(values), values[-1] if len(values) else 0.0))


def _profiles(model: Forecastable) -> tuple[Values, Values, Values]:
    """Levels by normal score: where they begin, where their slope changes, and by how much."""
    shares = np.asarray(model.people.shares, dtype=float)
    score = normal_scores(shares)
    laws = [_tailed(shares, score, law) for law in model.laws]
    size, width = len(model.people.level), -(-max(len(score), *(len(z) for z, _ in laws)) // STEP) * STEP
    base, knots, rises = np.zeros(size + len(laws)), *np.zeros((2, size + len(laws), width))
    for place, z, level in [
        (slice(size), score, np.reshape(model.people.level, (size, len(score)))),
        *((slice(size + s, size + s + 1), z, level[None]) for s, (z, level) in enumerate(laws)),
    ]:
        slope = np.diff(level, axis=1) / np.diff(z)
        base[place] = level[:, 0]
        knots[place, : len(z)] = z
        rises[place, : len(z)] = np.diff(slope, axis=1, prepend=0, append=0)
    return base, knots, rises


def _tailed(shares: Values, score: Values, law: Law) -> tuple[Values, Values]:
    """Put a generalised Pareto tail on the sizes of newcomers, through the highest size that is known."""
    sizes = np.asarray(law.sizes, dtype=float)
    if law.tail <= 0 or shares[-1] <= TAIL_FROM or shares[0] >= TAIL_FROM:
        return score, sizes
    edge = np.interp(normal_scores(TAIL_FROM), score, sizes)
    rise = (np.array([shares[-1], *FAR]) - TAIL_FROM) / (1 - TAIL_FROM)
    excess = (1 - rise) ** -law.tail - 1
    scale = (sizes[-1] - edge) / excess[0]
    below = shares < TAIL_FROM
    z = np.concatenate([score[below], [normal_scores(TAIL_FROM)], normal_scores(FAR)])
    return z, np.concatenate([sizes[below], [edge], edge + scale * excess[1:]])


def common_of(model: Forecastable, shared: Worlds, block: Block, kind: Any = np.float32) -> Common:  # noqa: ANN401  a kind of number
    """Take what the paths of a block share.

    Args:
        model: The population and its laws.
        shared: The worlds.
        block: Which paths.
        kind: Of the numbers.
    """

    def part(values: Values) -> Values:
        return placed(values[..., block], kind)

    change = model.conversion
    none = np.zeros((1, 1))
    return Common(
        growth=part(shared.growth),
        moved=placed(np.clip(shared.growth[..., block] + shared.shock[..., block], -MOST, MOST), kind),
        level=part(shared.level),
        hazard=placed(hazards(model.laws, shared.leave[block]), kind),
        born=np.ascontiguousarray(shared.born[..., block]),
        whale_level=part(shared.whale_level),
        whale_walk=part(shared.whale_walk),
        whale_share=part(shared.whale_share),
        converts=change is not None,
        chance=np.asarray(none if change is None else change.chance, dtype=kind),
        step=np.asarray(none if change is None else change.step, dtype=kind),
    )


def hazards(laws: Sequence[Law], error: Values) -> Values:
    """Hazards of leaving in a month, with a shared error of the log odds: `log(1 + odds)`.

    Args:
        laws: One for each segment.
        error: Of the log odds, shape `(path,)`.

    Returns:
        Shape `(segment, age, path)`; a chance of p is a hazard of -log(1 - p).
    """
    ages = max(1, *(len(law.leave) for law in laws))
    chance = np.clip(np.stack([_stretched(law.leave, ages) for law in laws]), 0.0, 1 - 1e-9)
    odds = chance / (1 - chance)
    hazard: Values = np.log1p(odds[:, :, None] * np.exp(error))
    return hazard
