"""Find the command, run it, and turn errors of the house into a message and an exit code."""

import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from pertoken.cli.grammar import COMMANDS
from pertoken.cli.nouns import within
from pertoken.core.errors import EXIT_INPUT, InputError, PertokenError


def run(words: Sequence[str]) -> int:
    """Run one command line; return its exit code."""
    name = words[0]
    if name not in COMMANDS:
        return _fail(_unknown(name), EXIT_INPUT)
    try:
        return _invoke(name, words[1:])
    except PertokenError as error:
        return _fail(str(error), error.exit_code)
    except click.ClickException as error:
        return _misused(error, name)
    except (KeyboardInterrupt, click.Abort):
        return _fail("stopped", 130)
    except OSError as error:
        return (
            0
            if isinstance(error, BrokenPipeError)
            else _fail(f"can't write {error.filename or 'the result'}: {error.strerror}", EXIT_INPUT)
        )


def _misused(error: click.ClickException, name: str) -> int:
    """Say what was wrong with the words, and where help is; a group without a word is its help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        sys.stderr.write(f"{error.format_message()}\n")
        return EXIT_INPUT
    context = error.ctx if isinstance(error, click.UsageError) else None
    said = context.command_path if context else f"pertoken {name}"
    return _fail(f"{error.format_message()}\nTry `{said} --help`.", EXIT_INPUT)


def _unknown(name: str) -> str:
    close = get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(COMMANDS)}"
    return f"no command {name!r}; {hint}"


def _invoke(name: str, words: Sequence[str]) -> int:
    command, full, rest = within(import_module(COMMANDS[name][0]).command, f"pertoken {name}", words)
    try:
        with command.make_context(full, rest) as context:
            _apart(context.params)
            command.invoke(context)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    return 0


def _apart(params: Mapping[str, Any]) -> None:
    """Refuse to write over what is read, or twice to one file."""
    cards = [card for side in ("cost", "revenue", "old", "new", "issued") for card in params.get(side) or ()]
    one = [params.get(name) for name in ("log", "mapping", "card", "catalog", "model", "market", "events", "offer")]
    one = [name for each in one for name in (each if isinstance(each, tuple) else (each,))]
    said = [*one, *params.get("files", ()), *params.get("overlay", ()), *cards]
    seen = {Path(each.partition("::")[0].partition("#")[0]).resolve() for each in said if each}
    for name in ("xlsx", "html", "rejects", "rollup", "for_model"):
        if params.get(name):
            place = Path(params[name]).resolve()
            if place in seen:
                said_as = f"--{name.replace('_', '-')} {params[name]}"
                msg = f"{said_as} is also read or written by this command; say another file"
                raise InputError(msg)
            seen.add(place)


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"pertoken: {message}\n")
    return code
