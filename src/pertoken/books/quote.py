"""Quotes: what a month of the same calls costs at one price or another."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pertoken.core.errors import InputError
from pertoken.core.meters import meter


@dataclass(frozen=True, slots=True)
class Call:
    """What one request consumes, and how often it is made.

    Args:
        requests: Requests a month.
        tokens: Leaf meter to tokens of one request.
        batch: True for asynchronous batch work.
        service_tier: Tier of the service.
    """

    requests: Decimal
    tokens: Mapping[str, Decimal]
    batch: bool = False
    service_tier: str = "standard"

    @property
    def prompt(self) -> Decimal:
        """Tokens of the whole prompt, cached ones too, in tokens."""
        return sum((n for name, n in self.tokens.items() if meter(name).direction == "input"), Decimal(0))


@dataclass(frozen=True, slots=True)
class Quote:
    """What a month of calls costs at one price.

    Args:
        name: Model or card.
        parts: Leaf meter to money a month. [currency]
        call: What was priced.
        currency: ISO 4217 code.
        source: Who says what the rates are.
    """

    name: str
    parts: Mapping[str, Decimal]
    call: Call
    currency: str
    source: str

    @property
    def total(self) -> Decimal:
        """Money a month."""
        return sum(self.parts.values(), Decimal(0))

    @property
    def per_request(self) -> Decimal:
        """Money for one request."""
        return self.total / self.call.requests

    @property
    def per_million_tokens(self) -> Decimal:
        """Money for a million tokens, in and out together."""
        return self.total / (self.call.requests * sum(self.call.tokens.values(), Decimal(0))) * 1_000_000


@dataclass(frozen=True, slots=True)
class Quotes:
    """Quotes for the same calls, the cheapest first, and what could not be priced."""

    quotes: tuple[Quote, ...]
    unpriced: tuple[str, ...] = ()


def call(
    *,
    requests: Decimal | float,
    input: Decimal | float = 0,  # noqa: A002  the field's word
    output: Decimal | float = 0,
    cached: Decimal | float = 0,
    reasoning: Decimal | float = 0,
    batch: bool = False,
    service_tier: str = "standard",
) -> Call:
    """Describe calls as people do: tokens of one request, and which share of the input is read from a cache.

    Args:
        requests: Requests a month.
        input: Tokens of the whole prompt of one request. [token]
        output: Tokens of one answer, without reasoning. [token]
        cached: Share of the input that is read from a cache, 0 to 1.
        reasoning: Reasoning tokens of one request. [token]
        batch: True for batch prices.
        service_tier: `standard`, `priority`, `flex`...

    Raises:
        InputError: Nothing to price, or numbers out of range.
    """
    r, i, o, c, s = (_decimal(x) for x in (requests, input, output, cached, reasoning))
    if r <= 0 or min(i, o, s) < 0 or i + o + s == 0:
        msg = f"nothing to price: {r} requests of {i} input and {o} output tokens; expected numbers above 0"
        raise InputError(msg)
    if not 0 <= c <= 1:
        msg = f"cached is {c}; expected a share of the input between 0 and 1"
        raise InputError(msg)
    tokens = {"input_tokens": i * (1 - c), "cache_read_tokens": i * c, "output_tokens": o, "reasoning_tokens": s}
    return Call(r, {name: n for name, n in tokens.items() if n}, batch, service_tier)


def _decimal(number: Decimal | float) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(repr(number))
