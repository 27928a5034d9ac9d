"""`pertoken prices export`: a catalog kept in a file."""

import click

from pertoken.cli.book import Book, book_options
from pertoken.cli.options import Delivery, Output, deliver, outputs
from pertoken.workbench import prices


@click.command()
@click.argument("target", type=Output(), metavar="FILE")
@book_options
@outputs
def command(target: str, book: Book, delivery: Delivery) -> None:
    """Keep a catalog, with what lies on top of it, in FILE: --catalog FILE later gives the same numbers.

    Example: pertoken prices export prices-2026-11.catalog --overlay own.yaml
    """
    from pertoken.present.prices_diff import frozen

    deliver(frozen(prices.export(target, catalog=book.book())), delivery)
