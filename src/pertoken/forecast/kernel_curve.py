"""Curve in lanes: from counted units to money, without a branch for each lane."""

import math

import numpy as np

from pertoken.core.money import READ, SMALLEST, TIE
from pertoken.forecast.kernel_lanes import compiled
from pertoken.forecast.tariff_columns import (
    BASE,
    BOUND,
    FREE,
    FREE_FIRST,
    JUMP,
    RATE,
    ROUNDS,
    SCALE,
    SIZE,
    SLOPE,
    TIERS,
)

UP, DOWN = 1, 2
# signatures are numba's
# ruff: noqa: ANN001, ANN201, D103, PLW3301


@compiled
def priced(t, c, counted, out, rounded):  # type: ignore[no-untyped-def]
    """From counted to priced units: factor, packages, free units."""
    scale, free, first = t.charge_numbers[c, SCALE], t.charge_numbers[c, FREE], t.charge[c, FREE_FIRST]
    for i in range(len(out)):
        out[i] = counted[i] * scale
    if free > t.zero and first:
        beyond(out, free, t.zero, rounded)
    if t.charge[c, ROUNDS] != 0:
        whole(out, t.charge[c, ROUNDS], t.charge_numbers[c, SIZE], t.half)
    if free > t.zero and not first:
        beyond(out, free, t.zero, rounded)


@compiled
def beyond(out, free, zero, rounded):  # type: ignore[no-untyped-def]
    if not rounded:
        for i in range(len(out)):
            out[i] = max(out[i] - free, zero)
        return
    for i in range(len(out)):
        left = max(out[i] - free, zero)
        scale = 10.0 ** (READ - math.ceil(math.log10(max(max(out[i], free), SMALLEST))))
        out[i] = np.rint(left * scale) / scale


@compiled
def whole(out, how, size, half):  # type: ignore[no-untyped-def]
    for i in range(len(out)):
        x = out[i] * size
        if how == UP:
            x = np.ceil(x / TIE)
        elif how == DOWN:
            x = np.floor(x * TIE)
        else:
            x = np.floor(x * TIE + half)
        out[i] = x / size


@compiled
def curve(t, c, units, out):  # type: ignore[no-untyped-def]
    """Charge priced units: intercept, slope, and at each bound a change of slope and a jump."""
    a, b, zero = t.charge_numbers[c, BASE], t.charge_numbers[c, RATE], t.zero
    for i in range(len(out)):
        out[i] = a + b * units[i]
    for k in range(t.charge[c, TIERS], t.charge[c + 1, TIERS]):
        bound, slope, jump = t.tier[k, BOUND], t.tier[k, SLOPE], t.tier[k, JUMP]
        if slope != zero:
            for i in range(len(out)):
                out[i] += slope * max(units[i] - bound, zero)
        if jump != zero:
            edge = bound * t.tie
            for i in range(len(out)):
                out[i] += jump if units[i] > edge else zero


@compiled
def cents(values, scale, half):  # type: ignore[no-untyped-def]
    """Round money half up, away from zero."""
    for i in range(len(values)):
        x = np.floor(abs(values[i]) * scale * TIE + half) / scale
        values[i] = x if values[i] >= 0 else -x
