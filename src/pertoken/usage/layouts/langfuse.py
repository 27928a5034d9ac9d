"""Langfuse: traces with their observations, pages of observations, and blob exports of them.

Usage is a map of free names that are meant to be exclusive: `input` without what was cached. Where an integration wrote
wholes beside their parts, the total that it wrote shows it, and the parts are taken off.
Source: langfuse.com/docs (observability and metrics: token and cost tracking; blob storage export), November 2026.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pertoken.core.errors import InputError
from pertoken.core.meters import meter
from pertoken.usage.fields import count, first, moment, money, text
from pertoken.usage.layout import Document, Layout
from pertoken.usage.record import UsageRecord

INVOCATIONS = ("GENERATION", "EMBEDDING")
"""Types of observations that are one invocation of a model; agents and chains only hold others."""

WORDS = {
    "input_tokens": ("input", "input_tokens", "prompt_tokens", "prompttokencount"),
    "output_tokens": ("output", "output_tokens", "completion_tokens", "candidatestokencount"),
    "cache_read_tokens": ("input_cached_tokens", "input_cache_read", "cache_read_input_tokens", "cache_read_tokens",
                          "input_cached", "cachedcontenttokencount", "cached_tokens", "prompt_details_cache_read",
                          "prompt_details_cached_tokens", "input_cache_read_tokens"),
    "cache_write_tokens": ("input_cache_creation", "cache_creation_input_tokens", "cache_write_tokens",
                           "cache_creation_tokens", "input_cache_write", "prompt_details_cache_write",
                           "prompt_details_cache_creation"),
    "cache_write_5m_tokens": ("input_cache_creation_5m", "ephemeral_5m_input_tokens"),
    "cache_write_1h_tokens": ("input_cache_creation_1h", "ephemeral_1h_input_tokens"),
    "input_audio_tokens": ("input_audio", "input_audio_tokens", "prompt_details_audio"),
    "input_image_tokens": ("input_image", "input_image_tokens"),
    "reasoning_tokens": ("output_reasoning", "output_reasoning_tokens", "reasoning_tokens", "thoughtstokencount",
                         "thoughts_tokens", "completion_details_reasoning"),
    "output_audio_tokens": ("output_audio", "output_audio_tokens", "completion_details_audio"),
    "output_image_tokens": ("output_image", "output_image_tokens"),
    "web_searches": ("web_search_queries", "web_search_requests", "web_searches"),
}  # fmt: skip
"""Our meters, and the names that integrations give to them in `usage_details`."""
_METER = {word: name for name, words in WORDS.items() for word in words}
_TOTAL = ("total", "total_tokens", "totaltokencount")
_TOOL_PROMPT = "tooluseprompttokencount"
_INSIDE = ("details_", "cachedcontent")
"""Parts of names that say that what they count is inside the input or the output."""


def recognise(document: Document) -> bool:
    """Tell a trace, a page of observations or one observation by its fields."""
    observations = _observations(document)
    one = observations[0] if observations else document
    if not isinstance(one, Mapping):
        return False
    return "type" in one and not {"traceId", "trace_id"}.isdisjoint(one) and "usage_details" in _plain(one)


def read(document: Document) -> Iterator[UsageRecord]:
    """Read the invocations of models in a trace, a page, or one observation."""
    observations = _observations(document)
    trace = document.get("trace") if isinstance(document.get("trace"), Mapping) else document
    for each in [document] if observations is None else observations:
        if each.get("type") in INVOCATIONS:
            yield _record(each, {} if observations is None else trace)


def _observations(document: Document) -> Sequence[Any] | None:
    found = document.get("observations", document.get("data"))
    return found if isinstance(found, list) else None


def _plain(names: Mapping[str, Any]) -> set[str]:
    """Names of either style: `usageDetails` is `usage_details`."""
    return {"".join(f"_{c.lower()}" if c.isupper() else c for c in name) for name in names}


def _record(one: Document, trace: Any) -> UsageRecord:  # noqa: ANN401  a trace, where there is one
    said = first(one, ("usage_details", "usageDetails"))
    meters, notes = _meters(said if isinstance(said, Mapping) else {})
    labels = {
        "customer": first(one, ("user_id", "userId")) or first(trace, ("user_id", "userId")),
        "feature": first(one, ("trace_name", "traceName")) or (first(trace, ("name",)) if trace else None),
        "session": first(one, ("session_id", "sessionId")) or first(trace, ("session_id", "sessionId")),
        "environment": one.get("environment"),
    }
    return UsageRecord(
        meters=meters,
        model=text(first(one, ("provided_model_name", "providedModelName", "model"))),
        time=moment(first(one, ("start_time", "startTime")), "start_time"),
        request_id=text(one.get("id")),
        keys={name: text(label) for name, label in labels.items() if label},
        reported_cost=_cost(one),
        notes=notes,
    )


def _cost(one: Document) -> Any:  # noqa: ANN401  an amount or none
    """The total of the cost; a zero beside no detail is that nothing is known."""
    total = money(first(one, ("total_cost", "totalCost")), "total_cost")
    details = first(one, ("cost_details", "costDetails"))
    return total if total or details else None


def _meters(said: Mapping[str, Any]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Make leaves of the map: parts are exclusive unless the total shows that they are not."""
    plain = {_word(name): count(value, f"usage_details.{name}") for name, value in said.items()}
    if not any(plain.values()):
        return {"requests": 1}, ("no usage reported, as of a request that failed or a stream that was cut off",)
    total = next((plain[word] for word in _TOTAL if word in plain), None)
    found: dict[str, int] = {}
    for word, number in plain.items():
        if name := _METER.get(word):
            found[name] = found.get(name, 0) + number
    found["input_tokens"] = found.get("input_tokens", 0) + plain.get(_TOOL_PROMPT, 0)
    strange = {w: n for w, n in plain.items() if n and w not in {*_METER, *_TOTAL, _TOOL_PROMPT}}
    written = any(mark in word for word in plain for mark in _INSIDE)
    beside = sum(strange.values()) + found.get("web_searches", 0)
    meters, notes = _disjoint(found, total, beside, inside=written)
    if strange and _tokens(meters) != total:
        meters |= {f"x_{word}": number for word, number in strange.items()}
    return {name: n for name, n in meters.items() if n} | {"requests": 1}, notes


def _tokens(meters: Mapping[str, int]) -> int:
    return sum(n for name, n in meters.items() if meter(name).unit == "token")


def _word(name: str) -> str:
    return name.lower().replace(".", "_").replace("-", "_").replace(" ", "_")


def _disjoint(
    found: dict[str, int], total: int | None, strange: int, *, inside: bool
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Take parts off their wholes on the sides where the total says that they are in there."""
    parts = {side: sum(n for name, n in found.items() if _part(name, side)) for side in ("input", "output")}
    both = found["input_tokens"] + found.get("output_tokens", 0)
    if total is None:
        fits = [(inside, inside)]
    else:
        ways = [(False, False), (False, True), (True, False), (True, True)]
        fits = [
            way
            for way in ways
            for more in (0, strange)
            if both + sum(n for n, held in zip(parts.values(), way, strict=True) if not held) + more == total
        ]
    if not fits:
        return found, ("the parts of usage_details don't add up to their total; read as exclusive",)
    out = dict(found)
    for side, held in zip(parts, fits[0], strict=True):
        if held and parts[side]:
            out[f"{side}_tokens"] = _less(out.get(f"{side}_tokens", 0), parts[side], side)
    mended = any(held and n for held, n in zip(fits[0], parts.values(), strict=True))
    return out, ("parts of usage_details were written inside the whole, and are taken off it",) if mended else ()


def _part(name: str, side: str) -> bool:
    return name != f"{side}_tokens" and meter(name).direction == side


def _less(whole: int, parts: int, side: str) -> int:
    if parts > whole:
        msg = (
            f"usage_details: the parts of the {side} are {parts}, the whole {whole}; expected a whole of at least that"
        )
        raise InputError(msg)
    return whole - parts


LAYOUTS = (
    Layout(
        name="langfuse",
        title="Langfuse observations",
        columns=frozenset({"id", "trace_id", "type", "start_time", "usage_details"}),
        recognise=recognise,
        read=read,
    ),
)
