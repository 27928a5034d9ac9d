"""A vendor's response becomes records of usage: disjoint, one for each invocation of a model, whoever sold it."""

from collections.abc import Mapping, Sequence
from typing import Any

from pertoken.usage.record import UsageRecord
from pertoken.usage.responses import anthropic, openai
from pertoken.usage.responses.invocation import Response


def usage_of(
    body: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    provider: str = "",
    api: str = "",
    model: str = "",
    request: Mapping[str, Any] | None = None,
) -> tuple[UsageRecord, ...]:
    """Extract what a response of any vendor says that was used.

    Args:
        body: The response as JSON; a list of the events or chunks of a stream.
        provider: Who sold it, by any name; empty to go by the shape of the body.
        api: Flavour of the interface (chat, responses, messages, converse...); empty to go by the shape of the body.
        model: The model, where the response does not name it.
        request: What was asked, for what the response leaves out.

    Returns:
        One record for each invocation of a model that is billed.

    Raises:
        InputError: There is no usage in it, or it contradicts itself.

    >>> body = {"model": "gpt-5", "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}}
    >>> usage_of(body, provider="openai")[0].meters
    {'input_tokens': 9, 'output_tokens': 3, 'requests': 1}
    """
    assert isinstance(body, Mapping)
    usage = body["usage"]
    response = Response(body, usage, provider=provider, api=api)
    beside = not usage.keys().isdisjoint({"cache_read_input_tokens", "cache_creation_input_tokens", "iterations"})
    read = anthropic.read if "prompt_tokens" not in usage and (beside or body.get("type") == "message") else openai.read
    return tuple(
        UsageRecord(
            meters=each.meters | ({} if i else {"requests": 1}),
            provider=provider,
            model=each.model or body.get("model") or model,
            request_id=str(body.get("id") or ""),
            invocation=i,
            notes=each.notes,
        )
        for i, each in enumerate(read(response))
    )
