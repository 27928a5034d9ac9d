"""What we extract, added up, is what genai-prices extracts, for every vendor and flavour that it knows."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from genai_prices.data import providers
from genai_prices.types import ArrayMatch, UsageExtractor

from pertoken.core.meters import meter
from pertoken.usage.record import UsageRecord
from pertoken.usage.response import usage_of

FLAVOURS = [
    pytest.param(provider.id, extractor, id=f"{provider.id}-{extractor.api_flavor}")
    for provider in providers
    for extractor in provider.extractors or ()
]
"""Every way to extract usage that genai-prices has; some bear one name twice."""

SUMS = {
    "cache_read_tokens": ("cache_read_tokens", "cache_read_audio_tokens", "cache_read_image_tokens"),
    "cache_audio_read_tokens": ("cache_read_audio_tokens",),
    "cache_image_read_tokens": ("cache_read_image_tokens",),
    "cache_write_5m_tokens": ("cache_write_5m_tokens",),
    "cache_write_1h_tokens": ("cache_write_1h_tokens",),
    "input_audio_tokens": ("input_audio_tokens", "cache_read_audio_tokens"),
    "input_image_tokens": ("input_image_tokens", "cache_read_image_tokens"),
    "output_reasoning_tokens": ("reasoning_tokens",),
    "output_audio_tokens": ("output_audio_tokens",),
    "output_image_tokens": ("output_image_tokens",),
    "output_video_tokens": ("output_video_tokens",),
    "web_searches": ("web_searches",),
    "audio_seconds": ("audio_seconds",),
    "input_document_pages": ("pages",),
}
"""What genai-prices counts with all that it holds, and the leaves that add up to it."""

SIZES = {1000: ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "promptTokenCount",
                "candidatesTokenCount", "inputTokens", "outputTokens"),
         100: ("cache_creation_input_tokens", "cacheWriteInputTokens", "cache_write_tokens", "cached_tokens",
               "cachedContentTokenCount"),
         10: ("audio_tokens", "image_tokens", "text_tokens", "tokenCount")}  # fmt: skip
"""Counts that hold others, which must be there and larger than these."""


def keys(path: Any) -> list[Any]:
    """Write a path as a list."""
    return [path] if isinstance(path, str) else list(path)


def response(extractor: UsageExtractor, rng: random.Random) -> dict[str, Any]:
    """Make a body of a flavour: wholes in the thousands, parts in the tens, some left out where they may be."""
    body: dict[str, Any] = {}
    for mapping in {str(each.path): each for each in extractor.mappings}.values():
        path = keys(mapping.path)
        size = next((size for size, names in SIZES.items() if path[-1] in names), 1)
        if path[0] in {"cacheTokensDetails", "cacheDetails"} or "cached_tokens_details" in path:
            size = 1
        if size > 1 or mapping.required or rng.random() < 0.8:
            put(body, [*keys(extractor.root), *path], size * rng.randint(10, 40))
    put(body, keys(extractor.model_path), "some-model")
    return body


def put(body: dict[str, Any], path: list[Any], value: object) -> None:
    """Put a value where a path leads; a match in an array makes a new element."""
    at: Any = body
    for step, following in zip(path, [*path[1:], None], strict=True):
        if isinstance(step, ArrayMatch):
            at.append({step.field: step.match.equals})  # type: ignore[union-attr]
            at = at[-1]
        elif following is None:
            at[step] = value
        else:
            at = at.setdefault(step, [] if isinstance(following, ArrayMatch) else {})


def total(record: UsageRecord, direction: str) -> object:
    """Add up the leaves of a direction."""
    return sum(n for name, n in record.meters.items() if meter(name).direction == direction)


def differences(record: UsageRecord, theirs: Mapping[str, Any]) -> Iterator[str]:
    """List where the sums of our leaves are not what genai-prices counts."""
    written = sum(n for name, n in record.meters.items() if name.startswith("cache_write"))
    video = record.meters.get("input_video_tokens", 0)
    timed = theirs.get("cache_write_5m_tokens", 0) + theirs.get("cache_write_1h_tokens", 0)
    checks = [
        ("input_tokens", total(record, "input"), theirs.get("input_tokens", 0)),
        ("output_tokens", total(record, "output"), theirs.get("output_tokens", 0)),
        ("cache writes", written, theirs.get("cache_write_tokens", timed)),
        ("fresh video", video, theirs.get("input_video_tokens", 0) - theirs.get("cache_video_read_tokens", 0)),
        *(
            (name, sum(record.meters.get(leaf, 0) for leaf in leaves), theirs.get(name, 0))
            for name, leaves in SUMS.items()
        ),
    ]
    return (f"{name}: {ours} is not {told}" for name, ours, told in checks if ours != told)


@pytest.mark.parametrize(("provider", "extractor"), FLAVOURS)
def test_the_leaves_add_up_to_what_genai_prices_extracts(provider: str, extractor: UsageExtractor) -> None:
    rng = random.Random(f"{provider} {extractor.api_flavor}")  # noqa: S311  no secret
    for _ in range(23):
        body = response(extractor, rng)
        model, usage = extractor.extract(body)
        (record,) = usage_of(body, provider=provider, api=extractor.api_flavor)
        theirs = {name: value for name in usage.__dict__ if (value := getattr(usage, name)) is not None}
        assert list(differences(record, theirs)) == [], body
        assert record.model == model
