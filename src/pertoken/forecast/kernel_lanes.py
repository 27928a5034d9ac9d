"""Lanes: how the simulation's inner loops are compiled.

A lane is a path. Inner loops run over lanes, so that one instruction works on several of them. No loop adds lanes up,
and multiplications may only be fused with additions: each lane has the same bits however many threads there are.

What a customer's loops work on lies in one piece of memory, in rows of a width that is known when they are compiled: so
the compiler sees that rows don't overlap. A row is a little longer than its lanes, lest all begin at one place of the
processor's cache.
"""

from collections.abc import Callable
from typing import Any

from pertoken.forecast.streams import LANES, PAIRS
from pertoken.machine.loop import Loop
from pertoken.machine.word import Word

Function = Callable[..., Any]

ROW, HALF_ROW = LANES + 16, PAIRS + 16
"""How far rows of lanes, and rows of a value for each pair, lie apart."""

FLAGS = ("nnan", "ninf", "nsz", "contract")
"""What the compiler may take for granted: no value is not a number or infinite, and zero has no sign."""


def compiled(function: Function) -> Function:
    """Make a loop over lanes into machine code."""
    return Loop(function, fastmath=set(FLAGS))


def _wide(typing):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001  numba's
    from numba import types  # noqa: PLC0415  slow to load, and only to compile

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), code


wide: Any = Word(_wide)
"""Says that the function which calls it shall use the processor's widest vectors, if they are of 512 bits.

The compiler takes them to slow other work down, which pays for a short loop only; ours run on for as long as there are
customers. LLVM's attribute has no value of its own in `llvmlite`, so it stands among the attributes as it is written.
"""


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
