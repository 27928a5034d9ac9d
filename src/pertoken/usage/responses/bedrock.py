"""Bedrock's way to count (Converse, Nova, Cursor): what is cached stands beside the input."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from pertoken.usage.record import Count
from pertoken.usage.responses.invocation import Invocation, Response, records
from pertoken.usage.responses.scan import Table, named, scan, whole
from pertoken.usage.responses.split import of_input, of_output, of_writes

TTL = re.compile(r"\d+[smhd]")
"""A time to live."""


def _kept(found: Any, place: str) -> Iterator[tuple[str, int]]:  # noqa: ANN401  whatever stands there
    """Read a list of cache writes by how long they are kept."""
    for i, each in enumerate(records(found)):
        if TTL.fullmatch(str(each.get("ttl"))) and each.get("inputTokens") is not None:
            yield f"write_{each['ttl']}", whole(each["inputTokens"], f"{place}[{i}].inputTokens")


USAGE: Table = {
    "inputTokens": "input",
    "inputTokenCount": "input",
    "outputTokens": "output",
    "outputTokenCount": "output",
    "cacheReadInputTokens": "cached",
    "cacheReadInputTokenCount": "cached",
    "cacheReadTokens": "cached",
    "cacheWriteInputTokens": "written",
    "cacheWriteInputTokenCount": "written",
    "cacheWriteTokens": "written",
    "cacheDetails": _kept,
    "cachedInputTokens": "inside",
    "reasoningTokens": "reasoning",
}
"""What Bedrock calls its counts; `cachedInputTokens` of the AI SDK stands inside the input."""

FIELDS = frozenset(USAGE)


def read(response: Response) -> tuple[Invocation, ...]:
    """Read usage as Bedrock counts it.

    Raises:
        InputError: A count is no count, or more than what it is a part of.
    """
    parts = scan(response.usage, USAGE)
    say = partial(named, USAGE, record=response.usage)
    notes: list[str] = []
    fed: dict[str, Count] = {"input_tokens": parts.get("input", 0), "cache_read_tokens": parts.get("cached", 0)}
    fed |= of_writes(parts, say)
    if "inside" in parts and "cached" not in parts:
        fed, notes = of_input({"cached": parts["inside"]}, parts.get("input", 0), say)
    spoken, doubts = of_output(parts, parts.get("output", 0), say)
    return (Invocation({name: n for name, n in (fed | spoken).items() if n}, (*notes, *doubts)),)
