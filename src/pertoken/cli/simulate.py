"""`pertoken simulate`: one history under another plan, or under many."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from glob import glob, has_magic
from typing import Any

import click

from pertoken import workbench
from pertoken.books.answer import Simulated
from pertoken.books.outcome import WATCHED, verdict
from pertoken.books.ranking import RANKS
from pertoken.books.simulate import Simulation
from pertoken.books.vary import values
from pertoken.cli.books import COST, HOW, Log, progress, rejected
from pertoken.cli.options import Delivery, Percent, deliver, gathered, keys, outputs
from pertoken.core.errors import InputError, LimitExceeded
from pertoken.present.simulate import sheet

NAMED = 10
"""Customers above a limit that are named."""


class Number(click.ParamType[Decimal]):
    """An exact number."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:  # noqa: ANN401  click's
        """Read `-0.3`."""
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            self.fail(f"{value!r} is no number; expected for example -0.3", param, ctx)
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans(Log):
    """A log, and plans to compare on it."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    more: tuple[str, ...]
    cost: tuple[str, ...]

    @property
    def candidates(self) -> tuple[str, ...]:
        """The new cards, patterns written out."""
        return tuple(name for each in (*self.new, *self.more) for name in _written_out(each))

    def ask(self, question: Callable[..., Simulated], *, quiet: bool, **more: Any) -> Simulated:  # noqa: ANN401
        """Put a question to the log, with a bar for people who wait."""
        said = {name: each for name, each in self.said().items() if name != "more"} | {"new": self.candidates}
        with progress(quiet=quiet) as watch:
            return question(**said, watch=watch, **more)


def _written_out(name: str) -> list[str]:
    if not has_magic(name):
        return [name]
    found = sorted(glob(name))  # noqa: PTH207  the pattern is the user's, relative to where they stand
    if not found:
        msg = f"no file is called {name}; say the new cards with --new CARD"
        raise InputError(msg)
    return found


OPTIONS = (
    click.argument("log"),
    click.argument("more", nargs=-1, metavar="[CARD]..."),
    click.option("--old", multiple=True, required=True, metavar="CARD", help="Card of the plan as it is."),
    click.option("--new", multiple=True, required=True, metavar="CARD",
                 help="Card of the plan as it may be; several, or a pattern such as plans/*.yaml, are ranked."),
    COST,
    *HOW,
)  # fmt: skip


def plan_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what to compare; the command is given them as one `plans`."""
    return gathered(command, OPTIONS, "plans", Plans)


@click.command()
@plan_options
@click.option("--by", metavar="KEYS", help="Keys of segments for totals, as plan or month,model; the plan if not said.")
@click.option("--amount", type=click.Choice(["list", "contracted", "effective", "billed"]), default="billed",
              show_default=True, help="Amount whose change is looked at.")  # fmt: skip
@click.option("--elasticity", type=Number(), metavar="NUMBER",
              help="Assume that usage changes by so many percent for one percent more of price, as -0.3.")  # fmt: skip
@click.option("--vary", multiple=True, metavar="PLACE=NUMBERS",
              help="Try numbers in the new card, as tokens.rate=0.001,0.002 or base.flat=10..30:5.")  # fmt: skip
@click.option("--rank", type=click.Choice(RANKS), help="What candidates are ranked by; revenue if not said.")
@click.option("--fail-above", type=Percent(), metavar="PERCENT", help="Fail if the change is above it, as 20%.")
@click.option("--fail-on", type=click.Choice(WATCHED), default="customer", show_default=True,
              help="Hold the limit against each customer's increase, the move of the total, or the share of customers "
                   "who pay more.")  # fmt: skip
@click.option("--fast", is_flag=True, help="Reckon in floats instead of exact decimals; rankings always do.")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, metavar="N",
              help="Customers at each end, or candidates, shown to people; csv, json and xlsx have all.")  # fmt: skip
@outputs
def command(
    plans: Plans,
    by: str | None,
    amount: str,
    elasticity: Decimal | None,
    vary: tuple[str, ...],
    rank: str | None,
    fail_above: Decimal | None,
    fail_on: str,
    top: int,
    delivery: Delivery,
    *,
    fast: bool,
) -> None:
    """What if LOG had been charged by another plan: who pays more, who pays less, what is left?

    LOG is as for `pertoken statement`. More cards after --new CARD, as a shell makes of plans/*.yaml, are ranked too.

    Example: pertoken simulate log.parquet --old plans.yaml --new plans_hybrid.yaml --cost catalog --fail-above 20%
    """
    many = bool(vary) or rank is not None or len(plans.candidates) > 1
    if many:
        alone = {"--by": by, "--elasticity": elasticity, "--fail-above": fail_above}
        if said := [name for name, value in alone.items() if value is not None]:
            msg = f"{' and '.join(said)}: only for one new plan; here several are ranked; say one --new CARD"
            raise InputError(msg)
        answer = plans.ask(workbench.rank, quiet=delivery.quiet, vary=dict(map(values, vary)), by=rank or "revenue")
    else:
        asked = () if by is None else keys(by)
        more = {"by": asked, "amount": amount, "elasticity": elasticity, "exact": not fast}
        answer = plans.ask(workbench.simulate, quiet=delivery.quiet, **more)
    also = rejected(answer.report, plans.rejects, quiet=delivery.quiet)
    deliver(sheet(answer), delivery, short=sheet(answer, top=top), also=also)
    if fail_above is not None and isinstance(answer.result, Simulation):
        _hold(answer.result, fail_above, fail_on)


def _hold(made: Simulation, limit: Decimal, on: str) -> None:
    """Fail where a limit is not kept.

    Raises:
        LimitExceeded: What is above it.
    """
    found = verdict(made, limit, on)
    if not found.kept:
        rest = len(found.customers) - NAMED
        names = ", ".join(found.customers[:NAMED]) + (f" and {rest:,} more" if rest > 0 else "")
        raise LimitExceeded(f"{found.words}{': ' if names else ''}{names}")
