"""Quotes: what a month of the same calls costs at one price or another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from pertoken.catalog.prices import Rate
from pertoken.catalog.words import hours
from pertoken.core.errors import InputError
from pertoken.core.lines import Key, Usage
from pertoken.core.meters import meter
from pertoken.core.money import array
from pertoken.rating.card import Card
from pertoken.rating.rate import rate
from pertoken.usage.question import PRICE_FROM, above_key


@dataclass(frozen=True, slots=True)
class Call:
    """What one request consumes, and how often it is made.

    Args:
        requests: Requests a month.
        tokens: Leaf meter to tokens of one request.
        batch: True for asynchronous batch work.
        service_tier: Tier of the service.
        speed: `standard` or `fast`.
        region: Where it is served; empty for wherever no other price is said.
    """

    requests: Decimal
    tokens: Mapping[str, Decimal]
    batch: bool = False
    service_tier: str = "standard"
    speed: str = "standard"
    region: str = ""

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
        source: Who says what the rates are, the page too where it is known.
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
    """Quotes for the same calls, the cheapest first, what could not be priced, and what the prices depend on."""

    quotes: tuple[Quote, ...]
    unpriced: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def call(
    *,
    requests: Decimal | float,
    input: Decimal | float = 0,  # noqa: A002  the field's word
    output: Decimal | float = 0,
    cached: Decimal | float = 0,
    reasoning: Decimal | float = 0,
    batch: bool = False,
    service_tier: str = "standard",
    speed: str = "standard",
    region: str = "",
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
        speed: `standard` or `fast`.
        region: Where it is served, where the price depends on it.

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
    return Call(r, {name: n for name, n in tokens.items() if n}, batch, service_tier, speed, region)


def card_of(name: str, rates: Iterable[Rate], source: str) -> Card:
    """Make a card of the rates of one model, for calls of any name."""
    own = tuple(replace(rate, model="", provider="") for rate in rates)
    currency = next((rate.currency for rate in own), "USD")
    return Card(name=name, party="vendor", rates=own, rounding=None, source=source, currency=currency)


def hours_of(card: Card) -> str:
    """Say which hours of the week a quote leaves out, in which other prices hold; empty if none."""
    special = dict.fromkeys(hours(rate.window) for rate in card.rates if rate.window)
    return f"{card.name} is priced outside of {' and '.join(special)}" if special else ""


def quote(card: Card, calls: Call, on: date) -> Quote:
    """Price a month of the same calls on a card of rates.

    Args:
        card: Rates for calls of any model.
        calls: What is to be priced.
        on: Day whose prices hold.

    Raises:
        UnpricedUsage: The card lacks a price that the calls need.
    """
    ledger = rate(_month(card, calls, on), card).ledger
    parts = {row["meter"]: row["amount"] for row in ledger.fold(["meter"]).records()}
    used = (each for each in card.rates if each.meter in parts and each.region in {"", calls.region})
    sources = sorted({each.source for each in used if each.source})
    return Quote(card.name, parts, calls, card.currency, "; ".join(sources) or card.source)


def _month(card: Card, calls: Call, on: date) -> Usage:
    """Write calls as the usage of a month: in the highest band that a single prompt is above, outside special hours."""
    each = {**calls.tokens, "requests": Decimal(1)}
    names = sorted(each)
    labels = {
        "model": "",
        "batch": str(calls.batch).lower(),
        "service_tier": calls.service_tier,
        "speed": calls.speed,
        "region": calls.region,
        above_key("prompt_tokens"): str(max((r.above for r in card.rates if r.above < calls.prompt), default=0)),
        PRICE_FROM: on.isoformat(),
        **{rate.window.key: "false" for rate in card.rates if rate.window},
    }
    keys = {name: Key.constant(label, len(names)) for name, label in labels.items()}
    quantity = array([calls.requests * each[name] for name in names], exact=True)
    return Usage({"meter": Key.of(names), **keys}, {"quantity": quantity})


def _decimal(number: Decimal | float) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(repr(number))
