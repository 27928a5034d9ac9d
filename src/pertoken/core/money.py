"""Money: rounding half up, exact or fast, by one function."""

from decimal import Decimal
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.drawn import columns
from pertoken.core.exact import CONTEXT

Values = NDArray[Any]
"""Numbers of shape `(*batch, line)`: `float64`, `int64`, or `object` holding `Decimal`."""

MINOR_UNITS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
"""Decimal places of the currencies that do not have two (ISO 4217)."""

TIE = 1 + 2.0**-50
"""How far a float may lie below the decimal that a person means by it: about 15 significant digits."""


def places(currency: str) -> int:
    """Decimal places of a currency's smallest unit.

    >>> places("USD"), places("JPY")
    (2, 0)
    """
    return MINOR_UNITS.get(currency, 2)


def is_exact(values: Values) -> bool:
    """Tell whether values are `Decimal` objects."""
    return values.dtype == object


def to_exact(values: Values) -> Values:
    """Turn numbers into `Decimal`, floats by their shortest decimal form."""
    if is_exact(values):
        return values
    make = Decimal if np.issubdtype(values.dtype, np.integer) else (lambda x: Decimal(repr(x)))
    return np.fromiter(map(make, values.ravel().tolist()), dtype=object, count=values.size).reshape(values.shape)


def array(numbers: "list[Decimal] | tuple[Decimal, ...]", *, exact: bool) -> Values:
    """Make a vector of `Decimal` or of `float64` from the same decimals, with the worlds of drawn ones ahead of it."""
    if exact:
        out = np.empty(len(numbers), dtype=object)
        out[:] = numbers
        return out
    return columns(numbers)


def zeros(shape: tuple[int, ...], *, exact: bool) -> Values:
    """Make zeros of the kind asked for."""
    if exact:
        return np.full(shape, Decimal(0), dtype=object)
    return np.zeros(shape)


SETTLED = 18
"""Decimal places that exact money is carried to where a price or a share has more; sums then stay exact."""


READ = 15
"""Significant digits of a float that one reads."""

SMALLEST = 1e-250
"""A number that nobody counts to, where the logarithm of nothing is asked for."""


def settle(money: Values, prices: Values | None = None) -> Values:
    """Carry exact money to `SETTLED` places, so that sums of it are exact; other money stays as it is.

    Args:
        money: Amounts, any shape. [currency]
        prices: What they were made with; where none of these has more places, nothing is to be done.
    """
    if not is_exact(money):
        return money
    if prices is not None and not any(_places(x) > SETTLED for x in set(prices.ravel().tolist())):
        return money
    return round_half_up(money, SETTLED) if any(_places(x) > SETTLED for x in money.ravel().tolist()) else money


def as_read(left: Values, of: Values) -> Values:
    """Clear a difference of the dust that a subtraction of floats leaves: digits beyond those that `of` is read with.

    Args:
        left: What was left, any shape; decimals stay as they are.
        of: The larger of what it was taken from and what was taken, same shape.

    >>> (1.05 - 1, as_read(np.array([1.05 - 1]), np.array([1.05])).tolist())
    (0.050000000000000044, [0.05])
    """
    if is_exact(left):
        return left
    scale = 10.0 ** (READ - np.ceil(np.log10(np.maximum(np.abs(of), SMALLEST))))
    return np.asarray(np.rint(left * scale) / scale)


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def round_half_up(values: Values, digits: int) -> Values:
    """Round money half up (away from zero), at `digits` decimal places.

    Decimals are rounded exactly. Floats are rounded as a person reads them, on about 15 significant digits, so that
    1012.965 becomes 1012.97 although the nearest float lies below it.

    Args:
        values: Amounts, any shape. [currency]
        digits: Decimal places to keep; negative ones round to tens, hundreds.

    Returns:
        Rounded amounts of the same shape and kind.

    >>> round_half_up(np.array([1012.965, -0.125]), 2).tolist()
    [1012.97, -0.13]
    >>> round_half_up(np.array([Decimal("2.469134")], dtype=object), 2).tolist()
    [Decimal('2.47')]
    """
    if is_exact(values):
        quantum = Decimal(1).scaleb(-digits)
        rounded = map(CONTEXT.quantize, values.ravel().tolist(), repeat(quantum))
        return np.fromiter(rounded, dtype=object, count=values.size).reshape(values.shape)
    scale = 10.0**digits
    scaled = np.asarray(np.abs(values), dtype=np.float64)
    scaled *= scale * TIE
    scaled += 0.5
    np.floor(scaled, out=scaled)
    scaled /= scale
    np.copysign(scaled, values, out=scaled)
    return scaled
