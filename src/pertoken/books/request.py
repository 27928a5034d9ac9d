"""One request: what it used, what each meter of it costs, and why at that rate."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pertoken.catalog.book import Catalog
from pertoken.catalog.history import borrowed
from pertoken.catalog.prices import Moment, Rate
from pertoken.catalog.words import band, named, terms
from pertoken.core.errors import InputError
from pertoken.core.meters import meter
from pertoken.rating.cost import Costed, CostLine, cost
from pertoken.usage.record import Count, UsageRecord


@dataclass(frozen=True, slots=True)
class Explained:
    """The cost of one request.

    Args:
        usage: Its invocations.
        parts: The cost of each invocation.
        costed: The cost of all, with its status and reasons.
        catalog: Where the prices are from.
        on: When the prices hold.
    """

    usage: tuple[UsageRecord, ...]
    parts: tuple[Costed, ...]
    costed: Costed
    catalog: str
    on: Moment

    def lines(self) -> Iterator[tuple[UsageRecord, CostLine, str]]:
        """Each meter of each invocation, and why its rate holds."""
        for record, part in zip(self.usage, self.parts, strict=True):
            for line in part.lines:
                yield record, line, why(line.rate, record) if line.rate else "no price"


def explained(usage: Sequence[UsageRecord], catalog: Catalog, on: Moment) -> Explained:
    """Price the invocations of one request.

    Args:
        usage: Its invocations; where one doesn't say when it was, it was at `on`.
        catalog: What the market charges.
        on: A day, or a moment (UTC).

    Raises:
        InputError: A count is below zero, or the parts are in several currencies.
    """
    timed = [replace(each, time=each.time or on) if isinstance(on, datetime) else each for each in usage]
    day = on.date() if isinstance(on, datetime) else on
    parts = tuple(cost(each, catalog, on=day) for each in timed)
    return Explained(tuple(timed), parts, cost(timed, catalog, on=day), named(catalog), on)


def why(rate: Rate, record: UsageRecord) -> str:
    """Say why a rate is the one for a record.

    >>> from datetime import date
    >>> from decimal import Decimal
    >>> rate = Rate(model="m", meter="input_tokens", price=Decimal(1), above=199_999, start=date(2026, 7, 1))
    >>> why(rate, UsageRecord(meters={"input_tokens": 200_000}))
    'prompt of 200,000 tokens is >= 200,000, since 2026-07-01'
    """
    words = [terms(replace(rate, above=0)) or ("" if rate.above else "ordinary request")]
    words += [f"prompt of {record.prompt_tokens:,} tokens is {band(rate.above)}"] if rate.above else []
    words += [f"since {rate.start}"] if rate.start else []
    words += [f"until {rate.end}"] if rate.end else []
    words += [f"priced as {lender}"] if (lender := borrowed(rate)) else []
    return ", ".join(filter(None, words))


def used(
    *,
    input: Count = 0,  # noqa: A002  the field's word
    cached: Count = 0,
    cache_write: Count = 0,
    cache_write_1h: Count = 0,
    output: Count = 0,
    reasoning: Count = 0,
    others: Mapping[str, Count] | None = None,
) -> dict[str, Count]:
    """Write what one request used as disjoint leaves.

    Args:
        input: Tokens of the whole prompt. [token]
        cached: Those of them that were read from a cache. [token]
        cache_write: Those of them that were written to a cache. [token]
        cache_write_1h: Those of them that were written to a cache for an hour. [token]
        output: Tokens of the answer, without reasoning. [token]
        reasoning: Reasoning tokens, besides the answer. [token]
        others: Other leaf meters.

    Raises:
        InputError: Parts are more than the whole, a number is not whole, or nothing was used.

    >>> used(input=1000, cached=300, output=50)
    {'input_tokens': 700, 'cache_read_tokens': 300, 'output_tokens': 50, 'requests': 1}
    """
    parts = {"cache_read_tokens": cached, "cache_write_tokens": cache_write, "cache_write_1h_tokens": cache_write_1h}
    fresh = input - sum(parts.values())
    if fresh < 0:
        said = ", ".join(f"{count:,} {name}" for name, count in parts.items() if count)
        raise InputError(f"{said} are more than the input of {input:,} tokens; expected parts of the whole prompt")
    leaves = {"input_tokens": fresh, **parts, "output_tokens": output, "reasoning_tokens": reasoning, **(others or {})}
    made = {meter(name).name: _whole(name, count) for name, count in leaves.items() if count}
    if not made:
        raise InputError("nothing was used; say for example --input 2k --output 500")
    return {"requests": 1, **made} if "requests" in made else {**made, "requests": 1}


def _whole(name: str, count: Count) -> Count:
    if count == int(count):
        return int(count)
    if meter(name).whole:
        raise InputError(f"{name} is {count}; expected a whole number")
    return count
