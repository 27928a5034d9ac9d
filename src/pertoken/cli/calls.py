"""Options that say what calls consume, of the commands that price the same calls on several models."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from pertoken import workbench
from pertoken.cli.options import Count, gathered

if TYPE_CHECKING:
    from pertoken.books.quote import Call

SERVED = (
    click.option("--batch", is_flag=True, help="At batch prices."),
    click.option("--service-tier", default="standard", show_default=True,
                 help="Tier of the service, as priority or flex."),
    click.option("--speed", default="standard", show_default=True, help="How fast it is served, as fast."),
    click.option("--region", default="", help="Where it is served, where the price depends on it."),
)  # fmt: skip
"""How calls are served."""

CALLS = (
    click.option("--requests", type=Count(), required=True, help="Requests a month, as 100k."),
    click.option("--input", "input", type=Count(), default=Decimal(0), help="Tokens of one prompt, cached ones too."),
    click.option("--output", type=Count(), default=Decimal(0), help="Tokens of one answer."),
    click.option("--reasoning", type=Count(), default=Decimal(0),
                 help="Reasoning tokens of one request, besides the answer."),
    click.option("--cached", type=Count(), default=Decimal(0),
                 help="Share of the prompt that is read from a cache, 0 to 1."),
    *SERVED,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """How calls are served."""

    batch: bool
    service_tier: str
    speed: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls(Served):
    """Calls, as the command line says them."""

    requests: Decimal
    input: Decimal
    output: Decimal
    reasoning: Decimal
    cached: Decimal

    def call(self) -> "Call":
        """Describe them as the workbench takes them."""
        return workbench.call(**asdict(self))


def calls_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what calls consume; the command is given them as `calls`."""
    return gathered(command, CALLS, "calls", Calls)


def served_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how a call is served; the command is given them as `served`."""
    return gathered(command, SERVED, "served", Served)
