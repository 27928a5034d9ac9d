"""`pertoken forecast`: what a log's customers will use, pay and leave, as a range."""

from decimal import Decimal

import click

from pertoken import workbench
from pertoken.cli.books import Reading, log_options, progress
from pertoken.cli.options import Delivery, deliver, keys, outputs
from pertoken.cli.voices import VOICES
from pertoken.cli.worlds import SEED


@click.command()
@log_options
@click.option(
    "--card",
    multiple=True,
    metavar="CARD",
    help="A card of either side: a plan of ours makes revenue, a vendor's card cost. May be given again.",
)
@click.option(
    "--months", type=click.IntRange(1, 60), default=12, show_default=True, metavar="N", help="How many months ahead."
)
@click.option(
    "--segments",
    default="behaviour",
    show_default=True,
    metavar="KEY",
    help="Key that tells customers apart; `behaviour` tells hobbyists from production teams by what they do.",
)
@click.option(
    "--depth",
    default="",
    metavar="KEY|FILE",
    help="How deeply customers are integrated: a column of the log, or a CSV of customer,depth; helps `behaviour`.",
)
@click.option("--market", metavar="FILE", help="YAML of the market: a check from above, combined by precision.")
@click.option("--events", metavar="FILE", help="CSV or YAML of price changes, launches and outages, past and to come.")
@VOICES
@click.option(
    "--top",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    metavar="N",
    help="Customers at most who are named, of those above 5 % of all usage.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=256),
    default=10_240,
    show_default=True,
    metavar="N",
    help="How many worlds are simulated.",
)
@SEED
@click.option(
    "--no-drivers", is_flag=True, help="Leave out what makes the range wide and what more history would bring."
)
@click.option("--no-backtest", is_flag=True, help="Leave the back-test on this history out; it takes most of the time.")
@outputs
def command(
    reading: Reading,
    card: tuple[str, ...],
    months: int,
    segments: str,
    depth: str,
    market: str | None,
    events: str | None,
    experts: str | None,
    outside: tuple[str, ...],
    outside_weight: Decimal | None,
    top: int,
    draws: int,
    seed: int,
    no_drivers: bool,
    no_backtest: bool,
    delivery: Delivery,
) -> None:
    """What revenue will the customers of LOG make, as a range, and what makes it wide?

    Usage is simulated customer by customer and rated by the cards in each world; the numbers to commit to, to plan by
    and to stretch for are its P25, P50 and P75.

    Example: pertoken forecast log.parquet --card plans.yaml --card vendors.yaml --months 12
    """
    from pertoken.present.forecast import sheet

    with (
        progress(quiet=delivery.quiet) as watch,
        progress(quiet=delivery.quiet, what="simulating customers") as told,
    ):
        answer = workbench.forecast_revenue(
            **reading.said(),
            watch=watch,
            progress=told,
            card=card,
            months=months,
            segments=segments,
            depth=depth,
            market=market,
            events=events or (),
            experts=keys(experts) if experts else (),
            outside=outside,
            outside_weight=None if outside_weight is None else float(outside_weight),
            top=top,
            draws=draws,
            seed=seed,
            explain=not no_drivers,
            tested=not no_backtest,
        )
    short, page = sheet(answer, brief=True, rests=False), sheet(answer, brief=True)
    deliver(sheet(answer), delivery, short=short, page=page)
