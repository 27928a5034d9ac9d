"""Loop: a function of arrays and numbers that runs as machine code.

numba compiles it when it is first called with arguments of some types. What comes out is kept on disk, and later
processes load it with `llvmlite` alone: numba's own tables take a second and a hundred megabytes to load.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np

from pertoken.machine.arguments import Given, given

Native = Callable[..., int]
"""Machine code: room for what it returns, room for what it raises, then the words of its arguments."""

ONE_AT_A_TIME = Lock()
"""Compilers do not like company."""

WATCHERS: list[Callable[[str], None]] = []
"""The last of them is told the name of a loop before it is compiled, which takes up to half a minute."""

ALWAYS = {"error_model": "numpy", "nogil": True, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Memory is Python's: no loop asks for any, nor counts who holds it, which costs time, the more with threads."""


class Loop:
    """A function that is compiled when it is called, or when one that is compiled calls it.

    Args:
        function: What it does; it returns nothing, and asks for no memory.
        settings: Of `numba.njit`, beside those of every loop.
    """

    def __init__(self, function: Callable[..., Any], **settings: Any) -> None:  # noqa: ANN401  numba's
        self.function, self.settings = function, {**ALWAYS, **settings}
        self.__doc__, self.__name__, self.__module__ = function.__doc__, function.__name__, function.__module__
        self.__wrapped__ = function
        self._natives: dict[Any, Native] = {}
        self._jitted: Any = None

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401  what the function takes
        """Run it, without Python's lock.

        Raises:
            RuntimeError: It stopped with an error.
        """
        got = given(arguments)
        native = self._natives.get(got.kinds) or self._native(got, arguments)
        room = np.zeros(2, dtype=np.int64)
        at = room.__array_interface__["data"][0]
        if native(at, at + 8, *got.words):
            raise RuntimeError(f"{self.__module__}.{self.__name__} stopped with an error")

    def _native(self, got: Given, arguments: tuple[Any, ...]) -> Native:
        """Load the machine code for arguments of these kinds."""
        from pertoken.machine.native import native  # noqa: PLC0415  a module with loops loads no LLVM before one runs

        with ONE_AT_A_TIME:
            if found := self._natives.get(got.kinds):
                return found
            return self._natives.setdefault(got.kinds, native(self, got.kinds, arguments, WATCHERS[-1:]))

    @property
    def jitted(self) -> Any:  # noqa: ANN401  numba's
        """The function as numba knows it."""
        if self._jitted is None:
            from numba import njit  # noqa: PLC0415  slow to load, and only to compile

            self._jitted = njit(**self.settings)(self.function)
        return self._jitted

    @property
    def _numba_type_(self) -> Any:  # noqa: ANN401  numba's
        """What a compiled function sees that calls it."""
        from numba import typeof  # noqa: PLC0415  as above

        return typeof(self.jitted)  # type: ignore[no-untyped-call]
