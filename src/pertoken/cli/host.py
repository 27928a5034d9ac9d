"""`pertoken host`: what the calls of a log would cost on GPUs of one's own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pertoken import workbench
from pertoken.catalog.machines import Purchase
from pertoken.catalog.prices import STANDARD
from pertoken.cli.books import AS_IT_IS, BETWEEN, COST, REJECTS, progress, rejected
from pertoken.cli.options import Delivery, deliver, gathered, keys, outputs
from pertoken.cli.served_on import Seconds
from pertoken.core.errors import InputError

if TYPE_CHECKING:
    from datetime import date

    from pertoken.rating.card import Card

MACHINES = (
    click.option("--model", required=True, help="The model that serves it, or the path of its config.json."),
    click.option("--gpu", required=True, help="The GPU, as h100."),
    click.option("--gpus", "count", type=click.IntRange(1), default=1, show_default=True, help="GPUs of a replica."),
    click.option("--precision", default="", help="Of the weights, as fp8; that of its publication if not said."),
    click.option("--engine", default="vllm", show_default=True, help="The engine, or the file of a profile."),
    click.option("--ttft", type=Seconds(), default=float("inf"), help="Longest time to the first token, as 1s."),
    click.option("--tpot", type=Seconds(), default=float("inf"), help="Longest time of each later token, as 40ms."),
    click.option("--percentile", type=float, default=99.0, show_default=True,
                 help="Percentage of the requests that must see no more."),
    click.option("--headroom", type=click.FloatRange(0), default=0.2, show_default=True, help="Capacity above load."),
    click.option("--spare", type=click.IntRange(0), default=0, show_default=True, help="Replicas beside those."),
    click.option("--provider", default="", help="Who rents the GPUs out, as aws; the cheapest if not said."),
    click.option("--region", default="", help="Where they stand, as us-east-1."),
    click.option("--purchase", type=click.Choice(("on_demand", "spot")), default="on_demand", show_default=True,
                 help="How they are bought, spot with a reserve; for commitments say cards by --cost, or see size."),
    COST,
)  # fmt: skip
"""What serves the log."""

READ = (
    *AS_IT_IS,
    *BETWEEN,
    REJECTS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What serves a log, as the command line says it."""

    model: str
    gpu: str
    count: int
    precision: str
    engine: str
    ttft: float
    tpot: float
    percentile: float
    headroom: float
    spare: int
    provider: str
    region: str
    purchase: Purchase
    cost: tuple[str, ...]

    def paid(self) -> "tuple[list[Card], dict[str, str]]":
        """Take the cards that are said, else the cheapest offer; and the labels by which a card knows the hours."""
        tier = STANDARD if self.purchase == "on_demand" else self.purchase
        if self.cost:
            from pertoken.connect.cards import read_cards

            cards = [card for each in self.cost for card in read_cards(each)]
            return cards, {"provider": self.provider, "region": self.region, "service_tier": tier}
        found = workbench.gpus(self.gpu, provider=self.provider, region=self.region, purchase=self.purchase)
        best = found.offers[0]
        card = workbench.gpu_card([best], name=f"{best.provider} {best.instance}")
        return [card], {"provider": best.provider, "region": best.region, "service_tier": tier}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """How a log is read, as the command line says it."""

    mapping: str | None
    layout: str
    timezone: str
    start: "date | None"
    end: "date | None"
    rejects: str | None


def _label(text: str) -> tuple[str, str]:
    name, sign, label = text.partition("=")
    if not (sign and name.strip()):
        raise InputError(f"--where {text!r}; expected a key of the log and its label, as model=gpt-4o")
    return name.strip(), label.strip()


@click.command()
@click.argument("log")
@click.option(
    "--where", multiple=True, metavar="KEY=LABEL", help="Calls that are served, as model=gpt-4o; all if none."
)
@click.option("--by", default="", metavar="KEYS", help="Keys to report by, as customer.")
@(lambda command: gathered(command, MACHINES, "on", Serving))
@(lambda command: gathered(command, READ, "reading", Read))
@outputs
def command(log: str, where: tuple[str, ...], by: str, *, on: Serving, reading: Read, delivery: Delivery) -> None:
    """What would the calls of LOG cost on GPUs of one's own, hour by hour?

    Example: pertoken host log.parquet --model llama-3.1-8b --gpu h100 --where model=gpt-4o-mini --tpot 40ms
    """
    from pertoken.present.hosted import sheet
    from pertoken.serving.autoscale import Autoscale
    from pertoken.serving.bought import SPOT

    cards, labels = on.paid()
    serve = {"engine": on.engine, **({"precision": on.precision} if on.precision else {})}
    with progress(quiet=delivery.quiet) as watch:
        answer = workbench.host(
            log, on.model, on.gpu, on.count, cost=cards, where=dict(map(_label, where)), labels=labels,
            ttft=on.ttft, tpot=on.tpot, percentile=on.percentile, by=keys(by) if by else (), serve=serve,
            policy=Autoscale(headroom=on.headroom, spare=on.spare, away_share=SPOT if on.purchase == "spot" else 0.0),
            mapping=reading.mapping, layout=reading.layout,
            timezone=reading.timezone, start=reading.start, end=reading.end, rejects=reading.rejects is not None,
            watch=watch,
        )  # fmt: skip
    also = rejected(answer.report, reading.rejects, quiet=delivery.quiet)
    deliver(sheet(answer), delivery, also=also)
