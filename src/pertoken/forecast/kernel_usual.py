"""Usual lives: customers who leave for good, in one loop a month: they stay, use, and are charged by one curve.

What rests between months lies in lanes; all else of a month stays in the processor's registers, for both paths of a
pair at once. Who comes back, stands still or has its chance in the design lives by the loops of `kernel_live`.
"""

from typing import NamedTuple

import numpy as np

from pertoken.forecast.kernel_draw import exponential, paired, raised, shares
from pertoken.forecast.kernel_lanes import ROW, compiled, inlined, wide
from pertoken.forecast.kernel_live import DRIVER, FIRST, HAZARD, HERE, LEVEL, LIMIT, LOST, SECOND, SHARE, WALK
from pertoken.forecast.streams import PAIRS
from pertoken.forecast.tariff_columns import BASE, BOUND, CHARGES, FREE, ON, RATE, SCALE, SLOPE, TIERS

ZERO, ONE, HALF = np.float32(0), np.float32(1), np.float32(0.5)
# signatures are numba's
# ruff: noqa: ANN001, ANN201, PLR0917


class Line(NamedTuple):
    """A charge of a month with two bounds at most.

    Args:
        charge: Its row; -1 for none.
        factor: Priced units for a unit of usage.
        free: Of them.
        base: Intercept.
        rate: Slope.
        bound: Where the slope changes.
        slope: By how much.
        other: Where it changes again.
        more: By how much.
    """

    charge: int
    factor: np.float32
    free: np.float32
    base: np.float32
    rate: np.float32
    bound: np.float32
    slope: np.float32
    other: np.float32
    more: np.float32


@compiled
def is_usual(who):  # type: ignore[no-untyped-def]
    """Say whether a customer lives by these loops."""
    return who.whale < 0 and not who.still and who.back == ZERO


@compiled
def line_of(t, plan, month, counts):  # type: ignore[no-untyped-def]
    """Find the first charge of a month, without jumps, and its first two bounds."""
    for card in range(t.plan[plan], t.plan[plan + 1]):
        for c in range(t.card[card, CHARGES], t.card[card + 1, CHARGES]):
            if t.charge_months[c, month, ON]:
                numbers, tiers = t.charge_numbers[c], t.tier[t.charge[c, TIERS] : t.charge[c + 1, TIERS]]
                one, other = len(tiers) > 0, len(tiers) > 1
                return Line(
                    c, counts[c] * numbers[SCALE], numbers[FREE], numbers[BASE], numbers[RATE],
                    tiers[0, BOUND] if one else ZERO, tiers[0, SLOPE] if one else ZERO,
                    tiers[1, BOUND] if other else ZERO, tiers[1, SLOPE] if other else ZERO,
                )  # fmt: skip
    return Line(-1, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO)


@compiled
def is_plain(who):  # type: ignore[no-untyped-def]
    """Say whether a usual life has a walk of its own at most, and no month apart."""
    return who.noise == ZERO and who.idle == ZERO and who.cap < LOST


@compiled
def lived(who, age, ramp, gate, moved, hazard, cost, line, state, lane, sums):  # type: ignore[no-untyped-def]
    """Live a month and charge it: who leaves in a month is charged for it, and gone in the next.

    Where only one of walk and noise is drawn, two normals last for two months.

    Args:
        who: The customer.
        age: Months since it came.
        ramp: Log of its level at that age.
        gate: 1 where it may leave before this month.
        moved: Growth and shocks, shape `(lane,)`.
        hazard: Of leaving, shape `(lane,)`.
        cost: Of a unit.
        line: What is charged.
        state: Of its generators.
        lane: Rows of lanes, see `kernel_live`.
        sums: Driver, cost, customers and money of the month, in rows; added to.
    """
    both, odd = who.walk > ZERO and who.noise > ZERO, age % 2 == 1
    if both or ((who.walk > ZERO or who.noise > ZERO) and not odd):
        paired(state, lane[FIRST:], lane[SECOND:])
    own = lane[SECOND:] if odd and not both else lane[FIRST:]
    if is_plain(who):
        plain(who.walk, who.cap, own, gate, moved, hazard, cost, line, lane, sums)
        return
    if who.idle > ZERO:
        shares(state, lane[SHARE:])
    fixed = ramp - HALF * who.noise * who.noise
    other = lane[SECOND:] if both else own
    shaken(who, fixed, own, other, gate, moved, hazard, cost, line, lane, sums)


@compiled
def plain(walk, cap, own, gate, moved, hazard, cost, line, lane, sums):  # type: ignore[no-untyped-def]
    """Live a month that is its walk's alone; all powers are known to be small."""
    wide()
    mean = -HALF * walk * walk
    for i in range(PAIRS):
        near, far = walked(i, lane, walk * own[i], mean, cap)
        here, there = stayed(i, lane, gate, hazard)
        use = lane[LEVEL + i] * raised(near + moved[i]) * here
        used = lane[LEVEL + PAIRS + i] * raised(far + moved[PAIRS + i]) * there
        added(i, use, used, here, there, cost, line, lane, sums)


@compiled
def shaken(who, fixed, own, other, gate, moved, hazard, cost, line, lane, sums):  # type: ignore[no-untyped-def]
    """Live a month with noise, or nothing at all in it."""
    wide()
    mean, cap, idle = -HALF * who.walk * who.walk, who.cap, who.idle
    for i in range(PAIRS):
        near, far = walked(i, lane, who.walk * own[i], mean, cap)
        here, there = stayed(i, lane, gate, hazard)
        shake = who.noise * other[i]
        use = lane[LEVEL + i] * exponential(near + (fixed + shake) + moved[i])
        used = lane[LEVEL + PAIRS + i] * exponential(far + (fixed - shake) + moved[PAIRS + i])
        use *= ZERO if lane[SHARE + i] < idle else here
        used *= ZERO if lane[SHARE + PAIRS + i] < idle else there
        added(i, use, used, here, there, cost, line, lane, sums)


@compiled
def walked(i, lane, step, mean, cap):  # type: ignore[no-untyped-def]
    """Move the walks of a pair by a step, each the other way."""
    inlined()
    near, far = (lane[WALK + i] + mean) + step, (lane[WALK + PAIRS + i] + mean) - step
    near, far = min(max(near, -cap), cap), min(max(far, -cap), cap)
    lane[WALK + i], lane[WALK + PAIRS + i] = near, far
    return near, far


@compiled
def stayed(i, lane, gate, hazard):  # type: ignore[no-untyped-def]
    """Say which path of a pair has the customer still."""
    inlined()
    one, other = lane[HAZARD + i] + gate * hazard[i], lane[HAZARD + PAIRS + i] + gate * hazard[PAIRS + i]
    lane[HAZARD + i], lane[HAZARD + PAIRS + i] = one, other
    return ONE if one < lane[LIMIT + i] else ZERO, ONE if other < lane[LIMIT + PAIRS + i] else ZERO


@compiled
def added(i, use, used, here, there, cost, line, lane, sums):  # type: ignore[no-untyped-def]
    """Keep what a pair does, for charges that follow, and add what it comes to."""
    inlined()
    lane[DRIVER + i], lane[DRIVER + PAIRS + i] = use, used
    lane[HERE + i], lane[HERE + PAIRS + i] = here, there
    sums[i] += use
    sums[PAIRS + i] += used
    sums[ROW + i] += cost * use
    sums[ROW + PAIRS + i] += cost * used
    sums[2 * ROW + i] += here
    sums[2 * ROW + PAIRS + i] += there
    sums[3 * ROW + i] += charged(line, use, here)
    sums[3 * ROW + PAIRS + i] += charged(line, used, there)


@compiled
def charged(line, used, here):  # type: ignore[no-untyped-def]
    """Charge usage."""
    inlined()
    x = max(used * line.factor - line.free, ZERO)
    beyond = line.slope * max(x - line.bound, ZERO) + line.more * max(x - line.other, ZERO)
    return line.base * here + line.rate * x + beyond
