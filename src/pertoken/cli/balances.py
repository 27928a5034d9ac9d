"""`pertoken balances`: what pools hold."""

import click

from pertoken import workbench
from pertoken.cli.books import Reading, log_options, rejected
from pertoken.cli.options import Delivery, deliver, keys, outputs
from pertoken.present.balances import sheet


@click.command()
@log_options
@click.option("--by", default="pool,month", show_default=True, metavar="KEYS",
              help="customer, card, pool, and a period: day, month, quarter or year.")  # fmt: skip
@click.option("--fast", is_flag=True, help="Reckon in floats instead of exact decimals.")
@click.option("--top", type=click.IntRange(min=1), default=24, show_default=True, metavar="N",
              help="Lines shown to people; csv, json and xlsx have all.")  # fmt: skip
@outputs
def command(reading: Reading, by: str, top: int, delivery: Delivery, *, fast: bool) -> None:
    """What is paid and not yet used in LOG's pools, what lapsed unused, what expires when?

    Prepaid bundles, credits and commitments: the liability (deferred revenue), breakage and ageing of what customers
    have paid for, and the same for what we have.

    Example: pertoken balances log.parquet --revenue plans.yaml --by customer,pool,month
    """
    books = reading.books(by=("month",), exact=not fast, quiet=delivery.quiet)
    held = workbench.balances(books, keys(by))
    also = rejected(books.report, reading.rejects, quiet=delivery.quiet)
    deliver(sheet(books, held), delivery, short=sheet(books, held, top=top), also=also)
