"""`pertoken export xlsx`: a model as a workbook whose formulas live."""

import click

from pertoken import workbench
from pertoken.cli.exports import WORLDS, Exported, exported, write


@click.command("xlsx")
@exported
@WORLDS
def command(how: Exported, worlds: int | None) -> None:
    """Write MODEL as a workbook: inputs in blue cells, every result a formula, all cases, ranges as worlds.

    Change it in a spreadsheet, and take the changes back with `pertoken import`.

    Example: pertoken export xlsx chatbot.yaml --out plan.xlsx
    """
    write(how, "xlsx", lambda: workbench.export(how.model, "xlsx", on=how.on, worlds=worlds, seed=how.seed))
