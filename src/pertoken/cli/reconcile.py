"""`pertoken reconcile`: a bill held against a log."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import click

from pertoken import workbench
from pertoken.cli.books import COMPARED, COST, Log, progress, rejected
from pertoken.cli.options import Delivery, Percent, deliver, gathered, keys, outputs
from pertoken.core.errors import LimitExceeded
from pertoken.present.numbers import show
from pertoken.present.reconcile import sheet
from pertoken.workbench.cards import CATALOG


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Log):
    """A log, and the bill that is held against it."""

    bill: str | None
    bill_mapping: str | None
    bill_layout: str
    cost: tuple[str, ...]


OPTIONS = (
    click.argument("log"),
    click.option("--bill", metavar="COSTS", help="A vendor's cost report, FOCUS, or any log that reports its cost."),
    click.option("--bill-map", "bill_mapping", metavar="FILE", help="YAML file of what the bill's columns mean."),
    click.option("--bill-as", "bill_layout", default="", metavar="FORMAT", help="Format of the bill, as for --as."),
    COST,
    *COMPARED,
)


def bill_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what is held against what; the command is given them as one `held`."""
    return gathered(command, OPTIONS, "held", Held)


@click.command()
@bill_options
@click.option("--by", metavar="KEYS", help="model,day, and meter where the bill tells it, if not said.")
@click.option("--tolerance", type=Percent(), default="1%", show_default=True, metavar="SHARE",
              help="Share of the computed cost by which a line may part and still agree.")  # fmt: skip
@click.option("--fail-above", type=Percent(), metavar="SHARE",
              help="Exit with 1 if more of what is computed lies in lines that part.")  # fmt: skip
@click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, metavar="N",
              help="Lines shown to people; csv, json and xlsx have all.")  # fmt: skip
@outputs
def command(
    held: Held,
    by: str | None,
    tolerance: Decimal,
    fail_above: Decimal | None,
    top: int,
    delivery: Delivery,
) -> None:
    """Where does the bill part from LOG, by model, day and meter, and why is that likely so?

    Without --bill, what LOG itself reports that it cost is held against what it should.

    Example: pertoken reconcile requests.jsonl --bill costs.json --fail-above 2%
    """
    said = held.said() | {"cost": held.cost or (CATALOG,), "by": keys(by) if by else ()}
    said.pop("unpriced")
    with progress(quiet=delivery.quiet) as watch:
        answer = workbench.reconcile(**said, tolerance=tolerance, watch=watch)
    also = rejected(answer.report, held.rejects, quiet=delivery.quiet)
    deliver(sheet(answer), delivery, short=sheet(answer, top=top), also=also)
    made = answer.result
    if fail_above is not None and made.parted > fail_above * made.computed:
        money = f"{show(made.parted, 'money')} {made.currency}"
        raise LimitExceeded(f"lines that part hold {money}, more than {show(fail_above, 'share')} of the computed cost")
