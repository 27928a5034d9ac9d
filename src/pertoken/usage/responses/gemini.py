"""Google's way to count: cached tokens inside the prompt, tool results beside it, thoughts beside the answer."""

import re
from functools import partial
from typing import Any

from pertoken.usage.record import Count
from pertoken.usage.responses.invocation import Body, Invocation, Response
from pertoken.usage.responses.scan import Parts, by_kind, named, scan
from pertoken.usage.responses.split import MODALITIES, of_input, of_output

COUNTS = ("tokenCount", "token_count", "tokens")
"""What the count of a modality is called."""

GROUNDED = {"GOOGLE_SEARCH": "web_searches", "GOOGLE_MAPS": "maps_searches", "RETRIEVAL": "file_searches"}
"""Tool that grounds an answer to the meter of its calls."""

SEEN = {"TEXT": "text", "AUDIO": "audio", "IMAGE": "image", "DOCUMENT": "image", "VIDEO": "video"}
"""Modality to part; pages of a document are read as images."""


def _modal(prefix: str = "") -> Any:  # noqa: ANN401  a reader of a list
    return by_kind("modality", {name: f"{prefix}{part}" for name, part in SEEN.items()}, COUNTS)


_CAMEL: dict[str, Any] = {
    "promptTokenCount": "prompt",
    "toolUsePromptTokenCount": "tools",
    "cachedContentTokenCount": "cached",
    "candidatesTokenCount": "output",
    "responseTokenCount": "output",
    "thoughtsTokenCount": "reasoning",
    "totalTokenCount": "total",
    "promptTokensDetails": _modal(),
    "toolUsePromptTokensDetails": _modal(),
    "cacheTokensDetails": _modal("cached_"),
    "candidatesTokensDetails": _modal("output_"),
    "responseTokensDetails": _modal("output_"),
}

_INTERACTIONS: dict[str, Any] = {
    "total_input_tokens": "prompt",
    "total_tool_use_tokens": "tools",
    "total_cached_tokens": "cached",
    "total_output_tokens": "output",
    "total_thought_tokens": "reasoning",
    "input_tokens_by_modality": _modal(),
    "tool_use_tokens_by_modality": _modal(),
    "cached_tokens_by_modality": _modal("cached_"),
    "output_tokens_by_modality": _modal("output_"),
    "grounding_tool_count": by_kind("type", GROUNDED, ("count",)),
}

USAGE: dict[str, Any] = (
    _INTERACTIONS | _CAMEL | {re.sub(r"(?=[A-Z])", "_", name).lower(): part for name, part in _CAMEL.items()}
)
"""What Google calls its counts, as the interface and as its libraries write them."""

FIELDS = frozenset(USAGE)
"""Fields by which Google's usage is known."""

COUNTED = USAGE | {"total_tokens": "total"}
"""What Google calls its counts, with the total of an interaction, which others call so too."""


def read(response: Response) -> tuple[Invocation, ...]:
    """Read usage as Google counts it; lists of modalities that do not add up leave the rest to text.

    Raises:
        InputError: A count is no count, or more than what it is a part of.
    """
    parts = scan(response.usage, COUNTED, "usageMetadata")
    for side, prefix in (("prompt", ""), ("output", "output_")):
        if side not in parts:
            told = sum(parts.get(f"{prefix}{each}", 0) for each in ("text", *MODALITIES)) - parts.get("tools", 0)
            parts[side] = max(told, 0)
    said, thought = parts.get("output", 0), parts.get("reasoning", 0)
    fed = parts.get("prompt", 0) + parts.get("tools", 0)
    if not fed + said + thought:
        fed = parts.get("total", 0)
    notes = [*_fitted(parts, fed, ""), *_fitted(parts, said, "output_")]
    _held(parts, parts.get("cached", fed), "cached_")
    off = parts["total"] - fed - said - thought if "total" in parts else 0
    notes += [f"totalTokenCount is {off:+,} off the sum of its parts"] if off else []
    say = partial(_told, response.usage)
    meters, doubts = of_input(parts, fed, say)
    spoken, others = of_output(parts, said + thought, say)
    calls = {meter: parts[meter] for meter in GROUNDED.values() if parts.get(meter)}
    return (Invocation(meters | spoken | calls, (*notes, *doubts, *others)),)


def _fitted(parts: Parts, whole: Count, prefix: str) -> list[str]:
    """Hold the modalities to the whole that is billed, and say where they do not add up to it."""
    told = sum(parts.get(f"{prefix}{each}", 0) for each in ("text", *MODALITIES))
    if told in {0, whole, whole - parts.get("tools", 0)}:
        return []
    _held(parts, whole, prefix)
    side = "answer" if prefix else "prompt"
    return [f"the {side}'s modalities add up to {told:,} of {whole:,}; the total is billed, the rest as text"]


def _held(parts: Parts, whole: Count, prefix: str) -> None:
    """Cut the modalities down to what their whole has room for."""
    room = whole
    for name in (f"{prefix}{each}" for each in ("audio", "image", "video", "text")):
        if name in parts:
            parts[name] = min(parts[name], room)
            room -= parts[name]


def _told(usage: Body, part: str) -> str:
    """Name the field that reported a part; what holds the others is the prompt."""
    return named(COUNTED, "prompt" if part == "input" else part, usage, "usageMetadata")
