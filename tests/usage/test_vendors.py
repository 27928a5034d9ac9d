"""What the vendors' own names mean: which column contains which, flat or in records, by the reference's table."""

import json
from typing import Any

import pytest

from pertoken.core.errors import InputError
from pertoken.engines.duckdb import fold, opened
from pertoken.usage.decompose import decompose
from pertoken.usage.question import Question
from pertoken.usage.schema import LogMapping, bind


@pytest.fixture
def leaves(tmp_path):
    """Fold one record to its leaf meters, through JSON lines and no mapping but the one given."""

    def folded(record, mapping=None):
        path = tmp_path / "log.jsonl"
        path.write_text(json.dumps(record) + "\n")
        with opened(path, mapping) as log:
            usage, _ = fold(log, Question(()))
        return {line["meter"]: line["quantity"] for line in usage.records() if line["meter"] != "requests"}

    return folded


OPENAI: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1770282000,
    "model": "gpt-4o",
    "service_tier": "default",
    "usage": {
        "prompt_tokens": 1009,
        "completion_tokens": 503,
        "total_tokens": 1512,
        "prompt_tokens_details": {"cached_tokens": 401, "audio_tokens": 97, "text_tokens": 511},
        "completion_tokens_details": {
            "reasoning_tokens": 307,
            "audio_tokens": 13,
            "accepted_prediction_tokens": 7,
            "rejected_prediction_tokens": 5,
        },
    },
}
ANTHROPIC: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "model": "claude-sonnet-4-5",
    "usage": {
        "input_tokens": 101,
        "cache_creation_input_tokens": 48,
        "cache_read_input_tokens": 211,
        "cache_creation": {"ephemeral_5m_input_tokens": 31, "ephemeral_1h_input_tokens": 17},
        "output_tokens": 503,
        "server_tool_use": {"web_search_requests": 3},
        "service_tier": "standard",
    },
}
GEMINI: dict[str, Any] = {
    "modelVersion": "gemini-2.5-pro",
    "usageMetadata": {
        "promptTokenCount": 1009,
        "cachedContentTokenCount": 401,
        "candidatesTokenCount": 211,
        "thoughtsTokenCount": 307,
        "toolUsePromptTokenCount": 53,
        "totalTokenCount": 1009 + 211 + 307 + 53,
    },
}
REALTIME: dict[str, Any] = {
    "input_tokens": 1009,
    "output_tokens": 211,
    "input_token_details": {
        "text_tokens": 612,
        "audio_tokens": 397,
        "cached_tokens": 401,
        "cached_tokens_details": {"text_tokens": 300, "audio_tokens": 101},
    },
    "output_token_details": {"text_tokens": 110, "audio_tokens": 101},
}


def test_a_chat_response_of_openai_needs_no_mapping(leaves):
    assert leaves(OPENAI) == {
        "input_tokens": 1009 - 401 - 97,
        "cache_read_tokens": 401,
        "input_audio_tokens": 97,
        "output_tokens": 503 - 307 - 13,
        "reasoning_tokens": 307,
        "output_audio_tokens": 13,
    }


def test_the_response_tells_its_time_its_id_and_its_model(leaves, tmp_path):
    leaves(OPENAI)
    with opened(tmp_path / "log.jsonl") as log:
        assert (log.binding.time, log.binding.request_id) == ("created", "id")
        assert log.binding.keys == {"model": "model", "service_tier": "service_tier"}


def test_the_input_of_openai_responses_contains_its_details(leaves):
    usage = {
        "input_tokens": 1009,
        "input_tokens_details": {"cached_tokens": 401, "cache_write_tokens": 211},
        "output_tokens": 503,
        "output_tokens_details": {"reasoning_tokens": 307},
    }
    assert leaves({"usage": usage}) == {
        "input_tokens": 1009 - 401 - 211,
        "cache_read_tokens": 401,
        "cache_write_tokens": 211,
        "output_tokens": 503 - 307,
        "reasoning_tokens": 307,
    }


def test_audio_read_from_a_cache_is_taken_off_once(leaves):
    assert leaves(REALTIME) == {
        "input_tokens": 1009 - 401 - 397 + 101,
        "cache_read_tokens": 401 - 101,
        "input_audio_tokens": 397 - 101,
        "cache_read_audio_tokens": 101,
        "output_tokens": 211 - 101,
        "output_audio_tokens": 101,
    }


def test_the_cache_creation_of_anthropic_is_the_sum_of_its_times_to_live(leaves):
    found = leaves(ANTHROPIC)
    assert found == {
        "input_tokens": 101,
        "cache_read_tokens": 211,
        "cache_write_5m_tokens": 31,
        "cache_write_1h_tokens": 17,
        "output_tokens": 503,
        "web_searches": 3,
    }
    assert found["cache_write_5m_tokens"] + found["cache_write_1h_tokens"] == 48


def test_cache_creation_without_its_times_to_live_stays_a_cache_write(leaves):
    usage = {**ANTHROPIC["usage"], "cache_creation": {"ephemeral_5m_input_tokens": 31, "ephemeral_1h_input_tokens": 0}}
    assert leaves({**ANTHROPIC, "usage": usage})["cache_write_tokens"] == 48 - 31


def test_writes_inside_the_prompt_are_taken_off_it_once(leaves):
    record = {"prompt_tokens": 1009, "cache_write_tokens": 48, "cache_write_5m_tokens": 31, "cache_write_1h_tokens": 17}
    assert leaves(record) == {
        "input_tokens": 1009 - 48,
        "cache_write_5m_tokens": 31,
        "cache_write_1h_tokens": 17,
    }


def test_times_to_live_above_the_cache_creation_are_refused(leaves):
    usage = {**ANTHROPIC["usage"], "cache_creation_input_tokens": 47}
    with pytest.raises(InputError, match=r"found 47 < 48; usage\.cache_creation_input_tokens of at least"):
        leaves({**ANTHROPIC, "usage": usage})


def test_the_candidates_of_gemini_do_not_contain_its_thoughts(leaves):
    found = leaves(GEMINI)
    assert found == {
        "input_tokens": 1009 - 401 + 53,
        "cache_read_tokens": 401,
        "output_tokens": 211,
        "reasoning_tokens": 307,
    }
    assert sum(found.values()) == GEMINI["usageMetadata"]["totalTokenCount"]


def test_camel_case_and_snake_case_are_one(leaves):
    flat = {"prompt_token_count": 1009, "cached_content_token_count": 401, "candidates_token_count": 211,
            "thoughts_token_count": 307, "tool_use_prompt_token_count": 53}  # fmt: skip
    assert leaves(flat) == leaves(GEMINI)


def test_bedrock_counts_what_is_cached_beside_the_input(leaves):
    usage = {"inputTokens": 101, "outputTokens": 53, "cacheReadInputTokens": 31, "cacheWriteInputTokens": 17}
    assert leaves({"usage": usage}) == {
        "input_tokens": 101,
        "output_tokens": 53,
        "cache_read_tokens": 31,
        "cache_write_tokens": 17,
    }


def test_audio_is_inside_the_prompt_and_beside_the_input(leaves):
    assert leaves({"prompt_tokens": 1009, "input_audio_tokens": 97})["input_tokens"] == 1009 - 97
    assert leaves({"input_tokens": 1009, "input_audio_tokens": 97})["input_tokens"] == 1009
    assert bind(["input_tokens", "input_audio_tokens"]).says == (
        "input_tokens is read as not containing input_audio_tokens",
    )


def test_the_usage_report_of_openai_counts_audio_inside_the_input(leaves):
    row = {"input_tokens": 1009, "input_cached_tokens": 401, "input_cached_audio_tokens": 31, "input_audio_tokens": 97,
           "output_tokens": 503, "output_audio_tokens": 13, "num_model_requests": 1}  # fmt: skip
    assert leaves(row) == {
        "input_tokens": 1009 - 401 - 97,
        "cache_read_tokens": 401 - 31,
        "cache_read_audio_tokens": 31,
        "input_audio_tokens": 97,
        "output_tokens": 503 - 13,
        "output_audio_tokens": 13,
    }


def test_audio_read_from_a_cache_may_stand_without_other_cache_reads(leaves):
    assert leaves({"input_tokens": 100, "cache_read_audio_tokens": 10}) == {
        "input_tokens": 100,
        "cache_read_audio_tokens": 10,
    }


def test_the_shallower_of_two_columns_is_read(leaves):
    assert leaves({"usage": {"input_tokens": 5, "inner": {"input_tokens": 3}}}) == {"input_tokens": 5}


def test_two_columns_on_one_level_are_not_guessed_between(leaves):
    cohere = {"billed_units": {"input_tokens": 5}, "tokens": {"input_tokens": 7}}
    with pytest.raises(InputError, match=r"input_tokens may be billed_units.input_tokens or tokens.input_tokens; say"):
        leaves(cohere)
    said = LogMapping(meters={"input_tokens": "billed_units.input_tokens"}, ignore=("tokens.input_tokens",))
    assert leaves(cohere, said) == {"input_tokens": 5}


def test_a_key_that_two_columns_may_be_is_not_read_and_that_is_said():
    found = bind(["input_tokens", "a.user", "b.user"])
    assert "customer" not in found.keys
    assert any(each.startswith("customer may be a.user or b.user and neither is read") for each in found.says)


def test_the_time_of_something_else_is_not_the_time_of_the_request():
    found = bind(["input_tokens", "user.created_at", "user.id"])
    assert (found.time, found.request_id) == (None, None)


@pytest.mark.parametrize("column", ["citation_tokens", "usage.citation_tokens", "input_tokns", "web_serches"])
def test_counts_that_nobody_reads_are_refused(leaves, column):
    record = {"output_tokens": 5, column: 7}
    with pytest.raises(InputError, match=rf"the column {column} looks like a meter \(it holds 7\).*ignore: \[{column}"):
        leaves(record)
    assert leaves(record, LogMapping(ignore=(column,))) == {"output_tokens": 5}
    assert leaves(record, LogMapping(meters={"input_tokens": column})) == {"output_tokens": 5, "input_tokens": 7}


@pytest.mark.parametrize("column", ["max_tokens", "tokens_per_second", "time_to_first_token", "total_tokens", "page"])
def test_numbers_that_are_no_counts_may_stand_in_a_log(leaves, column):
    assert leaves({"input_tokens": 5, column: 7}) == {"input_tokens": 5}


@pytest.mark.parametrize("value", [0, None, "none", True])
def test_a_column_without_counts_may_stand_in_a_log(leaves, value):
    assert leaves({"input_tokens": 5, "citation_tokens": value}) == {"input_tokens": 5}


def test_a_total_alone_does_not_hide_the_input(leaves):
    with pytest.raises(InputError, match="total_tokens looks like a meter"):
        leaves({"output_tokens": 5, "total_tokens": 12})


def test_a_column_does_not_contain_itself():
    held = {"input_tokens": ("cache_read_tokens",), "cache_read_tokens": ("input_tokens",)}
    with pytest.raises(InputError, match="a is said to contain itself; mend `includes`"):
        decompose({"input_tokens": "a", "cache_read_tokens": "b"}, held)


@pytest.mark.parametrize("column", ["timestamp", "created", "month"])
def test_a_period_is_not_said_of_a_log_that_tells_its_own(column):
    said = LogMapping(constants={"month": "2026-01"})
    with pytest.raises(InputError, match=rf"all of 2026-01, but its column {column} .* `ignore: \[{column}\]`"):
        bind([column, "input_tokens"], said)
    found = bind([column, "input_tokens"], LogMapping(constants={"month": "2026-01"}, ignore=(column,)))
    assert (found.time, found.constants) == (None, {"month": "2026-01"})


def test_limits_are_no_usage(leaves):
    record = {"input_tokens": 5, "limits": {"requests": 500, "images": 7}, "usage": {"web_search_requests": 3}}
    assert leaves(record) == {"input_tokens": 5, "web_searches": 3}


def test_a_list_is_no_meter(leaves):
    assert leaves({"input_tokens": 5, "tool_calls": [{"name": "f"}], "images": []}) == {"input_tokens": 5}


def test_a_whole_that_no_column_reports_contains_nothing():
    with pytest.raises(InputError, match="output_tokens, which no column reports, is said to contain input_tokens"):
        decompose({"input_tokens": "a"}, {"output_tokens": ("input_tokens",)})


def test_searches_of_anthropic_are_read_where_the_usage_is_flat(leaves):
    record = {"input_tokens": 1000, "output_tokens": 500, "server_tool_use": {"web_search_requests": 2}}
    assert leaves(record) == {"input_tokens": 1000, "output_tokens": 500, "web_searches": 2}


def test_lists_of_modalities_are_said_not_to_be_read(tmp_path):
    modalities = [{"modality": "IMAGE", "tokenCount": 1290}]
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 1290, "candidatesTokensDetails": modalities}
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps({"usageMetadata": usage}) + "\n")
    with opened(path) as log:
        _, report = fold(log, Question(()))
    assert any("candidatesTokensDetails is a list and is not read" in text for text in report.says)
