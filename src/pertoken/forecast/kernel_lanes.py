"""Lanes: how the simulation's inner loops are compiled.

A lane is a path. Inner loops run over lanes, so that one instruction works on several of them. No loop adds lanes up,
and multiplications may only be fused with additions: each lane has the same bits however many threads there are.

What a customer's loops work on lies in one piece of memory, in rows of a width that is known when they are compiled: so
the compiler sees that rows don't overlap. A row is a little longer than its lanes, lest all begin at one place of the
processor's cache.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.forecast.streams import LANES, PAIRS
from pertoken.machine.loop import Loop
from pertoken.machine.word import Word

Function = Callable[..., Any]

ROW, HALF_ROW = LANES + 16, PAIRS + 16
"""How far rows of lanes, and rows of a value for each pair, lie apart."""

LINE = 64
"""Where what is worked on begins: at lines of the processor's cache, so that no vector lies in two of them. [byte]"""

FLAGS = ("nnan", "ninf", "nsz", "contract")
"""What the compiler may take for granted: no value is not a number or infinite, and zero has no sign."""


def aligned(shape: int | tuple[int, ...], kind: Any = np.float32) -> NDArray[Any]:  # noqa: ANN401  a kind of number
    """Make room for numbers, all 0, from the beginning of a line of the processor's cache.

    >>> aligned((3, 5)).ctypes.data % LINE
    0
    """
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    whole = np.zeros(size + LINE, dtype=np.uint8)
    first = -whole.ctypes.data % LINE
    numbers: NDArray[Any] = whole[first : first + size].view(kind).reshape(shape)
    return numbers


def placed(values: Any, kind: Any = np.float32) -> NDArray[Any]:  # noqa: ANN401  numbers, and a kind of them
    """Copy numbers to room of their own."""
    made = aligned(np.shape(values), kind)
    made[...] = values
    return made


def compiled(function: Function) -> Function:
    """Make a loop over lanes into machine code."""
    return Loop(function, fastmath=set(FLAGS))


def _says(attribute: str) -> Any:  # noqa: ANN401  an instruction
    """Make an instruction that says something of the function which calls it."""

    def _said(typing):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001  numba's
        from numba import types  # noqa: PLC0415  slow to load, and only to compile

        def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
            set.add(builder.function.attributes, attribute)
            return context.get_dummy_value()

        return types.void(), code

    return Word(_said, attribute=attribute)


wide: Any = _says('"prefer-vector-width"="512"')
"""Says that the function which calls it shall use the processor's widest vectors, if they are of 512 bits.

The compiler takes them to slow other work down, which pays for a short loop only; ours run on for as long as there are
customers. LLVM's attribute has no value of its own in `llvmlite`, so it stands among the attributes as it is written.
"""
inlined: Any = _says("alwaysinline")
"""Says that it shall become part of each function that calls it, so that what is constant there costs no time."""


@compiled
def filled(lanes: Any, number: Any) -> None:  # noqa: ANN401  numba's
    """Put a number into each lane."""
    for i in range(len(lanes)):
        lanes[i] = number


@compiled
def copied(lanes: Any, others: Any) -> None:  # noqa: ANN401  numba's
    """Take over other lanes."""
    for i in range(len(lanes)):
        lanes[i] = others[i]
