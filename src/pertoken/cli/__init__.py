"""The command line: parse, call the workbench, show. Help comes from a table, so that it needs no library."""

import os
import sys

from pertoken.cli.grammar import overview


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
    from pertoken.cli.group import run

    sys.exit(run(words))
