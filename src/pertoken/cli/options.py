"""Options that mean the same everywhere, and the one way in which results leave."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pertoken.core.errors import InputError

if TYPE_CHECKING:
    from pertoken.present.sheet import Sheet

    Laid = Sheet | Callable[[], Sheet]

_SIZES = {"": 1, "k": 1000, "m": 1_000_000, "b": 1_000_000_000, "g": 1_000_000_000}


class Count(click.ParamType[Decimal]):
    """A number with an optional k, M or B behind it."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:  # noqa: ANN401  click's
        """Read `100k` as 100,000.

        >>> Count().convert("1.5M", None, None)
        Decimal('1500000.0')
        """
        if isinstance(value, Decimal):
            return value
        number = r"([\d_,]*\.?\d+)\s*([kKmMbBgG]?)"
        match = re.fullmatch(number, str(value).strip())
        if match is None and re.fullmatch(f"-{number}", str(value).strip()):
            self.fail(f"{value} is below zero; expected for example 500, 100k, 1.5M or 2B", param, ctx)
        if match is None:
            self.fail(f"{value!r} is no number; expected for example 500, 100k, 1.5M or 2B", param, ctx)
        return Decimal(match[1].replace("_", "").replace(",", "")) * _SIZES[match[2].lower()]


class Percent(click.ParamType[Decimal]):
    """A share, as `20%`."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:  # noqa: ANN401  click's
        """Read `20%` as 0.2.

        >>> Percent().convert("12.5%", None, None)
        Decimal('0.125')
        """
        if isinstance(value, Decimal):
            return value
        try:
            number = Decimal(str(value).removesuffix("%").strip())
        except InvalidOperation:
            number = Decimal("NaN")
        if not (str(value).endswith("%") and number.is_finite()):
            self.fail(f"{value!r} is no percentage; expected for example 20%", param, ctx)
        return number / 100


class Day(click.ParamType[date]):
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


class Output(click.ParamType[str]):
    """A file to be written, in a folder that is there."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401  click's
        """Refuse at once what could not be written at the end."""
        path = Path(str(value))
        if path.is_dir():
            self.fail(f"{value} is a folder; expected a file to write", param, ctx)
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            self.fail(
                f"can't write {value}: {path.parent} is no folder that can be written to; make it first", param, ctx
            )
        return str(value)


def today() -> date:
    """The day in UTC: what the front door passes in, since the house has no clock."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a result leaves.

    Args:
        form: Form on standard output.
        table: Which table is written as CSV; the first if None.
        xlsx: Workbook to write, if any.
        html: Page to write, if any.
        quiet: True for no words on standard error.
    """

    form: str
    table: str | None
    xlsx: str | None
    html: str | None
    quiet: bool

    def __post_init__(self) -> None:
        """Refuse a table that no form writes, before anything is reckoned."""
        if self.table is not None and self.form != "csv":
            raise InputError(f"--table {self.table} is for csv, and --format is {self.form}; add --format csv")


WHOLE = ("json", "csv")
"""Formats for machines: they are given all lines."""

OUTPUTS = (
    click.option("--format", "form", type=click.Choice(["table", "json", "csv", "md"]), default="table",
                 show_default=True, help="What to write to standard output."),
    click.option("--table", metavar="NAME", help="Which table csv has, by its name in json; else the first."),
    click.option("--xlsx", type=Output(), metavar="FILE", help="Write a workbook with live formulas."),
    click.option("--html", type=Output(), metavar="FILE", help="Write a page with the picture, in one file."),
    click.option("--quiet", is_flag=True, help="No progress, no closing words."),
)  # fmt: skip


def outputs(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options by which results leave; the command is given them as one `delivery`."""
    return gathered(command, OUTPUTS, "delivery", Delivery)


def gathered(
    command: Callable[..., None], options: Sequence[Callable[..., Any]], name: str, record: type[Any]
) -> Callable[..., None]:
    """Add options to a command, and hand them over as one record."""
    names = [field.name for field in fields(record)]

    @wraps(command)
    def called(**said: Any) -> None:  # noqa: ANN401  whatever click has read
        command(**{name: record(**{n: said.pop(n) for n in names if n in said}), **said})

    made: Callable[..., None] = called
    for option in reversed(options):
        made = option(made)
    return made


def deliver(
    sheet: "Laid",
    how: Delivery,
    *,
    short: "Laid | None" = None,
    page: "Laid | None" = None,
    also: "Mapping[str, bytes] | None" = None,
) -> None:
    """Make all of the result, then write the files whole, then the result to standard output.

    A sheet may be given as what lays it out, which is asked once, and only where the sheet is shown.

    Args:
        sheet: All of the result.
        how: In which forms, to which files.
        short: What to show to people where all of it is too long.
        page: What an HTML page shows, where it has room for more than that.
        also: Other files to write, by path.
    """
    from pertoken.present import render
    from pertoken.present.files import write_whole

    whole = _once(sheet)
    seen = whole if short is None else _once(short)
    shown = seen if page is None else _once(page)
    out = render(whole() if how.form in WHOLE else seen(), how.form, **_look(how))
    for path, data in {**(also or {}), **_files(whole, shown, how)}.items():
        write_whole(path, data)
        _say(f"wrote {path}", quiet=how.quiet)
    if how.form == "csv":
        _warn(whole(), quiet=how.quiet)
    sys.stdout.write(out)
    sys.stdout.flush()


def _once(laid: "Laid") -> "Callable[[], Sheet]":
    return cache(laid) if callable(laid) else lambda: laid


def _look(how: Delivery) -> dict[str, Any]:
    """What a form of output takes besides."""
    return {"table": _terminal(), "csv": {"name": how.table}}.get(how.form, {})


def _warn(sheet: "Sheet", *, quiet: bool) -> None:
    """Say the warnings of a result whose form has no place for them."""
    from pertoken.present.sheet import Note

    for each in sheet.of(Note):
        if each.level == "warning":
            _say(f"warning: {each.text}", quiet=quiet)


def _files(sheet: "Callable[[], Sheet]", seen: "Callable[[], Sheet]", how: Delivery) -> dict[str, bytes]:
    """Make the files asked for: all in the workbook, what people are shown on the page."""
    made = {}
    if how.xlsx:
        from pertoken.present.excel import workbook

        made[how.xlsx] = workbook(sheet())
    if how.html:
        from pertoken.present import render

        made[how.html] = render(seen(), "html").encode()
    return made


def _terminal() -> dict[str, Any]:
    width = max(shutil.get_terminal_size((80, 24)).columns, 60)
    return {"width": width, "color": sys.stdout.isatty() and "NO_COLOR" not in os.environ}


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
