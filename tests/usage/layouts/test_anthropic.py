"""Anthropic's reports of messages and of costs; documents typed from the published fields."""

import json
from decimal import Decimal
from typing import Any

import pytest

from pertoken.catalog.book import Catalog
from pertoken.catalog.prices import Rate
from pertoken.core.errors import InputError
from pertoken.engines import duckdb as engine
from pertoken.rating.cost import cost
from pertoken.usage.question import Cut, Question
from pertoken.workbench.reading import reading
from tests.usage.layouts.conftest import FORMS, records


def page(*results: dict[str, Any]) -> dict[str, Any]:
    """A page of one day."""
    bucket = {"starting_at": "2026-01-19T00:00:00Z", "ending_at": "2026-01-20T00:00:00Z", "results": list(results)}
    return {"data": [bucket], "has_more": False, "next_page": None}


USED = {
    "uncached_input_tokens": 50,
    "cache_creation": {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 600},
    "cache_read_input_tokens": 2000,
    "output_tokens": 120,
    "server_tool_use": {"web_search_requests": 2},
    "api_key_id": "apikey_1",
    "workspace_id": "wrkspc_1",
    "model": "claude-sonnet-4-5-20250929",
    "service_tier": "standard",
    "context_window": "0-200k",
    "inference_geo": "us",
    "speed": "standard",
}


def test_messages_are_disjoint_with_each_time_to_live_apart():
    (record,) = records("anthropic-usage", page(USED))
    assert record.meters == {
        "input_tokens": 50,
        "cache_read_tokens": 2000,
        "cache_write_5m_tokens": 400,
        "cache_write_1h_tokens": 600,
        "output_tokens": 120,
        "web_searches": 2,
    }
    assert record.keys == {"workspace": "wrkspc_1", "api_key": "apikey_1", "prompt_tokens_above": "0"}
    assert (record.model, record.region, record.speed) == ("claude-sonnet-4-5-20250929", "us", "standard")
    assert record.time is not None
    assert record.time.isoformat() == "2026-01-19T00:00:00"
    assert record.notes == ()


@pytest.mark.parametrize(
    ("tier", "batch", "ours"),
    [
        ("standard", False, "standard"),
        ("batch", True, "standard"),
        ("priority", False, "priority"),
        ("priority_on_demand", False, "priority"),
        ("flex_discount", False, "flex"),
    ],
)
def test_the_tier_tells_batch_work(tier, batch, ours):
    (record,) = records("anthropic-usage", page(USED | {"service_tier": tier}))
    assert (record.batch, record.service_tier) == (batch, ours)


def test_long_prompts_fast_answers_and_no_place_are_told():
    own = USED | {"context_window": "200k-1M", "speed": "fast", "inference_geo": "not_available"}
    (record,) = records("anthropic-usage", page(own))
    assert record.keys["prompt_tokens_above"] == "200000"
    assert (record.speed, record.region) == ("fast", "")


def test_who_has_no_workspace_is_in_the_default_one_where_workspaces_are_told():
    own, none = records("anthropic-usage", page(USED, USED | {"workspace_id": None}))
    assert (own.keys["workspace"], none.keys["workspace"]) == ("wrkspc_1", "default")
    (alone,) = records("anthropic-usage", page(USED | {"workspace_id": None}))
    assert "workspace" not in alone.keys


def test_what_the_report_is_not_grouped_by_is_told():
    (record,) = records("anthropic-usage", page(USED | {"model": None, "context_window": None}))
    assert record.notes == ("model, context window not told: group the report by it",)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"output_tokens": -2}, r"output_tokens is -2"),
        ({"cache_creation": {"ephemeral_1h_input_tokens": "many"}}, r"ephemeral_1h_input_tokens is 'many'"),
        ({"context_window": "1M-2M"}, r"context_window is '1M-2M'; known are 0-200k, 200k-1M"),
    ],
)
def test_what_cannot_be_is_refused_by_name(wrong, message):
    with pytest.raises(InputError, match=message):
        records("anthropic-usage", page(USED | wrong))


BILLED = {
    "currency": "USD",
    "amount": "123.45",
    "workspace_id": None,
    "description": "Claude Sonnet 4.5 Usage - Input Tokens, Cache Write (1 Hour)",
    "cost_type": "tokens",
    "context_window": "0-200k",
    "model": "claude-sonnet-4-5-20250929",
    "service_tier": "batch",
    "token_type": "cache_creation.ephemeral_1h_input_tokens",
    "inference_geo": None,
}


def test_amounts_are_cents():
    """The documentation's own example: "123.45" is $1.23."""
    (record,) = records("anthropic-costs", page(BILLED))
    assert record.reported_cost == Decimal("1.2345")
    assert round(record.reported_cost, 2) == Decimal("1.23")
    assert record.meters == {}
    assert (record.model, record.batch, record.currency) == ("claude-sonnet-4-5-20250929", True, "USD")
    assert record.keys == {
        "line_item": BILLED["description"],
        "cost_type": "tokens",
        "prompt_tokens_above": "0",
        "meter": "cache_write_1h_tokens",
    }


@pytest.mark.parametrize(
    ("kind", "meter"), [("web_search", "web_searches"), ("code_execution", "code_executions"), ("session_usage", None)]
)
def test_costs_of_tools_are_of_no_model(kind, meter):
    own = BILLED | {"cost_type": kind, "token_type": None, "model": None, "context_window": None, "service_tier": None}
    (record,) = records("anthropic-costs", page(own))
    assert record.keys.get("meter") == meter
    assert record.model == ""


def test_costs_that_are_not_grouped_say_so():
    (record,) = records("anthropic-costs", page({"amount": "7", "currency": "USD", "description": None}))
    assert record.notes == ("description not told: group the report by it",)
    assert record.reported_cost == Decimal("0.07")


@pytest.mark.parametrize("form", FORMS)
def test_the_consoles_export_of_usage_is_read_as_its_report_is(fold, form):
    row = {
        "usage_date_utc": "2026-03-22", "model_version": "claude-sonnet-4-20250514", "api_key": "test-key",
        "workspace": "Default", "usage_type": "batch", "context_window": "> 200k", "usage_input_tokens_no_cache": 50,
        "usage_input_tokens_cache_write_5m": 400, "usage_input_tokens_cache_write_1h": 600,
        "usage_input_tokens_cache_read": 2000, "usage_output_tokens": 120, "web_search_count": 2,
        "inference_geo": "not_available", "speed": "",
    }  # fmt: skip
    title, found = fold([row], form, "model", "workspace", "api_key", "batch", "prompt_tokens_above")
    assert title == "Anthropic usage export"
    assert {key[-1]: n for key, n in found.items() if n} == {
        "input_tokens": 50,
        "cache_read_tokens": 2000,
        "cache_write_5m_tokens": 400,
        "cache_write_1h_tokens": 600,
        "output_tokens": 120,
        "web_searches": 2,
    }
    assert {key[:-1] for key in found} == {("claude-sonnet-4-20250514", "Default", "test-key", "true", "200000")}


def test_the_consoles_export_of_costs_is_in_dollars():
    row = {
        "usage_date_utc": "2026-08-04", "model": "Claude Haiku 4.5", "workspace": "Default", "api_key": "demo-key",
        "usage_type": "message", "context_window": "≤ 200k", "token_type": "input_cache_write_1h", "cost_usd": "0.05",
        "list_price_usd": "0.05", "cost_type": "token", "inference_geo": "not_available", "speed": "",
    }  # fmt: skip
    (record,) = records("anthropic-costs-export", row)
    assert record.reported_cost == Decimal("0.05")
    assert (record.model, record.keys["meter"], record.batch) == ("claude-haiku-4-5", "cache_write_1h_tokens", False)
    assert record.keys["prompt_tokens_above"] == "0"


def test_many_requests_that_add_up_to_a_long_prompt_are_no_long_prompt(tmp_path):
    """Five million tokens of short prompts cost the short price, though their sum is far above the bound."""
    sums = USED | {"uncached_input_tokens": 5_000_000, "cache_creation": {}, "cache_read_input_tokens": 0}
    told = page(
        sums, sums | {"context_window": "200k-1M", "model": "long"}, sums | {"context_window": None, "model": "x"}
    )
    (tmp_path / "page.json").write_text(json.dumps(told, indent=1))
    with reading(tmp_path / "page.json", None, "", "UTC") as log:
        usage, _ = engine.fold(log, Question(("model",), cuts=(Cut("prompt_tokens", (199_999,)),)))
    bands = {line["model"]: line["prompt_tokens_above"] for line in usage.records() if line["meter"] == "input_tokens"}
    assert bands == {USED["model"]: "0", "long": "199999", "x": "0"}


def test_each_context_window_is_priced_at_its_own_rate():
    shared: dict[str, Any] = {"model": "m", "provider": "anthropic", "meter": "input_tokens", "per": Decimal(10**6)}
    rates = (Rate(**shared, price=Decimal(3)), Rate(**shared, price=Decimal(6), above=200_000))
    sums = {"uncached_input_tokens": 5_000_000, "model": "m", "service_tier": "standard"}
    short, long = records(
        "anthropic-usage", page(sums | {"context_window": "0-200k"}, sums | {"context_window": "200k-1M"})
    )
    catalog = Catalog("book of tests", {("anthropic", "m"): rates})
    assert [cost(each, catalog).amount for each in (short, long)] == [15, 30]
