"""OpenAI's way to count, which most vendors share: what is cached stands inside the prompt, reasoning inside the answer.

Where reasoning stands beside the answer, the response's own total shows it; vendors that are known to do so are listed.
"""

import re
from functools import partial
from typing import Any

from pertoken.usage.record import Count
from pertoken.usage.responses.invocation import Invocation, Response
from pertoken.usage.responses.scan import ANY, Parts, Table, amount, named, scan
from pertoken.usage.responses.split import of_input, of_output

_TIMED = re.compile(r"(?:ttl|ephemeral)_(\d+[smhd])(?:_input)?_tokens")


def kept(name: str) -> str | None:
    """Tell how long a cache write is kept, by the name of its field.

    >>> kept("ttl_30m_tokens"), kept("ephemeral_1h_input_tokens"), kept("cached_tokens")
    ('write_30m', 'write_1h', None)
    """
    found = _TIMED.fullmatch(name)
    return f"write_{found[1]}" if found else None


TIMED: Table = {ANY: kept}
"""A record of cache writes by how long they are kept."""

OF_CACHE: Table = {
    "text_tokens": "cached_text",
    "audio_tokens": "cached_audio",
    "image_tokens": "cached_image",
    "video_tokens": "cached_video",
}
OF_INPUT: Table = {
    "cached_tokens": "cached",
    "cache_read_tokens": "cached",
    "cache_read_input_tokens": "cached",
    "cache_read": "cached",
    "cached_tokens_details": OF_CACHE,
    "cache_write_tokens": "written",
    "cache_creation_tokens": "written",
    "cache_creation_input_tokens": "written",
    "cache_creation": "written",
    "cache_write_tokens_details": TIMED,
    "cache_creation_token_details": TIMED,
    "text_tokens": "text",
    "audio_tokens": "audio",
    "image_tokens": "image",
    "video_tokens": "video",
    "audio": "audio",
}
OF_OUTPUT: Table = {
    "reasoning_tokens": "reasoning",
    "thinking_tokens": "reasoning",
    "reasoning": "reasoning",
    "text_tokens": "output_text",
    "audio_tokens": "output_audio",
    "image_tokens": "output_image",
    "video_tokens": "output_video",
    "audio": "output_audio",
}


def lasted(found: Any, place: str) -> tuple[tuple[str, Count]]:  # noqa: ANN401  whatever stands there
    """Read seconds of sound, which may have fractions.

    Raises:
        InputError: It is no number, or negative.
    """
    seconds = amount(found, place)
    return (("audio_seconds", int(seconds) if seconds == int(seconds) else seconds),)


USAGE: Table = {
    "prompt_tokens": "input",
    "input_tokens": "input",
    "completion_tokens": "output",
    "output_tokens": "output",
    "total_tokens": "total",
    "prompt_tokens_details": OF_INPUT,
    "prompt_token_details": OF_INPUT,
    "input_tokens_details": OF_INPUT,
    "input_token_details": OF_INPUT,
    "completion_tokens_details": OF_OUTPUT,
    "output_tokens_details": OF_OUTPUT,
    "output_token_details": OF_OUTPUT,
    "cached_tokens": "cached",
    "num_cached_tokens": "cached",
    "prompt_cache_hit_tokens": "cached",
    "cached_prompt_text_tokens": "cached",
    "cache_read_input_tokens": "cached",
    "cache_creation_input_tokens": "written",
    "cache_creation": TIMED,
    "reasoning_tokens": "reasoning",
    "citation_tokens": "citations",
    "num_search_queries": "web_searches",
    "server_tool_use": {"web_search_requests": "web_searches", "web_fetch_requests": "web_fetches"},
    "tool_calls_details": {
        "search_web": {"invocation": "web_searches"},
        "fetch_url": {"invocation": "web_fetches"},
    },
    "server_side_tool_usage_details": {
        "web_search_calls": "web_searches",
        "x_search_calls": "post_searches",
        "code_interpreter_calls": "code_executions",
        "file_search_calls": "file_searches",
    },
    "seconds": lasted,
    "billable_audio_seconds": lasted,
    "search_units": "search_units",
}
"""What OpenAI and those who follow it call their counts, in Chat, Responses, Realtime, embeddings and images."""

PLAIN = frozenset({"input", "output", "total"})
"""Parts that overlap with nothing."""

METERED = {
    "web_searches": "web_searches",
    "post_searches": "web_searches",
    "web_fetches": "web_fetches",
    "file_searches": "file_searches",
    "code_executions": "code_executions",
    "search_units": "search_units",
    "audio_seconds": "audio_seconds",
}
"""Parts that are counted as they stand, and the meter that counts them."""

BESIDE = frozenset({"x-ai"})
"""Vendors whose chat puts reasoning beside the answer, where the total does not say otherwise."""

ADDED = frozenset({"perplexity"})
"""Vendors whose chat bills reasoning and citations beside the answer, and leaves both out of the total."""

UNSAID = frozenset({"google"})
"""Vendors whose chat leaves reasoning out of all counts but the total."""


def read(response: Response) -> tuple[Invocation, ...]:
    """Read usage as OpenAI counts it.

    Raises:
        InputError: A count is no count, or more than what it is a part of.
    """
    parts = scan(response.usage, USAGE)
    fed, said = parts.get("input", 0), parts.get("output", 0)
    if not parts.keys() <= PLAIN or parts.get("total", fed + said) != fed + said:
        return (_parted(response, parts),)
    meters = {"input_tokens": fed} if fed else {}
    if said:
        meters["output_tokens"] = said
    return (Invocation(meters),)


def _parted(response: Response, parts: Parts) -> Invocation:
    """Read usage whose counts have parts."""
    if "input" not in parts and "output" not in parts and "total" in parts:
        parts["input"] = parts["total"]
    beside, notes = _beside(response, parts)
    if _pictures(response) and not parts.keys() & {"output_text", "output_image"}:
        parts["output_image"] = parts.get("output", 0)
    say = partial(named, USAGE, record=response.usage)
    fed, doubts = of_input(parts, parts.get("input", 0), say)
    spoken, others = of_output(parts, parts.get("output", 0) + beside, say)
    counted: dict[str, Count] = {}
    for part, meter in METERED.items():
        if parts.get(part):
            counted[meter] = counted.get(meter, 0) + parts[part]
    return Invocation(fed | spoken | counted, (*notes, *doubts, *others))


def _beside(response: Response, parts: Parts) -> tuple[Count, list[str]]:
    """Tell how many tokens of the answer its own count leaves out, by the total and else by the vendor's habit.

    Returns:
        Tokens to add to the output, and what is not sure of them.
    """
    chat = "prompt_tokens" in response.usage
    said, reasoning = parts.get("output", 0), parts.get("reasoning", 0)
    if chat and (response.provider in ADDED or "citations" in parts):
        cited = parts.get("citations", 0)
        return reasoning + cited, [f"{cited:,} citation tokens are counted as output"] if cited else []
    rest = parts["total"] - parts.get("input", 0) - said if "total" in parts else None
    if rest and not reasoning and response.provider in UNSAID and rest > 0:
        parts["reasoning"] = rest
        return rest, [f"{rest:,} tokens that only total_tokens counts are reasoning"]
    notes = [f"total_tokens is {rest:+,} off the sum of its parts"] if rest not in {None, 0, reasoning} else []
    if not reasoning or rest == 0:
        return 0, notes
    if rest == reasoning or (chat and response.provider in BESIDE):
        return reasoning, notes
    if reasoning > said:
        return reasoning, [*notes, "reasoning is more than the output, and so taken to stand beside it"]
    return 0, notes


def _pictures(response: Response) -> bool:
    """Tell whether the output is images, where the response does not split it."""
    if response.api == "images" or str(response.body.get("type", "")).startswith(("image_generation.", "image_edit.")):
        return True
    data = response.body.get("data")
    return isinstance(data, list) and bool(data) and isinstance(data[0], dict) and not data[0].keys().isdisjoint(MADE)


MADE = frozenset({"b64_json", "url", "revised_prompt"})
"""Fields of an image that was made."""
