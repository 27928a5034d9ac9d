"""`pertoken migrate`: what moving customers to another plan comes to."""

from collections.abc import Callable
from dataclasses import dataclass

import click

from pertoken import workbench
from pertoken.cli.book import BOOK
from pertoken.cli.books import COST, READ, Log, progress, rejected
from pertoken.cli.options import Day, Delivery, deliver, gathered, outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(Log):
    """A log, the plans that customers are moved from and to, and the offer."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    cost: tuple[str, ...]
    offer: str | None
    months: int
    draws: int
    seed: int


OPTIONS = (
    click.argument("log"),
    click.option("--from", "old", multiple=True, required=True, metavar="CARD",
                 help="Card of the plan as it is: a YAML file, or file.yaml#plan. May be given again."),
    click.option("--to", "new", multiple=True, required=True, metavar="CARD",
                 help="Card of the plan that customers are offered. May be given again."),
    COST,
    click.option("--offer", metavar="FILE", help="YAML of who is offered it, from when, and how they are told."),
    click.option("--months", type=click.IntRange(1, 60), default=24, show_default=True, help="Months ahead."),
    click.option("--draws", type=click.IntRange(min=16), default=512, show_default=True, help="Worlds."),
    click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same worlds."),
    *READ,
    *BOOK,
    click.option("--start", type=Day(), help="First day of the log that counts; its own if not said."),
    click.option("--end", type=Day(), help="The day after its last that counts; its own if not said."),
)  # fmt: skip


def move_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what is moved where; the command is given them as one `move`."""
    return gathered(command, OPTIONS, "move", Move)


@click.command()
@move_options
@click.option("--top", type=click.IntRange(min=1), default=8, show_default=True, metavar="N",
              help="Customers of each kind shown to people; json and xlsx have all.")  # fmt: skip
@outputs
def command(move: Move, top: int, delivery: Delivery) -> None:
    """What if customers of LOG are moved to another plan: who moves, who leaves, what does it earn?

    LOG has customers and times. Each customer compares what both plans would bill in many worlds of their usage.

    Example: pertoken migrate log.parquet --from metered.yaml --to hybrid.yaml --offer offer.yaml
    """
    from pertoken.present.migration import sheet

    said = move.said()
    said.pop("unpriced")
    with progress(quiet=delivery.quiet) as watch:
        answer = workbench.migrate(**said, watch=watch)
    also = rejected(answer.report, move.rejects, quiet=delivery.quiet)
    deliver(sheet(answer), delivery, short=sheet(answer, top=top), also=also)
