"""Simple cards in lanes: curves of the month and fees of each month, with nothing after them, charged at once."""

from pertoken.forecast.kernel_lanes import compiled
from pertoken.forecast.tariff_columns import BASE, BOUND, CHARGES, FREE, JUMP, ON, RATE, SCALE, SLOPE, TIERS

# signatures are numba's
# ruff: noqa: ANN001, ANN201, PLR0917


@compiled
def simple(t, card, month, driver, here, counts, units, money):  # type: ignore[no-untyped-def]
    """Add what a card charges for a month to the money; `units` is room."""
    zero = t.zero
    for c in range(t.card[card, CHARGES], t.card[card + 1, CHARGES]):
        if not t.charge_months[c, month, ON]:
            continue
        base, rate = t.charge_numbers[c, BASE], t.charge_numbers[c, RATE]
        factor, free = counts[c] * t.charge_numbers[c, SCALE], t.charge_numbers[c, FREE]
        for i in range(len(units)):
            x = max(driver[i] * factor - free, zero)
            units[i] = x
            money[i] += base * here[i] + rate * x
        for k in range(t.charge[c, TIERS], t.charge[c + 1, TIERS]):
            bound, slope, jump = t.tier[k, BOUND], t.tier[k, SLOPE], t.tier[k, JUMP]
            if jump == zero:
                for i in range(len(units)):
                    money[i] += slope * max(units[i] - bound, zero)
            else:
                for i in range(len(units)):
                    money[i] += slope * max(units[i] - bound, zero) + (jump * here[i] if units[i] > bound else zero)
