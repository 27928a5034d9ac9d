"""`pertoken forecast`: what a log's customers will use, pay and leave, as a range."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import click

from pertoken import workbench
from pertoken.cli.books import OPTIONS, Reading, progress, rejected
from pertoken.cli.options import Delivery, Output, deliver, gathered, keys, outputs
from pertoken.cli.voices import VOICES
from pertoken.cli.worlds import SEED


class WorldsFile(Output):
    """A file for worlds to be written to."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401  click's
        """Refuse another form at once."""
        path = super().convert(value, param, ctx)
        if not path.endswith((".parquet", ".csv")):
            self.fail(f"{value} is no file for worlds; expected a .parquet or .csv file", param, ctx)
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead(Reading):
    """A log, its cards, and what is asked of the months ahead."""

    card: tuple[str, ...]
    months: int
    segments: str
    depth: str
    market: str | None
    events: str | None
    top: int
    draws: int

    def asked(self) -> dict[str, Any]:
        """What was said, as the workbench takes it."""
        return self.said() | {"events": self.events or ()}


SHOWN = ("pertoken.present.forecast", "pertoken.present.table")
"""What shows a forecast to people; it is loaded while the log is read."""

DEPTH = click.option("--depth", default="", metavar="KEY|FILE",
                     help="How deeply customers are integrated: a column of the log, or a CSV of customer,depth; helps "
                          "`behaviour`.")  # fmt: skip

AHEAD = (
    *OPTIONS,
    click.option("--card", multiple=True, metavar="CARD",
                 help="A card of either side: a plan of ours makes revenue, a vendor's card cost. May be given again."),
    click.option("--months", type=click.IntRange(1, 60), default=12, show_default=True, metavar="N",
                 help="How many months ahead."),
    click.option("--segments", default="behaviour", show_default=True, metavar="KEY",
                 help="Key that tells customers apart; `behaviour` tells hobbyists from production teams by what they "
                      "do."),
    DEPTH,
    click.option("--market", metavar="FILE", help="YAML of the market: a check from above, combined by precision."),
    click.option("--events", metavar="FILE",
                 help="CSV or YAML of price changes, launches and outages, past and to come."),
    click.option("--top", type=click.IntRange(min=0), default=5, show_default=True, metavar="N",
                 help="Customers at most who are named, of those above 5 % of all revenue (of usage, without a card)."),
    click.option("--draws", type=click.IntRange(min=256), default=10_240, show_default=True, metavar="N",
                 help="How many worlds are simulated."),
)  # fmt: skip
"""What is read, and what is asked of the months ahead."""


def ahead_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what is forecast from what; the command is given them as one `ahead`."""
    return gathered(command, AHEAD, "ahead", Ahead)


@click.command()
@ahead_options
@VOICES
@SEED
@click.option("--no-drivers", is_flag=True,
              help="Leave out what makes the range wide and what more history would bring.")  # fmt: skip
@click.option("--no-backtest", is_flag=True,
              help="Leave the back-test on this history out; it takes most of the time.")  # fmt: skip
@click.option("--for-model", type=WorldsFile(), metavar="FILE",
              help="Write its worlds, .parquet or .csv, for a model to take under `forecasts`.")  # fmt: skip
@outputs
def command(
    ahead: Ahead,
    experts: str | None,
    outside: tuple[str, ...],
    outside_weight: Decimal | None,
    seed: int,
    no_drivers: bool,
    no_backtest: bool,
    for_model: str | None,
    delivery: Delivery,
) -> None:
    """What revenue will the customers of LOG make, as a range, and what makes it wide?

    Usage is simulated customer by customer and rated by the cards in each world; the numbers to commit to, to plan by
    and to stretch for are its P25, P50 and P75.

    Example: pertoken forecast log.parquet --card plans.yaml --card vendors.yaml --months 12
    """
    from pertoken.workbench.beside import shown_by

    heard: dict[str, Any] = {
        "experts": keys(experts) if experts else (),
        "outside": outside,
        "outside_weight": None if outside_weight is None else float(outside_weight),
    }
    how: dict[str, Any] = {"seed": seed, "explain": not no_drivers, "tested": not no_backtest}
    with (
        shown_by(*SHOWN),
        progress(quiet=delivery.quiet) as watch,
        progress(quiet=delivery.quiet, what="simulating customers") as told,
    ):
        answer = workbench.forecast_revenue(**ahead.asked(), **heard, **how, watch=watch, progress=told)
    from pertoken.present.forecast import sheet

    short, page = partial(sheet, answer, brief=True, rests=False), partial(sheet, answer, brief=True)
    also = rejected(answer.report, ahead.rejects, quiet=delivery.quiet)
    if for_model is not None:
        also |= {for_model: workbench.worlds_for_model(answer, for_model)}
    deliver(partial(sheet, answer), delivery, short=short, page=page, also=also)
