"""Lanes: how the simulation's inner loops are compiled.

A lane is a path. Inner loops run over lanes, so that one instruction works on several of them. No loop adds lanes up,
and multiplications may only be fused with additions: each lane has the same bits however many threads there are.
"""

from collections.abc import Callable
from typing import Any

from numba import njit

Function = Callable[..., Any]

FLAGS = frozenset({"nnan", "ninf", "nsz", "contract"})
"""What the compiler may take for granted: no value is not a number or infinite, and zero has no sign."""

COMPILE: Any = njit
SETTINGS: dict[str, Any] = {"fastmath": set(FLAGS), "error_model": "numpy"}


def compiled(function: Function) -> Function:
    """Compile a loop over lanes that only other compiled functions call."""
    made: Function = COMPILE(**SETTINGS, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return made


def entered(function: Function) -> Function:
    """Compile a function that Python calls: without Python's lock, and kept on disk beside the source."""
    made: Function = COMPILE(**SETTINGS, nogil=True, cache=True)(function)
    return made


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
