"""Find the command, run it, and turn errors of the house into a message and an exit code."""

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module

import click

from pertoken.cli.grammar import COMMANDS
from pertoken.core.errors import EXIT_INPUT, PertokenError


def run(words: Sequence[str]) -> int:
    """Run one command line; return its exit code."""
    name = words[0]
    if name not in COMMANDS:
        close = get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(COMMANDS)}"
        return _fail(f"no command {name!r}; {hint}", EXIT_INPUT)
    command: click.Command = import_module(COMMANDS[name][0]).command
    try:
        command.main(args=list(words[1:]), prog_name=f"pertoken {name}", standalone_mode=False)
    except PertokenError as error:
        return _fail(str(error), error.exit_code)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _fail(error.format_message() + f"\nTry `pertoken {name} --help`.", EXIT_INPUT)
    except (KeyboardInterrupt, click.Abort):
        return _fail("stopped", 130)
    except BrokenPipeError:
        return 0
    return 0


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"pertoken: {message}\n")
    return code
