"""Turns: whose months are lived next, a customer in all lanes, or newcomers packed into the lanes in which they come.

Of newcomers, few come in most paths and many in some. So each lane takes the next that does come, of those who would
come in the same month to the same segment: they live by one law, and differ in their chance only.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pertoken.forecast.kernel_lanes import HALF_ROW, ROW, aligned, compiled, wide
from pertoken.forecast.kernel_live import ROWS, come, convert, start, stay, use, who_is
from pertoken.forecast.kernel_people import Common, People
from pertoken.forecast.kernel_usual import lived
from pertoken.forecast.streams import LANES, PAIRS

ZERO, ONE = np.float32(0), np.float32(1)
# signatures are numba's
# ruff: noqa: ANN001, ANN201, D103, PLR0917


class Turns(NamedTuple):
    """Whose turn it is, in the order of their groups.

    Args:
        row: Row of the people, shape `(turn,)`; of newcomers, one whose law is theirs.
        pack: Which of the packs, shape `(turn,)`; -1 for a customer in all lanes.
        who: Row of the newcomer in each pair, shape `(pack, pair)`.
        pair: In which of the block's pairs it comes, shape `(pack, pair)`.
        taken: How many pairs are, shape `(pack,)`.
    """

    row: NDArray[np.int64]
    pack: NDArray[np.int64]
    who: NDArray[np.int64]
    pair: NDArray[np.int64]
    taken: NDArray[np.int64]


class Desk(NamedTuple):
    """Room for whose turn it is.

    Args:
        state: Of its generators, four rows.
        lane: Rows of lanes, see `kernel_live`.
        seeds: Of its generators, shape `(pair,)`.
        own: What packed newcomers gather of the block's lanes, shape `(2, lane)`.
        on: The tariff that it is on.
    """

    state: NDArray[np.uint32]
    lane: NDArray[np.float32]
    seeds: NDArray[np.uint64]
    own: NDArray[np.float32]
    on: NDArray[np.int32]

    @classmethod
    def empty(cls) -> "Desk":
        """Make room."""
        return cls(
            aligned(4 * HALF_ROW, np.uint32),
            aligned(ROWS * ROW),
            aligned(PAIRS, np.uint64),
            aligned((2, LANES)),
            aligned(LANES, np.int32),
        )


def turns_of(people: People, common: Common) -> Turns:
    """Give customers their turns, and pack the newcomers of a block of paths."""
    there, first = np.flatnonzero(people.slot < 0), np.flatnonzero(people.slot == 0)
    born = common.born[people.segment[first], people.born[first]]
    more = np.maximum(born[:, :PAIRS], born[:, PAIRS:])
    comes = more.sum(axis=1)
    packs = -(-comes // PAIRS)
    run = np.repeat(np.arange(len(first)), comes)
    at = np.repeat(np.arange(more.size), more.ravel())
    slot = _within(more.ravel())
    place = (np.cumsum(packs) - packs)[run] * PAIRS + _within(comes)
    mine = np.repeat(np.arange(len(first)), packs)
    who, pair = np.repeat(first[mine], PAIRS), np.zeros(len(mine) * PAIRS, dtype=np.int64)
    who[place], pair[place] = first[run] + slot, at % PAIRS
    count = np.minimum(comes[mine] - PAIRS * _within(packs), PAIRS)
    rows = np.append(there, first[mine])
    which = np.append(np.full(len(there), -1), np.arange(len(mine)))
    order = np.argsort(people.group[rows], kind="stable")
    return Turns(rows[order], which[order], who.reshape(-1, PAIRS), pair.reshape(-1, PAIRS), count)


def _within(sizes: NDArray[Any]) -> NDArray[np.int64]:
    """Count from 0 within each of several parts of these sizes, one after the other."""
    ends = np.cumsum(sizes)
    counted: NDArray[np.int64] = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)
    return counted


@compiled
def begin(people, common, turns, turn, jumps, at, desk):  # type: ignore[no-untyped-def]
    """Begin whose turn it is; `at` then says which lane of the block each lane is."""
    wide()
    i, pack = turns.row[turn], turns.pack[turn]
    who, s, born = who_is(people, i), people.segment[i], people.born[i]
    seeds, lane = desk.seeds, desk.lane
    if pack >= 0:
        packed(people.key, turns.who[pack], turns.pair[pack], jumps, at, seeds)
    else:
        for k in range(PAIRS):
            seeds[k] = people.key[i] + jumps[k]
    if common.converts:
        for k in range(LANES):
            desk.on[k] = people.plan[i]
    whale, profile = max(who.whale, 0), people.profile[i]
    level, share = common.whale_level[whale], common.whale_share[whale]
    start(who, people.knots[profile], people.rises[profile], common.level[s], level, share, seeds, desk.state, lane)
    if pack >= 0:
        came, grown = desk.own[0], desk.own[1]
        for k in range(LANES):
            pair = k % PAIRS
            slot = people.slot[turns.who[pack, pair]]
            there = pair < turns.taken[pack] and common.born[s, born, at[k]] > slot
            came[k] = ONE if there else ZERO
            grown[k] = common.growth[s, born, at[k]]
        come(came, grown, lane)
    return who


@compiled
def packed(key, who, pairs, jumps, at, seeds):  # type: ignore[no-untyped-def]
    """Say which lane of the block each lane is, and where its generator begins."""
    for k in range(PAIRS):
        pair = pairs[k]
        at[k], at[PAIRS + k] = pair, PAIRS + pair
        seeds[k] = key[who[k]] + jumps[pair]


@compiled
def gathered(source, at, lanes):  # type: ignore[no-untyped-def]
    wide()
    for k in range(LANES):
        lanes[k] = source[at[k]]


@compiled
def month_of(people, common, i, m, packs, at, own):  # type: ignore[no-untyped-def]
    """Say what a month is to whose turn it is: growth and shocks, hazard, whether it may leave, log of its ramp."""
    s, born = people.segment[i], people.born[i]
    moved = common.moved[s, m]
    hazard = common.hazard[s, min(max(people.age[i] + m - 1 - born, 0), common.hazard.shape[1] - 1)]
    leaves = m > born and m - 1 >= people.bound[i]
    if packs:
        gathered(moved, at, own[0])
        moved = own[0]
    if packs and leaves:
        gathered(hazard, at, own[1])
        hazard = own[1]
    ramp = people.ramp[s, min(m - born, people.ramp.shape[1] - 1)] if people.slot[i] >= 0 else ZERO
    return moved, hazard, leaves, ramp


@compiled
def go_on(people, common, who, i, m, packs, at, desk):  # type: ignore[no-untyped-def]
    """Live a month."""
    wide()
    born, state, lane = people.born[i], desk.state, desk.lane
    moved, hazard, leaves, ramp = month_of(people, common, i, m, packs, at, desk.own)
    if leaves:
        stay(who, hazard, state, lane)
    if m > born and common.converts and people.promise[i] < 0:  # nobody changes a plan that is signed
        convert(who, common.chance, common.step, state, lane, desk.on)
    use(who, m - born, ramp, moved, common.whale_walk[max(who.whale, 0), m], state, lane)


@compiled
def go_on_as_usual(people, common, who, i, m, packs, at, line, desk, sums):  # type: ignore[no-untyped-def]
    """Live a month of a usual life, and add what it comes to."""
    wide()
    moved, hazard, leaves, ramp = month_of(people, common, i, m, packs, at, desk.own)
    cost, gate = people.cost[people.profile[i]], ONE if leaves else ZERO
    age, state, lane = m - people.born[i], desk.state, desk.lane
    lived(who, age, ramp, gate, moved, hazard, cost, line, state, lane, sums)
