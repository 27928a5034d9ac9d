"""LiteLLM: spend logs, their daily roll-ups, and what its callbacks are told."""

from collections.abc import Mapping
from dataclasses import replace

from pertoken.usage.fields import at
from pertoken.usage.layout import Derived, Document, Layout
from pertoken.usage.layouts.rows import of_rows
from pertoken.usage.layouts.words import REGIONS, TIERS, TRUTH
from pertoken.usage.schema import LogMapping

TOKENS: Mapping[str, tuple[str, ...]] = {
    "cache_read_tokens": ("prompt_tokens_details.cached_tokens", "cache_read_input_tokens"),
    "cache_write_tokens": ("prompt_tokens_details.cache_creation_tokens", "prompt_tokens_details.cache_write_tokens",
                           "cache_creation_input_tokens"),
    "cache_write_5m_tokens": ("prompt_tokens_details.cache_creation_token_details.ephemeral_5m_input_tokens",
                              "cache_creation.ephemeral_5m_input_tokens"),
    "cache_write_1h_tokens": ("prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens",
                              "cache_creation.ephemeral_1h_input_tokens"),
    "input_audio_tokens": ("prompt_tokens_details.audio_tokens",),
    "input_image_tokens": ("prompt_tokens_details.image_tokens",),
    "input_video_tokens": ("prompt_tokens_details.video_tokens",),
    "reasoning_tokens": ("completion_tokens_details.reasoning_tokens",),
    "output_audio_tokens": ("completion_tokens_details.audio_tokens",),
    "output_image_tokens": ("completion_tokens_details.image_tokens",),
    "web_searches": ("server_tool_use.web_search_requests", "prompt_tokens_details.web_search_requests"),
}  # fmt: skip
"""Meters, and where LiteLLM's record of usage has them."""

USAGES = ("usage_object", "additional_usage_values")
"""Where the record of usage stands in the metadata, the newer place first."""

COUNTED = {name: f"counted_{name}" for name in TOKENS}
"""Columns that the parts of the usage are derived to."""

INCLUDES = {
    "input_tokens": ("cache_read_tokens", "cache_write_tokens", "input_audio_tokens", "input_image_tokens",
                     "input_video_tokens"),
    "cache_write_tokens": ("cache_write_5m_tokens", "cache_write_1h_tokens"),
    "output_tokens": ("reasoning_tokens", "output_audio_tokens", "output_image_tokens"),
}  # fmt: skip
"""LiteLLM writes every vendor's usage in OpenAI's way: the whole contains its parts."""

OWN_CACHE = "Answers from LiteLLM's own cache, which no vendor bills, and failed requests are left out"
"""What is said of rows that are no usage."""

NEVER_TOLD = "Old versions wrote Anthropic's prompt tokens without the cached ones; such rows are refused"
"""What is said of rows whose prompt is less than its parts."""


def _in_metadata(paths: tuple[str, ...]) -> Derived:
    return Derived(of=tuple(("metadata", f"{usage}.{path}") for usage in USAGES for path in paths))


DETAILS = {COUNTED[name]: _in_metadata(paths) for name, paths in TOKENS.items()} | {
    "served_tier": Derived(
        of=(("metadata", "cost_breakdown.service_tier"), *(("metadata", f"{usage}.service_tier") for usage in USAGES)),
        words=TIERS,
    ),
    "served_speed": _in_metadata(("speed",)),
    "served_region": Derived(
        of=(("metadata", "cost_breakdown.data_residency"), *(("metadata", f"{each}.inference_geo") for each in USAGES)),
        words=REGIONS,
    ),
    "from_cache": Derived(of=(("cache_hit", ""),), words=TRUTH),
    "outcome": Derived(of=(("status", ""), ("metadata", "status"))),
}
"""What spend logs and callbacks have in common."""

SERVED = {"provider": "custom_llm_provider", "model": "model", "service_tier": "served_tier", "speed": "served_speed",
          "region": "served_region"}  # fmt: skip
"""Our keys that say what was served, and LiteLLM's columns."""

WHO = {key: key for key in ("customer", "user", "team", "organization", "api_key", "tags", "model_group", "call_type")}
"""Keys that say who asked, and for what."""

WHOLES = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}

USED = {"from_cache": ("false", ""), "outcome": ("success", "")}
"""Labels of the rows that are usage."""

ROWS = LogMapping(
    time="startTime",
    request_id="request_id",
    keys=SERVED | WHO,
    meters=WHOLES | COUNTED,
    includes=INCLUDES,
)
"""What the columns of a row for each request mean, once those that are made of others are there."""

SPEND = of_rows(
    name="litellm-spend",
    title="LiteLLM spend logs",
    columns=("request_id", "call_type", "spend", "prompt_tokens", "completion_tokens", "startTime", "model"),
    derived=DETAILS
    | {
        "reported_cost": Derived(of=(("spend", ""),)),
        "customer": Derived(of=(("end_user", ""),)),
        "team": Derived(of=(("team_id", ""),)),
        "organization": Derived(of=(("organization_id", ""),)),
        "tags": Derived(of=(("request_tags", ""),)),
        **{key: Derived(of=((key, ""),)) for key in ("user", "api_key", "model_group", "custom_llm_provider")},
    },
    mapping=ROWS,
    keep=USED,
    says=(
        "Cached tokens stand in `metadata` only; without that column all of a prompt is priced as uncached",
        OWN_CACHE,
        NEVER_TOLD,
        "A row of call type `aretrieve_batch` adds up a whole batch and does not say that it is one",
    ),
)

ROLLED = ("date", "api_key", "model", "custom_llm_provider", "prompt_tokens", "completion_tokens", "spend",
          "api_requests", "successful_requests", "failed_requests")  # fmt: skip
"""Columns of all daily roll-ups."""

ENTITIES = {"customer": "end_user_id", "user": "user_id", "team": "team_id", "organization": "organization_id",
            "agent": "agent_id"}  # fmt: skip
"""Whom a roll-up is of, each in a table of its own."""


def _daily(name: str, title: str, columns: tuple[str, ...], keys: Mapping[str, str], says: tuple[str, ...]) -> Layout:
    counts = {"cache_read_tokens": "cache_read_input_tokens", "cache_write_tokens": "cache_creation_input_tokens"}
    shared = (*keys.values(), "model_group", *counts.values())
    return of_rows(
        name=name,
        title=title,
        columns=columns,
        derived={
            **{column: Derived(of=((column, ""),)) for column in shared},
            "row_id": Derived(of=(("id", ""),)),
            "reported_cost": Derived(of=(("spend", ""),)),
        },
        mapping=LogMapping(
            time="date",
            request_id="row_id",
            keys={
                "provider": "custom_llm_provider",
                "model": "model",
                "api_key": "api_key",
                "model_group": "model_group",
                **keys,
            },
            meters={**WHOLES, **counts, "requests": "api_requests"},
            includes={"input_tokens": tuple(counts)},
            ignore=("compression_saved_tokens",),
        ),
        says=says,
    )


SUMS = (
    "A row adds up a day: prices that depend on one request's length or tier are not sure, and the time is the day's",
    "Prompt tokens contain cached ones; answers from LiteLLM's own cache are counted among the tokens",
    "Each kind of roll-up counts the same requests again: read one kind, and not beside the spend logs",
)
"""What is said of daily roll-ups."""

DAILY = _daily("litellm-daily", "LiteLLM daily roll-ups", ROLLED, ENTITIES, SUMS)

DAILY_TAGS = _daily(
    "litellm-daily-tags",
    "LiteLLM daily roll-ups by tag",
    (*ROLLED, "tag"),
    {"tag": "tag"},
    (
        "A request stands once under each of its tags: tags may be compared, and adding them up counts it again",
        *SUMS,
    ),
)


def _open(document: Document) -> tuple[str, ...]:
    """Say what a callback's cost leaves open."""
    cost, tokens = at(document, "response_cost"), at(document, "total_tokens")
    found = ["LiteLLM reports no cost for its tokens"] if tokens and not cost else []
    changed = [each for each in ("discount", "margin") if _changes(document, each)]
    found += [f"the reported cost holds a {each}" for each in changed]
    return tuple(found)


def _changes(document: Document, what: str) -> bool:
    fields = (f"cost_breakdown.{what}_{each}" for each in ("percent", "amount", "fixed_amount", "total_amount"))
    return any(at(document, field) for field in fields)


CALLBACK = of_rows(
    name="litellm-callback",
    title="LiteLLM callback payloads",
    columns=("id", "response_cost", "prompt_tokens", "completion_tokens", "startTime", "model", "metadata"),
    derived=DETAILS
    | {
        "served_tier": Derived(
            of=(("cost_breakdown", "service_tier"), *(("metadata", f"{usage}.service_tier") for usage in USAGES)),
            words=TIERS,
        ),
        "served_region": Derived(
            of=(("cost_breakdown", "data_residency"), *(("metadata", f"{each}.inference_geo") for each in USAGES)),
            words=REGIONS,
        ),
        "reported_cost": Derived(of=(("response_cost", ""),)),
        "call": Derived(of=(("litellm_call_id", ""), ("id", ""))),
        "customer": Derived(of=(("end_user", ""), ("metadata", "user_api_key_end_user_id"))),
        "user": Derived(of=(("metadata", "user_api_key_user_id"),)),
        "team": Derived(of=(("metadata", "user_api_key_team_id"),)),
        "organization": Derived(of=(("metadata", "user_api_key_org_id"),)),
        "api_key": Derived(of=(("metadata", "user_api_key_hash"),)),
        "tags": Derived(of=(("request_tags", ""),)),
        "model_group": Derived(of=(("model_group", ""),)),
        "custom_llm_provider": Derived(of=(("custom_llm_provider", ""),)),
    },
    mapping=replace(ROWS, request_id="call"),
    keep=USED,
    notes=_open,
    tables=False,
    says=(OWN_CACHE, "One call may be told twice, by a synchronous and an asynchronous event: its id counts once."),
)

LAYOUTS: tuple[Layout, ...] = (CALLBACK, SPEND, DAILY_TAGS, DAILY)
"""LiteLLM's formats, the most particular first."""
