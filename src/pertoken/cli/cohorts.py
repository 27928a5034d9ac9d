"""`pertoken cohorts`: what became of customers who came together."""

from decimal import Decimal

import click

from pertoken import workbench
from pertoken.cli.books import Reading, log_options, progress, rejected
from pertoken.cli.options import Delivery, Percent, deliver, outputs
from pertoken.present.cohorts import sheet


@click.command()
@log_options
@click.option("--by", default="month", show_default=True, metavar="KEY",
              help="Cohorts: month or quarter of the first payment, or a key of customers, as plan.")  # fmt: skip
@click.option("--window", default="28", show_default=True, metavar="DAYS",
              help="Days of a window, 28 or 91 as a rule, or `month` for a log that knows only months.")  # fmt: skip
@click.option("--state", default="", metavar="KEY",
              help="Key that says whether a customer pays; free, trial, none and nothing do not.")  # fmt: skip
@click.option("--cac", metavar="NUMBER|FILE",
              help="What it costs to win a customer: a number, or a CSV file with cohort, cac.")  # fmt: skip
@click.option("--marketing", metavar="FILE", help="What sales and marketing cost: a CSV file with month, amount.")
@click.option("--discount", type=Percent(), default="10%", show_default=True, help="Cost of money, a year.")
@click.option("--months", type=click.IntRange(min=1, max=600), default=60, show_default=True,
              help="How long lives are followed.")  # fmt: skip
@click.option("--churn", type=Percent(), default="6%", show_default=True,
              help="What you believe of leaving in the first month; worth 20 customer-months.")  # fmt: skip
@click.option("--draws", type=click.IntRange(min=100), default=2_000, show_default=True, help="Worlds.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random numbers.")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, metavar="N",
              help="Customers shown to people; json and xlsx have all.")  # fmt: skip
@outputs
def command(
    reading: Reading,
    by: str,
    window: str,
    state: str,
    cac: str | None,
    marketing: str | None,
    discount: Decimal,
    months: int,
    churn: Decimal,
    draws: int,
    seed: int,
    top: int,
    delivery: Delivery,
) -> None:
    """What became of the customers in LOG who came together, and what is a new one worth?

    Retention by cohort, what moved revenue, net and gross retention, who is still a customer, lifetime value as a
    range. Without --revenue all is told in usage; with --cost lifetime value is of margin.

    Example: pertoken cohorts log.parquet --revenue plans.yaml --cost catalog --by plan --cac 450
    """
    with progress(quiet=delivery.quiet) as watch:
        made = workbench.cohorts(
            **reading.said(),
            by=by,
            window=window,
            state=state,
            cac=cac,
            marketing=marketing,
            discount=float(discount),
            months=months,
            churn=float(churn),
            draws=draws,
            seed=seed,
            watch=watch,
        )
    also = rejected(made.read, reading.rejects, quiet=delivery.quiet)
    deliver(sheet(made), delivery, short=sheet(made, top=top), also=also)
