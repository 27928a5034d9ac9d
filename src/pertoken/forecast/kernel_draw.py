"""Chance in lanes: words, shares, normals and exponentials, in single precision and without a branch.

Polynomials run through Chebyshev's points of the reduced range; a test fits them anew. Each function says its greatest
error.
"""

import math
from typing import Any

import numpy as np

from pertoken.forecast.kernel_lanes import HALF_ROW, ROW, compiled, wide
from pertoken.forecast.streams import PAIRS
from pertoken.machine.word import Word

GOLDEN, FIRST, SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
LOW = np.uint64(0xFFFFFFFF)
TO_SHARE = np.float32(1 / (1 << 24))
HALF, ONE, TWO, ZERO = np.float32(0.5), np.float32(1), np.float32(2), np.float32(0)
LN2, LOG2E = np.float32(math.log(2)), np.float32(1 / math.log(2))
MOST = np.float32(80)
MAGIC = np.float32(1.5 * (1 << 23))
"""A float so large that adding it rounds to a whole number, which then stands in its lowest bits."""
ROOT_BITS = np.int32(np.float32(math.sqrt(0.5)).view(np.int32))

LOG = tuple(map(np.float32, (
    0.9999999403953552, -0.5000037550926208, 0.33334606885910034, -0.24968907237052917, 0.1991334855556488,
    -0.1727820634841919, 0.16126248240470886, -0.09895350784063339,
)))  # fmt: skip
"""log(1 + m) / m for 1 + m from the root of a half to the root of two."""
EXP = tuple(map(np.float32, (
    1.0000001192092896, 0.6931471824645996, 0.2402210682630539, 0.055503569543361664, 0.009676031768321991,
    0.0013390863314270973,
)))  # fmt: skip
"""2 to the power of f from -1/2 to 1/2."""
SIN = tuple(map(np.float32, (
    6.283185005187988, -41.34158706665039, 81.59991455078125, -76.61414337158203, 41.341365814208984,
    -12.468818664550781,
)))  # fmt: skip
"""sin(2 pi x) / x, by the square of x from 0 to 1/4."""
COS = tuple(map(np.float32, (
    1.0, -19.73920440673828, 64.93911743164062, -85.45011138916016, 60.16743087768555, -25.96688461303711,
    6.527706146240234,
)))  # fmt: skip
"""cos(2 pi x), by the square of x from 0 to 1/4."""
# signatures are numba's
# ruff: noqa: ANN001, ANN201, ANN202, ARG001


def _bits_of(typing, number):  # type: ignore[no-untyped-def]
    from numba import types  # noqa: PLC0415  slow to load, and only to compile

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], context.get_value_type(types.int32))

    return types.int32(types.float32), code


def _float_of(typing, bits):  # type: ignore[no-untyped-def]
    from numba import types  # noqa: PLC0415  slow to load, and only to compile

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], context.get_value_type(types.float32))

    return types.float32(types.int32), code


bits_of: Any = Word(_bits_of)
"""The bits of a float, as a whole number."""
float_of: Any = Word(_float_of)
"""The float that has these bits."""


@compiled
def begun(seeds, state):  # type: ignore[no-untyped-def]
    """Begin the generator of each pair: four words for each of the seeds, row by row."""
    wide()
    for i in range(PAIRS):
        z = seeds[i]
        z = (z ^ (z >> np.uint64(30))) * FIRST
        z = (z ^ (z >> np.uint64(27))) * SECOND
        z ^= z >> np.uint64(31)
        state[i] = np.uint32(z & LOW)
        state[HALF_ROW + i] = np.uint32(z >> np.uint64(32))
        z = seeds[i] + GOLDEN
        z = (z ^ (z >> np.uint64(30))) * FIRST
        z = (z ^ (z >> np.uint64(27))) * SECOND
        z ^= z >> np.uint64(31)
        state[2 * HALF_ROW + i] = np.uint32(z & LOW)
        state[3 * HALF_ROW + i] = np.uint32(z >> np.uint64(32))


@compiled
def share(a, d):  # type: ignore[no-untyped-def]
    """Make the next share of a generator in this state."""
    return (np.float32(np.int32(np.uint32(a + d) >> np.uint32(8))) + HALF) * TO_SHARE


@compiled
def turned(a, b, c, d):  # type: ignore[no-untyped-def]
    """Take a generator on to its next state."""
    shifted = np.uint32(b << np.uint32(9))
    c = np.uint32(c ^ a)
    d = np.uint32(d ^ b)
    b = np.uint32(b ^ c)
    a = np.uint32(a ^ d)
    c = np.uint32(c ^ shifted)
    d = np.uint32(np.uint32(d << np.uint32(11)) | np.uint32(d >> np.uint32(21)))
    return a, b, c, d


@compiled
def shares(state, out):  # type: ignore[no-untyped-def]
    """Draw a share for each pair into a row of lanes; the other path of a pair takes what is missing to 1."""
    wide()
    for i in range(PAIRS):
        a, b, c, d = state[i], state[HALF_ROW + i], state[2 * HALF_ROW + i], state[3 * HALF_ROW + i]
        x = share(a, d)
        state[i], state[HALF_ROW + i], state[2 * HALF_ROW + i], state[3 * HALF_ROW + i] = turned(a, b, c, d)
        out[i] = x
        out[PAIRS + i] = ONE - x


@compiled
def logarithm(x):  # type: ignore[no-untyped-def]
    """Natural logarithm of a positive number, to 3e-7 relative to 1 + |log x|."""
    bits = bits_of(x)
    exponent = np.int32(np.int32(bits - ROOT_BITS) >> np.int32(23))
    m = float_of(np.int32(bits - np.int32(exponent << np.int32(23)))) - ONE
    p = LOG[7]
    p = p * m + LOG[6]
    p = p * m + LOG[5]
    p = p * m + LOG[4]
    p = p * m + LOG[3]
    p = p * m + LOG[2]
    p = p * m + LOG[1]
    p = p * m + LOG[0]
    return p * m + np.float32(exponent) * LN2


@compiled
def exponential(x):  # type: ignore[no-untyped-def]
    """Raise e to a power between -80 and 80, to 1e-6 relative up to e^10."""
    return raised(min(max(x, -MOST), MOST))


@compiled
def raised(x):  # type: ignore[no-untyped-def]
    """Raise e to a power that is known to lie between -80 and 80."""
    y = x * LOG2E
    shifted = y + MAGIC
    f = y - (shifted - MAGIC)
    p = EXP[5]
    p = p * f + EXP[4]
    p = p * f + EXP[3]
    p = p * f + EXP[2]
    p = p * f + EXP[1]
    p = p * f + EXP[0]
    return float_of(np.int32(bits_of(p) + np.int32(bits_of(shifted) << np.int32(23))))


@compiled
def paired(state, one, two):  # type: ignore[no-untyped-def]
    """Draw two normals for the first path of each pair."""
    wide()
    for i in range(PAIRS):
        a, b, c, d = state[i], state[HALF_ROW + i], state[2 * HALF_ROW + i], state[3 * HALF_ROW + i]
        u = share(a, d)
        a, b, c, d = turned(a, b, c, d)
        x = share(a, d) - HALF  # half a turn back, so that both waves change their sign
        state[i], state[HALF_ROW + i], state[2 * HALF_ROW + i], state[3 * HALF_ROW + i] = turned(a, b, c, d)
        radius = np.sqrt(-TWO * logarithm(u))
        one[i], two[i] = -radius * cosine(x), -radius * sine(x)


@compiled
def normals(state, out):  # type: ignore[no-untyped-def]
    """Draw two normals for each pair, into a row of lanes and the next: the other path takes them with another sign."""
    wide()
    paired(state, out, out[ROW:])
    for i in range(PAIRS):
        out[PAIRS + i] = -out[i]
        out[ROW + PAIRS + i] = -out[ROW + i]


@compiled
def sine(x):  # type: ignore[no-untyped-def]
    """Sine of a share of a turn, between -1/2 and 1/2."""
    y = x * x
    s = SIN[5]
    s = s * y + SIN[4]
    s = s * y + SIN[3]
    s = s * y + SIN[2]
    s = s * y + SIN[1]
    s = s * y + SIN[0]
    return s * x


@compiled
def cosine(x):  # type: ignore[no-untyped-def]
    """Cosine of a share of a turn, between -1/2 and 1/2."""
    y = x * x
    c = COS[6]
    c = c * y + COS[5]
    c = c * y + COS[4]
    c = c * y + COS[3]
    c = c * y + COS[2]
    c = c * y + COS[1]
    return c * y + COS[0]
