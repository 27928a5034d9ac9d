"""Anthropic's way to count: what is cached stands beside the input, and each sampling of the model is told apart."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pertoken.core.errors import Fault, InputError
from pertoken.usage.record import Count
from pertoken.usage.responses.invocation import Body, Invocation, Response
from pertoken.usage.responses.openai import TIMED
from pertoken.usage.responses.scan import MEND, Parts, Table, named, scan
from pertoken.usage.responses.split import of_output, of_writes

USAGE: Table = {
    "input_tokens": "input",
    "cache_read_input_tokens": "cached",
    "cache_creation_input_tokens": "written",
    "cache_creation": TIMED,
    "output_tokens": "output",
    "output_tokens_details": {"thinking_tokens": "reasoning", "reasoning_tokens": "reasoning"},
    "server_tool_use": {
        "web_search_requests": "web_searches",
        "web_fetch_requests": "web_fetches",
        "code_execution_requests": "code_executions",
    },
}
"""What Anthropic calls its counts."""

TOOLS = ("web_searches", "web_fetches", "code_executions")
"""Parts that are counted for the whole response."""

SERVED = frozenset({"message", "fallback_message"})
"""Kinds of sampling whose tokens the response's own counts sum up."""


def read(response: Response) -> tuple[Invocation, ...]:
    """Read usage as Anthropic counts it: one invocation for each sampling that is billed.

    Raises:
        InputError: A count is no count, or more than what it is a part of.
    """
    usage = response.usage
    parts = scan(usage, USAGE)
    iterations = usage.get("iterations")
    if not isinstance(iterations, list | tuple) or not iterations:
        return (Invocation(*_meters(parts, usage)),)
    return ()


def _meters(parts: Parts, usage: Body) -> tuple[dict[str, Count], tuple[str, ...]]:
    """Make leaves of the counts of one sampling."""
    say = partial(named, USAGE, record=usage)
    spoken, notes = of_output(parts, parts.get("output", 0), say)
    fed: dict[str, Count] = {"input_tokens": parts.get("input", 0), "cache_read_tokens": parts.get("cached", 0)}
    counted = {name: parts[name] for name in TOOLS if name in parts}
    return {name: n for name, n in (fed | of_writes(parts, say) | spoken | counted).items() if n}, tuple(notes)
