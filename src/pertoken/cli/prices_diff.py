"""`pertoken prices diff`: what differs between two catalogs, or between two days."""

from datetime import date

import click

from pertoken.cli.book import Book, book_options
from pertoken.cli.moments import Moment
from pertoken.cli.options import Delivery, deliver, outputs
from pertoken.core.errors import EXIT_CHECK, InputError
from pertoken.workbench import prices


@click.command()
@click.argument("old", required=False, metavar="[OLD")
@click.argument("new", required=False, metavar="NEW]")
@click.option("--from", "start", type=Moment(), help="Compare two days of one catalog: the earlier one.")
@click.option("--to", "end", type=Moment(), help="Compare two days of one catalog: the later one.")
@click.option("--fail-on-change", is_flag=True, help="Exit 1 where a price differs.")
@book_options
@outputs
def command(
    old: str | None,
    new: str | None,
    start: date | None,
    end: date | None,
    book: Book,
    delivery: Delivery,
    *,
    fail_on_change: bool,
) -> None:
    """Which models and prices differ between the catalogs OLD and NEW, or between two days, by how much?

    OLD and NEW are names of catalogs or files, as for --catalog.

    Example: pertoken prices diff genai-prices prices.json

    Example: pertoken prices diff --from 2026-01-01 --to 2026-11-20
    """
    from pertoken.present.prices_diff import sheet

    if start and end and not (old or new):
        made = prices.diff_days(start, end, catalog=book.book())
    elif old and new and not (start or end or book.book()):
        made = prices.diff(old, new)
    else:
        raise InputError("say two catalogs, as `prices diff OLD NEW`, or two days of one, with --from DATE --to DATE")
    deliver(sheet(made), delivery, short=sheet(made, brief=True))
    if fail_on_change and made.changes:
        raise click.exceptions.Exit(EXIT_CHECK)
