"""`pertoken breakeven`: from which month, volume or price on something pays."""

from typing import Any

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, deliver, outputs
from pertoken.cli.worlds import MODEL, REACH, SCENARIO, SEED, draws, reached


class Either(click.Command):
    """The question about a model of the user's, or with `--api` that of an API against GPUs of one's own."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401  click's
    ) -> click.Context:
        """Read the words by the question that they ask."""
        if any(word.partition("=")[0] == "--api" for word in args):
            from pertoken.cli.build_or_buy import command as other

            return other.make_context(info_name, args, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  click's
        """Answer the question that was read."""
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)


@click.command(cls=Either, epilog="API against GPUs of your own: pertoken breakeven --api NAME --help")
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
