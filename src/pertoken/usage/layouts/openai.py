"""OpenAI: pages of the organisation's usage and of its costs."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pertoken.core.errors import InputError, nearest
from pertoken.core.exact import CONTEXT
from pertoken.usage.layout import Document, Layout
from pertoken.usage.layouts.pages import Result, first, is_page, results
from pertoken.usage.layouts.rows import SEVERAL
from pertoken.usage.layouts.words import TIERS
from pertoken.usage.record import Count, UsageRecord

Meters = Mapping[str, Count]

USAGE = "organization.usage."
COSTS = "organization.costs.result"

GIGABYTE = Decimal(10**9)
"""Bytes in a gigabyte."""

KEYS = {
    "project": "project_id",
    "user": "user_id",
    "api_key": "api_key_id",
    "source": "source",
    "size": "size",
    "vector_store": "vector_store_id",
    "context_level": "context_level",
}
"""Our keys, and the fields of a result."""

GROUPED = {"model": "model", "batch": "batch", "service_tier": "service tier"}
"""Fields that say what price holds, and that are empty unless the report is grouped by them."""


def completions(result: Result) -> Meters:
    """Take the tokens of completions apart: the input contains what was cached, its kinds contain only what was not.

    Raises:
        InputError: The parts are more than the whole.
    """
    whole, read, write = (result.count(f"input_{each}") for each in ("tokens", "cached_tokens", "cache_write_tokens"))
    kinds = {kind: result.count(f"input_{kind}_tokens") for kind in ("audio", "image")}
    cached = {kind: result.count(f"input_cached_{kind}_tokens") for kind in kinds}
    drawn = {kind: result.count(f"output_{kind}_tokens") for kind in kinds}
    fresh = _less("input_tokens", whole, {"input_cached_tokens": read, "input_cache_write_tokens": write})
    _same(result, "input_uncached_tokens", fresh)
    return {
        "input_tokens": _less("input_tokens without cached ones", fresh, _named("input", kinds)),
        "cache_read_tokens": _less("input_cached_tokens", read, _named("input_cached", cached)),
        "cache_write_tokens": write,
        **{f"input_{kind}_tokens": n for kind, n in kinds.items()},
        **{f"cache_read_{kind}_tokens": n for kind, n in cached.items()},
        "output_tokens": _less("output_tokens", result.count("output_tokens"), _named("output", drawn)),
        **{f"output_{kind}_tokens": n for kind, n in drawn.items()},
    }


def _named(side: str, kinds: Meters) -> dict[str, Count]:
    return {f"{side}_{kind}_tokens": n for kind, n in kinds.items()}


def _less(name: str, whole: Count, parts: Meters) -> Count:
    left = whole - sum(parts.values())
    if left < 0:
        said = " and ".join(f"{part} {n}" for part, n in parts.items() if n)
        msg = f"{name} {whole} is less than {said}, which it contains; fetch the report again"
        raise InputError(msg)
    return left


def _same(result: Result, field: str, expected: Count) -> None:
    if result.fields.get(field) is not None and result.count(field) != expected:
        msg = (
            f"{field} is {result.count(field)}; expected {expected}, the input_tokens less input_cached_tokens and "
            "input_cache_write_tokens; fetch the report again"
        )
        raise InputError(msg)


def images(result: Result) -> Meters:
    """Count images, by their size where the report is grouped by it."""
    size = result.text("size").lower()
    name = f"images_{size}" if re.fullmatch(r"\d+x\d+", size) else "images"
    return {name: result.count("images")}


def storage(result: Result) -> Meters:
    """Count what vector stores held, over the time of the bucket."""
    held = CONTEXT.divide(Decimal(result.count("usage_bytes")), GIGABYTE)
    return {"storage_gb_days": CONTEXT.multiply(held, result.days)}


def counting(**meters: str) -> Callable[[Result], Meters]:
    """Read meters that are fields of their own.

    Args:
        meters: Meter to the field that says how much there is of it.
    """
    return lambda result: {meter: result.count(field) for meter, field in meters.items()}


READERS: Mapping[str, Callable[[Result], Meters]] = {
    "completions": completions,
    "embeddings": counting(input_tokens="input_tokens"),
    "moderations": counting(input_tokens="input_tokens"),
    "images": images,
    "audio_speeches": counting(characters="characters"),
    "audio_transcriptions": counting(audio_seconds="seconds"),
    "vector_stores": storage,
    "code_interpreter_sessions": counting(code_sessions="num_sessions"),
    "web_searches": counting(web_searches="num_requests"),
    "file_searches": counting(file_searches="num_requests"),
}
"""Kinds of results, and how each is read."""

OWN_REQUESTS = ("completions", "embeddings", "moderations", "images", "audio_speeches", "audio_transcriptions")
"""Kinds whose requests are their own; searches are made by requests that completions count."""


def usage(page: Document) -> Iterable[UsageRecord]:
    """Read a page of usage.

    Raises:
        InputError: A kind of result that is not known, or counts that can't be.
    """
    return [_record(each) for each in results(page)]


def _record(result: Result) -> UsageRecord:
    kind = result.text("object").removeprefix(USAGE).removesuffix(".result")
    if kind not in READERS:
        msg = f"results of the kind {kind!r} can't be read; {nearest(kind, READERS)}"
        raise InputError(msg)
    requests = result.count("num_model_requests") if kind in OWN_REQUESTS else 0
    meters = {name: n for name, n in READERS[kind](result).items() if n}
    return UsageRecord(
        meters=meters | ({"requests": requests} if requests else {}),
        **_priced(result),
        time=result.start,
        keys={"usage": kind} | {key: result.text(field) for key, field in KEYS.items() if result.fields.get(field)},
        notes=(*((SEVERAL,) if requests > 1 else ()), *result.untold(GROUPED)),
    )


def _priced(result: Result) -> dict[str, Any]:
    tier = result.text("service_tier")
    return {
        "provider": "openai",
        "model": result.text("model"),
        "batch": result.fields.get("batch") is True,
        "service_tier": TIERS.get(tier, tier) or "standard",
    }


@dataclass(frozen=True, slots=True)
class LineItem:
    """What the name of a cost says.

    Args:
        model: Model; empty for what is no model's.
        meter: Our meter; empty if there is none or it can't be told.
        service_tier: Tier that served it.
        batch: Whether it was batch work.
        surface: Part of the product that used it (`evals`, `assistants api`); empty for the API itself.
        long: Whether it is at the price of long prompts.
    """

    model: str = ""
    meter: str = ""
    service_tier: str = "standard"
    batch: bool = False
    surface: str = ""
    long: bool = False


SIDES = {"input": "input", "cached input": "cache_read", "cache writes": "cache_write", "output": "output"}
"""Sides of a model call, as costs are named, and how our meters begin."""

TOOLS = {
    "web search tool calls": "web_searches",
    "file search tool calls": "file_searches",
    "file search": "file_searches",
    "vector storage": "storage_gb_days",
}
"""Costs of no model, and our meters."""

MODES = ("priority", "flex", "scale", "batch")
"""Words before a cost that say at which price it was served; others say which part of the product used it."""

KINDS = ("text", "audio", "image", "video")
_MODEL = re.compile(r"(?P<model>[\w.:-]+)(?: (?P<kind>text|audio|image|video))?")
_SIDE = re.compile(r"(?:(?P<kind>text|audio|image|video) )?(?P<side>cached input|cache writes|input|output)")


def line_item(name: str) -> LineItem:
    """Read the name of a cost as far as it says something.

    >>> line_item("priority | gpt-5.6-sol, output, long context")
    LineItem(model='gpt-5.6-sol', meter='output_tokens', service_tier='priority', batch=False, surface='', long=True)
    >>> line_item("gpt-image-2 image, cached input").meter, line_item("web search tool calls").meter
    ('cache_read_image_tokens', 'web_searches')
    """
    *before, rest = (part.strip() for part in name.split("|"))
    mode = next((each.lower() for each in before if each.lower() in MODES), "")
    shared: dict[str, Any] = {
        "service_tier": "standard" if mode in ("", "batch") else mode,
        "batch": mode == "batch",
        "surface": ", ".join(each for each in before if each.lower() not in MODES),
    }
    head, *parts = (part.strip() for part in rest.split(","))
    model = _MODEL.fullmatch(head)
    if not parts or model is None:
        return LineItem(meter=TOOLS.get(rest.lower(), ""), **shared)
    meter = _meter(parts[0].lower(), model["kind"] or "")
    return LineItem(model=model["model"], meter=meter, long="long context" in map(str.lower, parts[1:]), **shared)


def _meter(side: str, kind: str) -> str:
    match = _SIDE.fullmatch(side)
    if match is None:
        return ""
    of = match["kind"] or kind
    begins = SIDES[match["side"]]
    return f"{begins}_tokens" if of in ("", "text") else f"{begins}_{of}_tokens"


def costs(page: Document) -> Iterable[UsageRecord]:
    """Read a page of costs: money without usage, by what the names of costs say.

    Raises:
        InputError: An amount that is no number.
    """
    return [_cost(each) for each in results(page)]


def _cost(result: Result) -> UsageRecord:
    name = result.text("line_item")
    item = line_item(name)
    keys = {"line_item": name, "meter": item.meter, "surface": item.surface}
    keys |= {key: result.text(field) for key, field in KEYS.items()}
    return UsageRecord(
        meters={},
        provider="openai",
        model=item.model,
        batch=item.batch,
        service_tier=item.service_tier,
        time=result.start,
        keys={key: label for key, label in keys.items() if label} | ({"context": "long"} if item.long else {}),
        reported_cost=result.money("amount.value"),
        currency=(result.text("amount.currency") or "usd").upper(),
        notes=result.untold({"line_item": "line item"}),
    )


def _is_usage(document: Document) -> bool:
    kind = str(first(document).get("object", "")) if is_page(document, "start_time") else ""
    return kind.startswith(USAGE) or (is_page(document, "start_time") and not first(document))


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="openai-costs",
        title="OpenAI costs",
        recognise=lambda document: is_page(document, "start_time") and str(first(document).get("object", "")) == COSTS,
        read=costs,
        paged=True,
        says=(
            "This is a bill by the day: it has money and no usage; models and meters are read out of its line items",
        ),
    ),
    Layout(
        name="openai-usage",
        title="OpenAI usage",
        recognise=_is_usage,
        read=usage,
        paged=True,
        says=(
            "A result adds up the requests of a bucket: prices that depend on the length of one are not sure",
            "The last bucket may not be over, and the newest usage is some minutes late",
            "A gigabyte of vector storage is read as 10^9 bytes",
        ),
    ),
)
"""OpenAI's formats, the most particular first."""
