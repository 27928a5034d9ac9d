"""`pertoken prices find`: a model by any of its names."""

from datetime import date

import click

from pertoken.cli.book import Book, book_options
from pertoken.cli.options import Day, Delivery, deliver, outputs, today
from pertoken.workbench import prices


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--provider", default="", help="Who sells it.")
@click.option("--on", type=Day(), help="Day whose prices are shown; today if not said.")
@book_options
@outputs
def command(names: tuple[str, ...], provider: str, on: date | None, book: Book, delivery: Delivery) -> None:
    """Which model does NAME mean, how was it understood, who sells it, what does it cost?

    NAME is an id or a listed alias, in any case, with or without its seller, region, date or edition. What is only
    alike is offered, never taken.

    Example: pertoken prices find gpt-4o us.anthropic.claude-sonnet-4-5-20250929-v1:0
    """
    from pertoken.catalog.words import named
    from pertoken.present.prices import found

    catalog = book.read()
    offers = prices.find(names, provider=provider, catalog=catalog)
    made = found(offers, on=on or today(), catalog=named(catalog))
    deliver(made, delivery, short=found(offers, on=on or today(), catalog=named(catalog), brief=True))
