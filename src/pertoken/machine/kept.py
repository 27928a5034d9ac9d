"""Kept: machine code on disk, in the folder of all that pertoken keeps; it is only ever made anew, never asked for."""

import os
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm

from pertoken.machine.code import Code
from pertoken.machine.folder import folder

HEAD = b"pertoken loop 1"
VERSIONS = 4
"""Versions of a function that are kept: several releases or checkouts may share the folder."""

SHORT = 20
"""Digits of a digest in a name."""


@lru_cache(maxsize=1)
def machine() -> str:
    """Name the processor and the compiler."""
    cpu = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    return "\n".join((version("numba"), llvmlite.__version__, llvm.get_process_triple(), *cpu))


def place_of(name: str, made_of: str, kinds: str) -> Path:
    """Say where a function's machine code is kept.

    Args:
        name: Of the function.
        made_of: Its fingerprint.
        kinds: What its arguments are, and the machine.
    """
    return folder() / "loops" / f"{name}-{sha256(kinds.encode()).hexdigest()[:SHORT]}-{made_of[:SHORT]}.loop"


def kept(place: Path) -> Code | None:
    """Read machine code; None where there is none, or it is not whole."""
    try:
        head, symbol, words, digest, file = place.read_bytes().split(b"\n", 4)
    except (OSError, ValueError):
        return None
    if head != HEAD or sha256(file).hexdigest().encode() != digest:
        return None
    return Code(symbol.decode(), tuple(words.decode().split()), file)


def keep(place: Path, code: Code) -> None:
    """Write machine code, whole or not at all; where that can't be, do nothing. The oldest versions go."""
    head = HEAD, code.symbol.encode(), " ".join(code.words).encode(), sha256(code.file).hexdigest().encode()
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}.{os.getpid()}.part")
        part.write_bytes(b"\n".join((*head, code.file)))
        part.replace(place)
        alike = place.parent.glob(f"{place.stem.rpartition('-')[0]}-*.loop")
        for old in sorted(alike, key=lambda each: each.stat().st_mtime)[:-VERSIONS]:
            old.unlink(missing_ok=True)
