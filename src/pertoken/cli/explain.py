"""`pertoken explain`: how a number came about, down to the card's own line."""

from datetime import date

import click

from pertoken import workbench
from pertoken.cli.books import log_options, progress, rejected
from pertoken.cli.options import deliver, outputs
from pertoken.present.explanation import sheet


@click.command()
@log_options
@click.option("--customer", required=True, help="Whose.")
@click.option("--month", help="Of which month, as 2026-01; all of the log if not said.")
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
    customer: str,
    month: str | None,
    *,
    form: str,
    xlsx: str | None,
    html: str | None,
    quiet: bool,
) -> None:
    """How did a customer's revenue and cost in LOG come about, line by line?

    Example: pertoken explain log.parquet --cost catalog --revenue plans.yaml --customer acme --month 2026-01
    """
    chosen = {"customer": customer} | ({"month": month} if month else {})
    with progress(quiet=quiet) as watch:
        books = workbench.statement(
            log,
            cost=cost,
            revenue=revenue,
            by=tuple(chosen),
            mapping=mapping,
            period=period,
            timezone=timezone,
            unpriced=unpriced,
            rejects=rejects is not None,
            on=on,
            watch=watch,
        )
    made = sheet(workbench.explain(books, chosen), chosen, books.statement.currency)
    deliver(made, form=form, xlsx=xlsx, html=html, quiet=quiet, also=rejected(books, rejects, quiet=quiet))
