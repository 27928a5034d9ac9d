"""`pertoken engine report`: how far off estimates of serving are."""

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, deliver, outputs


@click.command()
@click.option("--by", default="", help="source, engine, gpu, model, load or all; each of them if not said.")
@click.option(
    "--case", default="", help="What was held out: seen (configurations), source, gpu, model or engine as a whole."
)
@outputs
def command(by: str, case: str, *, delivery: Delivery) -> None:
    """How far off are estimates of serving, on runs that the fit had not seen?

    Example: pertoken engine report --by gpu --case seen
    """
    from pertoken.present.engine import report

    deliver(report(workbench.engine_report(by=by, case=case)), delivery)
