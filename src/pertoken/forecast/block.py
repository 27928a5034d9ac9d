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
from pertoken.forecast.streams import LANES, PAIRS, jumps_of
from pertoken.forecast.tariff import STAGES, Tariffs
from pertoken.forecast.tariff_columns import SIMPLE

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
    """

    tariffs: Tariffs
    people: People
    common: Common
    promises: Promises
    away: NDArray[np.bool_]
    kept: Values
    pair: int


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """Room for a few turns: driver, there or not, weight, plan, each `(turn, month, lane)`; and their lanes."""

    driver: Values
    here: Values
    weight: Values
    plan: NDArray[np.int32]
    at: NDArray[np.uint32]


def block_sums(block: Block, groups: int) -> Mapping[str, Values]:
    """Add all customers up: by quantity, each of shape `(group, month, lane)`.

    Args:
        block: What it is made of.
        groups: How many groups there are.
    """
    months = block.common.growth.shape[1]
    simple = bool(block.tariffs.single.card[:-1, SIMPLE].all())
    simple = simple and not (block.common.converts or len(block.promises))
    total = aligned((groups, 3 + (1 if simple else len(STAGES)), months, LANES), np.float64)
    turns = turns_of(block.people, block.common)
    if simple:
        sums, mine = aligned(months * MONTH), aligned(MONTH)
        at, jumps = aligned(LANES, np.uint32), jumps_of(np.arange(block.pair, block.pair + PAIRS))
        simple_block(
            block.tariffs.single, block.people, block.common, turns, jumps, Desk.empty(), sums, mine, at, total
        )
        return _named(total)
    for rows, counts, room in rooms(block, turns):
        _charged(block, rows, room, counts, total[block.people.group[rows[0]]])
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
        np.zeros((FEW, months if block.common.converts else 0, LANES), dtype=np.int32),
        np.zeros((FEW, LANES), dtype=np.uint32),
    )
    for first, size in _few(block.people, turns):
        mine = Room(room.driver[:size], room.here[:size], room.weight[:size], room.plan[:size], room.at[:size])
        live_block(
            block.people, block.common, turns, first, jumps, desk,
            mine.driver, mine.here, mine.weight, mine.plan, mine.at,
        )  # fmt: skip
        rows, packs = turns.row[first : first + size], turns.pack[first : first + size]
        _under_contract(block, rows, mine)
        yield rows, turns.taken[packs] if packs[0] >= 0 else None, mine


def _under_contract(block: Block, rows: Indices, room: Room) -> None:
    """Let those who have a contract ramp, begin with it, and go where it is not renewed."""
    contracts = block.people.promise[rows]
    for i in np.flatnonzero(contracts >= 0):
        at = contracts[i]
        there = ~block.away[at]
        room.driver[i] *= block.promises.lift[at].astype(np.float32)[:, None] * there
        room.here[i] *= there
        if room.weight.shape[1]:
            room.weight[i] *= block.kept[at].astype(np.float32)[:, None]


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
    """Charge some turns and add them to the whole; of packed ones, `counts` says how many pairs are taken."""
    people, packed = block.people, counts is not None
    driver, here, weight = (each.astype(np.float64) for each in (room.driver, room.here, room.weight))
    left = weight if weight.shape[1] else np.ones(1)
    used, size = driver * left, len(rows)
    lived = np.stack([used, used * people.cost[people.profile[rows]][:, None, None], here * left])
    money = np.zeros((len(STAGES), size, *driver.shape[1:])) if packed else total[3:, None]
    groups = np.arange(size) if packed else np.zeros(size, dtype=np.int64)
    each = people.counts[people.profile[rows]].astype(np.float64)
    nothing = np.zeros((len(STAGES), 0, *driver.shape[1:]))
    due = block.promises.arrays(people.promise[rows])
    for plan in range(len(block.tariffs.plans)) if block.common.converts else (-1,):
        mine = here if plan < 0 else here * (room.plan == plan)
        on = people.plan[rows] if plan < 0 else np.full(size, plan, dtype=np.int64)
        bill_customers(
            block.tariffs.double, on, each, people.age[rows], driver if plan < 0 else driver * mine, mine, False,  # noqa: FBT003
            due, nothing, weight, groups, money,
        )  # fmt: skip
    if counts is None:
        total[:3] += lived.sum(axis=1)
    else:
        spread_out(lived, room.at, counts, total[:3])
        spread_out(money, room.at, counts, total[3:])
