"""OpenAI: pages of the organisation's costs, and what its dashboard exports of them: a bill, read by its line items."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pertoken.core.meters import METERS
from pertoken.usage.fields import moment
from pertoken.usage.layout import Document, Layout
from pertoken.usage.layouts.pages import Result, first, is_page, results
from pertoken.usage.record import UsageRecord

RESULT = "organization.costs.result"

KEYS = {"project": "project_id", "api_key": "api_key_id"}
"""Our keys, and the fields of a result."""


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
    meter = f"{begins}_tokens" if of in ("", "text") else f"{begins}_{of}_tokens"
    return meter if meter in METERS else ""


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
        request_id=result.identity("costs"),
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


EXPORTED = frozenset({"start_time", "end_time", "amount_value", "amount_currency", "line_item"})
"""Columns of the dashboard's export of costs."""


def row(document: Document) -> Iterable[UsageRecord]:
    """Read a row of the dashboard's export; nothing of a day without costs.

    Raises:
        InputError: An amount that is no number.
    """
    start, end = (moment(document.get(name), name) for name in ("start_time", "end_time"))
    amount = {"value": document.get("amount_value"), "currency": document.get("amount_currency")}
    fields = {"line_item": None, **document, "amount": amount}
    return [replace(_cost(Result(start, end, fields)), request_id="")] if amount["value"] is not None else []


SAYS = ("This is a bill by the day: it has money and no usage; models and meters are read out of its line items",)

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="openai-costs",
        title="OpenAI costs",
        recognise=lambda document: is_page(document, "start_time") and str(first(document).get("object", "")) == RESULT,
        read=costs,
        paged=True,
        says=SAYS,
    ),
    Layout(
        name="openai-costs-export",
        title="OpenAI costs export",
        columns=EXPORTED,
        recognise=lambda document: document.keys() >= EXPORTED,
        read=row,
        says=SAYS,
    ),
)
"""OpenAI's bills."""
