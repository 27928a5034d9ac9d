"""Responses of vendors as they came, one a line, alone or with their request, time and customer beside them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pertoken.usage.fields import first, moment, text
from pertoken.usage.layout import Document, Layout
from pertoken.usage.names import KEYS, REQUEST_IDS, TIMES, best
from pertoken.usage.record import UsageRecord
from pertoken.usage.response import usage_of

KINDS = frozenset({"chat.completion", "chat.completion.chunk", "text_completion", "response", "message"})
"""What responses call themselves, as their `object` or `type`."""

FORMS = (
    ("usageMetadata",),
    ("choices", "usage"),
    ("output", "usage", "stopReason"),
    ("usage", "object", "data"),
    ("billed_units",),
)
"""Fields that stand together in responses that don't say what they are."""

INSIDE = ("response", "result", "body", "modelOutput")
"""Fields that hold a response with other things beside it."""

OWNERS = ("request.user", "request.metadata.user_id", "request.metadata.customer", "user")
"""Where a request says whom it was made for."""

NOTHING = "no usage reported, as of a stream that was cut off"
FAILED = "failed, and reported no usage"
_DEPTH = 3


def recognise(document: Document) -> bool:
    """Tell a response by what it calls itself or by its fields, in itself or in what wraps it."""
    return _response(document) is not None


def _response(document: Any, depth: int = _DEPTH) -> Document | None:  # noqa: ANN401  whatever JSON holds
    if not isinstance(document, Mapping) or depth == 0:
        return None
    if document.get("object") in KINDS or (document.get("type") in KINDS and "usage" in document):
        return document
    if any(all(name in document for name in form) for form in FORMS):
        return document
    found = (_response(document.get(name), depth - 1) for name in INSIDE)
    return next((each for each in found if each is not None), None)


def read(document: Document) -> Iterator[UsageRecord]:
    """Read the invocations that a response was billed for, under the labels that stand beside it."""
    body, request = _response(document) or document, document.get("request")
    keys, when = _keys(document), _time(document, body)
    if _unmetered(body):
        note = FAILED if body.get("error") or body.get("status") == "failed" else NOTHING
        meters = {} if note == FAILED else {"requests": 1}
        yield UsageRecord(meters=meters, model=text(body.get("model")), time=when, keys=keys, notes=(note,))
        return
    asked = request if isinstance(request, Mapping) else None
    for each in usage_of(document, provider=text(document.get("provider")), request=asked):
        told = each.request_id or text(first(document, REQUEST_IDS))
        yield replace(each, keys={**each.keys, **keys}, time=each.time or when, request_id=told)


def _unmetered(body: Document) -> bool:
    """Tell a response that failed or was cut off; parts of a stream need no usage."""
    return not body.get("usage") and "usage" in body and body.get("object") != "chat.completion.chunk"


def _time(document: Document, body: Document) -> datetime | None:
    names = [name for name in TIMES if document.get(name)]
    return moment(document[names[0]], names[0]) if names and body is not document else None


def _keys(document: Document) -> dict[str, str]:
    """Labels that stand beside a response, by their usual names; of what wraps one, every short text."""
    plain = [name for name, value in document.items() if isinstance(value, str | int | bool) and value != ""]
    known = {key: best(plain, KEYS[key]) for key in ("customer", "feature", "team", "plan")}
    keys = {key: text(document[found[0]]) for key, found in known.items() if len(found) == 1}
    if "customer" not in keys and (owner := first(document, OWNERS)):
        keys["customer"] = text(owner)
    if any(name in document for name in INSIDE):
        keys |= {n: text(document[n]) for n in plain if n not in _TAKEN and not any(n in f for f in known.values())}
    return keys


_TAKEN = frozenset({*TIMES, *REQUEST_IDS, "model", "provider", "object", "type", "service_tier", "region", "batch"})

LAYOUTS = (Layout(name="responses", title="responses of vendors", recognise=recognise, read=read),)
