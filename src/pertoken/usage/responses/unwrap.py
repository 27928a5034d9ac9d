"""Where a response keeps its usage: in itself, or in what clouds, batches, events and libraries wrap it in."""

from collections.abc import Iterator, Mapping

from pertoken.usage.responses import flat
from pertoken.usage.responses.invocation import Body, Response, record, records

USAGE = ("usage", "usageMetadata", "usage_metadata", "tokenUsage", "usage_info", "amazon-bedrock-invocationMetrics")
"""Fields that hold a record of counts, the best first."""

BESIDE = (("meta", ("billed_units", "tokens")), ("x_groq", ("usage",)))
"""Records in which counts stand among other things, and the fields that tell."""

WRAPPERS = (
    "response", "body", "message", "result", "modelOutput", "metadata", "delta", "data", "chunk", "event",
    "interaction", "output",
    "completion", "raw_response", "raw", "json", "ResponseMetadata",
)  # fmt: skip
"""Fields that may hold the response, or a part of it that has usage, the likeliest first."""

BATCHES = (frozenset({"custom_id"}), frozenset({"recordId", "modelOutput"}), frozenset({"key", "response"}))
"""Fields by which a line of a batch's output is known."""

Known = tuple[str, str, str]
"""Provider, flavour of the interface and model, as far as the caller knows them."""

DEPTH = 4
"""How many wrappers a response may stand in."""


def unwrapped(body: Body, known: Known = ("", "", ""), around: tuple[Body, ...] = ()) -> Response | None:
    """Find the part of a body that has usage, and its usage; None if there is none.

    >>> unwrapped({"response": {"body": {"usage": {"prompt_tokens": 7}}}}).usage
    {'prompt_tokens': 7}
    """
    usage = body.get("usage")
    if type(usage) is not dict or not usage:
        usage = _usage(body)
    if usage is not None:
        return Response(body, usage, around, *known, bool(around) and any(map(_of_batch, around)))
    if len(around) < DEPTH:
        for name in WRAPPERS:
            inner = body.get(name)
            if isinstance(inner, Mapping) and (found := unwrapped(inner, known, (*around, body))):
                return found
    return None


def _usage(body: Body) -> Body | None:
    if HOLDERS.isdisjoint(body):
        return None
    for name in USAGE:
        found = body.get(name)
        if isinstance(found, Mapping) and found:
            return found
    for name, fields in BESIDE:
        inner = record(body.get(name))
        for field in fields:
            if isinstance(inner.get(field), Mapping):
                return inner if name == "meta" else record(inner[field])
    told = flat.FIELDS.intersection(body)
    if told - {"duration"} or (told and not SOUND.isdisjoint(body)):
        return body
    return next(_of_lists(body), None)


LISTS = ("choices", "results", "predictions")
"""Lists whose elements may have usage."""

HOLDERS = flat.FIELDS.union(USAGE, LISTS, (name for name, _ in BESIDE))
"""Fields of which each body has one that has usage."""

LISTED = frozenset({"tokenCount", "generated_token_count", "embeddings"})
"""Fields of an element of a list that has counts."""

SOUND = frozenset({"text", "channels"})
"""Fields by which a duration is known for that of sound that was written down."""


def _of_lists(body: Body) -> Iterator[Body]:
    """Usage that stands in the choices, results or predictions of a response."""
    for name in LISTS:
        first = next(iter(records(body.get(name))), {})
        if isinstance(first.get("usage"), Mapping):
            yield first["usage"]
        elif not LISTED.isdisjoint(first):
            yield body


def _of_batch(body: Body) -> bool:
    return any(fields <= body.keys() for fields in BATCHES)
