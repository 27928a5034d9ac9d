"""Lives in lanes: the level a customer begins at, whether it stays, changes its plan, and what it uses in a month.

Rows of lanes: the level; the log of the walk; the hazard so far (or, where customers come back, whether it ever came);
the hazard at which it leaves; whether it is there; whether it is there and not idle; its usage; the share of it that is
left; a share that was drawn; and the two normals drawn last.
"""

from typing import NamedTuple

import numpy as np

from pertoken.forecast.kernel_draw import begun, exponential, logarithm, normals, shares
from pertoken.forecast.kernel_lanes import ROW, compiled, wide
from pertoken.forecast.streams import LANES

ROWS = 11
LEVEL, WALK, HAZARD, LIMIT, HERE, ACTIVE, DRIVER, WEIGHT, SHARE, FIRST, SECOND = (row * ROW for row in range(ROWS))
LOST, TINY = np.float32(1e30), np.float32(1e-30)
ZERO, ONE, HALF = np.float32(0), np.float32(1), np.float32(0.5)
CAP = np.float32(4)
"""The most that a customer's own walk is taken to move its level, up or down: a factor of 55. [log]"""
# signatures are numba's
# ruff: noqa: ANN001, ANN201, PLR0917


class Who(NamedTuple):
    """A customer: numbers by which it lives, see `kernel_people.People`; what is held still is nothing here.

    Args:
        base: Level at the lowest known share.
        together: Weight of its segment's normal in its rank.
        apart: Weight of its own.
        alive: Chance that it is a customer at the start.
        walk: Standard deviation of a month's step of its level.
        noise: Of a month's own noise.
        idle: Share of months without usage.
        back: Chance to come back.
        cap: The most that its walk moves it.
        still: Whether its own chance stands at its middle.
        whale: Its row in the design; -1 where its chance comes from its own stream.
    """

    base: np.float32
    together: np.float32
    apart: np.float32
    alive: np.float32
    walk: np.float32
    noise: np.float32
    idle: np.float32
    back: np.float32
    cap: np.float32
    still: bool
    whale: int


@compiled
def who_is(people, i):  # type: ignore[no-untyped-def]
    """Look a customer up."""
    s, profile, still, comes = people.segment[i], people.profile[i], people.still[i] != 0, people.slot[i] >= 0
    together = ZERO if comes else people.together[s]
    return Who(
        people.base[profile],
        together,
        ZERO if still else np.sqrt(ONE - together * together),
        people.alive[i],
        ZERO if still else people.walk[profile],
        ZERO if still else people.noise[profile],
        people.idle[profile],
        people.back[s],
        LOST if comes else CAP,
        still,
        people.whale[i],
    )


@compiled
def put(lane, row, number):  # type: ignore[no-untyped-def]
    """Put a number into each lane of a row."""
    wide()
    for k in range(LANES):
        lane[row + k] = number


@compiled
def start(who, knots, rises, rank, whale_level, whale_share, seeds, state, lane):  # type: ignore[no-untyped-def]
    """Begin a customer: its chance, its level, and how long it stays."""
    wide()
    begun(seeds, state)
    normals(state, lane[FIRST:])
    shares(state, lane[LIMIT:])
    if who.whale >= 0:
        for k in range(LANES):
            lane[FIRST + k] = whale_level[k]
        for k in range(LANES):
            lane[LIMIT + k] = whale_share[k]
    level_of(who, knots, rises, rank, lane)
    if who.still:
        put(lane, HERE, ONE)
        put(lane, LIMIT, LOST)
    elif who.back > ZERO:
        for k in range(LANES):
            lane[HERE + k] = ONE if lane[LIMIT + k] <= who.alive else ZERO
    else:
        log_alive = logarithm(max(who.alive, TINY))
        for k in range(LANES):
            limit = log_alive - logarithm(max(lane[LIMIT + k], TINY))
            lane[LIMIT + k] = limit
            lane[HERE + k] = ONE if limit > ZERO else ZERO
    put(lane, HAZARD, ONE if who.back > ZERO else ZERO)
    put(lane, WEIGHT, who.alive if who.still else ONE)
    put(lane, WALK, ZERO)


@compiled
def level_of(who, knots, rises, rank, lane):  # type: ignore[no-untyped-def]
    """Find the level whose rank is drawn: straight between known quantiles, by their normal scores, four at a time."""
    wide()
    for k in range(LANES):
        lane[SHARE + k] = who.together * rank[k] + who.apart * lane[FIRST + k]
        lane[LEVEL + k] = who.base
    for j in range(0, len(knots), 4):
        a, b, c, d = knots[j], knots[j + 1], knots[j + 2], knots[j + 3]
        e, f, g, h = rises[j], rises[j + 1], rises[j + 2], rises[j + 3]
        for k in range(LANES):
            z, level = lane[SHARE + k], lane[LEVEL + k]
            level = level + e * max(z - a, ZERO) + f * max(z - b, ZERO)
            lane[LEVEL + k] = level + g * max(z - c, ZERO) + h * max(z - d, ZERO)


@compiled
def come(came, grown, lane):  # type: ignore[no-untyped-def]
    """Begin a newcomer: where it does not come, it never is; what others have grown before is not its own."""
    wide()
    for k in range(LANES):
        lane[WALK + k] = -grown[k]
        lane[HERE + k] *= came[k]
    for k in range(LANES):
        lane[HAZARD + k] *= came[k]
        lane[LIMIT + k] = lane[LIMIT + k] if came[k] > ZERO else -ONE


@compiled
def stay(who, hazard, state, lane):  # type: ignore[no-untyped-def]
    """Go from one month to the next: who leaves in a month is charged for it, and gone in the next."""
    wide()
    if who.still:
        for k in range(LANES):
            weight = lane[WEIGHT + k]
            lane[WEIGHT + k] = weight * exponential(-hazard[k]) + (ONE - weight) * who.back
    elif who.back > ZERO:
        shares(state, lane[SHARE:])
        for k in range(LANES):
            leaves = ONE - exponential(-hazard[k])
            share = lane[SHARE + k]
            comes = ONE if share < who.back and lane[HAZARD + k] > ZERO else ZERO
            stays = ZERO if share < leaves else ONE
            lane[HERE + k] = stays if lane[HERE + k] > ZERO else comes
    else:
        for k in range(LANES):
            so_far = lane[HAZARD + k] + hazard[k]
            lane[HAZARD + k] = so_far
            lane[HERE + k] = ONE if so_far < lane[LIMIT + k] else ZERO


@compiled
def convert(who, chance, step, state, lane, on):  # type: ignore[no-untyped-def]
    """Let customers change their plan, by what the month's share says."""
    if who.still:
        return
    shares(state, lane[SHARE:])
    for k in range(LANES):
        at, plan, share = ZERO, on[k], lane[SHARE + k]
        for other in range(len(chance)):
            if other == plan:
                continue
            before = at
            at += chance[plan, other]
            if before <= share < at:
                on[k] = other
                lane[WALK + k] += step[plan, other]


@compiled
def use(who, age, ramp, moved, whale_walk, state, lane):  # type: ignore[no-untyped-def]
    """Find the usage of a month; where only one of walk and noise is drawn, two normals last for two months."""
    wide()
    drawn, noisy, odd = who.walk > ZERO and who.whale < 0, who.noise > ZERO, age % 2 == 1
    both = drawn and noisy
    if both or ((drawn or noisy) and not odd):
        normals(state, lane[FIRST:])
    if who.walk > ZERO and who.whale >= 0:
        for k in range(LANES):
            lane[WALK + k] += who.walk * whale_walk[k]
    active(who, state, lane)
    walk = who.walk if drawn else ZERO
    second = odd and not both
    steps = (ZERO, walk) if second else (walk, ZERO)
    shakes = (ZERO, who.noise) if second or both else (who.noise, ZERO)
    fixed = ramp - HALF * who.noise * who.noise
    moves(lane, steps, -HALF * who.walk * who.walk, who.cap, shakes, fixed, moved)


@compiled
def active(who, state, lane):  # type: ignore[no-untyped-def]
    """Use nothing in some months."""
    wide()
    if who.idle > ZERO and not who.still:
        shares(state, lane[SHARE:])
        for k in range(LANES):
            lane[ACTIVE + k] = ZERO if lane[SHARE + k] < who.idle else lane[HERE + k]
    else:
        part = ONE - who.idle
        for k in range(LANES):
            lane[ACTIVE + k] = lane[HERE + k] * part


@compiled
def moves(lane, steps, mean, cap, shakes, fixed, moved):  # type: ignore[no-untyped-def]
    """Move the walk by a step, and from there find the usage."""
    wide()
    a, b = steps
    c, d = shakes
    for k in range(LANES):
        first, second = lane[FIRST + k], lane[SECOND + k]
        walk = min(max(lane[WALK + k] + (a * first + b * second + mean), -cap), cap)
        lane[WALK + k] = walk
        log = walk + (c * first + d * second + fixed) + moved[k]
        lane[DRIVER + k] = lane[LEVEL + k] * exponential(log) * lane[ACTIVE + k]
