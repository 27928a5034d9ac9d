"""Folded columns become lines of usage: each meter a line, whole numbers whole, no sum that floats can't hold."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.lines import MOST_EXACT, Key, Lines
from pertoken.core.meters import meter

Column = np.ndarray[Any, Any]


def exact(name: str, quantities: Sequence[Column]) -> Sequence[Column]:
    """Refuse sums beyond what floats hold exactly, where some meter has fractions.

    Args:
        name: What the log is called.
        quantities: A column for each meter.
    """
    parted = any(each.dtype.kind == "f" for each in quantities)
    if parted and any((each > MOST_EXACT).any() for each in quantities):
        msg = (
            f"{name} counts more than {MOST_EXACT:,} of a meter in one line, which can't be kept exact "
            "beside fractions; report by a finer key (--by), or give the meters that have fractions in a log apart"
        )
        raise InputError(msg)
    return quantities


def known(name: str, labels: Sequence[str]) -> None:
    """Refuse a log of lines for each meter that names one that isn't there."""
    for label in labels:
        try:
            meter(label)
        except InputError as error:
            msg = f"{name}, column meter: {error}"
            raise InputError(msg) from error


def whole(quantity: Column) -> Column:
    """Whole numbers as integers, where all are whole."""
    numbers = quantity.astype(np.int64)
    return numbers if (numbers == quantity).all() else quantity


def stacked(keys: Mapping[str, Key], quantities: Sequence[Column], names: Sequence[str]) -> Iterator[Lines]:
    """Make lines of each meter; those of nothing are left out, but for requests.

    Args:
        keys: Keys of the folded rows.
        quantities: A column for each meter.
        names: The meters.
    """
    for name, quantity in zip(names, quantities, strict=True):
        lines, some = Lines(keys, {"quantity": quantity}), quantity != 0
        yield (lines if name == "requests" or some.all() else lines.pick(some)).with_keys(meter=name)
