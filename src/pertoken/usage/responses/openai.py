"""OpenAI's way to count, which most vendors share: cached tokens inside the prompt, reasoning inside the answer.

Where reasoning stands beside the answer, the response's own total shows it; vendors that are known to do so are listed.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from pertoken.usage.record import Count
from pertoken.usage.responses import unmetered
from pertoken.usage.responses.invocation import Invocation, Response, record, records
from pertoken.usage.responses.scan import ANY, Parts, Table, amount, named, scan
from pertoken.usage.responses.split import of_input, of_output, of_writes

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


TOOLS = {
    "WEB_SEARCH": "web_searches",
    "X_SEARCH": "post_searches",
    "CODE_EXECUTION": "code_executions",
    "COLLECTIONS_SEARCH": "file_searches",
}
"""Tools that xAI runs, and the part that counts their calls."""


def _ran(found: Any, place: str) -> Iterator[tuple[str, int]]:  # noqa: ANN401, ARG001  whatever stands there
    """Count the calls in a list of the tools that ran."""
    for name in found if isinstance(found, list) else ():
        if part := TOOLS.get(str(name).removeprefix("SERVER_SIDE_TOOL_")):
            yield part, 1


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
    "server_side_tools_used": _ran,
    "seconds": lasted,
    "prompt_audio_seconds": lasted,
    "billable_audio_seconds": lasted,
    "search_units": "search_units",
}
"""What OpenAI and those who follow it call their counts, in Chat, Responses, Realtime, embeddings and images."""

USUAL = frozenset({"input", "output", "total", "cached", "reasoning", "text", "output_text"})
"""Parts of most responses, which are leaves once cached and reasoning are taken off."""

SIDES = {
    "input": ("text", "audio", "image", "video"),
    "output": ("output_text", "output_audio", "output_image", "output_video"),
}
"""Parts that add up to a side of the request, where its own count is left out."""

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
    if "svg_usage" in response.body:
        return _drawn(response)
    if "usage_breakdown" in response.body and (each := _each(response)):
        return each
    usage = response.usage
    parts = scan(usage, USAGE)
    fed, said = parts.get("input", 0), parts.get("output", 0)
    cached, thought = parts.get("cached", 0), parts.get("reasoning", 0)
    sums_up = parts["total"] == fed + said if "total" in parts else not thought
    if not sums_up or cached > fed or thought > said or not parts.keys() <= USUAL or response.provider in ADDED:
        return (_parted(response, parts),)
    if "prompt_tokens" not in usage and _made(response):
        return (_parted(response, parts),)
    meters = {"input_tokens": fed - cached} if fed > cached else {}
    if cached:
        meters["cache_read_tokens"] = cached
    if said > thought:
        meters["output_tokens"] = said - thought
    if thought:
        meters["reasoning_tokens"] = thought
    return (Invocation(meters),)


def _each(response: Response) -> tuple[Invocation, ...]:
    """Read each model that Groq's system of models ran, which is billed at its own price, if they add up to all."""
    told = records(record(response.body["usage_breakdown"]).get("models"))
    parts = [scan(record(each.get("usage")), USAGE, "usage_breakdown") for each in told]
    whole = scan(response.usage, USAGE)
    if any(sum(each.get(side, 0) for each in parts) != whole.get(side, 0) for side in SIDES):
        return ()
    return tuple(
        invocation._replace(model=str(each.get("model") or ""))
        for each in told
        for invocation in read(response._replace(body={}, usage=record(each.get("usage"))))
    )


def _drawn(response: Response) -> tuple[Invocation, ...]:
    """Read an image whose drawing was written by another model, which is billed beside it."""
    body = {name: found for name, found in response.body.items() if name != "svg_usage"}
    drawn = record(response.body["svg_usage"])
    (written,) = read(response._replace(body={}, usage=drawn, api="")) if drawn else (None,)
    apart = (written._replace(model=str(drawn.get("model") or "")),) if written else ()
    return read(response._replace(body=body)) + apart


def _parted(response: Response, parts: Parts) -> Invocation:
    """Read usage whose counts have parts."""
    for side, held in SIDES.items():
        if side not in parts and not parts.keys().isdisjoint(held):
            parts[side] = sum(parts.get(each, 0) for each in held)
    if "input" not in parts and "output" not in parts and "total" in parts:
        parts["input"] = parts["total"]
    fed, said, notes = _whole(response, parts)
    made = _made(response)
    if made and parts.keys().isdisjoint({"output_text", made}):
        parts[made] = said
    say = partial(named, USAGE, record=response.usage)
    meters, doubts = of_input(parts, fed, say)
    spoken, others = of_output(parts, said, say)
    meters |= spoken
    for part, meter in METERED.items():
        if part in parts:
            meters[meter] = meters.get(meter, 0) + parts[part]
    return Invocation(meters, (*notes, *doubts, *others))


def _whole(response: Response, parts: Parts) -> tuple[Count, Count, list[str]]:
    """Tell how many tokens were fed and said in all, by the total and else by the vendor's habit.

    Returns:
        Tokens of the prompt and of the answer, and what is not sure of them.
    """
    fed, said, reasoning = parts.get("input", 0), parts.get("output", 0), parts.get("reasoning", 0)
    chat = "prompt_tokens" in response.usage
    if chat and (response.provider in ADDED or "citations" in parts):
        cited = parts.get("citations", 0)
        return fed, said + reasoning + cited, [f"{cited:,} citation tokens are counted as output"] if cited else []
    rest = parts["total"] - fed - said if "total" in parts else None
    beside, stored, notes = (0, 0, []) if rest == 0 else _off(response, parts, rest)
    return fed + stored, said + beside, notes


def _off(response: Response, parts: Parts, rest: Count | None) -> tuple[Count, Count, list[str]]:
    """Tell what stands beside, where the total is not prompt and answer.

    Args:
        response: The response.
        parts: Its counts; reasoning is added where only the total has it.
        rest: What the total has more than prompt and answer; None without a total.

    Returns:
        Tokens to add to the answer and to the prompt, and what is not sure of them.
    """
    reasoning = parts.get("reasoning", 0)
    stored = parts.get("cached", 0) + sum(of_writes(parts, str).values())
    chat = "prompt_tokens" in response.usage
    if rest and rest not in {reasoning, 0} and rest in {stored, stored + reasoning}:
        return rest - stored, stored, ["by total_tokens, what is cached stands beside the prompt"]
    if rest and rest > 0 and not reasoning and response.provider in UNSAID:
        parts["reasoning"] = rest
        return rest, 0, [f"{rest:,} tokens that only total_tokens counts are reasoning"]
    notes = [] if rest in {None, reasoning} else [f"total_tokens is {rest:+,} off the sum of its parts"]
    if rest == reasoning or (chat and response.provider in BESIDE):
        return reasoning, 0, notes
    if reasoning > parts.get("output", 0):
        return reasoning, 0, [*notes, "reasoning is more than the output, and so taken to stand beside it"]
    return 0, 0, notes


def _made(response: Response) -> str:
    """Tell what the output is where the response does not split it: images or sound; empty for text."""
    for kind, (api, begins) in MADE.items():
        if response.api == api or str(response.body.get("type") or "").startswith(begins):
            return kind
    return "output_image" if unmetered.made(response.body.get("data"), unmetered.IMAGES["data"]) else ""


MADE = {
    "output_image": ("images", ("image_generation.", "image_edit.")),
    "output_audio": ("speech", ("speech.audio.",)),
}
"""What an interface makes that is no text: its flavour, and how the types of its events begin."""
