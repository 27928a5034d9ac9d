"""Anthropic: what its console exports of usage and of costs."""

import re
from collections.abc import Iterable
from dataclasses import replace

from pertoken.usage.fields import moment, money, text
from pertoken.usage.layout import Document, Layout
from pertoken.usage.layouts.anthropic import CENTS, billed, used
from pertoken.usage.layouts.pages import Result
from pertoken.usage.record import UsageRecord

DAY = "usage_date_utc"

USED = frozenset({DAY, "model_version", "usage_input_tokens_no_cache", "usage_output_tokens"})
BILLED = frozenset({DAY, "model", "token_type", "cost_usd"})
"""Columns of the exports."""

BANDS = {"≤ 200k": "0-200k", "> 200k": "200k-1M"}
"""Context windows, as the console and as the interface calls them."""

LABELS = {"workspace_id": "workspace", "api_key_id": "api_key", "inference_geo": "inference_geo", "speed": "speed"}
"""Fields of the interface, and columns of both exports."""

COUNTS = {
    "uncached_input_tokens": "usage_input_tokens_no_cache",
    "cache_read_input_tokens": "usage_input_tokens_cache_read",
    "output_tokens": "usage_output_tokens",
}
WRITES = {
    "ephemeral_5m_input_tokens": "usage_input_tokens_cache_write_5m",
    "ephemeral_1h_input_tokens": "usage_input_tokens_cache_write_1h",
}
"""Counts of the interface, and columns of the export of usage."""

KINDS = {
    "input_no_cache": "uncached_input_tokens",
    "input_cache_read": "cache_read_input_tokens",
    "input_cache_write_5m": "cache_creation.ephemeral_5m_input_tokens",
    "input_cache_write_1h": "cache_creation.ephemeral_1h_input_tokens",
    "output": "output_tokens",
}
"""Types of tokens, as the export of costs and as the interface calls them."""


def usage(document: Document) -> Iterable[UsageRecord]:
    """Read a row of the export of usage.

    Raises:
        InputError: Counts that can't be.
    """
    fields = {
        **_shared(document),
        **{field: document.get(column) for field, column in COUNTS.items()},
        "cache_creation": {field: document.get(column) for field, column in WRITES.items()},
        "server_tool_use": {"web_search_requests": document.get("web_search_count")},
        "model": document.get("model_version"),
        "service_tier": document.get("usage_type"),
    }
    return [replace(used(Result(moment(document.get(DAY), DAY), None, fields), apart=False), request_id="")]


def costs(document: Document) -> Iterable[UsageRecord]:
    """Read a row of the export of costs, which are in dollars.

    Raises:
        InputError: An amount that is no number.
    """
    amount = money(document.get("cost_usd"), "cost_usd")
    kind = text(document.get("token_type"))
    fields = {
        **_shared(document),
        "model": model_id(text(document.get("model"))),
        "service_tier": "batch" if text(document.get("usage_type")) == "batch" else None,
        "token_type": KINDS.get(kind, kind) or None,
        "cost_type": document.get("cost_type"),
        "description": f"{text(document.get('model'))} {kind}".strip(),
        "amount": None if amount is None else amount * CENTS,
    }
    return [replace(billed(Result(moment(document.get(DAY), DAY), None, fields), apart=False), request_id="")]


def _shared(document: Document) -> dict[str, object]:
    window = text(document.get("context_window"))
    labels = {field: document.get(column) or None for field, column in LABELS.items()}
    return {**labels, "context_window": BANDS.get(window, window) or None}


def model_id(shown: str) -> str:
    """Write a model's shown name as its id.

    >>> model_id("Claude Haiku 4.5"), model_id("Claude 3.5 Sonnet 2024-10-22")
    ('claude-haiku-4-5', 'claude-3-5-sonnet-20241022')
    """
    dated = re.sub(r"(\d{4})-(\d\d)-(\d\d)$", r"\1\2\3", shown.strip().lower())
    return re.sub(r"[ .]+", "-", dated)


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="anthropic-usage-export",
        title="Anthropic usage export",
        columns=USED,
        recognise=lambda document: document.keys() >= USED,
        read=usage,
        says=("A row adds up the requests of a day and does not say how many there were",),
    ),
    Layout(
        name="anthropic-costs-export",
        title="Anthropic costs export",
        columns=BILLED,
        recognise=lambda document: document.keys() >= BILLED,
        read=costs,
        says=("This is a bill by the day in dollars: it has money and no usage, and models by their shown names",),
    ),
)
"""What Anthropic's console exports."""
