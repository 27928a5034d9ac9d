"""`pertoken card check`: what is wrong with cards, before money depends on it."""

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, deliver, outputs
from pertoken.core.errors import EXIT_CHECK, EXIT_INPUT


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--strict", is_flag=True, help="Exit 1 where something is likely wrong.")
@outputs
def command(files: tuple[str, ...], delivery: Delivery, *, strict: bool) -> None:
    """What is wrong with the cards in FILE, what is likely wrong, and what do they say?

    Exit codes: 2 where a card can't be used, 1 with --strict where one is likely wrong, else 0.

    Example: pertoken card check plans.yaml vendors.yaml
    """
    from pertoken.present.card import sheet

    review = workbench.check(files)
    deliver(sheet(review), delivery, short=sheet(review, brief=True))
    if review.faults:
        raise click.exceptions.Exit(EXIT_INPUT)
    if strict and review.doubts:
        raise click.exceptions.Exit(EXIT_CHECK)
