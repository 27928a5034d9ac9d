"""`pertoken prices explain`: the cost of one request, line by line."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from pertoken.books import request
from pertoken.cli.book import Book, book_options
from pertoken.cli.calls import Served, served_options
from pertoken.cli.moments import Moment
from pertoken.cli.options import Count, Delivery, deliver, outputs, today
from pertoken.cli.price import SHORT
from pertoken.core.errors import EXIT_CHECK, InputError
from pertoken.core.meters import meter
from pertoken.usage.record import UsageRecord
from pertoken.workbench import prices

USED = {
    "input": "Tokens of the whole prompt, those read from and written to a cache too.",
    "cached": "Tokens of the prompt that were read from a cache.",
    "cache_write": "Tokens of the prompt that were written to a cache.",
    "cache_write_1h": "Tokens of the prompt that were written to a cache for an hour.",
    "output": "Tokens of the answer, without reasoning.",
    "reasoning": "Reasoning tokens, besides the answer.",
}
"""Options that say what a request used."""


def _used(command: Any) -> Any:  # noqa: ANN401  click's
    for name, about in reversed(USED.items()):
        command = click.option(f"--{name.replace('_', '-')}", name, type=Count(), default=Decimal(0), help=about)(
            command
        )
    return command


@click.command()
@click.argument("name", required=False, default="")
@_used
@click.option(
    "--use", "others", multiple=True, metavar="METER=N", help="Another meter, as web_searches=3. May be given again."
)
@click.option("--response", type=click.Path(exists=True, dir_okay=False), metavar="FILE",
              help="What was used, from a vendor's response as JSON, in place of counts.")  # fmt: skip
@click.option("--provider", default="", help="Who sells it.")
@served_options
@click.option("--on", type=Moment(), help="When the request was made (UTC): a day, or a moment; today if not said.")
@book_options
@outputs
def command(
    name: str,
    others: tuple[str, ...],
    response: str | None,
    provider: str,
    served: Served,
    on: date | None,
    book: Book,
    delivery: Delivery,
    **used: Decimal,
) -> None:
    """What does one request on the model NAME cost, line by line, and why at these rates?

    Exit code 1 where something has no price.

    Example: pertoken prices explain gpt-5.5 --input 300k --cached 100k --output 2k --on 2026-11-20
    """
    from pertoken.present.prices_explain import sheet

    counts = {each: count for each, count in used.items() if count}
    if not (name or response):
        raise InputError("name a model, as `prices explain gpt-4o --input 2k --output 500`, or give --response FILE")
    if response and (counts or others):
        raise InputError("give counts or --response, not both")
    said = asdict(served) | {"model": name, "provider": provider}
    usage = _read(response, said) if response else request.used(**counts, others=_others(others))
    made = prices.explain(usage, on=on or today(), catalog=book.book(), **({} if response else said))
    deliver(sheet(made), delivery, short=sheet(made, brief=True))
    if made.costed.status in {"partial", "unpriced"}:
        raise click.exceptions.Exit(EXIT_CHECK)


def _read(path: str, said: Mapping[str, Any]) -> Sequence[UsageRecord]:
    """Read a response; what the command line says besides goes before what the response says."""
    from pertoken.usage.response import usage_of

    try:
        body = json.loads(Path(path).read_bytes())
    except ValueError as error:
        raise InputError(f"{path} is no JSON: {error}; expected the body of a vendor's response") from error
    records = usage_of(body, provider=str(said["provider"]), model=str(said["model"]))
    stated = {key: value for key, value in said.items() if value not in {"", "standard", False}}
    return [replace(each, **stated) for each in records]


def _others(texts: Sequence[str]) -> dict[str, Decimal]:
    return dict(_other(text) for text in texts)


def _other(text: str) -> tuple[str, Decimal]:
    """Read another meter.

    >>> _other("web_searches=3")
    ('web_searches', Decimal('3'))
    """
    name, equals, count = text.partition("=")
    if not equals:
        raise InputError(f"can't read {text!r}; expected for example --use web_searches=3")
    return meter(SHORT.get(name.strip(), name.strip())).name, Count().convert(count, None, None)
