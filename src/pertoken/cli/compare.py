"""`pertoken compare`: two models, or two scenarios of one, side by side."""

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, deliver, outputs
from pertoken.cli.worlds import OF, SEED, draws


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@OF
@draws(2_000, "Worlds that both are reckoned in; 0 for none.")
@SEED
@outputs
def command(a: str, b: str, of: str, draws: int, seed: int, delivery: Delivery) -> None:
    """How do A and B differ? Each is a model's file, or FILE#SCENARIO; #SCENARIO alone is of the same file.

    Example: pertoken compare chatbot.yaml "#cheaper"
    """
    from pertoken.present.model_compare import sheet

    answer = workbench.compare(a, b, of=of, draws=draws, seed=seed)
    deliver(sheet(answer), delivery, short=sheet(answer, brief=True))
