"""Options of every question about a model, and the bar that shows worlds being reckoned."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

MODEL = click.argument("model", metavar="MODEL")
SCENARIO = click.option("--scenario", default="base", show_default=True, metavar="NAME",
                        help="base, low, high, or a scenario of the model.")  # fmt: skip
SEED = click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same digits.")

PATIENCE = 1.0
"""How long nothing is shown. [s]"""


def draws(count: int, about: str = "Worlds drawn; 0 for none.") -> Callable[..., Callable[..., None]]:
    """Make the option that says how many worlds are drawn."""
    return click.option(
        "--draws", type=click.IntRange(min=0), default=count, show_default=True, metavar="N", help=about
    )


@contextmanager
def watched(*, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on standard error while worlds are reckoned for longer than a second; nothing where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    begun = time.monotonic()
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("worlds", total=1, visible=False)

        def show(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of, visible=time.monotonic() - begun > PATIENCE)

        yield show


OF = click.option("--of", default="operating_result", show_default=True, metavar="RESULT",
                  help="The result; margin, profit, or any quantity of the model.")  # fmt: skip
BY = click.option("--by", required=True, metavar="INPUT", help="The input that is varied, as price.pro.per_1k.")


def REACH(command: Callable[..., None]) -> Callable[..., None]:  # noqa: N802  an option like the others, in two words
    """Add the ends of a search."""
    lowest = click.option("--from", "lowest", metavar="VALUE", help="Where the search begins, in the input's unit.")
    highest = click.option("--to", "highest", metavar="VALUE", help="Where it ends.")
    return lowest(highest(command))


def reached(lowest: str | None, highest: str | None) -> tuple[float | None, float | None]:
    """Read the ends of a search."""
    return (None if lowest is None else number(lowest), None if highest is None else number(highest))


def number(text: str) -> float:
    """Read a number as a model's file has it, `60%` as 0.6.

    Raises:
        BadParameter: It is none.
    """
    from pertoken.core.errors import PertokenError
    from pertoken.core.formula import Call, Number, formula

    try:
        node = formula(text).node
    except PertokenError as error:
        raise click.BadParameter(str(error)) from error
    if isinstance(node, Call) and node.function == "-" and len(node.args) == 1 and isinstance(node.args[0], Number):
        return -node.args[0].value
    if not isinstance(node, Number):
        raise click.BadParameter(f"{text!r} is no number; expected for example 60%, 25k, 0.004")
    return node.value


class Target(click.ParamType[tuple[str, str, float]]):
    """A result, perhaps of a month, and what it is to be."""

    name = "result=value"

    def convert(
        self, value: str | tuple[str, str, float], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str, float]:
        """Read `margin=60%` or `revenue@2027-06=1M`."""
        if isinstance(value, tuple):
            return value
        name, sign, goal = value.partition("=")
        of, _, month = name.strip().partition("@")
        if not sign or not of:
            self.fail(f"{value!r} is no target; expected for example margin=60%", param, ctx)
        return of, month, number(goal.strip())
