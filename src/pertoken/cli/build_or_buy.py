"""`pertoken breakeven MODEL --api NAME`: from which volume on a fleet of one's own pays."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import click

from pertoken import workbench
from pertoken.cli.options import Count, Day, Delivery, deliver, gathered, outputs, today
from pertoken.cli.served_on import LOAD, ON, On, Seconds

if TYPE_CHECKING:
    from pertoken.serving.ownership import Staff
    from pertoken.serving.tuned import Tuning

PEOPLE = (
    click.option("--salary", type=click.FloatRange(0), default=0.0, help="Of a person for a year, all in. [USD]"),
    click.option("--engineering-months", type=click.FloatRange(0), default=0.0, help="Months of work until it serves."),
    click.option("--amortised-months", type=click.IntRange(1), default=24, show_default=True,
                 help="Months over which these are borne."),
    click.option("--operations", type=click.FloatRange(0), default=0.0, help="People who keep it running, as 0.25."),
    click.option("--tuning-tokens", type=Count(), help="Tokens that the model is fine-tuned on, over all epochs."),
    click.option("--tuning-months", type=click.FloatRange(0), default=12.0, show_default=True,
                 help="Months until it is fine-tuned again."),
    click.option("--adapter", is_flag=True, help="Fine-tune an adapter (LoRA), not all weights."),
)  # fmt: skip
"""Who builds and runs a fleet, and how its model is fine-tuned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """People and fine-tuning, as the command line says them."""

    salary: float
    engineering_months: float
    amortised_months: int
    operations: float
    tuning_tokens: Count | None
    tuning_months: float
    adapter: bool

    def staff(self) -> "Staff":
        """Say who builds and runs a fleet."""
        from pertoken.serving.ownership import Staff

        return Staff(
            salary=self.salary, engineering_months=self.engineering_months, amortised_months=self.amortised_months,
            operations=self.operations,
        )  # fmt: skip

    def tuning(self) -> "Tuning | None":
        """Say how its model is fine-tuned."""
        from pertoken.serving.tuned import Tuning

        if self.tuning_tokens is None:
            return None
        return Tuning(
            tokens=float(str(self.tuning_tokens)), every_months=self.tuning_months,
            method="adapter" if self.adapter else "full",
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """The API, as the command line says it."""

    api: str
    day: date | None
    api_ttft: float | None
    api_tpot: float | None
    private: bool


def _known(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Refuse an API without a price before anything else is asked for."""
    del ctx, param
    return workbench.known_api(value)


CALLED = (
    click.option("--api", required=True, callback=_known,
                 help="The model that is called, as `pertoken price` names it."),
    click.option("--on", "day", type=Day(), help="Day whose prices of the API hold; today if not said."),
    click.option("--api-ttft", type=Seconds(), help="Time to the first token of the API, as you measured it."),
    click.option("--api-tpot", type=Seconds(), help="Time of each later token of the API, as you measured it."),
    click.option("--private", is_flag=True, help="Data may not leave: the API is no choice."),
)  # fmt: skip
"""The API."""


@click.command()
@click.argument("model")
@LOAD
@click.option("--most", type=Count(), help="Requests a month up to which crossings are looked for.")
@(lambda command: gathered(command, CALLED, "called", Called))
@(lambda command: gathered(command, PEOPLE, "people", People))
@(lambda command: gathered(command, ON, "where", On))
@outputs
def command(
    model: str,
    rate: float | None,
    *,
    most: Count | None,
    called: Called,
    people: People,
    where: On,
    delivery: Delivery,
) -> None:
    """From which volume on is serving MODEL on GPUs of one's own cheaper than calling an API?

    Example: pertoken breakeven llama-3.1-8b --api gpt-4o-mini --gpu h100,l40s --load 12/s --input 1200 --output 250
    """
    from pertoken.present.build_or_buy import sheet

    said = where.said()
    found = workbench.build_or_buy(
        where.model(model),
        said.pop("gpus"),
        api=called.api,
        api_ttft=called.api_ttft,
        api_tpot=called.api_tpot,
        private=called.private,
        rate=rate,
        on=called.day or today(),
        staff=people.staff(),
        tuning=people.tuning(),
        most=None if most is None else float(str(most)),
        **said,
    )
    deliver(sheet(found), delivery, short=sheet(found, brief=True))
