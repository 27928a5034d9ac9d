"""A group of commands that look after one thing; each is imported when it is run."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from pertoken.core.errors import InputError, nearest


class Nouns(click.Group):
    """A group as a table: word, module, and what the command answers."""

    def __init__(self, *, words: Mapping[str, tuple[str, str]], **about: Any) -> None:  # noqa: ANN401  click's own
        super().__init__(**about)
        self.words = words

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's
        """Name the commands."""
        return list(self.words)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's
        """Import a command."""
        made: click.Command = import_module(self.words[cmd_name][0]).command
        return made

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command by its word.

        Raises:
            InputError: No such command.
        """
        if args[0] not in self.words:
            msg = f"no command {args[0]!r} in {ctx.info_name}; {nearest(args[0], self.words)}"
            raise InputError(msg)
        return args[0], self.get_command(ctx, args[0]), args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's
        """Write what each command answers, without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl([(word, about) for word, (_, about) in self.words.items()])


def within(command: click.Command, name: str, words: Sequence[str]) -> tuple[click.Command, str, list[str]]:
    """Find the command that a line means, inside its groups; the group itself where no word follows."""
    rest = list(words)
    while isinstance(command, Nouns) and rest and not rest[0].startswith("-"):
        found, inner, rest = command.resolve_command(click.Context(command, info_name=name), rest)
        command, name = inner or command, f"{name} {found}"
    return command, name, rest
