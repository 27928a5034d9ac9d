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
