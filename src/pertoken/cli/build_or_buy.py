"""`pertoken breakeven MODEL --api NAME`: from which volume on a fleet of one's own pays."""

from dataclasses import dataclass
from datetime import date

import click

from pertoken import workbench
from pertoken.cli.options import Count, Day, Delivery, deliver, gathered, outputs, today
from pertoken.cli.served_on import ON, On, Rate

PEOPLE = (
    click.option("--salary", type=float, default=0.0, help="Of a person for a year, all included. [USD]"),
    click.option("--engineering-months", type=float, default=0.0, help="Months of people until it serves."),
    click.option("--amortised-months", type=click.IntRange(1), default=24, show_default=True,
                 help="Months over which these are borne."),
    click.option("--operations", type=float, default=0.0, help="People who keep it running, as 0.25."),
)  # fmt: skip
"""Who builds and runs a fleet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """People, as the command line says them."""

    salary: float
    engineering_months: float
    amortised_months: int
    operations: float


@click.command()
@click.argument("model")
@click.option("--api", required=True, help="The model that is called, as `pertoken price` names it.")
@click.option("--load", "rate", type=Rate(), required=True, help="Requests on average, as 12/s, 1M/day, 100k/month.")
@click.option(
    "--purchase",
    type=click.Choice(["on_demand", "spot"]),
    default="on_demand",
    show_default=True,
    help="How machines are bought.",
)
@click.option("--private", is_flag=True, help="Data may not leave: the API is no choice.")
@click.option("--on", "day", type=Day(), help="Day whose prices of the API hold; today if not said.")
@click.option("--most", type=Count(), help="Requests a month up to which crossings are looked for.")
@(lambda command: gathered(command, PEOPLE, "people", People))
@(lambda command: gathered(command, ON, "where", On))
@outputs
def command(
    model: str,
    api: str,
    rate: float,
    *,
    purchase: str,
    private: bool,
    day: date | None,
    most: Count | None,
    people: People,
    where: On,
    delivery: Delivery,
) -> None:
    """From which volume on is serving MODEL on GPUs of one's own cheaper than calling an API?

    Example: pertoken breakeven llama-3.1-8b --api gpt-4o-mini --gpu h100,l40s --load 12/s --input 1200 --output 250
    """
    from dataclasses import asdict

    from pertoken.present.build_or_buy import sheet
    from pertoken.serving.ownership import Staff

    said = where.said()
    found = workbench.build_or_buy(
        where.model(model),
        said.pop("gpus"),
        api=api,
        rate=rate,
        on=day or today(),
        purchase=purchase,
        private=private,
        staff=Staff(**asdict(people)),
        most=None if most is None else float(str(most)),
        **said,
    )
    deliver(sheet(found), delivery)
