"""OpenAI: pages of the organisation's usage, and what its dashboard exports of them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pertoken.core.errors import InputError, nearest
from pertoken.core.exact import CONTEXT
from pertoken.usage.fields import moment
from pertoken.usage.layout import Document, Layout
from pertoken.usage.layouts.pages import Result, first, is_page, results
from pertoken.usage.layouts.rows import SEVERAL
from pertoken.usage.layouts.words import TIERS
from pertoken.usage.record import Count, UsageRecord

Meters = Mapping[str, Count]

USAGE = "organization.usage."

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
        request_id=result.identity(kind),
        keys={"usage": kind} | {key: result.text(field) for key, field in KEYS.items() if result.fields.get(field)},
        notes=(*((SEVERAL,) if requests > 1 else ()), *result.untold(GROUPED)),
    )


def _priced(result: Result) -> dict[str, Any]:
    tier = result.text("service_tier")
    return {
        "provider": "openai",
        "model": result.text("model"),
        "batch": result.text("batch").lower() == "true",
        "service_tier": TIERS.get(tier, tier) or "standard",
    }


EXPORTED = frozenset({"start_time", "end_time", "num_model_requests", "model", "input_tokens", "output_tokens"})
"""Columns of the dashboard's export of completions, which are the fields of a result."""


def row(document: Document) -> Iterable[UsageRecord]:
    """Read a row of the dashboard's export.

    Raises:
        InputError: Counts that can't be.
    """
    start, end = (moment(document.get(name), name) for name in ("start_time", "end_time"))
    kind = {"object": f"{USAGE}completions.result"}
    used = any(str(document.get(name, "")) for name in ("num_model_requests", "input_tokens", "output_tokens"))
    return [replace(_record(Result(start, end, {**document, **kind})), request_id="")] if used else []


def _is_usage(document: Document) -> bool:
    kind = str(first(document).get("object", "")) if is_page(document, "start_time") else ""
    return kind.startswith(USAGE) or (is_page(document, "start_time") and not first(document))


LAYOUTS: tuple[Layout, ...] = (
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
    Layout(
        name="openai-usage-export",
        title="OpenAI usage export",
        columns=EXPORTED,
        recognise=lambda document: document.keys() >= EXPORTED,
        read=row,
        says=("A row adds up the requests of a bucket: prices that depend on the length of one are not sure",),
    ),
)
"""OpenAI's formats, the most particular first."""
