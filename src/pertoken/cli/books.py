"""Options of the commands that rate a log."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from pertoken import workbench
from pertoken.cli.book import BOOK, Book
from pertoken.cli.options import Day, Output, gathered

if TYPE_CHECKING:
    from pertoken.books.answer import Books
    from pertoken.usage.report import Report

CARD_HELP = {
    "cost": "Card of what we pay: a YAML file, `catalog` for list prices, `catalog:MODEL`. May be given again.",
    "revenue": "Card of what we are paid: a YAML file, or file.yaml#plan. May be given again.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Log(Book):
    """A log and how to read it, as the command line says them: the options `HOW`."""

    log: str
    mapping: str | None
    layout: str
    period: str
    timezone: str
    rejects: str | None
    on: date | None
    contracts: str | None
    start: date | None
    end: date | None
    unpriced: workbench.Aside = "raise"

    def said(self) -> dict[str, Any]:
        """What was said, as the workbench takes it."""
        every = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "overlay"}
        made = {"rejects": self.rejects is not None, "contracts": self.contracts or (), "catalog": self.book()}
        return every | made


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Log):
    """A log with the cards of both sides."""

    cost: tuple[str, ...]
    revenue: tuple[str, ...]

    def books(self, *, quiet: bool, **more: Any) -> "Books":  # noqa: ANN401  the workbench's own
        """Rate the log, with a bar for people who wait."""
        with progress(quiet=quiet) as watch:
            return workbench.statement(**self.said(), watch=watch, **more)


FORMATS = (
    "aider, anthropic-costs, anthropic-costs-export, anthropic-usage, anthropic-usage-export, deepseek-export, "
    "focus, helicone, langfuse, litellm-activity, litellm-callback, litellm-daily, litellm-daily-tags, "
    "litellm-spend, openai-costs, openai-costs-export, openai-usage, openai-usage-export, openrouter-activity, "
    "openrouter-export, openrouter-generation, otel, portkey, responses"
)
"""Names of all formats: written out, since the help comes up before the formats are read."""

COST = click.option("--cost", multiple=True, metavar="CARD", help=CARD_HELP["cost"])
AS_IT_IS = (
    click.option("--map", "mapping", metavar="FILE", help="YAML file that says what the log's columns mean."),
    click.option("--as", "layout", default="", metavar="FORMAT",
                 help=f"Format of the log, recognised if not said: {FORMATS}."),
    click.option("--timezone", default="UTC", show_default=True, help="Zone in which periods are reckoned."),
)  # fmt: skip
"""How a log is read."""

BETWEEN = (
    click.option("--from", "start", type=Day(), help="First day of the books; that of the log if not said."),
    click.option("--to", "end", type=Day(), help="The day after the last of the books; that of the log if not said."),
)
"""Which time of a log is looked at."""

REJECTS = click.option("--rejects", type=Output(), metavar="FILE",
                       help="Set rows aside that can't be used, and list them in this CSV file.")  # fmt: skip

READ = (
    *AS_IT_IS,
    click.option("--period", default="", metavar="PERIOD",
                 help="Month (or day, quarter, year) of a log without times."),
    REJECTS,
    click.option("--on", type=Day(),
                 help="Day whose prices hold where the log has no times; the end of its period if not said."),
    click.option("--contracts", metavar="FILE", help="CSV or YAML of when contracts run: plan, customer, from, to."),
)  # fmt: skip
"""How a log is read and rated."""

COMPARED = (*READ, *BETWEEN, *BOOK)
"""The same, in which time, and by which list prices; what has no price is always told beside what is compared."""

UNPRICED = click.option("--unpriced", type=click.Choice(["raise", "report"]), default="raise", show_default=True,
                        help="Refuse usage without a price, or set it aside and report it.")  # fmt: skip

HOW = (*COMPARED, UNPRICED)
"""The same, and what becomes of usage without a price."""

OPTIONS = (
    click.argument("log"),
    COST,
    click.option("--revenue", multiple=True, metavar="CARD", help=CARD_HELP["revenue"]),
    *HOW,
)


def log_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what to read; the command is given them as one `reading`."""
    return gathered(command, OPTIONS, "reading", Reading)


@contextmanager
def progress(*, quiet: bool, what: str = "folding the log") -> Iterator[Callable[[float], None] | None]:
    """Show a bar on standard error while a log is folded; nothing where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    # it moves when there is something to tell: a thread of its own would be in the way of `machine.meanwhile`
    with (
        Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as bar,
        compiling(bar.console.print),
    ):
        task = bar.add_task(what, total=1.0)
        bar.refresh()
        yield lambda share: bar.update(task, completed=share, refresh=True)


@contextmanager
def compiling(say: Callable[[str], None]) -> Iterator[None]:
    """Say once that loops are compiled, where that is needed: a first run takes a minute longer than all others."""
    from pertoken.machine.loop import WATCHERS

    here, heard = os.getpid(), set[str]()

    def watcher(name: str) -> None:
        if not heard and os.getpid() == here:
            say("first run of this kind on this machine: loops are compiled, for up to a minute, and kept")
        heard.add(name)

    WATCHERS.append(watcher)
    try:
        yield
    finally:
        WATCHERS.remove(watcher)


def noted(report: "Report", *, quiet: bool) -> None:
    """Say on standard error how the log was read, where the result itself has no place for it."""
    if not quiet:
        sys.stderr.write("".join(f"note: {text}\n" for text in report.says))


def rejected(report: "Report | None", path: str | None, *, quiet: bool) -> dict[str, bytes]:
    """Make the list of the rows that were set aside, and say their share; where there are none, only its header.

    So the file of an earlier run never stands beside the result of this one. A plain table has no report: it is read
    whole or refused.
    """
    if not path:
        return {}
    from pertoken.present.sheet import Column, Sheet, Table
    from pertoken.present.text import to_csv

    if report and report.rejected and not quiet:
        total = sum(report.rejected.values())
        sys.stderr.write(f"{total:,} of {report.rows:,} rows ({report.rejected_share * 100:.1f} %) were set aside\n")
    columns = (Column("place", "Place", "text"), Column("found", "Found", "text"), Column("reason", "Reason", "text"))
    rows = tuple((fault.where, fault.found, fault.mend) for fault in (report.sample if report else ()))
    return {path: to_csv(Sheet("Rejects", "", (Table("rejects", "Rejects", columns, rows, total=False),))).encode()}
