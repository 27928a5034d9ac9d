"""Lives in lanes: the level a customer begins at, whether it stays, changes its plan, and what it uses in a month.

Lanes of a customer: 0 level, 1 log of the walk, 2 hazard so far (or, where customers come back, whether it ever came),
3 hazard at which it leaves, 4 there, 5 begins to be there, 6 driver, 7 weight, 8 to 10 the same as 4, 6, 5 for a plan.
Halves, of a value for each pair: 0 and 1 spare, 2 and 3 the normals drawn last.
"""

import numpy as np

from pertoken.forecast.kernel_draw import begun, exponential, logarithm, normals, shares
from pertoken.forecast.kernel_lanes import compiled, copied, filled

LEVEL, WALK, HAZARD, LIMIT, HERE, FRESH, DRIVER, WEIGHT, MINE, MY_DRIVER, MY_FRESH = range(11)
LOST, TINY = np.float32(1e30), np.float32(1e-30)
ZERO, ONE, HALF = np.float32(0), np.float32(1), np.float32(0.5)
CAP = np.float32(4)
"""The most that a customer's own walk is taken to move its level, up or down: a factor of 55. [log]"""
# signatures are numba's
# ruff: noqa: ANN001, ANN201, D103, PLR0917


@compiled
def start(people, common, i, first_pair, state, half, lane):  # type: ignore[no-untyped-def]
    """Begin a customer: its chance, its level, and how long it stays."""
    begun(people.key[i], np.int64(first_pair), state)
    normals(state, half[0], half[1], half[2], half[3])
    shares(state, half[0])
    level_of(people, common, i, half[2], lane)
    limit, alive = lane[LIMIT], max(people.alive[i], TINY)
    opposite(half[0], limit, ONE)
    if people.whale[i] >= 0:
        copied(limit, common.whale_share[people.whale[i]])
    if people.still[i]:
        filled(lane[HERE], ONE)
        filled(limit, LOST)
    elif people.back[people.segment[i]] > ZERO:
        here = lane[HERE]
        for k in range(len(here)):
            here[k] = ONE if limit[k] <= alive else ZERO
    else:
        expire(limit, logarithm(alive), lane[HERE])
    filled(lane[HAZARD], ONE if people.back[people.segment[i]] > ZERO else ZERO)
    filled(lane[WEIGHT], people.alive[i] if people.still[i] else ONE)
    if people.slot[i] >= 0:
        come(common.born[people.segment[i], people.born[i]], people.slot[i], lane)
    copied(lane[FRESH], lane[HERE])


@compiled
def expire(limit, log_alive, here):  # type: ignore[no-untyped-def]
    """Turn shares into the hazard that each path lives through; who is not there at the start has less than none."""
    for k in range(len(limit)):
        limit[k] = log_alive - logarithm(max(limit[k], TINY))
    for k in range(len(limit)):
        here[k] = ONE if limit[k] > ZERO else ZERO


@compiled
def come(count, slot, lane):  # type: ignore[no-untyped-def]
    """Leave out the paths in which fewer come: there the newcomer never is."""
    hazard, limit, here = lane[HAZARD], lane[LIMIT], lane[HERE]
    number = np.int32(slot)
    for k in range(len(count)):
        came = count[k] > number
        here[k] = here[k] if came else ZERO
        hazard[k] = hazard[k] if came else ZERO
        limit[k] = limit[k] if came else -ONE


@compiled
def opposite(half, lanes, whole):  # type: ignore[no-untyped-def]
    """Give shares to both paths of each pair: the second takes what is missing to the whole."""
    pairs = len(half)
    for k in range(pairs):
        lanes[k] = half[k]
    other = lanes[pairs:]
    for k in range(pairs):
        other[k] = whole - half[k]


@compiled
def level_of(people, common, i, own, lane):  # type: ignore[no-untyped-def]
    """Find the level whose rank is drawn: straight between known quantiles, by their normal scores."""
    level, walk, z = lane[LEVEL], lane[WALK], lane[MINE]
    s, profile, whale = people.segment[i], people.profile[i], people.whale[i]
    together = ZERO if people.slot[i] >= 0 else people.together[s]
    apart = np.sqrt(ONE - together * together)
    opposite(own, z, ZERO)
    if whale >= 0:
        copied(z, common.whale_level[whale])
    apart = ZERO if people.still[i] else apart
    rank = common.level
    for k in range(len(z)):
        z[k] = together * rank[k] + apart * z[k]
    base, knots, rises = people.base[profile], people.knots[profile], people.rises[profile]
    for k in range(len(z)):
        level[k] = base
        walk[k] = ZERO
    for j in range(len(knots)):
        knot, rise = knots[j], rises[j]
        if rise != ZERO:
            for k in range(len(z)):
                level[k] += rise * max(z[k] - knot, ZERO)
    if people.slot[i] >= 0:
        grown = common.growth[s, people.born[i]]
        for k in range(len(z)):
            walk[k] = -grown[k]


@compiled
def live(people, common, i, m, state, half, lane):  # type: ignore[no-untyped-def]
    """Go from one month to the next: who leaves in a month is charged for it, and gone in the next."""
    if m - 1 < people.bound[i]:
        return
    s = people.segment[i]
    age = min(people.age[i] + m - 1 - people.born[i], common.hazard.shape[1] - 1)
    hazard = common.hazard[s, age]
    so_far, limit, here, fresh, weight = lane[HAZARD], lane[LIMIT], lane[HERE], lane[FRESH], lane[WEIGHT]
    back = people.back[s]
    if people.still[i]:
        for k in range(len(here)):
            weight[k] = weight[k] * exponential(-hazard[k]) + (ONE - weight[k]) * back
    elif back > ZERO:
        shares(state, half[0])
        spare = lane[MINE]
        opposite(half[0], spare, ONE)
        for k in range(len(here)):
            leaves = ONE - exponential(-hazard[k])
            was = here[k] > ZERO
            comes = (not was) and spare[k] < back and so_far[k] > ZERO
            here[k] = (ZERO if spare[k] < leaves else ONE) if was else (ONE if comes else ZERO)
            fresh[k] = ONE if comes else ZERO
    else:
        for k in range(len(here)):
            so_far[k] += hazard[k]
            here[k] = ONE if so_far[k] < limit[k] else ZERO


@compiled
def convert(people, common, i, state, half, lane, on):  # type: ignore[no-untyped-def]
    """Let customers change their plan, by what the month's share says."""
    if people.still[i]:
        return
    shares(state, half[0])
    spare, walk, fresh = lane[MINE], lane[WALK], lane[FRESH]
    opposite(half[0], spare, ONE)
    for k in range(len(spare)):
        at, plan = ZERO, on[k]
        for other in range(len(common.chance)):
            if other == plan:
                continue
            before = at
            at += common.chance[plan, other]
            if before <= spare[k] < at:
                on[k] = other
                walk[k] += common.step[plan, other]
                fresh[k] = ONE


@compiled
def drive(people, common, i, m, state, half, lane):  # type: ignore[no-untyped-def]
    """Find the month's usage."""
    s, profile, born = people.segment[i], people.profile[i], people.born[i]
    still, whale = people.still[i], people.whale[i]
    walks = ZERO if still else people.walk[profile]
    noise = ZERO if still else people.noise[profile]
    drawn = walks > ZERO and whale < 0
    both = drawn and noise > ZERO
    if both or ((drawn or noise > ZERO) and (m - born) % 2 == 0):
        normals(state, half[0], half[1], half[2], half[3])
    odd = (not both) and (m - born) % 2 == 1
    walk, driver, level, here = lane[WALK], lane[DRIVER], lane[LEVEL], lane[HERE]
    cap = CAP if people.slot[i] < 0 else LOST
    if walks > ZERO and whale >= 0:
        moved(common.whale_walk[whale, m], walks, cap, walk)
    elif walks > ZERO:
        swung(half[3] if odd else half[2], walks, cap, walk)
    common_log = common.moved[s, m]
    ramp = people.ramp[s, min(m - born, people.ramp.shape[1] - 1)] if people.slot[i] >= 0 else ZERO
    if noise > ZERO:
        log = lane[MY_DRIVER]
        for k in range(len(log)):
            log[k] = walk[k] + ramp
        swung(half[3] if both or odd else half[2], noise, LOST, log)
        for k in range(len(driver)):
            driver[k] = level[k] * exponential(log[k] + common_log[k]) * here[k]
    else:
        for k in range(len(driver)):
            driver[k] = level[k] * exponential(walk[k] + common_log[k] + ramp) * here[k]
    idle = people.idle[profile]
    if idle > ZERO:
        rested(idle, still, state, half, lane)


@compiled
def moved(normal, size, cap, log):  # type: ignore[no-untyped-def]
    """Move logs by a normal of each path, so that the mean of what they are logs of stays."""
    mean = HALF * size * size
    for k in range(len(log)):
        log[k] = min(max(log[k] + (size * normal[k] - mean), -cap), cap)


@compiled
def swung(normal, size, cap, log):  # type: ignore[no-untyped-def]
    """Move logs by a normal of each pair, the second path the other way."""
    pairs = len(normal)
    mean = HALF * size * size
    one, two = log[:pairs], log[pairs:]
    for k in range(pairs):
        one[k] = min(max(one[k] + (size * normal[k] - mean), -cap), cap)
    for k in range(pairs):
        two[k] = min(max(two[k] - (size * normal[k] + mean), -cap), cap)


@compiled
def rested(idle, still, state, half, lane):  # type: ignore[no-untyped-def]
    """Use nothing in some months."""
    driver = lane[DRIVER]
    if still:
        for k in range(len(driver)):
            driver[k] *= ONE - idle
        return
    spare = lane[MINE]
    shares(state, half[0])
    opposite(half[0], spare, ONE)
    for k in range(len(driver)):
        driver[k] = ZERO if spare[k] < idle else driver[k]


@compiled
def on_plan(plan, on, lane):  # type: ignore[no-untyped-def]
    """Keep, of what a customer does, what it does on one plan."""
    mine, driver, fresh = lane[MINE], lane[MY_DRIVER], lane[MY_FRESH]
    for k in range(len(on)):
        here = ONE if on[k] == plan else ZERO
        mine[k] = lane[HERE, k] * here
        driver[k] = lane[DRIVER, k] * here
        fresh[k] = lane[FRESH, k] * here


@compiled
def cleared(lane):  # type: ignore[no-untyped-def]
    filled(lane[FRESH], ZERO)
