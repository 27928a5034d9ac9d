"""Portkey: exported logs, with the response where it was kept and its counts where it was not."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from pertoken.core.exact import CONTEXT
from pertoken.usage.fields import at, count, first, moment, money, opened, text
from pertoken.usage.layout import Document, Layout
from pertoken.usage.record import UsageRecord
from pertoken.usage.response import usage_of

COLUMNS = frozenset({"created_at", "ai_org", "ai_model", "req_units", "res_units", "cost"})

CENTS = Decimal(100)
"""Cents in a dollar; costs are written in cents."""

OWN_CACHE = ("HIT", "SEMANTIC HIT")
"""States of Portkey's own cache in which no vendor was asked."""

BODIES = ("response.body", "response")
"""Where the vendor's response stands, if it was kept."""

KEYS = {
    "customer": ("metadata._user", "metadata.user"),
    "environment": ("metadata._environment", "metadata.environment"),
    "feature": ("metadata.feature", "prompt_slug"),
    "team": ("metadata.team",),
    "trace": ("trace_id",),
    "api_key": ("metadata.api_key_name",),
}
"""Our keys, and where they stand, the best first."""

NO_BODY = "cached tokens not told: no response beside the counts"
"""Note on a row whose response was not kept."""


def read(document: Document) -> Iterable[UsageRecord]:
    """Read a row: the usage of its response, or else its counts; nothing if the vendor was not asked or failed.

    Raises:
        InputError: Counts that can't be.
    """
    into, out = (count(document.get(name), name) for name in ("req_units", "res_units"))
    failed = text(document.get("is_success")) in ("0", "false") and not into + out
    if failed or text(document.get("cache_status")).upper() in OWN_CACHE:
        return []
    provider, model, body = text(document.get("ai_org")), text(document.get("ai_model")), _body(document)
    told = usage_of(body, provider=provider, model=model) if body else (_counts(into, out, provider, model),)
    return [_labelled(each, document) for each in told]


def _body(document: Document) -> Document:
    """Find the vendor's response; an empty one if it was not kept or holds no usage."""
    for place in BODIES:
        found = opened(at(document, place) or document.get(place), place)
        if isinstance(found, dict) and ("usage" in found or "usageMetadata" in found):
            return found
    return {}


def _counts(into: int, out: int, provider: str, model: str) -> UsageRecord:
    meters = {"input_tokens": into, "output_tokens": out, "requests": 1}
    told = {name: n for name, n in meters.items() if n}
    return UsageRecord(meters=told, provider=provider, model=model, notes=(NO_BODY,))


def _labelled(record: UsageRecord, document: Document) -> UsageRecord:
    keys = {key: text(first(document, paths)) for key, paths in KEYS.items()}
    cents = money(document.get("cost"), "cost") if record.invocation == 0 else None
    return replace(
        record,
        time=moment(document.get("created_at"), "created_at"),
        request_id=text(document.get("id")) or record.request_id,
        keys={key: label for key, label in keys.items() if label},
        reported_cost=None if cents is None else CONTEXT.divide(cents, CENTS),
        currency=text(document.get("cost_currency")).upper() or "USD",
    )


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="portkey",
        title="Portkey logs",
        columns=COLUMNS,
        recognise=lambda document: document.keys() >= COLUMNS,
        read=read,
        says=(
            "Answers from Portkey's own cache, which no vendor bills, and failed requests are left out",
            "Where the response was not kept, cached tokens are not told and priced as input",
        ),
    ),
)
"""Portkey's formats."""
