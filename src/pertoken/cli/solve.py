"""`pertoken solve`: the value of an input at which a result meets its target."""

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, deliver, outputs
from pertoken.cli.worlds import BY, MODEL, REACH, SCENARIO, SEED, Target, draws, reached


@click.command()
@MODEL
@click.option("--target", type=Target(), required=True, metavar="RESULT=VALUE",
              help="As margin=60%, revenue=1M or gross_margin_share@2027-06=50%.")  # fmt: skip
@BY
@SCENARIO
@REACH
@draws(500, "Worlds over which the answer ranges; 0 for none.")
@SEED
@outputs
def command(
    model: str,
    target: tuple[str, str, float],
    by: str,
    scenario: str,
    lowest: str | None,
    highest: str | None,
    draws: int,
    seed: int,
    delivery: Delivery,
) -> None:
    """At which value of an input does a result of MODEL meet its target?

    Example: pertoken solve tiers.yaml --target margin=60% --by price.pro.per_1k
    """
    from pertoken.present.model_solve import solved

    of, month, value = target
    answer = workbench.solve(
        model, of=of, target=value, by=by, scenario=scenario, month=month, ends=reached(lowest, highest),
        draws=draws, seed=seed,
    )  # fmt: skip
    deliver(solved(answer), delivery)
