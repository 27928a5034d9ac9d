"""`pertoken size`: which GPUs, and how many, serve a load."""

import click

from pertoken import workbench
from pertoken.cli.options import Delivery, deliver, gathered, outputs
from pertoken.cli.served_on import LOAD, ON, On, Seconds


@click.command()
@click.argument("model")
@LOAD
@click.option("--deadline", type=Seconds(), help="How long requests may wait, as 24h for a batch; instead of targets.")
@click.option("--simulate", is_flag=True, help="Let requests through a simulation of the cheapest way, to confirm it.")
@(lambda command: gathered(command, ON, "on", On))
@outputs
def command(
    model: str, rate: float | None, *, deadline: float | None, simulate: bool, on: On, delivery: Delivery
) -> None:
    """Which GPUs serve MODEL under a load, within targets of latency, and at what cost?

    Example: pertoken size llama-3.1-8b --gpu h100,l40s --load 12/s --input 1200 --output 250 --ttft 1s --tpot 40ms
    """
    from pertoken.core.errors import InputError
    from pertoken.present.sizing import sheet
    from pertoken.serving.sized import why_none

    said = on.said() | ({} if deadline is None else {"deadline": deadline})
    found = workbench.size(on.model(model), rate=rate, **said)
    if not found.choices[0].bought:
        raise InputError(why_none(found))
    seen = workbench.confirm(found, on.model(model), engine=on.engine, **on.served()) if simulate else None
    deliver(sheet(found, simulated=seen), delivery, short=sheet(found, brief=True, simulated=seen))
