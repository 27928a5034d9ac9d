"""`pertoken explain`: how a number came about, down to the card's own line."""

from dataclasses import replace

import click

from pertoken import workbench
from pertoken.cli.books import Reading, log_options, noted, rejected
from pertoken.cli.options import Delivery, deliver, outputs
from pertoken.present.explanation import sheet


@click.command()
@log_options
@click.option("--customer", required=True, help="Whose.")
@click.option("--month", help="Of which month, as 2026-01; all of the log if not said.")
@click.option("--amount", type=click.Choice(["list", "contracted", "effective", "billed"]), default="effective",
              show_default=True, help="Which amount to explain.")  # fmt: skip
@outputs
def command(reading: Reading, customer: str, month: str | None, amount: str, delivery: Delivery) -> None:
    """How did a customer's revenue and cost in LOG come about, line by line?

    Example: pertoken explain log.parquet --cost catalog --revenue plans.yaml --customer acme --month 2026-01
    """
    chosen = {"customer": customer} | ({"month": month} if month else {})
    books = replace(reading, unpriced="report").books(by=tuple(chosen), quiet=delivery.quiet)
    if reading.unpriced == "raise":
        workbench.priced(books, chosen)
    noted(books.report, quiet=delivery.quiet)
    made = sheet(workbench.explain(books, chosen, amount=amount), chosen, books.statement.currency, amount=amount)
    deliver(made, delivery, also=rejected(books.report, reading.rejects, quiet=delivery.quiet))
