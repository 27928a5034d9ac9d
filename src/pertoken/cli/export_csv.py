"""`pertoken export csv`: all rows of a model as one long table."""

import click

from pertoken import workbench
from pertoken.cli.exports import SCENARIO, Exported, exported, write


@click.command("csv")
@exported
@SCENARIO
def command(how: Exported, scenario: str) -> None:
    """Write all rows of MODEL: a line for each case and month, and one for all months (`total`).

    Example: pertoken export csv chatbot.yaml --scenario base
    """
    write(how, "csv", lambda: workbench.export(how.model, "csv", on=how.on, scenario=scenario, worlds=0, seed=how.seed))
