"""Helicone, OpenRouter, Aider and Portkey; documents typed from the published fields."""

import gzip
import json
from decimal import Decimal
from typing import Any

import pytest

from pertoken.core.errors import InputError
from pertoken.usage.layouts import helicone
from tests.usage.layouts.conftest import FORMS, records, tokens

ROW = {
    "request_id": "req-1",
    "request_created_at": "2026-01-19T10:00:00.000Z",
    "response_id": "res-1",
    "request_model": "gpt-4o",
    "response_model": "gpt-4o-2024-08-06",
    "provider": "OPENAI",
    "helicone_user": "acme",
    "country_code": "DE",
    "total_tokens": 1800,
    "prompt_tokens": 476,
    "prompt_cache_read_tokens": 1024,
    "prompt_cache_write_tokens": 0,
    "prompt_audio_tokens": 0,
    "completion_tokens": 200,
    "completion_audio_tokens": 0,
    "reasoning_tokens": 100,
    "costUSD": 0.00547,
    "request_properties": {"environment": "prod", "feature": "chat"},
}

LEAVES = {"input_tokens": 476, "cache_read_tokens": 1024, "output_tokens": 200, "reasoning_tokens": 100}


@pytest.mark.parametrize("form", FORMS)
def test_helicones_prompt_is_without_its_cached_tokens(fold, form):
    title, found = fold([ROW], form, "model", "provider", "customer", "feature")
    assert title == "Helicone requests"
    assert {key[-1]: n for key, n in found.items() if n} == LEAVES | {"requests": 1, "cost": Decimal("0.00547")}
    assert {key[:-1] for key in found} == {("gpt-4o-2024-08-06", "openai", "acme", "chat")}


@pytest.mark.parametrize(
    "own",
    [
        {"prompt_tokens": 1500},
        {"completion_tokens": 300},
        {"prompt_tokens": 1500, "completion_tokens": 300},
    ],
)
def test_helicones_older_ways_of_counting_are_known_by_the_total(own):
    (record,) = records("helicone", ROW | own)
    assert tokens(record) == LEAVES
    assert record.notes == ()


def test_helicones_anthropic_rows_count_cached_tokens_beside_whatever_the_total():
    """Rows of before its pull request 4655 have a total without what was cached."""
    own = {"provider": "ANTHROPIC", "prompt_tokens": 50, "completion_tokens": 120, "reasoning_tokens": 0}
    cached = {"prompt_cache_read_tokens": 2000, "prompt_cache_write_tokens": 1000}
    leaves = {"input_tokens": 50, "cache_read_tokens": 2000, "cache_write_tokens": 1000, "output_tokens": 120}
    new, old = records(
        "helicone", ROW | own | cached | {"total_tokens": 3170}, ROW | own | cached | {"total_tokens": 170}
    )
    assert tokens(new) == tokens(old) == leaves
    assert new.notes == ()
    assert old.notes == (helicone.OFF,)


def test_helicones_negative_count_is_refused_by_name():
    with pytest.raises(InputError, match=r"prompt_tokens is -1"):
        records("helicone", ROW | {"prompt_tokens": -1})


GENERATION = {
    "id": "gen-1",
    "total_cost": 0.0479964,
    "usage": 0.0479964,
    "created_at": "2026-01-19T10:00:00.433273+00:00",
    "model": "x-ai/grok-4.5-20260708",
    "provider_name": "xAI",
    "tokens_prompt": 18025,
    "tokens_completion": 484,
    "native_tokens_prompt": 19565,
    "native_tokens_completion": 1514,
    "native_tokens_cached": 128,
    "native_tokens_reasoning": 1030,
    "is_byok": False,
}


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_openrouter_generation_counts_the_vendors_own_tokens(wrapped):
    (record,) = records("openrouter-generation", {"data": GENERATION} if wrapped else GENERATION)
    assert tokens(record) == {
        "input_tokens": 19437,
        "cache_read_tokens": 128,
        "output_tokens": 484,
        "reasoning_tokens": 1030,
    }
    assert (record.provider, record.model) == ("openrouter", "x-ai/grok-4.5-20260708")
    assert record.keys == {"upstream": "xAI", "byok": "false"}
    assert record.reported_cost == Decimal("0.0479964")
    assert record.request_id == "gen-1"


@pytest.mark.parametrize("form", FORMS)
def test_openrouters_export_is_one_row_a_generation(fold, form):
    row = {
        "generation_id": "gen-1", "created_at": "2026-03-30 02:37:51.271", "cost_total": 0.01, "cost_cache": -0.005,
        "byok_usage_inference": 0, "tokens_prompt": 1500, "tokens_completion": 300, "tokens_reasoning": 100,
        "tokens_cached": 1024, "model_permaslug": "openai/gpt-4o-2024-08-06", "provider_name": "OpenAI",
        "app_name": "cursor", "cancelled": "false",
    }  # fmt: skip
    title, found = fold([row], form, "provider", "model", "app")
    assert title == "OpenRouter activity export"
    assert {key[-1]: n for key, n in found.items()} == LEAVES | {"requests": 1, "cost": Decimal("0.01")}
    assert {key[:-1] for key in found} == {("openrouter", "openai/gpt-4o-2024-08-06", "cursor")}


def test_openrouters_activity_adds_up_a_day():
    """The item of the interface's own documentation."""
    item = {
        "date": "2025-08-24", "model": "openai/gpt-4.1", "model_permaslug": "openai/gpt-4.1-2025-04-14",
        "endpoint_id": "550e8400", "provider_name": "OpenAI", "usage": 0.015, "byok_usage_inference": 0.012,
        "requests": 5, "prompt_tokens": 50, "completion_tokens": 125, "reasoning_tokens": 25,
    }  # fmt: skip
    one, two = records("openrouter-activity", {"data": [item, item | {"date": "2025-08-25", "requests": 1}]})
    assert one.meters == {"input_tokens": 50, "output_tokens": 100, "reasoning_tokens": 25, "requests": 5}
    assert (one.model, one.reported_cost) == ("openai/gpt-4.1", Decimal("0.015"))
    assert (one.notes, two.notes) == (("sum of several requests",), ())


def event(**own: Any) -> dict[str, Any]:
    """An event of Aider's analytics."""
    said = {"main_model": "gemini/gemini-2.5-pro", "weak_model": "gemini/gemini-2.5-flash", "edit_format": "diff",
            "prompt_tokens": 10006, "completion_tokens": 81, "cost": 0.0133175, "total_cost": 1.5}  # fmt: skip
    return {"event": "message_send", "properties": said, "user_id": "u1", "time": 1755100406} | own


def test_aiders_messages_are_usage_and_other_events_are_not():
    sent, started = event(), event(event="message_send_starting", properties={})
    (record,) = records("aider", sent, started)
    assert record.meters == {"input_tokens": 10006, "output_tokens": 81, "requests": 1}
    assert record.reported_cost == Decimal("0.0133175")
    assert record.time is not None
    assert record.time.isoformat() == "2025-08-13T15:53:26"
    assert record.keys == {"user": "u1", "edit_format": "diff"}


def test_aiders_real_log_is_read_and_its_gemini_rows_cost_their_list_price(billing):
    """Gemini 2.5 Pro below 200,000 tokens: $1.25 in and $10 out a million, on 107 messages of $5.31 in all."""
    with gzip.open(billing / "aider_sample_analytics.jsonl.gz", "rt") as file:
        made = records("aider", *map(json.loads, file))
    assert len(made) == 107
    assert round(sum(each.reported_cost or 0 for each in made), 2) == Decimal("5.31")
    gemini = [each for each in made if each.model == "gemini/gemini-2.5-pro"]
    assert len(gemini) == 5
    for each in gemini:
        cost = (each.meters["input_tokens"] * Decimal("1.25") + each.meters["output_tokens"] * 10) / 10**6
        assert round(cost, 12) == round(each.reported_cost or 0, 12)


PORTKEY = {
    "id": "log-1",
    "trace_id": "trace-1",
    "created_at": "2026-01-19T10:00:00.000Z",
    "is_success": 1,
    "ai_org": "openai",
    "ai_model": "gpt-4o",
    "req_units": 1500,
    "res_units": 300,
    "total_units": 1800,
    "cost": 0.547,
    "cost_currency": "USD",
    "cache_status": "MISS",
    "response_status_code": 200,
    "metadata": {"_user": "acme", "team": "blue"},
}

BODY = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gpt-4o-2024-08-06",
    "usage": {
        "prompt_tokens": 1500,
        "completion_tokens": 300,
        "total_tokens": 1800,
        "prompt_tokens_details": {"cached_tokens": 1024},
        "completion_tokens_details": {"reasoning_tokens": 100},
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_portkeys_cost_is_in_cents_and_its_response_tells_cached_tokens(fold, form):
    title, found = fold([PORTKEY | {"response": {"body": BODY}}], form, "model", "customer", "team")
    assert title == "Portkey logs"
    assert {key[-1]: n for key, n in found.items()} == LEAVES | {"requests": 1, "cost": Decimal("0.00547")}
    assert {key[:-1] for key in found} == {("gpt-4o-2024-08-06", "acme", "blue")}


def test_portkeys_counts_are_read_where_the_response_was_not_kept():
    (record,) = records("portkey", PORTKEY)
    assert record.meters == {"input_tokens": 1500, "output_tokens": 300, "requests": 1}
    assert record.notes == ("cached tokens not told: no response beside the counts",)
    assert (record.provider, record.model, record.request_id) == ("openai", "gpt-4o", "log-1")


@pytest.mark.parametrize("own", [{"cache_status": "SEMANTIC HIT"}, {"is_success": 0, "req_units": 0, "res_units": 0}])
def test_answers_from_portkeys_own_cache_and_failures_are_no_usage(own):
    assert records("portkey", PORTKEY | own) == []


@pytest.mark.parametrize("form", FORMS)
def test_deepseeks_export_has_a_row_for_each_meter(fold, form):
    own = {"user_id": "u1", "start_time_iso": "2026-08-01T00:00:00Z", "end_time_iso": "2026-08-01T01:00:00Z",
           "model": "deepseek-chat", "api_key_name": "key", "api_key": "sk-***"}  # fmt: skip
    counts = {"input_cache_miss_tokens": 476, "input_cache_hit_tokens": 1024, "output_tokens": 300, "request_count": 3}
    rows = [own | {"type": name, "price": "0.00000015", "amount": n} for name, n in counts.items()]
    title, found = fold(rows, form, "model", "provider", "api_key")
    assert title == "DeepSeek usage export"
    assert {key[-1]: n for key, n in found.items()} == {
        "input_tokens": 476,
        "cache_read_tokens": 1024,
        "output_tokens": 300,
        "requests": 3,
    }
    assert {key[:-1] for key in found} == {("deepseek-chat", "deepseek", "key")}
