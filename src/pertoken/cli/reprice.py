"""`pertoken reprice`: the same usage at another day's prices, or on other models."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import click

from pertoken import workbench
from pertoken.cli.books import COMPARED, COST, Log, progress, rejected
from pertoken.cli.options import Day, Delivery, deliver, gathered, keys, outputs
from pertoken.present.reprice import sheet
from pertoken.workbench.cards import CATALOG


@dataclass(frozen=True, slots=True, kw_only=True)
class Repriced(Log):
    """A log, and the cards of its cost."""

    cost: tuple[str, ...]


OPTIONS = (click.argument("log"), COST, *COMPARED)


class Swap(click.ParamType[tuple[str, str]]):
    """A model and the one that takes its place."""

    name = "a=b"

    def convert(
        self,
        value: str | tuple[str, str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, str]:
        """Read `gpt-4o=claude-sonnet-4-5`."""
        if isinstance(value, tuple):
            return value
        old, _, new = value.partition("=")
        if not old.strip() or not new.strip():
            self.fail(f"{value!r} says no two models; expected for example gpt-4o=gpt-4o-mini", param, ctx)
        return old.strip(), new.strip()


def reprice_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what is priced anew; the command is given them as one `reading`."""
    return gathered(command, OPTIONS, "reading", Repriced)


@click.command()
@reprice_options
@click.option("--at", type=Day(), help="Day whose prices hold for all requests.")
@click.option("--model", "swaps", type=Swap(), multiple=True, metavar="A=B",
              help="Price requests to A as requests to B; * for all others. May be given again.")  # fmt: skip
@click.option("--by", default="model,meter", show_default=True, metavar="KEYS", help="Keys to report by.")
@click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, metavar="N",
              help="Lines shown to people; csv, json and xlsx have all.")  # fmt: skip
@outputs
def command(
    reading: Repriced,
    at: date | None,
    swaps: tuple[tuple[str, str], ...],
    by: str,
    top: int,
    delivery: Delivery,
) -> None:
    """What would the usage of LOG cost at another day's prices, or on other models?

    Example: pertoken reprice log.parquet --model gpt-4o=claude-sonnet-4-5 --by model,meter
    """
    twice = sorted({old for old, _ in swaps if [a for a, _ in swaps].count(old) > 1})
    if twice:
        raise click.UsageError(f"--model names {', '.join(twice)} twice; compare one stand-in at a time")
    if at is None and not swaps:
        raise click.UsageError("reprice at what? say a day (--at 2026-01-01) or other models (--model A=B)")
    said = reading.said() | {"cost": reading.cost or (CATALOG,), "by": keys(by)}
    said.pop("unpriced")
    with progress(quiet=delivery.quiet) as watch:
        answer = workbench.reprice(**said, at=at, models=dict(swaps), watch=watch)
    also = rejected(answer.report, reading.rejects, quiet=delivery.quiet)
    deliver(sheet(answer), delivery, short=sheet(answer, top=top), also=also)
