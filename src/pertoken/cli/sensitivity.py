"""`pertoken sensitivity`: what a result of a model depends on."""

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, deliver, outputs
from pertoken.cli.worlds import MODEL, OF, SCENARIO, SEED, draws


@click.command()
@MODEL
@OF
@SCENARIO
@click.option("--sobol", is_flag=True, help="Also divide the variance among the inputs (Sobol's indices).")
@draws(10_000, "Worlds in each design of --sobol.")
@SEED
@outputs
def command(model: str, of: str, scenario: str, sobol: bool, draws: int, seed: int, delivery: Delivery) -> None:
    """What does a result of MODEL depend on, one input at a time and all together?

    Example: pertoken sensitivity chatbot.yaml --of total_cost --sobol
    """
    from pertoken.present.model_sensitivity import sheet

    answer = workbench.sensitivity(model, of=of, scenario=scenario, sobol=sobol, draws=draws, seed=seed)
    deliver(sheet(answer), delivery, short=sheet(answer, brief=True))
