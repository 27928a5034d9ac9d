"""`pertoken import`: an edited workbook comes back into its model."""

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, Output, deliver, outputs
from pertoken.core.errors import InputError


@click.command("import")
@click.argument("workbook")
@click.option("--model", metavar="MODEL",
              help="The model that it was exported from; looked for beside WORKBOOK if not said.")  # fmt: skip
@click.option("--out", "target", type=Output(), metavar="FILE",
              help="Write the model with the new numbers in their places, all else as it was.")  # fmt: skip
@click.option("--allow-formulas", is_flag=True, help="Tell which formulas were changed, and take the inputs alone.")
@click.option("--force", is_flag=True, help="Write over FILE; take the inputs though the model has changed since.")
@outputs
def command(
    workbook: str, model: str | None, target: str | None, delivery: Delivery, *, allow_formulas: bool, force: bool
) -> None:
    """Which inputs were changed in WORKBOOK, and what does that do to revenue, cost and margin?

    WORKBOOK comes from `pertoken export xlsx`. Where a formula was typed over, nothing is taken; exit code 1.

    Example: pertoken import chatbot.xlsx --model chatbot.yaml --out new.yaml
    """
    from pertoken.cli.exports import refuse_there
    from pertoken.present.model_import import sheet

    if target:
        refuse_there(target, force=force)
    answer = workbench.import_workbook(workbook, model, allow_formulas=allow_formulas, force=force)
    if target and not answer.text:
        msg = f"can't write {target}: {answer.notes[-1] if answer.notes else 'the model has no file'}"
        raise InputError(msg)
    deliver(sheet(answer), delivery, also={target: answer.text.encode()} if target else None)
