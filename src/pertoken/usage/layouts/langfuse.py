"""Langfuse: traces with their observations, pages of observations, and blob exports of them.

Usage is a map of free names that are meant to be exclusive: `input` without what was cached. Where an integration wrote
wholes beside their parts, the total that it wrote shows it, and the parts are taken off.
Source: langfuse.com/docs (observability and metrics: token and cost tracking; blob storage export), November 2026.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pertoken.core.errors import InputError
from pertoken.core.meters import meter
from pertoken.usage.fields import count, moment, money, text
from pertoken.usage.layout import Document, Layout
from pertoken.usage.layouts.sides import held_inside
from pertoken.usage.record import UsageRecord

INVOCATIONS = ("GENERATION", "EMBEDDING")
"""Types of observations that are one invocation of a model; agents and chains only hold others."""

WORDS = {
    "input_tokens": ("input", "input_tokens", "prompt_tokens", "prompttokencount", "tooluseprompttokencount"),
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
NOTHING = "no usage reported, as of a request that failed or a stream that was cut off"
_INSIDE = ("details_", "cachedcontent")
"""Parts of names that say that what they count is inside the input or the output."""


def recognise(document: Document) -> bool:
    """Tell a trace, a page of observations or one observation by its fields."""
    observations = _observations(document)
    one = observations[0] if observations else document
    return (
        isinstance(one, Mapping)
        and "type" in one
        and ("traceId" in one or "trace_id" in one)
        and ("usageDetails" in one or "usage_details" in one)
    )


def read(document: Document) -> Iterator[UsageRecord]:
    """Read the invocations of models in a trace, a page, or one observation."""
    observations = _observations(document)
    trace = document.get("trace", document)
    for each in [document] if observations is None else observations:
        if each.get("type") in INVOCATIONS:
            yield _record(each, trace if observations is not None and isinstance(trace, Mapping) else {})


def _observations(document: Document) -> Sequence[Any] | None:
    found = document.get("observations") or document.get("data")
    return found if isinstance(found, list) else None


def _said(one: Document, snake: str, camel: str) -> Any:  # noqa: ANN401  whatever JSON holds
    """What stands under a name of either style."""
    return one.get(snake) or one.get(camel)


def _record(one: Document, trace: Document) -> UsageRecord:
    said = _said(one, "usage_details", "usageDetails")
    meters, notes = _meters(said if isinstance(said, Mapping) else {})
    labels = {
        "customer": _said(one, "user_id", "userId") or _said(trace, "user_id", "userId"),
        "feature": _said(one, "trace_name", "traceName") or trace.get("name"),
        "session": _said(one, "session_id", "sessionId") or _said(trace, "session_id", "sessionId"),
        "environment": one.get("environment"),
    }
    return UsageRecord(
        meters=meters,
        model=text(_said(one, "provided_model_name", "providedModelName") or one.get("model")),
        time=moment(_said(one, "start_time", "startTime"), "start_time"),
        request_id=text(one.get("id")),
        keys={name: text(label) for name, label in labels.items() if label},
        reported_cost=_cost(one),
        notes=notes,
    )


def _cost(one: Document) -> Decimal | None:
    """The total of the cost; a zero beside no detail is that nothing is known."""
    total = money(_said(one, "total_cost", "totalCost"), "total_cost")
    if total is None and (details := _said(one, "cost_details", "costDetails")):
        return money(details.get("total"), "cost_details.total")
    return total


@dataclass(frozen=True, slots=True)
class _Map:
    """What the names of a usage map mean.

    Args:
        meters: Name to our leaf.
        parts: Names of what may be inside the input, and inside the output.
        total: Name of the total; empty if there is none.
        strange: Names that mean nothing to us.
        beside: Names that count no tokens.
        inside: True where names say that parts are inside their wholes.
    """

    meters: Mapping[str, str]
    parts: tuple[tuple[str, ...], tuple[str, ...]]
    total: str
    strange: tuple[str, ...]
    beside: tuple[str, ...]
    inside: bool


@lru_cache(maxsize=1024)
def _map(names: tuple[str, ...]) -> _Map:
    """Find out what the names of a usage map mean; integrations write few different maps, many times."""
    words = {name: _word(name) for name in names}
    meters = {name: _METER[word] for name, word in words.items() if word in _METER}
    sides = [
        tuple(n for n, leaf in meters.items() if leaf != f"{side}_tokens" and meter(leaf).direction == side)
        for side in ("input", "output")
    ]
    return _Map(
        meters=meters,
        parts=(sides[0], sides[1]),
        total=next((name for word in _TOTAL for name in names if words[name] == word), ""),
        strange=tuple(name for name in names if words[name] not in {*_METER, *_TOTAL}),
        beside=tuple(name for name, leaf in meters.items() if meter(leaf).direction == "none"),
        inside=any(mark in word for word in words.values() for mark in _INSIDE),
    )


def _meters(said: Mapping[str, Any]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Make leaves of the map: parts are exclusive unless the total shows that they are not."""
    counts = {
        name: value if type(value) is int and value >= 0 else count(value, f"usage_details.{name}")
        for name, value in said.items()
    }
    names = _map(tuple(counts))
    meters = {"requests": 1}
    for name, leaf in names.meters.items():
        if number := counts[name]:
            meters[leaf] = meters.get(leaf, 0) + number
    strange = {name: counts[name] for name in names.strange if counts[name]}
    if len(meters) == 1 and not strange:
        return meters, (NOTHING,)
    held = tuple([sum([counts[name] for name in parts]) for parts in names.parts])
    notes: tuple[str, ...] = ()
    if any(held) or strange:
        beside = sum(strange.values()) + sum([counts[name] for name in names.beside])
        notes = _mended(meters, held, counts.get(names.total), beside, inside=names.inside)
    if strange and _tokens(meters) != counts.get(names.total):
        meters |= {f"x_{re.sub(r'[^a-z0-9_]', '_', _word(name))}": number for name, number in strange.items()}
    return meters, notes


def _tokens(meters: Mapping[str, int]) -> int:
    return sum(n for name, n in meters.items() if meter(name).unit == "token")


def _mended(
    meters: dict[str, int], held: tuple[int, ...], total: int | None, beside: int, *, inside: bool
) -> tuple[str, ...]:
    """Take parts off their wholes on the sides where the total says that they are in there, and say so."""
    whole = meters.get("input_tokens", 0) + meters.get("output_tokens", 0)
    way = (inside, inside) if total is None else held_inside(whole, held, total, likely=False, more=beside)
    if way is None:
        return ("the parts of usage_details don't add up to their total; they are read as standing beside each other",)
    mended = [(side, n) for side, n, within in zip(("input", "output"), held, way, strict=True) if within and n]
    for side, n in mended:
        meters[f"{side}_tokens"] = _less(meters.get(f"{side}_tokens", 0), n, side)
    return ("parts of usage_details were written inside their whole, and are taken off it",) if mended else ()


def _word(name: str) -> str:
    return name.lower().replace(".", "_").replace("-", "_").replace(" ", "_")


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
