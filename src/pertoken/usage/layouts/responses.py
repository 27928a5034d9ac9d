"""Responses of vendors as they came, one a line, alone or with their request, time and customer beside them."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from pertoken.usage.fields import first, moment, text
from pertoken.usage.layout import Document, Layout
from pertoken.usage.names import KEYS, REQUEST_IDS, TIMES, best
from pertoken.usage.record import UsageRecord
from pertoken.usage.response import usage_of

KINDS = frozenset({"chat.completion", "chat.completion.chunk", "text_completion", "response", "message"})
"""What responses call themselves, as their `object` or `type`."""

FORMS = tuple(
    map(
        frozenset,
        (
            ("usageMetadata",),
            ("choices", "usage"),
            ("output", "usage", "stopReason"),
            ("usage", "object", "data"),
            ("billed_units",),
        ),
    )
)
"""Fields that stand together in responses that don't say what they are."""

HOLDERS = frozenset({"usageMetadata", "usage", "billed_units"})
"""Fields of which each such response has one."""

MARKS = frozenset({"billed_units", "reasoning_tokens", "cached_prompt_text_tokens", "cost_in_usd_ticks"})
"""Counts of Cohere, xAI and Perplexity by which a response is known that says nothing else of itself."""

FAILURE = frozenset({"error", "type", "request_id", "status", "code"})
"""Fields of a response that says that the request failed, and nothing else."""

INSIDE = ("response", "result", "body", "modelOutput")
"""Fields that hold a response with other things beside it."""

OWNERS = ("request.user", "request.metadata.user_id", "request.metadata.customer", "user")
"""Where a request says whom it was made for."""

NOTHING = "no usage reported, as of a stream that was cut off"
NOT_DONE = "not done when it was told, and without usage"
FAILED = "failed, and reported no usage"
PENDING = frozenset({"in_progress", "queued"})
"""What a response says of itself that is told again once it is done."""

_DEPTH = 3


def recognise(document: Document) -> bool:
    """Tell a response by what it calls itself or by its fields, in itself or in what wraps it."""
    return _response(document) is not None


def _response(document: Any, depth: int = _DEPTH) -> Document | None:  # noqa: ANN401  whatever JSON holds
    if depth == 0 or not isinstance(document, (dict, Mapping)):
        return None
    if document.get("object") in KINDS or (document.get("type") in KINDS and "usage" in document):
        return document
    if not HOLDERS.isdisjoint(document) and any(form <= document.keys() for form in FORMS):
        return document
    if _marked(document) or _refused(document):
        return document
    for name in INSIDE:
        if name in document and (found := _response(document[name], depth - 1)) is not None:
            return found
    return None


def _marked(document: Document) -> bool:
    held = (document.get(name) for name in ("usage", "meta"))
    return any(isinstance(each, Mapping) and not MARKS.isdisjoint(each) for each in held if each)


def _refused(document: Document) -> bool:
    """Tell a request that failed, which is billed for nothing."""
    return bool(document.get("error")) and document.keys() <= FAILURE


def read(document: Document) -> Iterator[UsageRecord]:
    """Read the invocations that a response was billed for, under the labels that stand beside it."""
    body, request = _response(document) or document, document.get("request")
    keys, when = _keys(document), _time(document, body)
    if _unmetered(body) and body.get("status") in PENDING:
        yield UsageRecord(meters={}, notes=(NOT_DONE,))
        return
    if _unmetered(body):
        note = FAILED if body.get("error") or body.get("status") == "failed" else NOTHING
        meters = {} if note == FAILED else {"requests": 1}
        made = when or moment(first(body, sorted(_TOLD)), "created")
        yield UsageRecord(meters=meters, model=text(body.get("model")), time=made, keys=keys, notes=(note,))
        return
    asked = request if isinstance(request, Mapping) else None
    for each in usage_of(document, provider=text(document.get("provider")), request=asked):
        told = each.request_id or text(first(document, REQUEST_IDS))
        notes = each.notes if not _TOLD.isdisjoint(body) else (*each.notes, *_zone(document, body))
        yield UsageRecord(
            meters=each.meters,
            provider=each.provider,
            model=each.model,
            batch=each.batch,
            service_tier=each.service_tier,
            speed=each.speed,
            region=each.region,
            time=each.time or when,
            request_id=told,
            invocation=each.invocation,
            keys={**each.keys, **keys},
            reported_cost=each.reported_cost,
            currency=each.currency,
            notes=notes,
        )


def _unmetered(body: Document) -> bool:
    """Tell a response that failed or was cut off; parts of a stream need no usage."""
    if _refused(body):
        return True
    return not body.get("usage") and "usage" in body and body.get("object") != "chat.completion.chunk"


def _time(document: Document, body: Document) -> datetime | None:
    name = _clock(document, body)
    return moment(document[name], name) if name else None


def _clock(document: Document, body: Document) -> str:
    """Find the field beside a response that tells its time."""
    return next((name for name in TIMES if document.get(name)), "") if body is not document else ""


def _zone(document: Document, body: Document) -> tuple[str, ...]:
    """Say of a written time that it tells no zone."""
    told = document.get(_clock(document, body))
    return (NO_ZONE,) if isinstance(told, str) and _NAIVE.fullmatch(told) else ()


def _keys(document: Document) -> dict[str, str]:
    """Labels that stand beside a response or in it: the customer by its usual names, and every short text."""
    plain = [
        name
        for name, value in document.items()
        if (type(value) is str and 0 < len(value) <= _LONGEST) or (isinstance(value, int) and value < _MOST)
    ]
    known, others = _known(tuple(plain))
    keys = {key: text(document[name]) for key, name in known}
    asked = "request" in document or "user" in document
    if asked and "customer" not in keys and (owner := first(document, OWNERS)):
        keys["customer"] = text(owner)
    return {own: text(document[name]) for name, own in others} | keys if others else keys


@lru_cache(maxsize=1024)
def _known(names: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Find the keys that fields are known to be, and the fields that are labels of their own, with their names."""
    level = ((key, best(names, KEYS[key])) for key in ("customer", "feature", "team", "plan"))
    known = tuple((key, found[0]) for key, found in level if len(found) == 1)
    read = {*_TAKEN, *(name for _, name in known)}
    return known, tuple((name, name.lower()) for name in names if name not in read)


_TOLD = frozenset({"created", "created_at", "createTime"})
"""Fields of responses that tell their time, with its zone."""
_TAKEN = frozenset(
    {*TIMES, *REQUEST_IDS, *_TOLD, "model", "provider", "object", "type", "role", "service_tier", "region"}
)
_TAKEN |= {"batch", "modelVersion", "responseId"}
"""Fields that are read as something else."""
_LONGEST = 128
_MOST = 10**_LONGEST
_NAIVE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?")
NO_ZONE = "times without a zone are read as UTC"

LAYOUTS = (Layout(name="responses", title="responses of vendors", recognise=recognise, read=read),)
