"""`pertoken prices show`: every rate of a model."""

from datetime import date

import click

from pertoken.cli.book import Book, book_options
from pertoken.cli.options import Day, Delivery, deliver, outputs
from pertoken.workbench import prices


@click.command()
@click.argument("name")
@click.option("--provider", default="", help="Who sells it.")
@click.option("--on", type=Day(), help="Only the rates that hold on this day.")
@book_options
@outputs
def command(name: str, provider: str, on: date | None, book: Book, delivery: Delivery) -> None:
    """What are all rates of the model NAME: for what, at which terms, since when, who says so?

    csv, json and xlsx also have the meters that are priced as another one.

    Example: pertoken prices show gemini-2.5-pro --on 2026-11-20
    """
    from pertoken.present.prices import shown

    made = prices.show(name, provider=provider, on=on, catalog=book.read())
    deliver(shown(made), delivery, short=shown(made, brief=True))
