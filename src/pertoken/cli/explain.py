"""`pertoken explain`: how a number came about, down to the card's own line, or to the inputs of a model."""

from dataclasses import replace
from pathlib import Path

import click

from pertoken import workbench
from pertoken.cli.books import Reading, log_options, noted, rejected
from pertoken.cli.options import Delivery, deliver, outputs

MODELS = (".yaml", ".yml")
"""Endings of model files; no log has them."""


@click.command()
@log_options
@click.option("--customer", metavar="NAME", help="Of a log: whose.")
@click.option("--name", metavar="NAME", help="Of a model: which quantity, as revenue; operating_result if not said.")
@click.option("--month", help="Of which month, as 2026-01; all if not said.")
@click.option("--amount", type=click.Choice(["list", "contracted", "effective", "billed"]), default="effective",
              show_default=True, help="Of a log: which amount to explain.")  # fmt: skip
@click.option("--scenario", default="base", show_default=True, metavar="NAME", help="Of a model: in which case.")
@click.option("--depth", type=click.IntRange(min=0), default=4, show_default=True, help="Of a model: steps down.")
@outputs
def command(
    reading: Reading,
    customer: str | None,
    name: str | None,
    month: str | None,
    amount: str,
    scenario: str,
    depth: int,
    delivery: Delivery,
) -> None:
    """How did a customer's revenue and cost in LOG, or a number of a MODEL, come about, line by line?

    Example: pertoken explain log.parquet --cost catalog --revenue plans.yaml --customer acme --month 2026-01

    Example: pertoken explain plan.yaml --name revenue --month 2027-03
    """
    if Path(reading.log).suffix.lower() in MODELS:
        if customer:
            raise click.UsageError("--customer is of a log; say the quantity of a model, as --name revenue")
        _model(reading.log, name or "", month, (scenario, depth), delivery)
        return
    if name:
        raise click.UsageError("--name is of a model; say the customer of a log, as --customer acme")
    if not customer:
        raise click.UsageError("Missing option '--customer'.")
    _log(reading, {"customer": customer} | ({"month": month} if month else {}), amount, delivery)


def _model(model: str, name: str, month: str | None, how: tuple[str, int], delivery: Delivery) -> None:
    from pertoken.present.model_explained import sheet

    answer = workbench.explained(model, name, month=month, scenario=how[0], depth=how[1])
    deliver(sheet(answer), delivery, short=sheet(answer, brief=True))


def _log(reading: Reading, chosen: dict[str, str], amount: str, delivery: Delivery) -> None:
    from pertoken.present.explanation import sheet

    books = replace(reading, unpriced="report").books(by=tuple(chosen), quiet=delivery.quiet)
    if reading.unpriced == "raise":
        workbench.priced(books, chosen)
    noted(books.report, quiet=delivery.quiet)
    made = sheet(workbench.explain(books, chosen, amount=amount), chosen, books.statement.currency, amount=amount)
    deliver(made, delivery, also=rejected(books.report, reading.rejects, quiet=delivery.quiet))
