"""Block: some paths of all customers: lived, charged, added up by group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.kernel import MONTH, live_block, simple_block, spread_out
from pertoken.forecast.kernel_bill import bill_customers
from pertoken.forecast.kernel_lanes import aligned
from pertoken.forecast.kernel_people import Common, People
from pertoken.forecast.kernel_turn import Desk, Turns, turns_of
from pertoken.forecast.panel import Indices
from pertoken.forecast.promises import Promises
from pertoken.forecast.settlement import NOT_BILLED, trued_up
from pertoken.forecast.streams import LANES, PAIRS, jumps_of
from pertoken.forecast.tariff import STAGES, Tariffs
from pertoken.forecast.tariff_columns import SIMPLE
from pertoken.forecast.tiers import NOWHERE, Tiers

BILLED = np.array([name not in NOT_BILLED for name in STAGES])
MINIMUM = 3 + STAGES.index("minimum")
"""Which stages a commitment is held against, and where among the sums it is brought up to it."""

FEW, FEW_PACKED = 16, 4
"""Turns whose months, in all paths of a block, are kept at once: of customers, and of packed newcomers."""


@dataclass(frozen=True, eq=False)
class Block:
    """What a block is made of.

    Args:
        tariffs: What customers are charged by.
        people: Customers and newcomers as arrays, in the order of their groups.
        common: What its paths share.
        promises: Contracts.
        away: Where the customer of each is not there, shape `(contract, month, lane)`.
        kept: Share of each that is left, shape `(contract, month)`; see `under_contract`.
        pair: Number of its first pair of paths.
        tiers: Where customers are added up.
    """

    tariffs: Tariffs
    people: People
    common: Common
    promises: Promises
    away: NDArray[np.bool_]
    kept: Values
    pair: int
    tiers: Tiers

    @property
    def moves(self) -> bool:
        """Whether anybody changes its plan."""
        return self.common.converts or bool((self.promises.plan >= 0).any())


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """Room for a few turns: driver, there or not, weight, plan, each `(turn, month, lane)`; and their lanes."""

    driver: Values
    here: Values
    weight: Values
    plan: NDArray[np.int32]
    at: NDArray[np.uint32]


def block_sums(block: Block) -> Mapping[str, Values]:
    """Add all customers up: by quantity, each of shape `(group, month, lane)`.

    Args:
        block: What it is made of.
    """
    months = block.common.growth.shape[1]
    simple = bool(block.tariffs.single.card[:-1, SIMPLE].all())
    simple = simple and not (block.common.converts or len(block.promises))
    total = aligned((len(block.tiers), 3 + (1 if simple else len(STAGES)), months, LANES), np.float64)
    turns = turns_of(block.people, block.common)
    if simple:
        sums, mine = aligned(months * MONTH), aligned(MONTH)
        at, jumps = aligned(LANES, np.uint32), jumps_of(np.arange(block.pair, block.pair + PAIRS))
        simple_block(
            block.tariffs.single, block.people, block.common, turns, jumps, Desk.empty(), sums, mine, at, total
        )
        return _named(total)
    for rows, counts, room in rooms(block, turns):
        _charged(block, rows, room, counts, total)
    return _named(total)


def rooms(block: Block, turns: Turns) -> Iterator[tuple[Indices, Indices | None, Room]]:
    """Live a few turns at a time, those of one group; what they do stands until the next are asked for.

    Returns:
        Rows of the people; of packed ones, how many pairs of each are taken; and what they do.
    """
    months, jumps = block.common.growth.shape[1], jumps_of(np.arange(block.pair, block.pair + PAIRS))
    weighed = bool(block.people.still.any() or (block.kept < 1).any())
    desk = Desk.empty()
    room = Room(
        np.zeros((FEW, months, LANES), dtype=np.float32),
        np.zeros((FEW, months, LANES), dtype=np.float32),
        np.zeros((FEW, months if weighed else 0, LANES), dtype=np.float32),
        np.zeros((FEW, months if block.moves else 0, LANES), dtype=np.int32),
        np.zeros((FEW, LANES), dtype=np.uint32),
    )
    for first, size in _few(block.people, turns):
        mine = Room(room.driver[:size], room.here[:size], room.weight[:size], room.plan[:size], room.at[:size])
        live_block(
            block.people, block.common, turns, first, jumps, desk,
            mine.driver, mine.here, mine.weight, mine.plan, mine.at,
        )  # fmt: skip
        rows, packs = turns.row[first : first + size], turns.pack[first : first + size]
        if not block.common.converts:
            mine.plan[:] = block.people.plan[rows, None, None]
        _under_contract(block, rows, mine)
        yield rows, turns.taken[packs] if packs[0] >= 0 else None, mine


def _under_contract(block: Block, rows: Indices, room: Room) -> None:
    """Let those who have a contract ramp, begin with it, be on its plan, and go where it is not renewed."""
    contracts = block.people.promise[rows]
    for i in np.flatnonzero(contracts >= 0):
        at = contracts[i]
        there = ~block.away[at]
        room.driver[i] *= block.promises.lift[at].astype(np.float32)[:, None] * there
        room.here[i] *= there
        if room.weight.shape[1]:
            room.weight[i] *= block.kept[at].astype(np.float32)[:, None]
        if room.plan.shape[1]:
            on = block.promises.plan[at].astype(np.int32)[:, None]
            room.plan[i] = np.where(on >= 0, on, room.plan[i])


def _named(total: Values) -> Mapping[str, Values]:
    names = ("driver", "cost", "customers", *STAGES)
    return {name: total[:, i] for i, name in enumerate(names[: total.shape[1]])}


def _few(people: People, turns: Turns) -> Iterator[tuple[int, int]]:
    """Turns a few at a time, each of one group, and either all packed or none: the first, and how many."""
    group, packed = people.group[turns.row], turns.pack >= 0
    edges = np.flatnonzero((np.diff(group) != 0) | (np.diff(packed) != 0)) + 1
    for begin, end in zip([0, *edges.tolist()], [*edges.tolist(), len(group)], strict=True):
        few = FEW_PACKED if packed[begin] else FEW
        for first in range(begin, end, few):
            yield first, min(few, end - first)


def _charged(block: Block, rows: Indices, room: Room, counts: Indices | None, total: Values) -> None:
    """Charge some turns, all of one group, and add them to the whole, each month under the plan they are on then.

    Args:
        block: What it is made of.
        rows: Rows of the people.
        room: What they do.
        counts: Of packed ones, how many pairs are taken.
        total: Sums, shape `(group, sum, month, lane)`.
    """
    people, packed = block.people, counts is not None
    driver, here, weight = (each.astype(np.float64) for each in (room.driver, room.here, room.weight))
    left = weight if weight.shape[1] else np.ones(1)
    used, size = driver * left, len(rows)
    lived = np.stack([used, used * people.cost[people.profile[rows]][:, None, None], here * left])
    groups = np.arange(size) if packed else np.zeros(size, dtype=np.int64)
    each = people.counts[people.profile[rows]].astype(np.float64)
    moves = block.promises.moves(people.promise[rows])
    apart = np.zeros((len(STAGES), size if moves.any() else 0, *driver.shape[1:]))
    billed = np.zeros(apart.shape[1:])
    due = block.promises.arrays(np.where(moves, -1, people.promise[rows]))
    for plan in range(len(block.tariffs.plans)) if block.moves else (-1,):
        place = int(block.tiers.of(people.group[rows[0]], plan))
        if place == NOWHERE:
            continue
        mine, to = here if plan < 0 else here * (room.plan == plan), total[place]
        money = np.zeros((len(STAGES), size, *driver.shape[1:])) if packed else to[3:, None]
        did = lived if plan < 0 else lived * (room.plan == plan)
        on = people.plan[rows] if plan < 0 else np.full(size, plan, dtype=np.int64)
        bill_customers(
            block.tariffs.double, on, each, people.age[rows], driver if plan < 0 else driver * mine, mine, False,  # noqa: FBT003
            due, apart, weight, groups, money,
        )  # fmt: skip
        billed += apart[BILLED].sum(axis=0)
        if counts is None:
            to[:3] += did.sum(axis=1)
        else:
            spread_out(did, room.at, counts, to[:3])
            spread_out(money, room.at, counts, to[3:])
    for i in np.flatnonzero(moves):
        more = trued_up(block.promises, int(people.promise[rows[i]]), billed[i].T, here[i].T > 0).T
        more *= left[i % len(left)]
        at = np.indices(more.shape)
        np.add.at(total[:, MINIMUM], (block.tiers.of(people.group[rows[i]], room.plan[i]), at[0], at[1]), more)
