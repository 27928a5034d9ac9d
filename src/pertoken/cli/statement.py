"""`pertoken statement`: revenue, cost and margin of a log."""

import click

from pertoken.cli.books import Reading, log_options, noted, rejected
from pertoken.cli.options import WHOLE, Delivery, Output, deliver, keys, outputs
from pertoken.present.statement import sheet


@click.command()
@log_options
@click.option(
    "--by",
    metavar="KEYS",
    help="Keys to report by, as customer,month,model; if not said, customer, or else model or month, as the log has.",
)
@click.option("--amount", type=click.Choice(["list", "contracted", "effective", "billed"]), default="effective",
              show_default=True, help="Which amount to show.")  # fmt: skip
@click.option("--fast", is_flag=True, help="Reckon in floats instead of exact decimals.")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="Lines shown to people; csv, json and xlsx have all.",
)
@click.option(
    "--rollup",
    type=Output(),
    metavar="FILE",
    help="Keep the folded usage as Parquet; it can be rated again like a log.",
)
@outputs
def command(
    reading: Reading, by: str | None, amount: str, top: int, rollup: str | None, delivery: Delivery, *, fast: bool
) -> None:
    """What did LOG cost, what did it earn, who loses us money?

    LOG is a CSV, Parquet or JSON file, a folder or glob of them, a table as file.duckdb::table, or the URL of a
    database with ::table behind it. Its format is recognised.

    Example: pertoken statement log.parquet --cost catalog --revenue plans.yaml --by customer,month
    """
    asked = {} if by is None else {"by": keys(by)}
    books = reading.books(quiet=delivery.quiet, **asked, amount=amount, exact=not fast, rollup=rollup)
    if delivery.form in WHOLE:
        noted(books.report, quiet=delivery.quiet)
    whole = sheet(books)
    short = sheet(books, top=top) if len(books.statement.fold(books.by).lines) > top else whole
    deliver(whole, delivery, short=short, also=rejected(books.report, reading.rejects, quiet=delivery.quiet))
