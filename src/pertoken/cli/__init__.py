"""The command line: parse, call the workbench, show. Help comes from a table, so that it needs no library."""

import atexit
import gc
import os
import sys
from typing import NoReturn

from pertoken.cli.grammar import overview

UNSEEN = 100_000
"""New objects before rings of them are looked for: what packages make while they load are no rings, and stay."""


def program() -> NoReturn:
    """Run the command line as a process of its own, and end it at once: to take it apart object by object takes long.

    What was to be done at the end (`atexit`) is done, and what was said is written. Where it can't be, the process ends
    as all others do, which says so.
    """
    code: str | int | None = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    try:
        atexit._run_exitfuncs()  # noqa: SLF001  nothing else runs them, and the process ends without
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # closed before we began
                stream.flush()
    except OSError:
        sys.exit(code)
    if isinstance(code, str):
        sys.exit(code)
    os._exit(code or 0)


def main() -> None:
    """Run the command line."""
    words = sys.argv[1:]
    if not words or words[0] in ("--help", "-h", "help"):
        sys.stdout.write(overview())
        return
    if words[0] == "--version":
        from pertoken import __version__

        sys.stdout.write(f"pertoken {__version__}\n")
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # our matrices are small: its threads wait more than they work
    gc.set_threshold(UNSEEN)
    from pertoken.cli.group import run
    from pertoken.machine.memory import keep_freed

    keep_freed()
    sys.exit(run(words))
