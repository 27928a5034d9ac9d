"""`pertoken coverage`: how well commitments are used."""

import click

from pertoken import workbench
from pertoken.cli.books import Reading, log_options, rejected
from pertoken.cli.options import Delivery, deliver, outputs
from pertoken.present.coverage import sheet


@click.command()
@log_options
@click.option("--by", type=click.Choice(["hour", "day", "month", "quarter", "year"]), default="day", show_default=True,
              help="Period to report by.")  # fmt: skip
@click.option("--fast", is_flag=True, help="Reckon in floats instead of exact decimals.")
@click.option("--top", type=click.IntRange(min=1), default=24, show_default=True, metavar="N",
              help="Periods shown to people, the last ones; csv, json and xlsx have all.")  # fmt: skip
@outputs
def command(reading: Reading, by: str, top: int, delivery: Delivery, *, fast: bool) -> None:
    """How well are the commitments on our vendors' cards used in LOG, how much of what we need do they cover?

    Reserved machines, savings plans, annual commitments: used and unused of what is committed; covered and on demand
    of what is needed; what each cost, and what all of it on demand would have cost.

    Example: pertoken coverage gpus.parquet --cost reserved.yaml --by hour
    """
    books = reading.books(by=("month",), exact=not fast, quiet=delivery.quiet)
    made = workbench.coverage(books, by)
    also = rejected(books.report, reading.rejects, quiet=delivery.quiet)
    deliver(sheet(books, made), delivery, short=sheet(books, made, top=top), also=also)
