"""Beside: a small log is read in a copy of the process, while this one loads what comes after."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from pertoken.machine.meanwhile import meanwhile

Read = TypeVar("Read")

SMALL = 8_000_000
"""Largest file that is read so: what larger ones take is not loading, and what comes of them is long to send. [byte]"""

AFTER = (
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


@contextmanager
def beside(log: str | Path, read: Callable[[], Read]) -> Iterator[Callable[[], Read]]:
    """Begin to read a log, and give what waits for it.

    A copy reads it only where no database was loaded before: its threads would be missing there.

    Args:
        log: Where it lies.
        read: Reads it.
    """
    if "duckdb" in sys.modules or not _small(log):
        yield read
        return
    with meanwhile(read) as answer:
        for name in AFTER:
            import_module(name)
        yield answer


def _small(log: str | Path) -> bool:
    """Whether it is one small file."""
    try:
        return Path(log).is_file() and Path(log).stat().st_size <= SMALL
    except (OSError, ValueError):
        return False
