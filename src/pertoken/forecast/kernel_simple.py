"""Simple cards in lanes: curves of the month and fees of each month, with nothing after them, charged at once."""

import numpy as np

from pertoken.forecast.kernel_lanes import compiled, wide
from pertoken.forecast.kernel_live import DRIVER, HERE
from pertoken.forecast.streams import LANES
from pertoken.forecast.tariff_columns import BASE, BOUND, CHARGES, FREE, JUMP, ON, RATE, SCALE, SLOPE, TIERS

ZERO, AT_ONCE = np.float32(0), 2
# signatures are numba's
# ruff: noqa: ANN001, ANN201, PLR0917


@compiled
def simple(t, plan, month, counts, begun, lane, money):  # type: ignore[no-untyped-def]
    """Add what a plan charges for a month to the money; of the charge that has begun, what its first bounds leave."""
    wide()
    for card in range(t.plan[plan], t.plan[plan + 1]):
        for c in range(t.card[card, CHARGES], t.card[card + 1, CHARGES]):
            if t.charge_months[c, month, ON]:
                tiers = t.tier[t.charge[c, TIERS] : t.charge[c + 1, TIERS]]
                curve(t.charge_numbers[c], tiers, counts[c], AT_ONCE if c == begun else 0, lane, money)


@compiled
def curve(numbers, tiers, count, begin, lane, money):  # type: ignore[no-untyped-def]
    """Add what a charge comes to: intercept, slope, and at each bound a change of slope, two at a time; and a jump."""
    wide()
    factor, free = count * numbers[SCALE], numbers[FREE]
    base, rate = (numbers[BASE], numbers[RATE]) if begin == 0 else (ZERO, ZERO)
    for j in range(begin, max(len(tiers), 1), AT_ONCE):
        one, other = j < len(tiers), j + 1 < len(tiers)
        a, b = tiers[j, BOUND] if one else ZERO, tiers[j + 1, BOUND] if other else ZERO
        e, f = tiers[j, SLOPE] if one else ZERO, tiers[j + 1, SLOPE] if other else ZERO
        for k in range(LANES):
            x = max(lane[DRIVER + k] * factor - free, ZERO)
            flat = base * lane[HERE + k] + rate * x
            money[k] += flat + e * max(x - a, ZERO) + f * max(x - b, ZERO)
        base, rate = ZERO, ZERO
    for j in range(len(tiers)):
        bound, jump = tiers[j, BOUND], tiers[j, JUMP]
        if jump != ZERO:
            for k in range(LANES):
                x = max(lane[DRIVER + k] * factor - free, ZERO)
                money[k] += jump * lane[HERE + k] if x > bound else ZERO
