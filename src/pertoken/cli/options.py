"""Options that mean the same everywhere, and the one way in which results leave."""

import os
import re
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pertoken.core.errors import InputError

if TYPE_CHECKING:
    from pertoken.present.sheet import Sheet

Command = TypeVar("Command", bound=Callable[..., Any])

_SIZES = {"": 1, "k": 1000, "m": 1_000_000, "b": 1_000_000_000, "g": 1_000_000_000}


class Count(click.ParamType):
    """A number with an optional k, M or B behind it."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:  # noqa: ANN401  click's
        """Read `100k` as 100,000.

        >>> Count().convert("1.5M", None, None)
        Decimal('1500000.0')
        """
        if isinstance(value, Decimal):
            return value
        match = re.fullmatch(r"([\d_,]*\.?\d+)\s*([kKmMbBgG]?)", str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no number; expected for example 500, 100k, 1.5M or 2B", param, ctx)
        return Decimal(match[1].replace("_", "").replace(",", "")) * _SIZES[match[2].lower()]


class Day(click.ParamType):
    """A calendar day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:  # noqa: ANN401  click's
        """Read `2026-01-31`."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date; expected for example 2026-01-31", param, ctx)


def today() -> date:
    """The day in UTC: what the front door passes in, since the house has no clock."""
    return datetime.now(UTC).date()


def outputs(command: Command) -> Command:
    """Add the options by which results leave."""
    for option in reversed(
        (
            click.option("--format", "form", type=click.Choice(["table", "json", "csv", "md"]), default="table",
                         show_default=True, help="What to write to standard output."),
            click.option("--xlsx", metavar="FILE", help="Write a workbook with live formulas."),
            click.option("--html", metavar="FILE", help="Write a page with the picture, in one file."),
            click.option("--quiet", is_flag=True, help="No progress, no closing words."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def deliver(sheet: "Sheet", *, form: str, xlsx: str | None, html: str | None, quiet: bool, short: "Sheet | None" = None) -> None:
    """Write the files whole, then the result to standard output.

    Args:
        sheet: All of the result.
        form: Form on standard output.
        xlsx: Workbook to write, if any.
        html: Page to write, if any.
        quiet: True for no words on standard error.
        short: What to show to people where all of it is too long.
    """
    from pertoken.present import files, text  # noqa: PLC0415  only what is shown is loaded

    seen = short or sheet
    if xlsx:
        from pertoken.present.excel import workbook  # noqa: PLC0415

        files.write_whole(xlsx, workbook(sheet))
        _say(f"wrote {xlsx}", quiet=quiet)
    if html:
        from pertoken.present.html import page  # noqa: PLC0415

        files.write_whole(html, page(seen).encode())
        _say(f"wrote {html}", quiet=quiet)
    if form == "table":
        from pertoken.present.table import terminal  # noqa: PLC0415

        width = max(shutil.get_terminal_size((80, 24)).columns, 60)
        out = terminal(seen, width=width, color=sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    else:
        out = {"json": text.to_json, "csv": text.to_csv, "md": text.to_markdown}[form](sheet if form != "md" else seen)
    sys.stdout.write(out if out.endswith("\n") else out + "\n")
    sys.stdout.flush()


def _say(words: str, *, quiet: bool) -> None:
    if not quiet:
        sys.stderr.write(f"{words}\n")


def keys(text: str) -> tuple[str, ...]:
    """Read a list of keys, as `customer,month`.

    Raises:
        InputError: Not a list of names.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        msg = f"{text!r} names no key; expected for example --by customer,month"
        raise InputError(msg)
    return names
