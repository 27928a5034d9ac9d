"""Theories of a bill: the same usage as it would cost had the vendor counted or classed it in another way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pertoken.catalog.prices import STANDARD, Rate
from pertoken.core.lines import Usage, concat
from pertoken.rating.card import Card
from pertoken.usage.question import PRICE_FROM, above_key

BAND = above_key("prompt_tokens")


@dataclass(frozen=True, slots=True, eq=False)
class Theory:
    """One way in which a vendor may have counted otherwise.

    Args:
        kind: What it is about: `batch`, `tier`, `speed`, `region`, `band`, `date` or `cache`.
        words: What would have happened.
        usage: The usage as it would have been counted.
    """

    kind: str
    words: str
    usage: Usage


def theories(usage: Usage, cards: Sequence[Card]) -> Iterator[Theory]:
    """Name every theory that the cards have prices for, the likeliest first; those that change nothing are left out.

    Args:
        usage: What was counted, by the keys that prices depend on.
        cards: What it was rated with.
    """
    rates = [rate for card in cards for rate in card.rates]
    for made in (_recounted(usage), _terms(usage, rates), _bands(usage), _dates(usage)):
        yield from made


def _terms(usage: Usage, rates: Sequence[Rate]) -> Iterator[Theory]:
    """All of it under other terms of sale."""
    offered: tuple[tuple[str, str, Mapping[str, str]], ...] = (
        ("batch", "batch", {"true" if rate.batch else "false": "" for rate in rates}),
        ("tier", "service_tier", {rate.service_tier: "" for rate in rates}),
        ("speed", "speed", {rate.speed: "" for rate in rates}),
        ("region", "region", {rate.region: "" for rate in rates}),
    )
    for kind, key, labels in offered:
        for label in labels if key in usage.keys else ():
            if set(usage.keys[key].labels) != {label}:
                yield Theory(kind, TERMS[kind].format(_said(kind, label)), usage.with_keys(**{key: label}))


TERMS = {
    "batch": "billed as {}",
    "tier": "billed at the {} tier",
    "speed": "billed at {} speed",
    "region": "billed for {}",
}


def _said(kind: str, label: str) -> str:
    if kind == "batch":
        return "batch work" if label == "true" else "ordinary calls, not batch"
    return label or ("no region" if kind == "region" else STANDARD)


def _bands(usage: Usage) -> Iterator[Theory]:
    if BAND not in usage.keys:
        return
    bounds = sorted({int(label or 0) for label in usage.keys[BAND].labels} | {0})
    for bound in bounds:
        words = f"billed at the price above {bound:,} tokens" if bound else "billed without the long-context price"
        if set(usage.keys[BAND].labels) != {str(bound)}:
            yield Theory("band", words, usage.with_keys(**{BAND: str(bound)}))


def _dates(usage: Usage) -> Iterator[Theory]:
    labels = usage.keys[PRICE_FROM].labels if PRICE_FROM in usage.keys else ()
    for label in labels:
        words = f"billed at the prices from {label[:10]}" if label else "billed at the prices before any change"
        if len(labels) > 1:
            yield Theory("date", words, usage.with_keys(**{PRICE_FROM: label}))


def _recounted(usage: Usage) -> Iterator[Theory]:
    """The same tokens under other meters."""
    meters = usage.keys["meter"].labels
    for kind, words, change in COUNTS:
        moved = {meter: change(meter) for meter in meters}
        if any(old != new for old, new in moved.items()):
            kept = usage.with_keys(meter=usage.keys["meter"].relabel(moved))
            yield Theory(kind, words, kept.pick(kept.keys["meter"].column() != ""))
    cached = [meter for meter in meters if meter.startswith("cache_read_")]
    if cached:
        key = usage.keys["meter"]
        some = usage.pick(np.array([label in cached for label in key.labels])[key.codes])
        words = "cached tokens billed twice: at the cache price and inside the input"
        yield Theory("cache", words, concat(Usage, [usage, some.with_keys(meter="input_tokens")]))


def _cache_at_input(meter: str) -> str:
    return "input_tokens" if meter.startswith(("cache_read_", "cache_write_")) else meter


def _reads_at_input(meter: str) -> str:
    return "input_tokens" if meter.startswith("cache_read_") else meter


def _short_lived(meter: str) -> str:
    return "cache_write_5m_tokens" if meter == "cache_write_1h_tokens" else meter


def _long_lived(meter: str) -> str:
    return "cache_write_1h_tokens" if meter in ("cache_write_5m_tokens", "cache_write_tokens") else meter


def _no_reasoning(meter: str) -> str:
    return "" if meter == "reasoning_tokens" else meter


COUNTS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("cache", "cached tokens billed at the full input price", _reads_at_input),
    ("cache", "cache reads and writes billed at the full input price", _cache_at_input),
    ("cache", "1-hour cache writes billed at the 5-minute price", _short_lived),
    ("cache", "5-minute cache writes billed at the 1-hour price", _long_lived),
    ("reasoning", "reasoning tokens not billed", _no_reasoning),
)
"""Ways to count the same tokens under other meters; an empty meter is not billed."""
