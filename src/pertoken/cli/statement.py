"""`pertoken statement`: revenue, cost and margin of a log."""

from datetime import date

import click

from pertoken import workbench
from pertoken.cli.books import log_options, progress, rejected
from pertoken.cli.options import Output, deliver, keys, outputs
from pertoken.present.statement import sheet


@click.command()
@log_options
@click.option(
    "--by", default="customer", show_default=True, metavar="KEYS", help="Keys to report by, as customer,month,model."
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
    log: str,
    cost: tuple[str, ...],
    revenue: tuple[str, ...],
    mapping: str | None,
    period: str,
    timezone: str,
    unpriced: workbench.Aside,
    rejects: str | None,
    on: date | None,
    by: str,
    amount: str,
    top: int,
    rollup: str | None,
    *,
    fast: bool,
    form: str,
    xlsx: str | None,
    html: str | None,
    quiet: bool,
) -> None:
    """What did LOG cost, what did it earn, who loses us money?

    LOG is a CSV, Parquet or JSON lines file, a folder or glob of them, or a table as file.duckdb::table.

    Example: pertoken statement log.parquet --cost catalog --revenue plans.yaml --by customer,month
    """
    with progress(quiet=quiet) as watch:
        books = workbench.statement(
            log,
            cost=cost,
            revenue=revenue,
            by=keys(by),
            mapping=mapping,
            period=period,
            timezone=timezone,
            exact=not fast,
            unpriced=unpriced,
            rejects=rejects is not None,
            amount=amount,
            on=on,
            rollup=rollup,
            watch=watch,
        )
    whole = sheet(books)
    short = sheet(books, top=top) if len(books.statement.fold(books.by).lines) > top else whole
    listed = rejected(books, rejects, quiet=quiet)
    deliver(whole, form=form, xlsx=xlsx, html=html, quiet=quiet, short=short, also=listed)
