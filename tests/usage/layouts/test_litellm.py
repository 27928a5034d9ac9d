"""LiteLLM's spend logs, roll-ups and callbacks.

The rows are typed from the published columns of its tables; the record of usage of `OPUS` stands, with other ids, in
LiteLLM issue 11364, and the two cost figures of the callbacks are those of a run against a proxy.
"""

import json
from decimal import Decimal
from typing import Any

import pytest

from pertoken.core.errors import InputError
from tests.usage.layouts.conftest import FORMS, records, tokens

OPUS = {
    "total_tokens": 103925,
    "prompt_tokens": 98805,
    "completion_tokens": 5120,
    "prompt_tokens_details": {"text_tokens": None, "audio_tokens": None, "cached_tokens": 66360,
                              "cache_creation_tokens": 32435},
    "cache_read_input_tokens": 66360,
    "completion_tokens_details": {"text_tokens": None, "reasoning_tokens": 1710},
    "cache_creation_input_tokens": 32435,
}  # fmt: skip

GPT = {
    "total_tokens": 1800,
    "prompt_tokens": 1500,
    "completion_tokens": 300,
    "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 100, "audio_tokens": 0},
}

SONNET = {
    "total_tokens": 3170,
    "prompt_tokens": 3050,
    "completion_tokens": 120,
    "prompt_tokens_details": {
        "cached_tokens": 2000,
        "cache_creation_tokens": 1000,
        "cache_creation_token_details": {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 600},
    },
    "server_tool_use": {"web_search_requests": 2},
    "cache_read_input_tokens": 2000,
    "cache_creation_input_tokens": 1000,
}


def spend(usage: dict[str, Any], **own: Any) -> dict[str, Any]:
    """A row of LiteLLM_SpendLogs."""
    return {
        "request_id": "chatcmpl-1",
        "call_type": "acompletion",
        "api_key": "hash-1",
        "spend": 0.00547,
        "total_tokens": usage["total_tokens"],
        "prompt_tokens": usage["prompt_tokens"],
        "completion_tokens": usage["completion_tokens"],
        "startTime": "2026-01-19 10:00:00.5",
        "endTime": "2026-01-19 10:00:02",
        "model": "gpt-4o",
        "model_group": "smart",
        "custom_llm_provider": "openai",
        "user": "u1",
        "metadata": {"usage_object": usage, "status": "success"},
        "cache_hit": "False",
        "request_tags": '["blue", "beta"]',
        "team_id": "t1",
        "end_user": "acme",
        "status": "success",
    } | own


ROWS = [
    spend(GPT),
    spend(OPUS, request_id="msg-2", model="claude-opus-4-5", custom_llm_provider="bedrock", spend=0.04708, end_user=""),
    spend(SONNET, request_id="msg-3", model="claude-sonnet-4-5", custom_llm_provider="anthropic", spend="0.00765",
          metadata={"additional_usage_values": SONNET}),
    spend(GPT, request_id="chatcmpl-1_cache_hit1768816800.1", cache_hit="True", spend=0.0),
    spend(GPT | {"total_tokens": 0, "prompt_tokens": 0, "completion_tokens": 0}, request_id="failed", status="failure",
          spend=0, metadata={"status": "failure"}),
]  # fmt: skip

FOLDED = {
    ("gpt-4o", "input_tokens"): 476,
    ("gpt-4o", "cache_read_tokens"): 1024,
    ("gpt-4o", "output_tokens"): 200,
    ("gpt-4o", "reasoning_tokens"): 100,
    ("claude-opus-4-5", "input_tokens"): 98805 - 66360 - 32435,
    ("claude-opus-4-5", "cache_read_tokens"): 66360,
    ("claude-opus-4-5", "cache_write_tokens"): 32435,
    ("claude-opus-4-5", "output_tokens"): 5120 - 1710,
    ("claude-opus-4-5", "reasoning_tokens"): 1710,
    ("claude-sonnet-4-5", "input_tokens"): 50,
    ("claude-sonnet-4-5", "cache_read_tokens"): 2000,
    ("claude-sonnet-4-5", "cache_write_5m_tokens"): 400,
    ("claude-sonnet-4-5", "cache_write_1h_tokens"): 600,
    ("claude-sonnet-4-5", "output_tokens"): 120,
    ("claude-sonnet-4-5", "web_searches"): 2,
    **{(model, "requests"): 1 for model in ("gpt-4o", "claude-opus-4-5", "claude-sonnet-4-5")},
    ("gpt-4o", "cost"): Decimal("0.00547"),
    ("claude-opus-4-5", "cost"): Decimal("0.04708"),
    ("claude-sonnet-4-5", "cost"): Decimal("0.00765"),
}


@pytest.mark.parametrize("form", FORMS)
def test_spend_logs_are_the_same_usage_as_table_and_as_json(fold, form):
    title, found = fold(ROWS, form, "model")
    assert title == "LiteLLM spend logs"
    assert {key: n for key, n in found.items() if n} == FOLDED


@pytest.mark.parametrize("form", FORMS)
def test_a_row_of_spend_logs_says_who_asked(fold, form):
    _, found = fold(ROWS[:1], form, "customer", "user", "team", "api_key", "provider", "call_type", "tags")
    assert {key[:-1] for key in found} == {("acme", "u1", "t1", "hash-1", "openai", "acompletion", '["blue", "beta"]')}


def test_spend_is_the_reported_cost_and_the_time_is_utc():
    (record,) = records("litellm-spend", spend(GPT, startTime="2026-01-19T11:00:00+01:00"))
    assert (record.reported_cost, record.currency) == (Decimal("0.00547"), "USD")
    assert record.time is not None
    assert record.time.isoformat() == "2026-01-19T10:00:00"
    assert record.request_id == "chatcmpl-1"


def test_the_served_tier_is_read_from_the_breakdown_of_the_cost():
    said = {"usage_object": GPT, "cost_breakdown": {"service_tier": "default"}}
    flex = said | {"cost_breakdown": {"service_tier": "flex"}}
    made = records("litellm-spend", spend(GPT, metadata=said), spend(GPT, metadata=flex))
    assert [each.service_tier for each in made] == ["standard", "flex"]


def test_a_prompt_less_than_its_cached_tokens_is_refused_by_name():
    old = {"total_tokens": 498, "prompt_tokens": 31, "completion_tokens": 467, "cache_creation_input_tokens": 1253}
    with pytest.raises(InputError, match=r"prompt_tokens 31 is less than .*cache_creation_input_tokens 1253"):
        records("litellm-spend", spend(old))


def test_a_negative_count_is_refused_by_name():
    with pytest.raises(InputError, match=r"completion_tokens is -3"):
        records("litellm-spend", spend(GPT, completion_tokens=-3))


def test_metadata_that_is_cut_off_is_refused_by_name():
    with pytest.raises(InputError, match=r"metadata holds JSON that is cut off or broken"):
        records("litellm-spend", spend(GPT, metadata=json.dumps({"usage_object": GPT})[:-30]))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_metadata_that_is_cut_off_is_refused_in_tables_too(fold, form):
    with pytest.raises(InputError, match=r"metadata holds JSON that is cut off or broken"):
        fold([spend(GPT), spend(GPT, request_id="b", metadata=json.dumps({"usage_object": GPT})[:-30])], form, "model")


DAY = {
    "id": "row-1",
    "date": "2026-01-19",
    "api_key": "hash-1",
    "model": "claude-opus-4-5",
    "model_group": "smart",
    "custom_llm_provider": "bedrock",
    "endpoint": "/chat/completions",
    "prompt_tokens": 98805 + 1500,
    "completion_tokens": 5120,
    "cache_read_input_tokens": 66360,
    "cache_creation_input_tokens": 32435,
    "compression_saved_tokens": 17,
    "spend": 0.05255,
    "api_requests": 3,
    "successful_requests": 2,
    "failed_requests": 1,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("entity", "key"), [("team_id", "team"), ("user_id", "user"), ("end_user_id", "customer")])
def test_a_daily_roll_up_contains_its_cached_tokens_in_its_prompt(fold, form, entity, key):
    title, found = fold([DAY | {entity: "red"}], form, key)
    assert title == "LiteLLM daily roll-ups"
    assert {name[1]: n for name, n in found.items()} == {
        "input_tokens": 1510,
        "cache_read_tokens": 66360,
        "cache_write_tokens": 32435,
        "output_tokens": 5120,
        "requests": 3,
        "cost": Decimal("0.05255"),
    }
    assert {name[0] for name in found} == {"red"}


def test_a_daily_roll_up_says_that_it_adds_up():
    (record,) = records("litellm-daily", DAY | {"team_id": "red"})
    assert record.notes == ("sum of several requests",)
    assert record.time is not None
    assert record.time.isoformat() == "2026-01-19T00:00:00"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_roll_ups_by_tag_are_a_format_of_their_own_that_warns_of_counting_twice(fold, form):
    title, found = fold([DAY | {"tag": "blue"}, DAY | {"id": "row-2", "tag": "beta"}], form, "tag")
    assert title == "LiteLLM daily roll-ups by tag"
    assert found["blue", "input_tokens"] == found["beta", "input_tokens"] == 1510


def test_daily_activity_is_read_model_by_model():
    """The page is that of LiteLLM's pull request 9603, with the counts of a cache beside."""
    of = {"spend": 0.006016, "prompt_tokens": 13, "completion_tokens": 497, "total_tokens": 510, "api_requests": 3}
    cached = {"cache_read_input_tokens": 7, "cache_creation_input_tokens": 2}
    day = {"date": "2025-03-27", "metrics": of, "breakdown": {"models": {"mistral-large": {"metrics": of | cached}}}}
    (record,) = records("litellm-activity", {"results": [day], "metadata": {"page": 1}})
    assert record.meters == {
        "input_tokens": 4, "cache_read_tokens": 7, "cache_write_tokens": 2, "output_tokens": 497, "requests": 3
    }  # fmt: skip
    assert (record.model, record.reported_cost) == ("mistral-large", Decimal("0.006016"))
    (whole,) = records("litellm-activity", {"results": [day | {"breakdown": {}}]})
    assert whole.notes == ("sum of several requests", "model not told: the day has no breakdown")


def callback(usage: dict[str, Any], **own: Any) -> dict[str, Any]:
    """A StandardLoggingPayload."""
    return {
        "id": "chatcmpl-1",
        "trace_id": "trace-1",
        "litellm_call_id": "call-1",
        "call_type": "acompletion",
        "response_cost": 0.00547,
        "cost_breakdown": {"input_cost": 0.00247, "output_cost": 0.003, "total_cost": 0.00547},
        "status": "success",
        "custom_llm_provider": "openai",
        "total_tokens": usage["total_tokens"],
        "prompt_tokens": usage["prompt_tokens"],
        "completion_tokens": usage["completion_tokens"],
        "startTime": 1768816800.25,
        "endTime": 1768816802.5,
        "model": "gpt-4o",
        "metadata": {"user_api_key_team_id": "t1", "user_api_key_hash": "hash-1", "usage_object": usage},
        "cache_hit": False,
        "saved_cache_cost": 0.0,
        "request_tags": ["blue"],
        "end_user": "acme",
    } | own


def test_a_callback_is_read_by_its_record_of_usage():
    (record,) = records("litellm-callback", callback(SONNET, model="claude-sonnet-4-5", response_cost=0.00765))
    assert tokens(record) == {
        "input_tokens": 50,
        "cache_read_tokens": 2000,
        "cache_write_5m_tokens": 400,
        "cache_write_1h_tokens": 600,
        "output_tokens": 120,
        "web_searches": 2,
    }
    assert record.reported_cost == Decimal("0.00765")
    assert record.keys == {
        "customer": "acme",
        "team": "t1",
        "api_key": "hash-1",
        "tags": '["blue"]',
        "call_type": "acompletion",
    }
    assert record.time is not None
    assert record.time.isoformat() == "2026-01-19T10:00:00.250000"
    assert record.notes == ()


def test_a_callback_priced_at_the_vendors_list_is_the_cost_that_litellm_reports():
    """476 fresh tokens at $2.50, 1,024 cached at $1.25 and 300 out at $10 a million are $0.00547."""
    (record,) = records("litellm-callback", callback(GPT))
    rates = {"input_tokens": 2.5, "cache_read_tokens": 1.25, "output_tokens": 10, "reasoning_tokens": 10}
    cost = sum(n * Decimal(str(rates[name])) for name, n in tokens(record).items()) / 10**6
    assert cost == record.reported_cost


def test_events_of_one_call_count_once(fold):
    _, found = fold([callback(GPT), callback(GPT)], "jsonl")
    assert found["requests",] == 1
    assert found["cost",] == Decimal("0.00547")


@pytest.mark.parametrize("own", [{"cache_hit": True, "response_cost": 0}, {"status": "failure", "response_cost": 0}])
def test_answers_from_litellms_own_cache_and_failures_are_no_usage(own):
    assert records("litellm-callback", callback(GPT, **own)) == []


def test_a_callback_says_what_its_cost_leaves_open():
    free, cut = records(
        "litellm-callback",
        callback(GPT, response_cost=0),
        callback(GPT, cost_breakdown={"discount_percent": 0.05, "margin_percent": 0}),
    )
    assert free.notes == ("LiteLLM reports no cost for its tokens",)
    assert cut.notes == ("the reported cost holds a discount",)
