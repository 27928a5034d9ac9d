"""Arguments of compiled functions: what kinds they are, and the words they are passed as."""

from typing import Any, NamedTuple

import numpy as np


class Given(NamedTuple):
    """Arguments, taken apart.

    Args:
        kinds: What decides which machine code fits.
        words: Numbers and addresses, in the order in which numba passes them.
    """

    kinds: tuple[Any, ...]
    words: list[Any]


def given(arguments: tuple[Any, ...]) -> Given:
    """Take arguments apart.

    >>> given((np.zeros((2, 3)), 0.5)).words[2:4], given((0.5, 1)).words
    ([6, 8], [0.5, 1])
    """
    words: list[Any] = []
    return Given(tuple(_taken(each, words) for each in arguments), words)


def _taken(each: Any, words: list[Any]) -> Any:  # noqa: ANN401  an argument
    """Add the words of an argument, and say its kind.

    Raises:
        TypeError: It is neither an array, a number nor a tuple of them.
    """
    if isinstance(each, np.ndarray):
        about = each.__array_interface__
        at, fixed = about["data"]
        words += (0, 0, each.size, each.itemsize, at, *each.shape, *each.strides)
        flags = each.flags
        order = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
        return (each.dtype.str, each.ndim, order, fixed, flags.aligned)
    if isinstance(each, tuple):
        return (type(each).__name__, getattr(each, "_fields", ()), *(_taken(one, words) for one in each))
    if isinstance(each, (bool, int, float, np.number, np.bool_)):
        words.append(each.item() if isinstance(each, np.generic) else each)
        return type(each).__name__
    raise TypeError(f"{type(each).__name__} for a compiled function; expected arrays, numbers or tuples of them")
