"""`pertoken price`: the calculator."""

import re
from datetime import date
from decimal import Decimal

import click

from pertoken import workbench
from pertoken.cli.options import Count, Day, Delivery, deliver, outputs, today
from pertoken.core.errors import InputError
from pertoken.core.meters import meter

SHORT = {
    "input": "input_tokens", "output": "output_tokens", "cached": "cache_read_tokens",
    "cache_read": "cache_read_tokens", "cache_write": "cache_write_tokens", "reasoning": "reasoning_tokens",
    "request": "requests",
}  # fmt: skip
"""What people call the meters on the command line."""

_PER = {"": 1, "token": 1, "request": 1, "1": 1, "1k": 1000, "k": 1000, "1m": 1_000_000, "m": 1_000_000, "1000": 1000}


@click.command()
@click.argument("models", nargs=-1)
@click.option("--requests", type=Count(), required=True, help="Requests a month, as 100k.")
@click.option("--input", "input_", type=Count(), default=Decimal(0), help="Tokens of one prompt, cached ones too.")
@click.option("--output", type=Count(), default=Decimal(0), help="Tokens of one answer.")
@click.option(
    "--reasoning", type=Count(), default=Decimal(0), help="Reasoning tokens of one request, besides the answer."
)
@click.option(
    "--cached", type=Count(), default=Decimal(0), help="Share of the prompt that is read from a cache, 0 to 1."
)
@click.option("--batch", is_flag=True, help="At batch prices.")
@click.option("--service-tier", default="standard", show_default=True, help="Tier of the service, as priority or flex.")
@click.option(
    "--rate", "rates", multiple=True, metavar="METER=PRICE/UNIT", help="A rate of your own, as input=0.015/1K."
)
@click.option("--on", type=Day(), help="Day whose prices hold; today if not said.")
@outputs
def command(
    models: tuple[str, ...],
    requests: Decimal,
    input_: Decimal,
    output: Decimal,
    reasoning: Decimal,
    cached: Decimal,
    service_tier: str,
    rates: tuple[str, ...],
    on: date | None,
    *,
    batch: bool,
    delivery: Delivery,
) -> None:
    """What does a month of calls cost, at rates of your own or on MODELS side by side?

    Example: pertoken price gpt-4o gemini-2.5-flash --requests 100k --input 500 --output 500 --cached 0.3
    """
    if models and rates:
        msg = "name models or give rates, not both"
        raise InputError(msg)
    calls = workbench.call(
        requests=requests,
        input=input_,
        output=output,
        cached=cached,
        reasoning=reasoning,
        batch=batch,
        service_tier=service_tier,
    )
    quotes = workbench.price(models, rates=_rates(rates), calls=calls, on=on or today())
    deliver(workbench.sheet(quotes), delivery)


def _rates(texts: tuple[str, ...]) -> dict[str, Decimal] | None:
    made = [_rate(text) for text in texts]
    twice = sorted({name for name, _ in made if [each for each, _ in made].count(name) > 1})
    if twice:
        msg = f"two rates for {' and '.join(twice)}; expected one for each meter; drop the others"
        raise InputError(msg)
    return dict(made) or None


def _rate(text: str) -> tuple[str, Decimal]:
    """Read a rate.

    >>> _rate("input=0.015/1K")
    ('input_tokens', Decimal('0.000015'))
    """
    match = re.fullmatch(r"\s*([a-z_0-9]+)\s*=\s*(\d+\.?\d*|\.\d+)\s*(?:/\s*([0-9a-zA-Z]*))?\s*", text)
    per = _PER.get((match[3] or "").lower()) if match else None
    if match is None or per is None:
        msg = f"can't read the rate {text!r}; expected for example input=0.015/1K, output=10/1M or request=0.01"
        raise InputError(msg)
    return meter(SHORT.get(match[1], match[1])).name, Decimal(match[2]) / per
