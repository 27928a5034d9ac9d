"""`pertoken breakeven`: from which month, volume or price on something pays."""

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, deliver, outputs
from pertoken.cli.worlds import MODEL, REACH, SCENARIO, SEED, draws, reached


@click.command()
@MODEL
@click.option("--of", metavar="RESULT", help="What is to break even; operating_result, or total_cost with --between.")
@click.option("--by", metavar="INPUT", help="The input that is varied; without it, the month is found.")
@click.option("--between", nargs=2, metavar="A B", help="Two scenarios that come to the same, as api own.")
@SCENARIO
@REACH
@draws(500, "Worlds over which the answer ranges; 0 for none.")
@SEED
@outputs
def command(
    model: str,
    of: str | None,
    by: str | None,
    between: tuple[str, str] | None,
    scenario: str,
    lowest: str | None,
    highest: str | None,
    draws: int,
    seed: int,
    delivery: Delivery,
) -> None:
    """From when on does MODEL pay; at which value of an input; from which volume on is one scenario cheaper?

    Example: pertoken breakeven workloads.yaml --between base own_all --by searches
    """
    from pertoken.present.model_solve import crossing, pays, solved

    if between and not by:
        raise click.UsageError("--between says which scenarios; say by what they are compared, as --by requests")
    ends = reached(lowest, highest)
    if between and by:
        found = workbench.crossover(
            model, between=between, by=by, of=of or "total_cost", ends=ends, draws=draws, seed=seed
        )
        deliver(crossing(found), delivery)
    elif by:
        answer = workbench.solve(
            model, of=of or "operating_result", target=0.0, by=by, scenario=scenario, ends=ends, draws=draws, seed=seed
        )
        deliver(solved(answer), delivery)
    else:
        month = workbench.breakeven(model, of=of or "operating_result", scenario=scenario, draws=draws, seed=seed)
        deliver(pays(month), delivery)
