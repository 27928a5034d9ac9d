"""Names that the field gives to times, keys and meters, and how a column is known by them.

A name is compared without regard to case, `_` and `-`, and by its last parts: `usage.promptTokens` is `prompt_tokens`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from pertoken.core import meters

TIMES = (
    "timestamp",
    "time",
    "ts",
    "created_at",
    "created",
    "start_time",
    "event_time",
    "request_time",
    "datetime",
    "date",
)
REQUEST_IDS = ("request_id", "response_id", "call_id", "litellm_call_id", "event_id", "id")

KEYS: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer", "customer_id", "tenant", "tenant_id", "account_id", "org_id", "organization_id",
                 "client_id", "end_user", "user_id", "user"),
    "model": ("model", "model_id", "model_name", "response_model", "model_served", "model_version"),
    "provider": ("provider", "provider_name", "custom_llm_provider", "vendor"),
    "feature": ("feature", "feature_name"),
    "team": ("team", "team_id"),
    "plan": ("plan", "plan_name", "tier"),
    "batch": ("batch", "is_batch"),
    "service_tier": ("service_tier", "service_tier_served"),
    "speed": ("speed",),
    "region": ("region", "region_id"),
    "currency": ("currency", "reported_currency", "cost_currency"),
}  # fmt: skip
"""Names by which a key is recognised, the best first."""

REPORTED = ("reported_cost", "response_cost", "total_cost", "cost_usd", "cost", "spend")
"""Names of what the source itself says that a row cost, the best first; never a meter."""

_OF_INPUT = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
_OF_OUTPUT = ("completion_tokens_details", "output_tokens_details", "output_token_details")


def _in(records: Sequence[str], field: str) -> tuple[str, ...]:
    return tuple(f"{record}.{field}" for record in records)


METERS: Mapping[str, tuple[str, ...]] = {name: (name,) for name in meters.METERS} | {
    "input_tokens": ("input_tokens", "prompt_tokens", "prompt_token_count"),
    "cache_read_tokens": ("cache_read_tokens", "cached_tokens", "cached_input_tokens", "input_cached_tokens",
                          "prompt_cached_tokens", "cache_read_input_tokens", "prompt_cache_read_tokens",
                          "cached_content_token_count"),
    "cache_write_tokens": ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens",
                           "cache_write_input_tokens", "prompt_cache_write_tokens", "input_cache_write_tokens"),
    "cache_write_5m_tokens": ("cache_write_5m_tokens", "ephemeral_5m_input_tokens"),
    "cache_write_1h_tokens": ("cache_write_1h_tokens", "ephemeral_1h_input_tokens"),
    "cache_write_30m_tokens": ("cache_write_30m_tokens", "ttl_30m_tokens"),
    "cache_write_12h_tokens": ("cache_write_12h_tokens", "ttl_12h_tokens"),
    "input_audio_tokens": ("input_audio_tokens", *_in(_OF_INPUT, "audio_tokens")),
    "input_image_tokens": ("input_image_tokens", *_in(_OF_INPUT, "image_tokens")),
    "cache_read_audio_tokens": ("cache_read_audio_tokens", "input_cached_audio_tokens",
                                "cached_tokens_details.audio_tokens"),
    "cache_read_image_tokens": ("cache_read_image_tokens", "input_cached_image_tokens",
                                "cached_tokens_details.image_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens", "candidates_token_count"),
    "reasoning_tokens": ("reasoning_tokens", "thinking_tokens", "thoughts_token_count"),
    "output_audio_tokens": ("output_audio_tokens", *_in(_OF_OUTPUT, "audio_tokens")),
    "output_image_tokens": ("output_image_tokens", *_in(_OF_OUTPUT, "image_tokens")),
    "requests": ("requests", "num_requests", "num_model_requests", "api_requests", "request_count"),
    "web_searches": ("web_searches", "web_search_requests", "num_search_queries"),
}  # fmt: skip
"""Names by which a meter is recognised, the best first."""

ADDED: Mapping[str, tuple[str, ...]] = {"input_tokens": ("tool_use_prompt_token_count",)}
"""Names of columns that stand beside a meter and are billed with it."""

COUNTED: Mapping[str, tuple[str, ...]] = {
    "input_tokens": ("total_tokens", "total_token_count", "input_text_tokens", "input_uncached_tokens",
                     *_in(_OF_INPUT, "text_tokens")),
    "output_tokens": ("output_text_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens",
                      *_in(_OF_OUTPUT, "text_tokens")),
    "cache_read_tokens": ("input_cached_text_tokens", "cached_tokens_details.text_tokens"),
}  # fmt: skip
"""Names of totals and parts that tell nothing new where the meter itself is read."""

_NO_COUNT = frozenset(
    {"above", "budget", "cost", "first", "id", "key", "latency", "limit", "max", "ms", "per", "price", "rate",
     "ratelimit", "remaining", "seconds", "share", "spend", "time"}
)  # fmt: skip
"""Words in a name that say that it counts no usage: `max_tokens`, `tokens_per_second`."""


def at_home(column: str, meter: str) -> bool:
    """Tell whether a column may be a meter where it stands: in records, only what is called usage counts all things.

    >>> at_home("usage.requests", "requests"), at_home("limits.requests", "requests")
    (True, False)
    >>> at_home("server_tool_use.web_search_requests", "web_searches")
    True
    """
    above = parts(column)[:-1]
    return (
        not above
        or any("usage" in each or each.endswith("use") for each in above)
        or (meters.meter(meter).unit == "token")
    )


def parts(name: str) -> tuple[str, ...]:
    """Write a name as it is compared.

    >>> parts("usageMetadata.prompt_token_count")
    ('usagemetadata', 'prompttokencount')
    """
    return tuple(part.replace("_", "").replace("-", "").lower() for part in name.split("."))


def same(column: str, names: Iterable[str]) -> bool:
    """Tell whether a column carries one of the names.

    >>> same("usage.promptTokens", ["prompt_tokens"]), same("prompt_tokens.share", ["prompt_tokens"])
    (True, False)
    """
    own = parts(column)
    return any(own[-len(asked) :] == asked for asked in map(parts, names))


def best(columns: Iterable[str], names: Sequence[str]) -> tuple[str, ...]:
    """Find the columns that carry the best name on the shallowest level: none, one, or several that are level.

    >>> best(["a.prompt_tokens", "b.c.prompt_tokens", "a.input_tokens"], ["input_tokens", "prompt_tokens"])
    ('a.input_tokens',)
    """
    rank = {c: (c.count("."), i) for c in columns for i, name in reversed([*enumerate(names)]) if same(c, [name])}
    return tuple(column for column, at in rank.items() if at == min(rank.values()))


def synonyms(columns: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """List the names of each meter; cache writes of any time to live by their own."""
    last = {column.rsplit(".", maxsplit=1)[-1].lower() for column in columns}
    own = {name: (name,) for name in sorted(last) if name.startswith("cache_write_") and meters.is_meter(name)}
    return own | dict(METERS)


def looks_like_meter(column: str) -> bool:
    """Tell whether a column's name sounds like a count of usage.

    >>> [looks_like_meter(name) for name in ("citation_tokens", "input_tokns", "max_tokens", "latency")]
    [True, True, False, False]
    """
    *above, last = column.split(".")
    if above and above[-1].lower().endswith("details"):
        last = f"{above[-1]}_{last}"
    words = set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).lower().split("_"))
    if not words.isdisjoint(_NO_COUNT):
        return False
    if "token" in last.lower():
        return True
    near = len(last) >= len("requests") and get_close_matches(parts(column)[-1], _KNOWN, n=1, cutoff=0.9)
    return bool(near) and at_home(column, "requests")


_KNOWN = sorted({parts(name)[-1] for names in METERS.values() for name in names})
