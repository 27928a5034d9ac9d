"""Code: an object file of machine code, how it is made, and how it is loaded."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import llvmlite.binding as llvm

TYPES = {
    "i64": ctypes.c_int64, "i32": ctypes.c_int32, "i8": ctypes.c_int8, "double": ctypes.c_double,
    "float": ctypes.c_float,
}  # fmt: skip
"""What a word is, by its name in LLVM; addresses are whole numbers here."""

ENGINES: list[Any] = []
"""What holds the code that was loaded; it lives as long as the process."""


@dataclass(frozen=True, slots=True)
class Code:
    """Machine code of one function.

    Args:
        symbol: Its name in the object file.
        words: What each word of its arguments is, by its name in LLVM.
        file: The object file.
    """

    symbol: str
    words: tuple[str, ...]
    file: bytes

    def loaded(self) -> Callable[..., int]:
        """Load it into the process; ctypes lets go of Python's lock while it runs."""
        target()
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target())
        engine.add_object_file(llvm.ObjectFileRef.from_data(self.file))
        engine.finalize_object()
        ENGINES.append(engine)
        kinds: list[Any] = [TYPES.get(word, ctypes.c_int64) for word in self.words]
        kind = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int64, ctypes.c_int64, *kinds)
        return kind(engine.get_function_address(self.symbol))


@lru_cache(maxsize=1)
def target() -> Any:  # noqa: ANN401  LLVM's
    """Make LLVM ready for this machine."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine()


def object_of(jitted: Any, arguments: tuple[Any, ...]) -> Code:  # noqa: ANN401  numba's
    """Compile a function for arguments like these.

    Args:
        jitted: From `numba.njit`.
        arguments: What it is called with.
    """
    from numba import typeof  # noqa: PLC0415  slow to load, and only to compile

    types = tuple(typeof(each) for each in arguments)  # type: ignore[no-untyped-call]
    jitted.compile(types)
    made = jitted.overloads[types]
    kind = made.target_context.call_conv.get_function_type(made.fndesc.restype, made.fndesc.argtypes)
    words = tuple(str(each) for each in kind.args[2:])
    return Code(made.fndesc.llvm_func_name, words, made.library._get_compiled_object())  # noqa: SLF001  as numba keeps it
