"""`pertoken prices compare`: models side by side."""

from datetime import date

import click

from pertoken.cli.book import Book, book_options
from pertoken.cli.calls import Calls, calls_options
from pertoken.cli.options import Day, Delivery, deliver, outputs, today
from pertoken.workbench import prices


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@calls_options
@click.option("--on", type=Day(), help="Day whose prices hold; today if not said.")
@book_options
@outputs
def command(names: tuple[str, ...], calls: Calls, on: date | None, book: Book, delivery: Delivery) -> None:
    """What do the same calls cost on the models NAME, as they are, as batch, with long prompts, and at which rates?

    Example: pertoken prices compare gpt-5.5 gemini-2.5-pro --requests 100k --input 2k --output 500
    """
    from pertoken.present.prices_compare import sheet

    made = prices.compare(names, calls=calls.call(), on=on or today(), catalog=book.book())
    deliver(sheet(made), delivery, short=sheet(made, brief=True))
