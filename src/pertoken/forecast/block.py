"""Block: some paths of all customers, a few customers at a time: lived, charged, added up by group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.kernel import live_block, simple_block
from pertoken.forecast.kernel_bill import bill_customers
from pertoken.forecast.kernel_people import Common, People, few
from pertoken.forecast.promises import Promises
from pertoken.forecast.tariff import STAGES, Tariffs
from pertoken.forecast.tariff_columns import SIMPLE

FEW = 16
"""Customers whose months, in all paths of a block, are kept at once."""


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
    """Room for a few customers: driver, there or not, weight, plan; each of shape `(customer, month, lane)`."""

    driver: Values
    here: Values
    weight: Values
    plan: "np.ndarray[tuple[int, int, int], np.dtype[np.int32]]"


def block_sums(block: Block, groups: int) -> Mapping[str, Values]:
    """Add all customers up: by quantity, each of shape `(group, month, lane)`.

    Args:
        block: What it is made of.
        groups: How many groups there are.
    """
    months, lanes = block.common.growth.shape[1:]
    still = bool(block.people.still.any())
    simple = bool(block.tariffs.single.card[:-1, SIMPLE].all())
    simple = simple and not (still or block.common.converts or len(block.promises))
    total = np.zeros((groups, 3 + (1 if simple else len(STAGES)), months, lanes))
    if simple:
        for rows in _few(block, len(block.people.key)):
            some = few(block.people, rows)
            simple_block(block.tariffs.single, some, block.common, block.pair, total[some.group[0]])
        return _named(total)
    for some, room in rooms(block):
        _charged(block, some, room, total[some.group[0]])
    return _named(total)


def rooms(block: Block) -> Iterator[tuple[People, Room]]:
    """Live customers a few at a time, those of one group; what they do stands until the next are asked for."""
    months, lanes = block.common.growth.shape[1:]
    weighed = bool(block.people.still.any() or (block.kept < 1).any())
    room = Room(
        np.zeros((FEW, months, lanes), dtype=np.float32),
        np.zeros((FEW, months, lanes), dtype=np.float32),
        np.zeros((FEW, months if weighed else 0, lanes), dtype=np.float32),
        np.zeros((FEW, months if block.common.converts else 0, lanes), dtype=np.int32),
    )
    for rows in _few(block, FEW):
        some, size = few(block.people, rows), rows.stop - rows.start
        mine = Room(*(each[:size] for each in (room.driver, room.here, room.weight, room.plan)))
        live_block(some, block.common, block.pair, mine.driver, mine.here, mine.weight, mine.plan)
        _under_contract(block, some, mine)
        yield some, mine


def _under_contract(block: Block, people: People, room: Room) -> None:
    """Let those who have a contract ramp, begin with it, and go where it is not renewed."""
    for i in np.flatnonzero(people.promise >= 0):
        at = people.promise[i]
        there = ~block.away[at]
        room.driver[i] *= block.promises.lift[at].astype(np.float32)[:, None] * there
        room.here[i] *= there
        room.plan[i] = people.plan[i]  # nobody changes a plan that is signed
        if room.weight.shape[1]:
            room.weight[i] *= block.kept[at].astype(np.float32)[:, None]


def _named(total: Values) -> Mapping[str, Values]:
    names = ("driver", "cost", "customers", *STAGES)
    return {name: total[:, i] for i, name in enumerate(names[: total.shape[1]])}


def _few(block: Block, size: int) -> Iterator[slice]:
    """Rows a few at a time, each of one group; newcomers who come in no path of the block are left out at the ends."""
    people, most = block.people, block.common.most
    some = (people.slot < 0) | (most[people.segment, people.born] > people.slot)
    edges = np.flatnonzero(np.diff(people.group) != 0) + 1
    for begin, end in zip([0, *edges.tolist()], [*edges.tolist(), len(people.group)], strict=True):
        for first in range(begin, end, size):
            rows = slice(first, min(first + size, end))
            if some[rows].any():
                yield rows


def _charged(block: Block, people: People, room: Room, total: Values) -> None:
    driver, here = room.driver.astype(np.float64), room.here.astype(np.float64)
    weight = room.weight.astype(np.float64)
    left = weight if weight.shape[1] else np.ones(1)
    total[0] += (driver * left).sum(axis=0)
    total[1] += (driver * left * people.cost[people.profile][:, None, None]).sum(axis=0)
    total[2] += (here * left).sum(axis=0)
    counts = people.counts[people.profile].astype(np.float64)
    nothing = np.zeros((len(STAGES), 0, *driver.shape[1:]))
    due = block.promises.arrays(people.promise)
    plans = range(len(block.tariffs.plans)) if block.common.converts else (-1,)
    for plan in plans:
        mine = here if plan < 0 else here * (room.plan == plan)
        on = people.plan if plan < 0 else np.full(len(driver), plan, dtype=np.int64)
        used = driver if plan < 0 else driver * mine
        bill_customers(
            block.tariffs.double, on, counts, people.age, used, mine, False, due, nothing, weight,  # noqa: FBT003
            np.zeros(len(driver), dtype=np.int64), total[3:, None],
        )  # fmt: skip
