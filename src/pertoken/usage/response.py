"""A vendor's response becomes records of usage: disjoint, one for each invocation of a model, whoever sold it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pertoken.core.errors import Fault, InputError
from pertoken.usage.record import UsageRecord
from pertoken.usage.responses import anthropic, bedrock, cohere, flat, gemini, labels, openai, unmetered
from pertoken.usage.responses.invocation import Body, Invocation, Response
from pertoken.usage.responses.sellers import maker, marked, seller
from pertoken.usage.responses.stream import is_part, of_stream, parsed
from pertoken.usage.responses.tools import called
from pertoken.usage.responses.unwrap import unwrapped

Reader = Callable[[Response], tuple[Invocation, ...]]

BESIDE = frozenset(anthropic.USAGE) - {"input_tokens", "output_tokens", "output_tokens_details"} | {"iterations"}
"""Counts of Anthropic that stand beside its input."""

DETAILS = frozenset({"input_tokens_details", "input_token_details"})
"""Records of OpenAI that no response of Anthropic has."""

BARE = (
    frozenset({"prompt_tokens", "completion_tokens"}),
    frozenset({"input_tokens", "output_tokens"}),
    frozenset({"inputTokens", "outputTokens"}),
    frozenset({"promptTokenCount", "totalTokenCount"}),
    frozenset({"prompt_token_count", "total_token_count"}),
)
"""Counts that stand together in usage that was taken out of its response; one alone may be a count without a call."""

OTHERS: tuple[tuple[frozenset[str], Reader], ...] = (
    (bedrock.FIELDS, bedrock.read),
    (cohere.FIELDS, cohere.read),
    (gemini.FIELDS, gemini.read),
    (frozenset(openai.USAGE), openai.read),
    (flat.FIELDS, flat.read),
)
"""Fields of usage by which a way to count is known, the most particular first."""


def usage_of(
    body: Mapping[str, Any] | Sequence[Mapping[str, Any]] | str | bytes,
    *,
    provider: str = "",
    api: str = "",
    model: str = "",
    request: Mapping[str, Any] | None = None,
) -> tuple[UsageRecord, ...]:
    """Extract what a response of any vendor says that was used.

    Args:
        body: The response as JSON, wrapped or not; a list of the events of a stream, or of lines of a batch; or the
            text of any of these, as it came.
        provider: Who sold it, by any name; empty to go by the shape of the body.
        api: Flavour of the interface (chat, responses, messages, images, speech...); empty to go by the shape.
        model: The model, where the response does not name it.
        request: What was asked, for what the response leaves out.

    Returns:
        One record for each invocation of a model that is billed; none for a part of a stream without usage.

    Raises:
        InputError: There is no usage in it, or its counts contradict each other.

    >>> body = {"model": "gpt-5", "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}}
    >>> usage_of(body, provider="openai")[0].meters
    {'input_tokens': 9, 'output_tokens': 3, 'requests': 1}
    """
    asked = request or {}
    known = (seller(provider) if provider else "", api, model)
    whole: Any = parsed(body) if isinstance(body, (str, bytes)) else body
    if (events := _events(whole)) is not None:
        out = [record for each in of_stream(events, known) for record in _records(each, asked)]
    elif found := unwrapped(whole, known):
        out = _records(found, asked)
    elif held := unmetered.read(whole, api, asked):
        out = _records(Response(whole, {}, (), *known), asked, held)
    elif any(pair <= whole.keys() for pair in BARE):
        out = _records(Response(whole, dict(whole), (), *known), asked)
    elif is_part(whole):
        return ()
    else:
        out = []
    if not out:
        raise InputError.of([_no_usage(whole)])
    return tuple(out)


def _events(body: Any) -> object:  # noqa: ANN401  whatever JSON holds
    """Find the events of a stream: a list, the list that stands in a record, or the event that alone opens one."""
    if not isinstance(body, (dict, Mapping)):
        return body
    if body.get("type") == "message_start":
        return [body]
    return body["stream"] if isinstance(body.get("stream"), list) else None


def _records(response: Response, asked: Body, held: Invocation | None = None) -> list[UsageRecord]:
    """Make records of one response, or of what it holds where it has no usage."""
    model, batch, tier, speed, region, time, ident, notes = labels.of(response, asked)
    sold = response.provider
    if not sold:
        sold = marked(response.body, response.usage)
        way = sold or maker(model)
        response = response._replace(provider=way) if way else response
    spent, currency, doubts = labels.cost(response)
    told = (held,) if held else _read(response, asked)
    if spent is not None and not any(each.meters for each in told):
        doubts = (*doubts, "only the cost is said, not what was used")
    out = []
    for i, (meters, unsure, own) in enumerate(told):
        if i == 0:
            tools = called(response.body, model)
            meters = {**tools, **meters} if tools else meters  # noqa: PLW2901  tools are counted once
            meters["requests"] = 1
        out.append(
            UsageRecord(
                meters=meters,
                provider=sold,
                model=own or model,
                batch=batch,
                service_tier=tier,
                speed=speed,
                region=region,
                time=time,
                request_id=ident,
                invocation=i,
                reported_cost=None if i else spent,
                currency=currency,
                notes=notes + unsure if i else notes + unsure + doubts,
            )
        )
    return out


def _read(response: Response, asked: Body) -> tuple[Invocation, ...]:
    """Read a response by the way to count that it follows, which what stands in its usage tells."""
    usage = response.usage
    if usage is response.body:
        return flat.read(response)
    if "prompt_tokens" in usage:
        return openai.read(response)
    if "input_tokens" in usage:
        native = not BESIDE.isdisjoint(usage) and DETAILS.isdisjoint(usage)
        return anthropic.read(response) if native else openai.read(response)
    for fields, reader in OTHERS:
        if not fields.isdisjoint(usage):
            return reader(response)
    held = unmetered.read(response.body, response.api, asked)
    if held or not labels.MONEY.isdisjoint(usage):
        return (held or Invocation({}),)
    raise InputError.of([_no_usage(response.body)])


def _no_usage(body: object) -> Fault:
    """Say that a response has no usage, and what may be the matter."""
    if not isinstance(body, Mapping):
        mend = "an unfinished stream has none: ask for usage at its end (OpenAI: stream_options.include_usage)"
        return Fault("response", "found no usage in any event", "usage at the end of the stream", mend)
    if body.get("error"):
        return Fault(
            "response", f"found an error: {body['error']}", "a response with usage", "leave failed requests out"
        )
    shown = ", ".join(sorted(map(str, body))[:12]) or "nothing"
    return Fault("response", f"found no usage among {shown}", "a response with usage", "pass the whole response body")
