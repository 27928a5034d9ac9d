"""`pertoken export html`: a model as one page."""

import click

from pertoken import workbench
from pertoken.cli.exports import SCENARIO, WORLDS, Exported, exported, write


@click.command("html")
@exported
@SCENARIO
@WORLDS
def command(how: Exported, scenario: str, worlds: int | None) -> None:
    """Write MODEL as one page: results, pictures, and behind each number its formula, inputs and source.

    Example: pertoken export html chatbot.yaml --out chatbot.html
    """
    write(
        how,
        "html",
        lambda: workbench.export(how.model, "html", on=how.on, scenario=scenario, worlds=worlds, seed=how.seed),
    )
