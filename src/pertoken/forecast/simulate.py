"""Simulate: customers in many worlds, charged in each, added up by month and group."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Ledger
from pertoken.core.money import Values
from pertoken.forecast.kernel_people import common_of, people_of
from pertoken.forecast.population import FACTORS, Forecastable
from pertoken.forecast.promises import Promises
from pertoken.forecast.streams import LANES, PAIRS
from pertoken.forecast.tariff import STAGES, Tariffs
from pertoken.forecast.tiers import Tiers, tiers
from pertoken.forecast.under_contract import away, kept, losses
from pertoken.forecast.worlds import REPLICATES, Worlds, whales_of, worlds
from pertoken.machine.processors import processors
from pertoken.rating.rate import AMOUNTS
from pertoken.rating.rate import STAGES as PART_OF

if TYPE_CHECKING:
    from pertoken.forecast.block import Block

OTHERS = ("driver", "cost", "customers")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Simulated:
    """Sums over customers, in each path.

    Args:
        months: Labels of the months, shape `(month,)`.
        groups: Keys of the groups, each `(group,)`; `plan` is the one that customers are on in the month.
        sums: By quantity (`driver`, `cost`, `customers`, and the stages that the plans have), each of shape
            `(path, month, group)`. [driver], [currency], customers, [currency]
        replicates: How many independent designs the paths are of, one after the other.
        account: Side of the books that the stages belong to.
    """

    months: tuple[str, ...]
    groups: Mapping[str, Key]
    sums: Mapping[str, Values]
    replicates: int
    account: str = "revenue"

    @property
    def paths(self) -> int:
        """How many paths there are."""
        return len(self.sums["driver"])

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that there are."""
        return tuple(name for name in STAGES if name in self.sums)

    def money(self, kind: str = "effective") -> Values:
        """Add up one of the four amounts, shape `(path, month, group)`. [currency].

        Raises:
            InputError: No such amount.
        """
        if kind not in AMOUNTS:
            raise InputError(f"no amount {kind!r}; expected one of {', '.join(AMOUNTS)}")
        first, *others = (self.sums[name] for name in self.stages if kind in PART_OF[name])
        money = first.copy(order="K")
        for each in others:
            money += each
        return money

    def error(self, of: Callable[[Values], Any], values: Values) -> Values:
        """Standard error of a figure, from the independent designs.

        Args:
            of: From values of some paths (the first axis) to a figure: a mean, a quantile.
            values: Shape `(path, ...)`.
        """
        each = np.stack([np.asarray(of(part)) for part in np.split(values, self.replicates)])
        error: Values = each.std(axis=0, ddof=1) / np.sqrt(self.replicates) if len(each) > 1 else each[0] * np.nan
        return error

    def ledger(self) -> Ledger:
        """Write the sums as a ledger, one draw for each path: by month, group, account and stage.

        The quantity of a line at list is its usage; what it costs us stands under `cost`.
        """
        size = len(self.months) * len(next(iter(self.groups.values())))
        which = np.tile(np.arange(size // len(self.months)), len(self.months))
        month = Key.of(np.repeat(np.asarray(self.months, dtype=object), size // len(self.months)).tolist())
        lines = [(self.account, stage, stage) for stage in self.stages]
        lines += [("cost", "list", "cost")] if self.sums["cost"].any() and self.account != "cost" else []
        amount = np.concatenate([self.sums[name].reshape(self.paths, size) for *_, name in lines], axis=1)
        quantity = np.zeros_like(amount)
        for i, (_, stage, _) in enumerate(lines):
            if stage == "list":
                quantity[:, i * size : (i + 1) * size] = self.sums["driver"].reshape(self.paths, size)
        again = np.tile(np.arange(size), len(lines))
        keys = {name: key.pick(which[again]) for name, key in self.groups.items()}
        keys |= {
            "month": month.pick(again),
            "account": Key.of(account for account, *_ in lines for _ in range(size)),
            "stage": Key.of(stage for _, stage, _ in lines for _ in range(size)),
        }
        return Ledger(keys, {"quantity": quantity, "amount": amount})


def simulate(
    model: Forecastable,
    tariffs: Tariffs,
    *,
    paths: int = 10_240,
    seed: int,
    held: Collection[str] = (),
    promises: Promises | None = None,
    replicates: int = REPLICATES,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Simulated:
    """Simulate usage, churn, arrivals and bills.

    Args:
        model: The population and its laws.
        tariffs: What customers are charged by; `Population.plan` counts them.
        paths: How many worlds; rounded up to designs of a power of two.
        seed: Same seed, same digits, whatever the threads.
        held: Factors that stand at their middle; all of them for a run without chance, whose bills are rounded.
        promises: What customers have committed to; see `promised.promised`.
        replicates: How many independent designs the worlds are of.
        threads: How many work at once; one for each processor if None.
        progress: Told how many blocks of paths are done, of how many.

    Raises:
        InputError: Months, cells or plans that don't fit each other; no such factor.
    """
    shared = checked(model, tariffs, paths=paths, seed=seed, held=held, replicates=replicates)
    due = Promises.none(len(model.people.names), len(model.months)) if promises is None else promises
    places = tiers(model, tariffs.plans, due)
    if set(held) == set(FACTORS):
        from pertoken.forecast.certain import certain  # noqa: PLC0415  a ring, were it not for this

        sums = certain(model, tariffs, shared, seed, due, places)
    else:
        sums = summed(model, tariffs, shared, seed, due, places, threads=threads, progress=progress)
    return simulated(model, tariffs, shared, sums, places)


def checked(
    model: Forecastable,
    tariffs: Tariffs,
    *,
    paths: int,
    seed: int,
    held: Collection[str],
    replicates: int = REPLICATES,
) -> Worlds:
    """Draw the worlds of a model, once it fits its tariffs.

    Raises:
        InputError: It does not.
    """
    if tuple(model.months) != tuple(tariffs.months):
        raise InputError(
            f"tariffs of {len(tariffs.months)} months for a forecast of {len(model.months)}; expected the same months"
        )
    plans = {*model.people.plan.tolist(), *(law.plan for law in model.laws)}
    if plans - set(range(len(tariffs.plans))):
        raise InputError(f"plan {max(plans)} of {len(tariffs.plans)}; expected numbers from 0")
    if model.conversion is not None and model.conversion.chance.shape != (len(tariffs.plans),) * 2:
        raise InputError(
            f"chances to convert of {model.conversion.chance.shape} for {len(tariffs.plans)} plans; expected a row and "
            "a column for each"
        )
    return worlds(model, paths=paths, seed=seed, held=held, replicates=replicates)


def quantities(tariffs: Tariffs, promises: Promises) -> tuple[str, ...]:
    """Name what is added up."""
    used = {*tariffs.used, *(("minimum",) if len(promises.due) else ())}
    return (*OTHERS, *(stage for stage in STAGES if stage in used))


def summed(  # noqa: PLR0917  what meets here
    model: Forecastable,
    tariffs: Tariffs,
    shared: Worlds,
    seed: int,
    promises: Promises,
    places: Tiers,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Mapping[str, Values]:
    """Add customers up, block by block of paths, each by one thread."""
    from pertoken.forecast.block import block_sums  # noqa: PLC0415  as above

    names = quantities(tariffs, promises)
    out = np.zeros((len(names), len(places), len(model.months), shared.paths))
    pairs = paired(shared)
    blocks = range(0, pairs.shape[1], PAIRS)
    made_of = blocks_of(model, tariffs, shared, seed, promises, places)

    def work(first: int) -> None:
        mine = pairs[:, first : first + PAIRS]
        sums = block_sums(made_of(first, lanes_of(mine)))
        for i, name in enumerate(names):
            for side, paths in enumerate(mine):
                run = slice(int(paths[0]), int(paths[-1]) + 1) if _in_a_run(paths) else paths
                out[i][..., run] = sums[name][..., side * PAIRS : side * PAIRS + len(paths)]

    with ThreadPoolExecutor(threads or processors()) as pool:
        for done, _ in enumerate(pool.map(work, blocks), start=1):
            if progress is not None:
                progress(done, len(blocks))
    return {name: np.moveaxis(out[i], 2, 0).swapaxes(1, 2) for i, name in enumerate(names)}


def _in_a_run(paths: NDArray[np.int64]) -> bool:
    """Whether paths follow each other, so that they are copied in one piece."""
    return bool(paths[-1] - paths[0] == len(paths) - 1)


def blocks_of(  # noqa: PLR0917  what meets here
    model: Forecastable, tariffs: Tariffs, shared: Worlds, seed: int, promises: Promises, places: Tiers
) -> "Callable[[int, NDArray[np.int64]], Block]":
    """Make blocks of a simulation: of the number of its first pair, and of its paths."""
    from pertoken.forecast.block import Block  # noqa: PLC0415  slow to load

    people = people_of(model, tariffs, shared, seed, promises)
    lost = losses(promises, shared.leave, replicates=shared.replicates, seed=seed, held=shared.held)
    left = kept(promises, shared.held)

    def block(first: int, lanes: NDArray[np.int64]) -> "Block":
        common, gone = common_of(model, shared, lanes), away(promises, lost[:, lanes])
        return Block(tariffs, people, common, promises, gone, left, first, places)

    return block


def lanes_of(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say which path each lane of a block is; a block that is not full goes on with its last pair."""
    return np.pad(pairs, ((0, 0), (0, PAIRS - pairs.shape[1])), mode="edge").reshape(-1)


def paired(shared: Worlds) -> NDArray[np.int64]:
    """Say which paths are pairs: those of the two halves of a block, or of a replicate that is smaller."""
    width = min(LANES, shared.paths // shared.replicates)
    return np.arange(shared.paths).reshape(-1, 2, width // 2).swapaxes(0, 1).reshape(2, -1)


def simulated(
    model: Forecastable, tariffs: Tariffs, shared: Worlds, sums: Mapping[str, Values], places: Tiers
) -> Simulated:
    """Put names to sums."""
    return Simulated(tuple(model.months), places.groups, sums, shared.replicates, tariffs.account)


def pick(model: Forecastable, rows: NDArray[np.int64]) -> Forecastable:
    """Keep some customers of a model, with its laws."""
    people = model.people
    place = {int(row): at for at, row in enumerate(rows)}
    per_row = ("segment", "plan", "group", "age", "level", "noise", "walk", "idle", "alive", "mix", "cost", "bound")
    kept = replace(
        people,
        names=tuple(people.names[i] for i in rows),
        whales=np.array([place[int(i)] for i in whales_of(model) if int(i) in place], dtype=np.int64),
        **{name: getattr(people, name)[rows] for name in per_row},
    )
    return replace(model, people=kept)
