"""A stream becomes the responses that it carried: the last usage counts, since what comes before it grows into it."""

from collections.abc import Iterator, Mapping, Sequence

from pertoken.usage.responses.invocation import Body, Response, record, records
from pertoken.usage.responses.unwrap import Known, unwrapped

WHOLE = frozenset({"chat.completion", "response", "text_completion", "message", "list", "embedding"})
"""What a body calls itself that is a response by itself, and not a part of one."""

LIVE = frozenset({"serverContent", "server_content"})
"""Fields of the messages of a conversation that goes on, each turn of which has usage of its own."""

PARTS = frozenset({"message_start", "message_delta", "message_stop", "content_block_start", "content_block_delta",
                   "content_block_stop", "ping"})  # fmt: skip
"""Events of a stream of Anthropic."""


def of_stream(chunks: object, known: Known) -> list[Response]:
    """List the responses that a stream carried.

    Lines of a batch, whole responses and turns of a conversation stand each by itself; else the last usage is the one.
    """
    events = records(chunks)
    if any(_event(each).get("type") == "message_start" for each in events):
        return [Response(each, record(each.get("usage")), (), *known) for each in _messages(events)]
    found = [each for each in (unwrapped(event, known) for event in events) if each]
    alone = [each for each in found if each.batch or _alone(each)]
    if alone and len(alone) == len(found):
        return alone
    return [_completed(found[-1], events)] if found else []


def is_part(body: Body) -> bool:
    """Tell whether a body is a part of a stream that need not have usage.

    >>> is_part({"object": "chat.completion.chunk", "usage": None}), is_part({"object": "chat.completion"})
    (True, False)
    """
    kind = str(body.get("type") or "")
    return str(body.get("object") or "").endswith(".chunk") or kind in PARTS or kind.startswith("response.")


def _alone(found: Response) -> bool:
    kind = str(found.body.get("object") or found.body.get("type") or "")
    if found.around and found.around[-1].get("type") == "response.done":
        return True
    return not LIVE.isdisjoint(found.body) or (kind in WHOLE and not found.around)


def _completed(found: Response, events: Sequence[Body]) -> Response:
    """Take from the first event what the last one leaves out: model, id, time."""
    if found.usage is found.body:
        return found
    first = _event(events[0])
    return found._replace(body={**first, **{k: v for k, v in found.body.items() if v is not None}})


def _event(body: Body) -> Body:
    inner = body.get("data") or body.get("chunk")
    return inner if isinstance(inner, Mapping) and "type" not in body else body


def _messages(events: Sequence[Body]) -> Iterator[Body]:
    """Put messages of Anthropic together: what they begin with, and the last that their changes say."""
    message: dict[str, object] = {}
    for event in map(_event, events):
        if event.get("type") == "message_start":
            if message:
                yield message
            message = {**record(event.get("message")), "unfinished": True}
        elif event.get("type") == "message_delta":
            told = {name: n for name, n in record(event.get("usage")).items() if n is not None}
            message["usage"] = {**record(message.get("usage")), **told}
            message.update({k: v for k, v in record(event.get("delta")).items() if v is not None})
            message["unfinished"] = not told
    yield message
