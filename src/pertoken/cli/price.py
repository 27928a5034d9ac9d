"""`pertoken price`: the calculator."""

import re
from datetime import date
from decimal import Decimal

import click

from pertoken import workbench
from pertoken.cli.book import Book, book_options
from pertoken.cli.calls import Calls, calls_options
from pertoken.cli.options import Day, Delivery, deliver, outputs, today
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
@calls_options
@click.option(
    "--rate", "rates", multiple=True, metavar="METER=PRICE/UNIT", help="A rate of your own, as input=0.015/1K."
)
@click.option("--on", type=Day(), help="Day whose prices hold; today if not said.")
@book_options
@outputs
def command(
    models: tuple[str, ...], calls: Calls, rates: tuple[str, ...], on: date | None, book: Book, delivery: Delivery
) -> None:
    """What does a month of calls cost, at rates of your own or on MODELS side by side?

    Example: pertoken price gpt-4o gemini-2.5-flash --requests 100k --input 500 --output 500 --cached 0.3
    """
    if models and rates:
        msg = "name models or give rates, not both"
        raise InputError(msg)
    asked = calls.call()
    quotes = workbench.price(models, rates=_rates(rates), calls=asked, on=on or today(), catalog=book.book())
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
