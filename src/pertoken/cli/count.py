"""`pertoken count`: how many tokens a prompt has."""

from datetime import date

import click

from pertoken import workbench
from pertoken.cli.book import Book, book_options
from pertoken.cli.options import Day, Delivery, deliver, outputs, today


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--model", required=True, help="The model that the prompt is for.")
@click.option("--on", type=Day(), help="Day whose prices hold; today if not said.")
@book_options
@outputs
def command(file: str, model: str, on: date | None, *, book: Book, delivery: Delivery) -> None:
    """How many tokens has the prompt in FILE, and what does it cost to send?

    FILE is text, a chat as JSON ({"messages": [...]}), or requests as JSON lines; - is standard input. Nothing is sent.
    Where the vendor's tokeniser comes with a package the count is exact, else it is called estimated.

    Example: pertoken count prompt.txt --model gpt-4o
    """
    from pertoken.present.tokens import sheet

    deliver(sheet(workbench.count(file, model, on=on or today(), catalog=book.book())), delivery)
