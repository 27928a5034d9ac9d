"""`pertoken topdown`: what a market comes to."""

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, deliver, outputs
from pertoken.cli.worlds import SEED


@click.command()
@click.argument("market", type=click.Path(dir_okay=False), metavar="MARKET")
@click.option("--months", type=click.IntRange(1, 600), default=24, show_default=True, help="How many months.")
@click.option("--from", "start", metavar="MONTH", default="",
              help="First month, as 2026-07; the one after the last adopters if left out.")  # fmt: skip
@click.option("--draws", type=click.IntRange(10, 1_000_000), default=10_000, show_default=True, metavar="N",
              help="Worlds.")  # fmt: skip
@SEED
@outputs
def command(market: str, months: int, start: str, draws: int, seed: int, delivery: Delivery) -> None:
    """What does MARKET come to: size, reach, adoption, usage and price, as a range?

    MARKET is a YAML file of what is believed; adopters seen so far move the beliefs.

    Example: pertoken topdown market.yaml --months 12
    """
    from pertoken.present.topdown import sheet

    made = workbench.topdown(market, months=months, start=start, draws=draws, seed=seed)
    deliver(sheet(made), delivery, short=sheet(made, brief=True))
