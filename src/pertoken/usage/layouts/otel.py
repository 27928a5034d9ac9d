"""Spans of OpenTelemetry's GenAI conventions in OTLP JSON: one export request a line, or a whole file.

Input counts include what was cached, output counts the reasoning, whoever the vendor is. Only spans of one call of a
model are read: those of agents, workflows and tools add up what is inside them.
Source: github.com/open-telemetry/semantic-conventions-genai (spans), opentelemetry.io (OTLP), November 2026.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pertoken.core.errors import InputError
from pertoken.usage.fields import count, moment, money, text
from pertoken.usage.layout import Document, Layout
from pertoken.usage.record import UsageRecord
from pertoken.usage.responses.sellers import seller

Attributes = Mapping[str, Any]

CALLS = frozenset({"chat", "text_completion", "embeddings", "generate_content", "completion", "embedding",
                   "acompletion", "aembedding", "atext_completion", "responses", "aresponses"})  # fmt: skip
"""Operations that are one call of a model; the last ones are LiteLLM's."""

INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens")
OUTPUT = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens")
TOTAL = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens")
PARTS: Mapping[str, tuple[str, ...]] = {
    "cache_read_tokens": ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
                          "gen_ai.usage.details.cache_read_tokens"),
    "cache_write_tokens": ("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens",
                           "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.details.cache_write_tokens"),
    "input_audio_tokens": ("gen_ai.usage.audio.input_tokens",),
    "input_image_tokens": ("gen_ai.usage.image.input_tokens",),
    "input_video_tokens": ("gen_ai.usage.video.input_tokens",),
    "reasoning_tokens": ("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
                         "gen_ai.usage.details.reasoning_tokens", "gen_ai.usage.details.thoughts_tokens"),
    "output_audio_tokens": ("gen_ai.usage.audio.output_tokens",),
    "output_image_tokens": ("gen_ai.usage.image.output_tokens",),
}  # fmt: skip
"""Our leaves, and the attributes that count them, the current name first; each is inside the input or the output."""
SIDES = {"input_tokens": [leaf for leaf in PARTS if leaf.startswith(("cache", "input"))],
         "output_tokens": [leaf for leaf in PARTS if leaf.startswith(("reasoning", "output"))]}  # fmt: skip

MODEL = ("gen_ai.response.model", "gen_ai.request.model", "llm.response.model", "llm.request.model")
PROVIDER = ("gen_ai.provider.name", "gen_ai.system")
OPERATION = ("gen_ai.operation.name", "llm.request.type")
COST = ("gen_ai.cost.total_cost", "gen_ai.usage.cost", "operation.cost")
SERVED = ("openai.response.service_tier", "gen_ai.openai.response.service_tier", "gen_ai.response.service_tier")
ASKED = ("openai.request.service_tier", "gen_ai.openai.request.service_tier", "gen_ai.request.service_tier")
KEYS = {
    "customer": ("customer.id", "customer", "enduser.id", "user.id", "langfuse.user.id"),
    "team": ("team.id", "team"),
    "feature": ("feature", "gen_ai.workflow.name"),
    "agent": ("gen_ai.agent.name",),
    "service": ("service.name",),
    "environment": ("deployment.environment.name", "deployment.environment"),
}
"""Keys, and the attributes of a span or its resource that name them."""

NOTHING = "no usage reported, as of a stream that was cut off"
FAILED = "failed, and reported no usage"
ERROR = (2, "STATUS_CODE_ERROR")


def recognise(document: Document) -> bool:
    """Tell an export request by the field that holds its spans."""
    return "resourceSpans" in document or "resource_spans" in document


def read(document: Document) -> Iterator[UsageRecord]:
    """Read the calls of models among the spans of an export request."""
    spans = [(span, {**resource, **_attributes(span)}) for span, resource in _spans(document)]
    calls = {_id(span, "span"): (span, told) for span, told in spans if _is_call(told)}
    parents = {_id(span, "span"): _id(span, "parentSpan", "parent_span") for span, _ in spans}
    wrapping = {above for ident, (_, told) in calls.items() if _counted(told) for above in _above(ident, parents)}
    for ident, (span, told) in calls.items():
        if ident not in wrapping:
            yield _record(span, told)


def _spans(document: Document) -> Iterator[tuple[Document, Attributes]]:
    for group in _list(document, "resourceSpans", "resource_spans"):
        resource = _attributes(group.get("resource") or {})
        for scope in _list(group, "scopeSpans", "scope_spans", "instrumentationLibrarySpans"):
            for span in _list(scope, "spans"):
                yield span, resource


def _list(record: Document, *names: str) -> Sequence[Document]:
    found: Any = next((record[name] for name in names if name in record), [])
    if not isinstance(found, list):
        msg = f"{names[0]} is {type(found).__name__}; a list was expected"
        raise InputError(msg)
    return found


def _attributes(record: Document) -> dict[str, Any]:
    """Attributes by name: a list of keys with typed values, or already a record."""
    found = record.get("attributes") or []
    if isinstance(found, Mapping):
        return dict(found)
    return {each["key"]: _value(each.get("value") or {}) for each in found}


def _value(typed: Mapping[str, Any]) -> Any:  # noqa: ANN401  whatever type it says
    return next((value for name, value in typed.items() if name.endswith(("Value", "_value"))), None)


def _id(span: Document, *kinds: str) -> str:
    return next((str(span[name]) for kind in kinds for name in (f"{kind}Id", f"{kind}_id") if span.get(name)), "")


def _above(ident: str, parents: Mapping[str, str]) -> Iterator[str]:
    """Spans that a span stands in, from the inside out."""
    seen = {ident}
    while (ident := parents.get(ident, "")) and ident not in seen:
        seen.add(ident)
        yield ident


def _first(told: Attributes, names: Sequence[str]) -> Any:  # noqa: ANN401
    return next((told[name] for name in names if told.get(name) not in (None, "")), None)


def _counted(told: Attributes) -> bool:
    return _first(told, INPUT) is not None or _first(told, OUTPUT) is not None


def _is_call(told: Attributes) -> bool:
    """Tell a span of one call; where no operation is said, by its usage and model, unless it is an agent's."""
    operation = _first(told, OPERATION)
    if operation is not None:
        return str(operation).lower() in CALLS
    return _counted(told) and _first(told, MODEL) is not None and "gen_ai.agent.name" not in told


def _record(span: Document, told: Attributes) -> UsageRecord:
    meters, notes = _meters(told)
    if not _counted(told):
        status = (span.get("status") or {}).get("code")
        meters, notes = ({}, (FAILED,)) if status in ERROR else ({"requests": 1}, (NOTHING,))
    tier, doubt = _tier(told)
    labels = {key: text(_first(told, names)) for key, names in KEYS.items()}
    trace = _id(span, "trace")
    return UsageRecord(
        meters=meters,
        provider=seller(text(_first(told, PROVIDER))),
        model=text(_first(told, MODEL)),
        service_tier=tier,
        time=moment(_first(span, ("startTimeUnixNano", "start_time_unix_nano")), "startTimeUnixNano"),
        request_id=f"{trace}:{_id(span, 'span')}" if _id(span, "span") else "",
        keys={key: label for key, label in labels.items() if label},
        reported_cost=money(_first(told, COST), "cost"),
        notes=(*notes, *doubt),
    )


def _tier(told: Attributes) -> tuple[str, tuple[str, ...]]:
    served, asked = (text(_first(told, names)).lower() for names in (SERVED, ASKED))
    tier = served or asked
    if tier in ("", "default", "auto"):
        return "standard", ()
    return tier, () if served else ("service tier as asked for; the span does not say which served",)


def _meters(told: Attributes) -> tuple[dict[str, int], tuple[str, ...]]:
    """Make leaves: parts are inside their side, unless the total or their size shows that they stand beside it."""
    found = {leaf: count(_first(told, names), names[0]) for leaf, names in PARTS.items()}
    sides = {
        "input_tokens": count(_first(told, INPUT), INPUT[0]),
        "output_tokens": count(_first(told, OUTPUT), OUTPUT[0]),
    }
    total, notes, meters = _first(told, TOTAL), [], {"requests": 1}
    for side, whole in sides.items():
        parts = sum(found[leaf] for leaf in SIDES[side])
        beside = parts > whole or (total is not None and count(total, TOTAL[0]) == sum(sides.values()) + parts > whole)
        if parts and beside:
            notes.append(f"parts of {side} were counted beside it, against the conventions, and are not taken off it")
        meters[side] = whole if beside else whole - parts
    meters |= {leaf: n for leaf, n in found.items() if n}
    return {leaf: n for leaf, n in meters.items() if n}, tuple(notes)


LAYOUTS = (Layout(name="otel", title="OpenTelemetry GenAI spans", recognise=recognise, read=read),)
