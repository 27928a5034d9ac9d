"""Meanwhile: work that a copy of this process does, while this one goes on; the same bits as if it did it itself."""

import copyreg
import os
import pickle
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from io import BytesIO
from signal import SIGKILL
from types import MappingProxyType
from typing import Any, TypeVar

from pertoken.machine.processors import processors

Made = TypeVar("Made")


@contextmanager
def meanwhile(work: Callable[[], Made]) -> Iterator[Callable[[], Made]]:
    """Begin work, and give what waits for it and says what came out, or raises what it raised.

    A copy of the process does it where the system makes copies at little cost, another processor is there and no other
    thread runs here, whose locks a copy would find closed for ever; else a thread does. What comes out is pickled.

    Args:
        work: It changes nothing that is looked at afterwards.

    >>> with meanwhile(lambda: 6 * 7) as answer:
    ...     answer()
    42
    """
    if copies() and (copy := _copy(work)) is not None:
        with _asked(*copy, work) as answer:
            yield answer
        return
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(work).result


def copies() -> bool:
    """Whether a copy of the process would do it."""
    return sys.platform == "linux" and processors() > 1 and threading.active_count() == 1


def _copy(work: Callable[[], object]) -> tuple[int, int] | None:
    """Make a copy of this process that does it: its number, and where it answers; None where none can be made."""
    source, sink = os.pipe()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads of libraries, which copies do not need
            child = os.fork()
    except OSError:
        os.close(source)
        os.close(sink)
        return None
    if child == 0:
        os.close(source)  # or a copy whose parent is gone would wait for itself to read
        _answer(work, sink)
    os.close(sink)
    return child, source


@contextmanager
def _asked(child: int, source: int, work: Callable[[], Made]) -> Iterator[Callable[[], Made]]:
    """Wait for a copy where somebody asks; it is ended where nobody does any more."""
    with os.fdopen(source, "rb") as pipe:

        def answer() -> Made:
            try:
                fine, made = pickle.loads(pipe.read())  # noqa: S301  our own
            except Exception:  # noqa: BLE001  the copy came to nothing, or died in the middle of what it said
                return work()
            if fine:
                return made  # type: ignore[no-any-return]
            raise made

        try:
            yield answer
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, SIGKILL)
            with suppress(ChildProcessError):  # where nobody asks for children, the system forgets them at once
                os.waitpid(child, 0)


def _answer(work: Callable[[], object], sink: int) -> None:
    """Work, say what came out, and end without what a process does at its end."""
    try:
        try:
            said = _pickled((True, work()))
        except Exception as error:  # noqa: BLE001  it is raised where somebody asks
            said = _pickled((False, error))
        with os.fdopen(sink, "wb") as pipe:
            pipe.write(said)
    finally:
        os._exit(0)


def _pickled(said: object) -> bytes:
    """Pickle, mappings that can't be written to as well."""
    out = BytesIO()
    pickler = pickle.Pickler(out, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {**copyreg.dispatch_table, MappingProxyType: _reduced}
    pickler.dump(said)
    return out.getvalue()


def _reduced(mapping: "MappingProxyType[Any, Any]") -> tuple[Callable[..., Any], tuple[Any, ...]]:
    return _read_only, (dict(mapping),)


def _read_only(mapping: dict[Any, Any]) -> "MappingProxyType[Any, Any]":
    return MappingProxyType(mapping)
