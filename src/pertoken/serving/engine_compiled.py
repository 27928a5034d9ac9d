"""Engine compilation: how the simulation's loops are compiled.

Memory is Python's: no loop asks for any, nor counts who holds it.
"""

from collections.abc import Callable
from typing import Any

from numba import njit

Function = Callable[..., Any]

COMPILE: Any = njit
SETTINGS: dict[str, Any] = {"error_model": "numpy", "_nrt": False}


def compiled(function: Function) -> Function:
    """Compile a part that only other compiled functions call."""
    made: Function = COMPILE(**SETTINGS, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return made


def entered(function: Function) -> Function:
    """Compile a function that Python calls: without Python's lock, and kept on disk beside the source."""
    made: Function = COMPILE(**SETTINGS, nogil=True, cache=True)(function)
    return made
