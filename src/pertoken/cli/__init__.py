"""The command line: parse, call the workbench, show. Help comes from a table, so that it needs no library."""

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
    from pertoken.cli.group import run

    sys.exit(run(words))
