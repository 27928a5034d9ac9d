"""`pertoken prices history`: the prices of a model in time."""

import click

from pertoken.cli.book import Book, book_options
from pertoken.cli.options import Delivery, deliver, outputs, today
from pertoken.workbench import prices


@click.command()
@click.argument("name")
@click.option("--provider", default="", help="Who sells it.")
@click.option("--meter", "meters", multiple=True, help="Meter to follow, as input_tokens; all if not said.")
@book_options
@outputs
def command(name: str, provider: str, meters: tuple[str, ...], book: Book, delivery: Delivery) -> None:
    """How did the prices of the model NAME change, when, by how much, who says so?

    Example: pertoken prices history o3 --meter input_tokens --html o3.html
    """
    from pertoken.present.prices_history import sheet

    made = prices.history(name, provider=provider, meters=meters, catalog=book.read())
    deliver(sheet(made, today=today()), delivery, short=sheet(made, today=today(), brief=True))
