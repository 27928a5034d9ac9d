"""`pertoken prices update`: a newer price list, the only command that may fetch."""

import click

from pertoken.cli.book import Book, book_options
from pertoken.cli.options import Delivery, Output, deliver, outputs, today
from pertoken.core.errors import EXIT_CHECK
from pertoken.workbench import prices


@click.command()
@click.option("--from", "place", default="", metavar="URL|FILE",
              help="Price list to read; where genai-prices publishes its data if not said.")  # fmt: skip
@click.option("--to", "target", type=Output(), metavar="FILE",
              help="File to keep it in; the cache folder if not said, for --catalog updated.")  # fmt: skip
@click.option("--accept", is_flag=True, help="Keep it although it changes or loses prices of the past.")
@book_options
@outputs
def command(place: str, target: str | None, book: Book, delivery: Delivery, *, accept: bool) -> None:
    """Read a newer price list, hold it against the prices in use, and keep it as a frozen catalog.

    A list that changes an old dated price, or has lost a model, is refused, and each such price is shown: exit 1. The
    list is only used where --catalog says so. This is the only command that fetches anything.

    Example: pertoken prices update && pertoken statement log.parquet --cost catalog --catalog updated
    """
    from pertoken.present.prices_diff import updated

    made = prices.update(place, today=today(), to=target or "", accept=accept, catalog=book.book())
    deliver(updated(made), delivery, short=updated(made, brief=True))
    if not made.kept:
        raise click.exceptions.Exit(EXIT_CHECK)
