"""Beside: a small log is read in a copy of the process, while this one loads what comes after."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from pertoken.machine.meanwhile import copies, meanwhile
from pertoken.workbench.rehearsal import rehearsed

Read = TypeVar("Read")

SMALL = 8_000_000
"""Largest file that is read so: what larger ones take is not loading, and what comes of them is long to send. [byte]"""

AFTER = (
    "numpy.ma",
    "pertoken.forecast.answer",
    "pertoken.forecast.breaks",
    "pertoken.forecast.events",
    "pertoken.forecast.plans",
    "pertoken.forecast.replayed",
    "pertoken.forecast.simulate",
    "pertoken.forecast.sufficiency",
    "pertoken.machine.native",
    "pertoken.workbench.hindsight",
)
"""Modules that a forecast needs once the log is read, with all that they load in turn."""

_SHOWN: ContextVar[tuple[str, ...]] = ContextVar("_SHOWN", default=())
"""Modules that who asks needs after that."""


@contextmanager
def shown_by(*modules: str) -> Iterator[None]:
    """Load modules too while a log is read within this block: those by which the answer is then shown.

    Args:
        modules: Their full names.
    """
    before = _SHOWN.set(modules)
    try:
        yield
    finally:
        _SHOWN.reset(before)


@contextmanager
def beside(log: str | Path, read: Callable[[], Read]) -> Iterator[Callable[[], Read]]:
    """Begin to read a log, make ready for what comes after, and give what waits for the log.

    A copy reads it where one can be made, and no database was loaded before, whose threads would be missing there; else
    this process does, once it is asked for.

    Args:
        log: Where it lies.
        read: Reads it.
    """
    if not copies() or "duckdb" in sys.modules or not _small(log):
        yield read
        return
    with meanwhile(read) as answer:
        for name in sorted({*AFTER, *_SHOWN.get()}):
            import_module(name)
        rehearsed()
        yield answer


def _small(log: str | Path) -> bool:
    """Whether it is one small file."""
    try:
        return Path(log).is_file() and Path(log).stat().st_size <= SMALL
    except (OSError, ValueError):
        return False
