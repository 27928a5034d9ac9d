"""`pertoken export json`: a model and what it comes to as data."""

import click

from pertoken import workbench
from pertoken.cli.exports import SCENARIO, WORLDS, Exported, exported, write


@click.command("json")
@exported
@SCENARIO
@WORLDS
def command(how: Exported, scenario: str, worlds: int | None) -> None:
    """Write MODEL as data: inputs, all rows by case and month, what the worlds say.

    Example: pertoken export json chatbot.yaml --worlds 2000
    """
    write(
        how,
        "json",
        lambda: workbench.export(how.model, "json", on=how.on, scenario=scenario, worlds=worlds, seed=how.seed),
    )
