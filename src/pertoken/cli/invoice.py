"""`pertoken invoice`: what a customer is billed for a month."""

from collections.abc import Callable
from dataclasses import dataclass

import click

from pertoken import workbench
from pertoken.books.answer import Billed
from pertoken.books.correct import corrections
from pertoken.cli.books import HOW, Log, noted, progress, rejected
from pertoken.cli.options import Delivery, deliver, gathered, outputs
from pertoken.connect.issued import read_issued
from pertoken.core.errors import InputError
from pertoken.present.invoice import corrected, sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Log):
    """A log with the card that is billed on."""

    card: str

    def bill(self, customer: str, month: str, *, quiet: bool) -> Billed:
        """Rate the log, with a bar for people who wait."""
        with progress(quiet=quiet) as watch:
            return workbench.invoice(**self.said(), customer=customer, month=month, watch=watch)


def log_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the card, the log and how to read it; the command is given them as one `reading`."""
    return gathered(command, (click.argument("card"), click.argument("log"), *HOW), "reading", Reading)


@click.command()
@log_options
@click.option("--customer", default="", help="Whose; not said for a card of one account.")
@click.option("--month", required=True, help="Of which month, as 2026-01; of cycles, the one that begins in it.")
@click.option(
    "--issued",
    multiple=True,
    metavar="FILE",
    help="Invoice issued before (its --format json): print only what corrects it. Again for corrections since.",
)
@outputs
def command(reading: Reading, customer: str, month: str, issued: tuple[str, ...], delivery: Delivery) -> None:
    """What is a customer billed on CARD for a month of LOG?

    CARD is a YAML file, or file.yaml#plan. What was billed before is never edited: --issued makes lines of correction.

    Example: pertoken invoice plans.yaml log.parquet --customer acme --month 2026-01
    """
    if reading.log.endswith((".yaml", ".yml")) and not reading.card.partition("#")[0].endswith((".yaml", ".yml")):
        msg = f"the card comes first, then the log; say pertoken invoice {reading.log} {reading.card}"
        raise InputError(msg)
    billed = reading.bill(customer, month, quiet=delivery.quiet)
    noted(billed.report, quiet=delivery.quiet)
    also = rejected(billed.report, reading.rejects, quiet=delivery.quiet)
    if issued:
        lines = corrections(read_issued(issued, billed.invoice), billed.invoice)
        whole, short = corrected(billed, lines, whole=True), corrected(billed, lines)
    else:
        whole, short = sheet(billed, whole=True), sheet(billed)
    deliver(whole, delivery, short=short, also=also)
