"""Word: an instruction of LLVM that compiled functions use by a name."""

from collections.abc import Callable
from functools import cached_property
from typing import Any


class Word:
    """An instruction.

    Args:
        function: As `numba.extending.intrinsic` takes it.
        settings: What it was made with, if with anything.
    """

    def __init__(self, function: Callable[..., Any], **settings: str) -> None:
        self.function, self.__name__, self.settings = function, function.__name__, settings

    @cached_property
    def _numba_type_(self) -> Any:  # noqa: ANN401  numba's
        """What a compiled function sees."""
        from numba.core.registry import cpu_target  # noqa: PLC0415  slow to load, and only to compile
        from numba.extending import intrinsic  # noqa: PLC0415

        made = intrinsic(self.function)
        cpu_target.typing_context.refresh()
        return cpu_target.typing_context.resolve_value_type(made)
