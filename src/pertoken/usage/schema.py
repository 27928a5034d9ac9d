"""What the columns of a log mean: names that the field uses, and the mapping by which a user says otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from pertoken.core import meters, period
from pertoken.core.errors import InputError, nearest
from pertoken.usage.decompose import Leaf, decompose

TIMES = (
    "timestamp",
    "time",
    "ts",
    "created_at",
    "start_time",
    "starttime",
    "event_time",
    "request_time",
    "datetime",
    "date",
)
REQUEST_IDS = ("request_id", "response_id", "call_id", "litellm_call_id", "event_id", "id")

KEYS: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer", "customer_id", "tenant", "tenant_id", "account_id", "org_id", "organization_id",
                 "client_id", "end_user", "user_id", "user"),
    "model": ("model", "model_id", "model_name", "response_model", "model_served"),
    "provider": ("provider", "provider_name", "custom_llm_provider", "vendor"),
    "feature": ("feature", "feature_name"),
    "team": ("team", "team_id"),
    "plan": ("plan", "plan_name", "tier"),
    "batch": ("batch", "is_batch"),
    "service_tier": ("service_tier", "service_tier_served"),
    "region": ("region", "region_id"),
}  # fmt: skip
"""Names by which a key is recognised, the best first."""

METERS: Mapping[str, tuple[str, ...]] = {
    "input_tokens": ("input_tokens", "prompt_tokens", "prompt_token_count"),
    "cache_read_tokens": ("cache_read_tokens", "cached_tokens", "cached_input_tokens", "input_cached_tokens",
                          "prompt_cached_tokens", "cache_read_input_tokens", "prompt_cache_read_tokens"),
    "cache_write_tokens": ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens",
                           "prompt_cache_write_tokens"),
    "cache_write_5m_tokens": ("cache_write_5m_tokens", "ephemeral_5m_input_tokens"),
    "cache_write_1h_tokens": ("cache_write_1h_tokens", "ephemeral_1h_input_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens", "candidates_token_count"),
    "reasoning_tokens": ("reasoning_tokens", "thinking_tokens"),
    "requests": ("requests", "num_requests", "num_model_requests", "api_requests", "request_count"),
    "web_searches": ("web_searches", "web_search_requests", "num_search_queries"),
}  # fmt: skip
"""Names by which a meter is recognised; all other meters by their own name only."""

INSIDE = frozenset({"cached_tokens", "cached_input_tokens", "input_cached_tokens", "prompt_cached_tokens"})
"""Names of cache reads that their vendors count inside the input."""

INCLUSIVE_INPUT = frozenset({"prompt_tokens", "prompt_token_count"})
"""Names of input that their vendors count with everything that was cached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping_:  # noqa: N801  `Mapping` is taken by the standard library
    """What a user says of a log's columns; what is left out is recognised by name.

    Args:
        time: Column that says when the request was made.
        request_id: Column whose value stands only once.
        keys: Our key to the log's column.
        meters: Our leaf meter to the log's column.
        input_includes: Meters that the input column contains and that are taken off it.
        output_includes: Meters that the output column contains and that are taken off it.
        constants: Labels that stand on every row, by key.
        timezone: Zone of times that carry none.
        source: File that says so.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    time: str | None = None
    request_id: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    meters: Mapping[str, str] = field(default_factory=dict)
    input_includes: tuple[str, ...] | None = None
    output_includes: tuple[str, ...] | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A log's columns, bound.

    Args:
        time: Column of the time of the request; None if there is none.
        request_id: Column of the request's id; None if there is none.
        keys: Our key to the log's column.
        leaves: Disjoint meters, each made of columns.
        constants: Labels that stand on every row.
        timezone: Zone of times that carry none; None if the user did not say.
        long: True where the log has a line for each meter: columns `meter` and `quantity`.
        unread: Column that is not read to the column that is read in its place, since both report one meter.
        says: What was understood, in words.
    """

    time: str | None
    request_id: str | None
    keys: Mapping[str, str]
    leaves: tuple[Leaf, ...]
    constants: Mapping[str, str]
    timezone: str | None
    long: bool
    unread: Mapping[str, str]
    says: tuple[str, ...]


def bind(columns: Sequence[str], mapping: Mapping_ | None = None) -> Binding:
    """Find out what the columns of a log mean.

    Raises:
        InputError: The mapping names a column that isn't there, or no meter can be found.
    """
    said = mapping or Mapping_()
    _check(columns, said)
    by_name = {name.lower(): name for name in reversed(columns)}
    keys = {key: by_name[n] for key, names in KEYS.items() if (n := _first(names, by_name)) is not None}
    time = said.time or _column(TIMES, by_name)
    if time is None:
        keys |= {grain: by_name[grain] for grain in period.GRAINS if grain in by_name}
    keys |= dict(said.keys)
    keys = {key: column for key, column in keys.items() if key not in said.constants}
    long = {"meter", "quantity"} <= set(by_name)
    found = {} if long else _meters(by_name, said)
    if not found and not long:
        msg = (
            f"no meter recognised among the columns {', '.join(columns)}; expected for example input_tokens and "
            "output_tokens; say which columns they are with --map FILE (meters: {input_tokens: COLUMN})"
        )
        raise InputError(msg)
    inside, unread = _inside(found, said), _unread(found, by_name)
    return Binding(
        time=None if any(g in keys or g in said.constants for g in period.GRAINS) and not said.time else time,
        request_id=said.request_id or _column(REQUEST_IDS, by_name),
        keys=keys,
        leaves=decompose(found, inside),
        constants=said.constants,
        timezone=said.timezone,
        long=long,
        unread=unread,
        says=(*_words(found, inside), *(f"{one} is not read, since {two} is" for one, two in unread.items())),
    )


def _first(names: Sequence[str], by_name: Mapping[str, str]) -> str | None:
    return next((name for name in names if name in by_name), None)


def _column(names: Sequence[str], by_name: Mapping[str, str]) -> str | None:
    name = _first(names, by_name)
    return None if name is None else by_name[name]


def _check(columns: Sequence[str], said: Mapping_) -> None:
    wanted = {"time": said.time, "request_id": said.request_id, **said.keys, **said.meters}
    for what, column in wanted.items():
        if column is not None and column not in columns:
            msg = f"{said.source or 'the mapping'} takes {what} from the column {column!r}, which the log doesn't have"
            msg = f"{msg}; {nearest(column, columns)}"
            raise InputError(msg)
    if said.timezone:
        period.zone(said.timezone)
    for name in (*said.meters, *(said.input_includes or ()), *(said.output_includes or ())):
        meters.meter(name)


def _meters(by_name: Mapping[str, str], said: Mapping_) -> dict[str, str]:
    found = {meter: by_name[n] for meter, names in METERS.items() if (n := _first(names, by_name)) is not None}
    found |= {name: by_name[name] for name in meters.METERS if name in by_name and name not in found}
    return found | dict(said.meters)


def _inside(found: Mapping[str, str], said: Mapping_) -> dict[str, tuple[str, ...]]:
    """Which meters the input and output columns contain, by what the field's names mean."""
    input_ = said.input_includes
    if input_ is None:
        cached = [m for m in found if m.startswith("cache_")]
        whole = found.get("input_tokens", "").lower() in INCLUSIVE_INPUT
        input_ = tuple(
            m
            for m in cached
            if whole or found["cache_read_tokens" if m.startswith("cache_read") else m].lower() in INSIDE
        )
    output = said.output_includes
    if output is None:
        output = tuple(m for m in ("reasoning_tokens",) if m in found)
    return {"input_tokens": input_, "output_tokens": output}


def _unread(found: Mapping[str, str], by_name: Mapping[str, str]) -> dict[str, str]:
    """Find the columns that report what another one, which is read, reports."""
    return {
        by_name[name]: found[meter]
        for meter, names in METERS.items()
        for name in names
        if name in by_name and meter in found and by_name[name] not in found.values()
    }


def _words(found: Mapping[str, str], inside: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    says = [
        f"{found[whole]} is read as containing {found[part]}"
        for whole, parts in inside.items()
        for part in parts
        if part in found and whole in found
    ]
    for part, column in found.items():
        if part.startswith("cache_") and part not in inside["input_tokens"] and "input_tokens" in found:
            says.append(f"{found['input_tokens']} is read as not containing {column}")
    return tuple(says)
