"""Chance in lanes: words, shares, normals and exponentials, in single precision and without a branch.

Polynomials are minimax fits of our own on the reduced range; each function says its greatest error.
"""

import math

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pertoken.forecast.kernel_lanes import compiled

GOLDEN, FIRST, SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
LOW = np.uint64(0xFFFFFFFF)
TO_SHARE = np.float32(1 / (1 << 24))
HALF, ONE, TWO, ZERO = np.float32(0.5), np.float32(1), np.float32(2), np.float32(0)
LN2, LOG2E = np.float32(math.log(2)), np.float32(1 / math.log(2))
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(math.log(2) - 0.693359375)
ROOT_HALF = np.float32(math.sqrt(0.5))
TWO_PI = np.float32(2 * math.pi)
QUARTER = np.float32(0.25)
MOST = np.float32(80)
# signatures are numba's
# ruff: noqa: ANN001, ANN201, ANN202, D103


@intrinsic
def bits_of(typing, number):  # type: ignore[no-untyped-def]
    """The bits of a float, as a whole number."""
    del typing

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        del context, signature
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), code


@intrinsic
def float_of(typing, bits):  # type: ignore[no-untyped-def]
    """The float that has these bits."""
    del typing

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        del context, signature
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), code


@compiled
def begun(key, first, state):  # type: ignore[no-untyped-def]
    """Begin the generators of one customer, for the pairs from `first` on; shape `(4, pair)`."""
    a, b, c, d = state[0], state[1], state[2], state[3]
    for i in range(len(a)):
        step = np.uint64(first + i) * np.uint64(2)
        z = key + (step + np.uint64(1)) * GOLDEN
        z = (z ^ (z >> np.uint64(30))) * FIRST
        z = (z ^ (z >> np.uint64(27))) * SECOND
        z ^= z >> np.uint64(31)
        a[i] = np.uint32(z & LOW)
        b[i] = np.uint32(z >> np.uint64(32))
        z = key + (step + np.uint64(2)) * GOLDEN
        z = (z ^ (z >> np.uint64(30))) * FIRST
        z = (z ^ (z >> np.uint64(27))) * SECOND
        z ^= z >> np.uint64(31)
        c[i] = np.uint32(z & LOW)
        d[i] = np.uint32(z >> np.uint64(32))


@compiled
def shares(state, out):  # type: ignore[no-untyped-def]
    """Draw a share for each pair."""
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    for i in range(len(s0)):
        a, b, c, d = s0[i], s1[i], s2[i], s3[i]
        word = np.uint32(a + d)
        shifted = np.uint32(b << np.uint32(9))
        c = np.uint32(c ^ a)
        d = np.uint32(d ^ b)
        b = np.uint32(b ^ c)
        a = np.uint32(a ^ d)
        c = np.uint32(c ^ shifted)
        d = np.uint32(np.uint32(d << np.uint32(11)) | np.uint32(d >> np.uint32(21)))
        s0[i], s1[i], s2[i], s3[i] = a, b, c, d
        out[i] = (np.float32(np.int32(word >> np.uint32(8))) + HALF) * TO_SHARE


@compiled
def logarithm(x):  # type: ignore[no-untyped-def]
    """Natural logarithm of a positive number, to 2e-7 relative to 1 + |log x|."""
    bits = bits_of(x)
    exponent = np.int32(np.int32(bits >> np.int32(23)) - np.int32(126))
    part = float_of(np.int32(np.int32(bits & np.int32(0x007FFFFF)) | np.int32(0x3F000000)))
    small = part < ROOT_HALF
    e = np.float32(exponent) - (ONE if small else ZERO)
    m = (part + part if small else part) - ONE
    s = m / (m + TWO)
    q = s * s
    odd = np.float32(0.28575) * q + np.float32(0.4000039)
    odd = odd * q + np.float32(0.66666666)
    return e * LN2_HIGH + (s * (TWO + q * odd) + e * LN2_LOW)


@compiled
def exponential(x):  # type: ignore[no-untyped-def]
    """e to the power of x between -80 and 80, to 2e-7 relative."""
    x = min(max(x, -MOST), MOST)
    n = np.floor(x * LOG2E + HALF)
    f = (x - n * LN2_HIGH) - n * LN2_LOW
    p = np.float32(1.9875691e-4)
    p = p * f + np.float32(1.3981999507e-3)
    p = p * f + np.float32(8.3334519073e-3)
    p = p * f + np.float32(4.1665795894e-2)
    p = p * f + np.float32(1.6666665459e-1)
    p = p * f + np.float32(5.0000001201e-1)
    p = p * f * f + f + ONE
    return p * float_of(np.int32(np.int32(np.int32(n) + np.int32(127)) << np.int32(23)))


@compiled
def normals(state, u, v, first, second):  # type: ignore[no-untyped-def]
    """Draw two normals for each pair; the other path of a pair takes them with the other sign."""
    shares(state, u)
    shares(state, v)
    for i in range(len(u)):
        radius = np.sqrt(-TWO * logarithm(u[i]))
        turn = v[i]
        # the quarter turn nearest to the angle, and the rest, by which both waves are short series
        quarter = np.floor(turn * np.float32(4) + HALF)
        x = (turn - quarter * QUARTER) * TWO_PI
        y = x * x
        sin = x * (ONE + y * (np.float32(-1.6666654611e-1) + y * (np.float32(8.3321608736e-3)
              + y * np.float32(-1.9515295891e-4))))
        cos = ONE - HALF * y + y * y * (np.float32(4.166664568298827e-2) + y * (np.float32(-1.388731625493765e-3)
              + y * np.float32(2.443315711809948e-5)))
        odd = quarter == ONE or quarter == np.float32(3)
        flip = ONE if quarter == ZERO or quarter == np.float32(4) else -ONE
        c = sin if odd else cos
        s = cos if odd else sin
        # quarter 1: cos = -sin x, sin = cos x; 2: both turn; 3: cos = sin x, sin = -cos x
        c_sign = (-ONE if quarter == ONE else ONE) if odd else flip
        s_sign = (ONE if quarter == ONE else -ONE) if odd else flip
        first[i] = radius * c * c_sign
        second[i] = radius * s * s_sign


