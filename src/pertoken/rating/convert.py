"""Convert: from what is counted to what is priced, by a factor, in whole packages, less free units."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from pertoken.core.drawn import kind_of
from pertoken.core.exact import CONTEXT
from pertoken.core.money import TIE, Values, as_read, is_exact, round_half_up
from pertoken.rating.card import Convert


def convert(quantity: Values, how: Convert) -> Values:
    """Turn counted units into priced ones: factor, packages, free units.

    Where nothing is rounded or free, `per_unit` does the same without a division.

    >>> convert(np.array([1400.0]), Convert(per=Decimal(1000), round="up", free=Decimal(1), free_first=False)).tolist()
    [1.0]
    """
    with localcontext(CONTEXT):
        times, per, free = (kind_of(each, exact=is_exact(quantity)) for each in (how.times, how.per, how.free))
        priced: Values = (quantity if how.times == 1 else quantity * times) / per
        if how.free and how.free_first:
            priced = _beyond(priced, free)
        if how.round:
            priced = _rounded(priced, how)
        if how.free and not how.free_first:
            priced = _beyond(priced, free)
    return priced


def _beyond(priced: Values, free: Any) -> Values:  # noqa: ANN401  a Decimal or a float, as the values are
    """What is left above the free units; floats as one reads them, without the dust of the subtraction.

    1.05 - 1 is 0.05, not 0.05000000000000004: that would begin a package, or miss the edge of a tier.
    """
    return as_read(np.maximum(priced - free, free - free), np.maximum(priced, free))


def _rounded(priced: Values, how: Convert) -> Values:
    assert how.round is not None  # noqa: S101  see the caller
    to_whole = ROUNDINGS[how.round]
    if how.precision == 0:
        return to_whole(priced)
    size = kind_of(Decimal(10) ** how.precision, exact=is_exact(priced))
    result: Values = to_whole(priced * size) / size
    return result


def _up(values: Values) -> Values:
    read = values if is_exact(values) else values / TIE
    down: Values = read // 1
    up: Values = down + (read > down).astype(int)
    return up


def _down(values: Values) -> Values:
    read: Values = values if is_exact(values) else values * TIE
    down: Values = read // 1
    return down


ROUNDINGS: dict[str, Callable[[Values], Values]] = {
    "up": _up,
    "down": _down,
    "half_up": lambda values: round_half_up(values, 0),
}
