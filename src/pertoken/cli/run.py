"""`pertoken run`: what a model comes to, in its named cases and in ten thousand worlds."""

from decimal import Decimal

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, Percent, deliver, outputs
from pertoken.cli.worlds import MODEL, SEED, draws, watched
from pertoken.core.errors import EXIT_CHECK

DESIGNS = ["lhs", "sobol", "random", "grid", "one_at_a_time"]


@click.command()
@MODEL
@click.option("--scenario", default="all", show_default=True, metavar="NAME",
              help="low, base, high, or a scenario of the model; all for all of them.")  # fmt: skip
@draws(10_000)
@SEED
@click.option("--design", type=click.Choice(DESIGNS), default="lhs", show_default=True,
              help="How worlds are spread: Latin hypercube, Sobol points, freely, all combinations...")  # fmt: skip
@click.option("--margin-above", type=Percent(), metavar="SHARE",
              help="Tell how likely the gross margin is above it, over all months and in each.")  # fmt: skip
@click.option("--full", is_flag=True, help="All results, and month by month.")
@outputs
def command(
    model: str,
    scenario: str,
    draws: int,
    seed: int,
    design: str,
    margin_above: Decimal | None,
    full: bool,
    delivery: Delivery,
) -> None:
    """What does MODEL come to, and how sure is that?

    The first of its cases leads. Exit code 1 where a check of the model does not hold in it.

    Example: pertoken run chatbot.yaml --scenario all --draws 10000 --seed 1
    """
    from pertoken.present.model_notes import failed
    from pertoken.present.model_run import sheet

    above = None if margin_above is None else float(margin_above)
    with watched(quiet=delivery.quiet) as watch:
        answer = workbench.run(
            model, scenario=scenario, draws=draws, seed=seed, design=design, margin_above=above, watch=watch
        )
    deliver(sheet(answer), delivery, short=sheet(answer, "full" if full else "brief"))
    if failed(answer):
        raise click.exceptions.Exit(EXIT_CHECK)
