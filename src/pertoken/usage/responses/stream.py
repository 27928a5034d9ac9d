"""A stream becomes the responses that it carried: the last usage counts, since what comes before it grows into it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pertoken.core.errors import Fault, InputError
from pertoken.usage.responses.invocation import Body, Response, record, records
from pertoken.usage.responses.unwrap import Known, unwrapped

WHOLE = frozenset({"chat.completion", "response", "text_completion", "message", "list", "embedding"})
"""What a body calls itself that is a response by itself, and not a part of one."""

LIVE = frozenset({"serverContent", "server_content"})
"""Fields of the messages of a conversation that goes on, each turn of which has usage of its own."""

PARTS = frozenset({"message_start", "message_delta", "message_stop", "content_block_start", "content_block_delta",
                   "content_block_stop", "ping"})  # fmt: skip
"""Events of a stream of Anthropic."""


def parsed(text: str | bytes) -> Any:  # noqa: ANN401  whatever JSON holds
    r"""Read a response that is still text: JSON, a line of JSON for each part, or events as a server sends them.

    Raises:
        InputError: A line is no JSON.

    >>> parsed('event: ping\ndata: {"type": "ping"}\n\ndata: [DONE]')
    [{'type': 'ping'}]
    """
    told = text.decode() if isinstance(text, bytes) else text
    try:
        return json.loads(told)
    except ValueError:
        lines = ((i, line) for i, line in enumerate(told.splitlines(), 1) if line.startswith(("data:", "{")))
        return [_line(line.removeprefix("data:").strip(), i) for i, line in lines if not line.endswith("[DONE]")]


def _line(line: str, number: int) -> Any:  # noqa: ANN401  whatever JSON holds
    try:
        return json.loads(line)
    except ValueError as error:
        mend = "it is cut off or damaged; take the whole response again"
        raise InputError.of([Fault(f"response line {number}", f"found {line[:40]!r}", "JSON", mend)]) from error


def of_stream(chunks: object, known: Known) -> list[Response]:
    """List the responses that a stream carried.

    Lines of a batch, whole responses and turns of a conversation stand each by itself; else the last usage is the one.
    """
    events = records(chunks)
    known = (*known[:2], known[2] or _spoken_to(events))
    if any(_event(each).get("type") == "message_start" for each in events):
        return [Response(each, record(each.get("usage")), (), *known) for each in _messages(events)]
    found = [each for each in (unwrapped(event, known) for event in events) if each]
    alone = [each for each in found if each.batch or _alone(each)]
    if alone and len(alone) == len(found):
        return _once(alone)
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


def _spoken_to(events: Sequence[Body]) -> str:
    """Tell the model of a conversation, which only what opens it names."""
    opened = (record(each.get(name)) for each in events for name in ("session", "setup"))
    return next((str(each["model"]) for each in opened if each.get("model")), "")


def _once(turns: Sequence[Response]) -> list[Response]:
    """Leave out turns of a conversation that were told again."""
    last: dict[object, Response] = {}
    for i, each in enumerate(turns):
        turn = each.body.get("id") if each.around and each.around[-1].get("type") == "response.done" else None
        last[turn or i] = each
    return list(last.values())


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
