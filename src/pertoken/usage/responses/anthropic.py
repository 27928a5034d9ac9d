"""Anthropic's way to count: what is cached stands beside the input, and reasoning inside the output."""

from functools import partial

from pertoken.usage.record import Count
from pertoken.usage.responses.invocation import Body, Invocation, Response, record, records
from pertoken.usage.responses.openai import TIMED
from pertoken.usage.responses.sampled import billed
from pertoken.usage.responses.scan import Parts, Table, named, scan
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
"""What Anthropic calls its counts, of a response and of each sampling of the model."""

TOOLS = ("web_searches", "web_fetches", "code_executions")
"""Parts that are counted as they stand."""


def read(response: Response) -> tuple[Invocation, ...]:
    """Read usage as Anthropic counts it: one invocation for each sampling that is billed.

    Raises:
        InputError: A count is no count, or more than what it is a part of.
    """
    usage = response.usage
    parts = scan(usage, USAGE)
    told = records(usage.get("iterations")) if usage.get("iterations") else []
    if not told:
        return (_leaves(parts, usage, notes=_credited(usage)),)
    return tuple(
        _leaves(each.parts, usage, model=each.model, notes=(*_credited(usage), *each.notes))
        for each in billed(parts, [(each, scan(each, USAGE, f"usage.iterations[{i}]")) for i, each in enumerate(told)])
    )


def _credited(usage: Body) -> tuple[str, ...]:
    """Say where a retry is billed as if its cache had always been on the model that took over."""
    credited = record(record(usage.get("fallback_credit")).get("status")).get("type") == "redeemed"
    return ("fallback credit: what was written to the cache may be billed as read from it",) if credited else ()


def _leaves(parts: Parts, usage: Body, *, model: str = "", notes: tuple[str, ...] = ()) -> Invocation:
    """Make leaves of the counts of one sampling."""
    say = partial(named, USAGE, record=usage)
    meters: dict[str, Count] = {"input_tokens": parts.get("input", 0), "cache_read_tokens": parts.get("cached", 0)}
    if "written" in parts or len(parts) > len(PLAIN):
        meters |= of_writes(parts, say)
    if "reasoning" in parts:
        spoken, doubts = of_output(parts, parts.get("output", 0), say)
        meters, notes = meters | spoken, (*notes, *doubts)
    else:
        meters["output_tokens"] = parts.get("output", 0)
    for name in TOOLS:
        meters[name] = parts.get(name, 0)
    return Invocation({name: n for name, n in meters.items() if n}, notes, model)


PLAIN = ("input", "cached", "output")
"""Parts of a response that writes nothing to the cache."""
