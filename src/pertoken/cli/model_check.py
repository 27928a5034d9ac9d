"""`pertoken model check`: what a model is, or what is wrong with it, before it is run."""

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, deliver, outputs
from pertoken.core.errors import EXIT_INPUT


@click.command()
@click.argument("model", metavar="MODEL")
@outputs
def command(model: str, delivery: Delivery) -> None:
    """What is MODEL made of, and what is wrong with it?

    Words, numbers, names, months, units, circular formulas: all that is wrong is told at once, with its line. Exit
    code 2 where the model can't be used.

    Example: pertoken model check chatbot.yaml
    """
    from pertoken.present.model_review import sheet

    review = workbench.model_check(model)
    deliver(sheet(review), delivery, short=sheet(review, brief=True))
    if review.faults:
        raise click.exceptions.Exit(EXIT_INPUT)
