"""Anthropic: the organisation's report of messages, and its report of costs."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from pertoken.core.errors import InputError, nearest
from pertoken.core.exact import CONTEXT
from pertoken.usage.fields import at
from pertoken.usage.layout import Document, Layout
from pertoken.usage.layouts.pages import Result, first, is_page, results
from pertoken.usage.layouts.words import REGIONS, TIERS
from pertoken.usage.question import above_key
from pertoken.usage.record import UsageRecord

METERS: Mapping[str, str] = {
    "input_tokens": "uncached_input_tokens",
    "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_5m_tokens": "cache_creation.ephemeral_5m_input_tokens",
    "cache_write_1h_tokens": "cache_creation.ephemeral_1h_input_tokens",
    "output_tokens": "output_tokens",
    "web_searches": "server_tool_use.web_search_requests",
}
"""Meters, and the fields of a result; none of these contains another."""

BILLED = {field: meter for meter, field in METERS.items()} | {
    "web_search": "web_searches",
    "code_execution": "code_executions",
}
"""Types of tokens and of costs, and our meters."""

BANDS = {"0-200k": "0", "200k-1M": "200000"}
"""Context windows, and the bound that their prompts are above."""

SHORT = "0"
"""What prompts are above where the context window is not told: the sum of many requests is no length."""

KEYS = {
    "workspace": "workspace_id",
    "api_key": "api_key_id",
    "user": "account_id",
    "service_account": "service_account_id",
    "line_item": "description",
    "cost_type": "cost_type",
}
"""Our keys, and the fields of a result."""

DEFAULT_WORKSPACE = "default"
"""What the workspace is called that has no id."""

GROUPED = {"model": "model", "service_tier": "service tier", "context_window": "context window"}
"""Fields that say what price holds, and that are empty unless the report is grouped by them."""

CENTS = Decimal(100)
"""Smallest units of the currency, in which amounts are written, in one of it."""


def messages(page: Document) -> Iterable[UsageRecord]:
    """Read a page of the report of messages.

    Raises:
        InputError: Counts that can't be, or a context window that is not known.
    """
    found = list(results(page))
    apart = _by_workspace(found)
    return [used(each, apart=apart) for each in found]


def _by_workspace(found: Iterable[Result]) -> bool:
    """Tell whether the report is grouped by workspace: then who has none is in the default one."""
    return any(each.fields.get("workspace_id") is not None for each in found)


def used(result: Result, *, apart: bool) -> UsageRecord:
    """Make usage of a result.

    Args:
        result: What the report says of one group.
        apart: Whether the report tells workspaces apart.

    Raises:
        InputError: Counts that can't be, or a context window that is not known.
    """
    meters = {meter: result.count(field) for meter, field in METERS.items()}
    return UsageRecord(
        meters={meter: n for meter, n in meters.items() if n},
        **_priced(result),
        time=result.start,
        request_id=result.identity("messages"),
        keys=_keys(result, apart=apart),
        notes=result.untold(GROUPED),
    )


def _priced(result: Result) -> dict[str, Any]:
    tier, geo = result.text("service_tier"), result.text("inference_geo")
    return {
        "provider": "anthropic",
        "model": result.text("model"),
        "batch": tier == "batch",
        "service_tier": "standard" if tier in ("", "batch") else TIERS.get(tier, tier),
        "speed": result.text("speed") or "standard",
        "region": REGIONS.get(geo, geo),
    }


def _keys(result: Result, *, apart: bool) -> dict[str, str]:
    keys = {key: result.text(field) for key, field in KEYS.items() if result.fields.get(field) is not None}
    if apart and result.fields.get("workspace_id") is None:
        keys["workspace"] = DEFAULT_WORKSPACE
    window = result.text("context_window")
    if window and window not in BANDS:
        msg = f"context_window is {window!r}; {nearest(window, BANDS)}"
        raise InputError(msg)
    return keys | {above_key("prompt_tokens"): BANDS.get(window, SHORT)}


def costs(page: Document) -> Iterable[UsageRecord]:
    """Read a page of the report of costs: money without usage.

    Raises:
        InputError: An amount that is no number, or a context window that is not known.
    """
    found = list(results(page))
    apart = _by_workspace(found)
    return [billed(each, apart=apart) for each in found]


def billed(result: Result, *, apart: bool) -> UsageRecord:
    """Make money of a result.

    Args:
        result: What the report says of one group; its amount in cents.
        apart: Whether the report tells workspaces apart.

    Raises:
        InputError: An amount that is no number, or a context window that is not known.
    """
    amount = result.money("amount")
    kind = result.text("token_type") or result.text("cost_type")
    meter = {"meter": BILLED[kind]} if kind in BILLED else {}
    return UsageRecord(
        meters={},
        **_priced(result),
        time=result.start,
        request_id=result.identity("costs"),
        keys=_keys(result, apart=apart) | meter,
        reported_cost=None if amount is None else CONTEXT.divide(amount, CENTS),
        currency=result.text("currency") or "USD",
        notes=result.untold({"description": "description"}),
    )


def _has(document: Document, field: str) -> bool:
    return is_page(document, "starting_at") and at(first(document), field) is not None


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="anthropic-costs",
        title="Anthropic cost report",
        recognise=lambda document: _has(document, "amount"),
        read=costs,
        paged=True,
        says=(
            "This is a bill by the day: it has money (written in cents) and no usage",
            "What the priority tier costs never stands in it",
        ),
    ),
    Layout(
        name="anthropic-usage",
        title="Anthropic usage report",
        recognise=lambda document: (
            _has(document, "uncached_input_tokens") or (is_page(document, "starting_at") and not first(document))
        ),
        read=messages,
        paged=True,
        says=(
            "Requests are added up and not counted: where the context window is not told, prompts are read as short",
            "Code execution is billed and never stands in it; the last bucket may not be over",
        ),
    ),
)
"""Anthropic's formats, the most particular first."""
