"""Tools that a vendor runs and bills by the call, counted where usage does not count them: in what was answered."""

import re

from pertoken.usage.record import Count
from pertoken.usage.responses.invocation import Body, record, records

CALLS = {"web_search_call": "web_searches", "file_search_call": "file_searches"}
"""Items of an answer of the Responses interface that are calls, and their meter."""

LOOKED = frozenset({"open_page", "find_in_page", "find"})
"""What a web search call may do that is no search, and is not billed as one."""

ALWAYS_SEARCH = re.compile("-search-(preview|api)")
"""Models of the Chat interface that search once for each request, by a part of their name."""

BY_PROMPT = ("gemini-1", "gemini-2")
"""Models whose grounding is billed once for a request, whatever the queries; later ones bill each query."""


def called(body: Body, model: str) -> dict[str, Count]:
    """Count the calls of tools that an answer shows.

    >>> called({"output": [{"type": "web_search_call", "action": {"type": "search"}}, {"type": "message"}]}, "gpt-5")
    {'web_searches': 1}
    """
    if "output" in body:
        return _items(records(body["output"]))
    if "candidates" in body:
        return _grounded(records(body["candidates"]), model)
    if ALWAYS_SEARCH.search(model) and body.get("object") == "chat.completion":
        return {"web_searches": 1}
    return {}


def _items(items: list[Body]) -> dict[str, Count]:
    meters: dict[str, Count] = {}
    rooms = set()
    for item in items:
        if item.get("status") == "failed":
            continue
        if item.get("type") == "code_interpreter_call":
            rooms.add(str(item.get("container_id") or item.get("id")))
        meter = CALLS.get(str(item.get("type")))
        if meter and str(record(item.get("action")).get("type")) not in LOOKED:
            meters[meter] = meters.get(meter, 0) + 1
    return meters | ({"code_sessions": len(rooms)} if rooms else {})


def _grounded(candidates: list[Body], model: str) -> dict[str, Count]:
    """Count searches that ground an answer of Gemini."""
    queries, maps = 0, False
    for each in candidates:
        told = record(each.get("groundingMetadata") or each.get("grounding_metadata"))
        asked = told.get("webSearchQueries") or told.get("web_search_queries")
        queries += len({str(query) for query in asked if query}) if isinstance(asked, list) else 0
        maps = maps or any("maps" in chunk for chunk in records(told.get("groundingChunks")))
    searches = min(queries, 1) if model.startswith(BY_PROMPT) else queries
    return {name: n for name, n in (("web_searches", searches), ("maps_searches", int(maps))) if n}
