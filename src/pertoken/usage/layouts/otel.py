"""Spans of OpenTelemetry's GenAI conventions in OTLP JSON: one export request a line, or a whole file.

Input counts include what was cached, output counts the reasoning, whoever the vendor is. Only spans of one call of a
model are read: those of agents, workflows and tools add up what is inside them.
Source: github.com/open-telemetry/semantic-conventions-genai (spans), opentelemetry.io (OTLP), November 2026.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pertoken.core.errors import InputError
from pertoken.usage.fields import count, moment, money, text
from pertoken.usage.layout import Document, Layout
from pertoken.usage.layouts.sides import held_inside
from pertoken.usage.record import UsageRecord
from pertoken.usage.responses.sellers import seller

Attributes = Mapping[str, Any]
Place = tuple[str, str]
"""Trace and span."""

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

KEYS = {
    "customer": ("customer.id", "customer", "enduser.id", "user.id", "langfuse.user.id"),
    "team": ("team.id", "team"),
    "feature": ("feature", "gen_ai.workflow.name"),
    "agent": ("gen_ai.agent.name",),
    "service": ("service.name",),
    "environment": ("deployment.environment.name", "deployment.environment"),
}
"""Keys, and the attributes of a span or its resource that name them."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    **PARTS,
    **KEYS,
    "input_tokens": INPUT,
    "output_tokens": OUTPUT,
    "total": TOTAL,
    "model": ("gen_ai.response.model", "gen_ai.request.model", "llm.response.model", "llm.request.model"),
    "provider": ("gen_ai.provider.name", "gen_ai.system"),
    "operation": ("gen_ai.operation.name", "llm.request.type"),
    "cost": ("gen_ai.cost.total_cost", "gen_ai.usage.cost", "operation.cost"),
    "served": ("openai.response.service_tier", "gen_ai.openai.response.service_tier", "gen_ai.response.service_tier"),
    "asked": ("openai.request.service_tier", "gen_ai.openai.request.service_tier", "gen_ai.request.service_tier"),
}
"""What is read of a span, and the attributes that say it, the current name first."""

COUNTS = (*SIDES, *PARTS, "total")

NOTHING = "no usage reported, as of a stream that was cut off"
FAILED = "failed, and reported no usage"
ERROR = (2, "STATUS_CODE_ERROR")


def recognise(document: Document) -> bool:
    """Tell an export request by the field that holds its spans."""
    return "resourceSpans" in document or "resource_spans" in document


def read(document: Document) -> Iterator[UsageRecord]:
    """Read the calls of models among the spans of an export request."""
    spans = [(span, _fields({**resource, **_attributes(span)})) for span, resource in _spans(document)]
    parents = {_place(span): _place(span, "parentSpan", "parent_span") for span, _ in spans}
    calls = [(span, told) for span, told in spans if _is_call(told)]
    wrapping = {above for span, told in calls if _counted(told) for above in _above(_place(span), parents)}
    for span, told in calls:
        if _place(span) not in wrapping:
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


def _fields(said: Attributes) -> dict[str, Any]:
    """What is read of a span; attributes that say nothing count as not there."""
    told = {name: value for name, value in said.items() if value is not None and value != ""}
    return {field: told[name] for field, name in _named(tuple(told))}


@lru_cache(maxsize=4096)
def _named(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Find the attribute that says each field; programs write few different spans, many times."""
    have = frozenset(names)
    found = ((field, next((name for name in known if name in have), "")) for field, known in FIELDS.items())
    return tuple((field, name) for field, name in found if name)


def _id(span: Document, *kinds: str) -> str:
    return next((str(span[name]) for kind in kinds for name in (f"{kind}Id", f"{kind}_id") if span.get(name)), "")


def _place(span: Document, *kinds: str) -> Place:
    return _id(span, "trace"), _id(span, *(kinds or ("span",)))


def _above(place: Place, parents: Mapping[Place, Place]) -> Iterator[Place]:
    """Spans that a span stands in, from the inside out."""
    seen = {place}
    while (place := parents.get(place, ("", "")))[1] and place not in seen:
        seen.add(place)
        yield place


def _counted(told: Attributes) -> bool:
    return "input_tokens" in told or "output_tokens" in told


def _is_call(told: Attributes) -> bool:
    """Tell a span of one call; where no operation is said, by its usage and model, unless it is an agent's."""
    if "operation" in told:
        return str(told["operation"]).lower() in CALLS
    return _counted(told) and "model" in told and "agent" not in told


def _record(span: Document, told: Attributes) -> UsageRecord:
    meters, notes = _meters(told)
    if not _counted(told):
        status = (span.get("status") or {}).get("code")
        meters, notes = ({}, (FAILED,)) if status in ERROR else ({"requests": 1}, (NOTHING,))
    tier, doubt = _tier(told)
    trace, ident = _place(span)
    return UsageRecord(
        meters=meters,
        provider=seller(text(told.get("provider"))),
        model=text(told.get("model")),
        service_tier=tier,
        time=moment(span.get("startTimeUnixNano") or span.get("start_time_unix_nano"), "startTimeUnixNano"),
        request_id=f"{trace}:{ident}" if ident else "",
        keys={key: text(told[key]) for key in KEYS if key in told},
        reported_cost=money(told.get("cost"), "cost"),
        notes=(*notes, *doubt),
    )


def _tier(told: Attributes) -> tuple[str, tuple[str, ...]]:
    tier = text(told.get("served") or told.get("asked")).lower()
    if tier in ("", "default", "auto"):
        return "standard", ()
    return tier, () if "served" in told else ("service tier as asked for; the span does not say which served",)


def _meters(told: Attributes) -> tuple[dict[str, int], tuple[str, ...]]:
    """Make leaves: parts are inside their side, unless the total or their size shows that they stand beside it."""
    counts = {field: count(told[field], FIELDS[field][0]) for field in COUNTS if field in told}
    wholes = {side: counts.get(side, 0) for side in SIDES}
    held = {side: sum(counts.get(leaf, 0) for leaf in leaves) for side, leaves in SIDES.items()}
    total = counts.pop("total", None)
    way = None if total is None else held_inside(sum(wholes.values()), tuple(held.values()), total, likely=True)
    meters, notes = {"requests": 1} | counts, []
    for side, inside in zip(SIDES, way or (True, True), strict=True):
        if held[side] and inside and held[side] <= wholes[side]:
            meters[side] = wholes[side] - held[side]
        elif held[side]:
            notes.append(f"parts of {side} were counted beside it, against the conventions, and are not taken off it")
    return {leaf: n for leaf, n in meters.items() if n}, tuple(notes)


LAYOUTS = (Layout(name="otel", title="OpenTelemetry GenAI spans", recognise=recognise, read=read),)
