"""Raw responses of vendors, typed from the vendors' published fields, alone and with what stands beside them."""

import json
from datetime import datetime
from typing import Any

import pytest

from pertoken.core.errors import InputError
from pertoken.workbench.books import statement
from tests.usage.layouts.conftest import records, tokens

CHAT: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1767603600,
    "model": "gpt-4o-2024-08-06",
    "service_tier": "default",
    "choices": [{"index": 0, "finish_reason": "stop"}],
    "usage": {
        "prompt_tokens": 1500,
        "completion_tokens": 300,
        "total_tokens": 1800,
        "prompt_tokens_details": {"cached_tokens": 1024},
        "completion_tokens_details": {"reasoning_tokens": 100},
    },
}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "usage": {"input_tokens": 50, "cache_read_input_tokens": 2000, "output_tokens": 120},
}
GEMINI: dict[str, Any] = {
    "candidates": [],
    "modelVersion": "gemini-2.5-flash",
    "responseId": "g1",
    "usageMetadata": {"promptTokenCount": 40, "candidatesTokenCount": 38, "thoughtsTokenCount": 121,
                      "totalTokenCount": 199},
}  # fmt: skip
CONVERSE: dict[str, Any] = {
    "output": {"message": {"role": "assistant"}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 30, "outputTokens": 7, "totalTokens": 37},
}

COHERE: dict[str, Any] = {
    "id": "c1",
    "finish_reason": "COMPLETE",
    "message": {"role": "assistant"},
    "usage": {"billed_units": {"input_tokens": 5, "output_tokens": 10}, "tokens": {"input_tokens": 71}},
}
XAI: dict[str, Any] = {
    "id": "x1",
    "model": "grok-4",
    "created": "2026-01-05T09:00:00Z",
    "usage": {"prompt_tokens": 9, "completion_tokens": 3, "reasoning_tokens": 50, "total_tokens": 62},
}

BODIES = {
    "chat": (CHAT, {"input_tokens": 476, "cache_read_tokens": 1024, "output_tokens": 200, "reasoning_tokens": 100}),
    "message": (MESSAGE, {"input_tokens": 50, "cache_read_tokens": 2000, "output_tokens": 120}),
    "gemini": (GEMINI, {"input_tokens": 40, "output_tokens": 38, "reasoning_tokens": 121}),
    "converse": (CONVERSE, {"input_tokens": 30, "output_tokens": 7}),
    "cohere": (COHERE, {"input_tokens": 5, "output_tokens": 10}),
    "xai": (XAI, {"input_tokens": 9, "output_tokens": 3, "reasoning_tokens": 50}),
}


@pytest.mark.parametrize("vendor", BODIES)
def test_a_body_is_known_by_itself_and_in_what_wraps_it(vendor):
    body, leaves = BODIES[vendor]
    wrapped = {"timestamp": "2026-01-05T09:00:00Z", "customer": "acme", "request": {"model": "m"}, "response": body}
    (alone,), (inside,) = records("responses", body), records("responses", wrapped)
    assert tokens(alone) == tokens(inside) == leaves
    assert inside.keys["customer"] == "acme"
    assert inside.time == datetime(2026, 1, 5, 9)  # noqa: DTZ001


def test_short_texts_beside_a_response_are_keys():
    (one,) = records("responses", {"customer_id": "acme", "env": "prod", "canary": True, "response": CHAT})
    assert one.keys == {"customer": "acme", "env": "prod", "canary": "true"}


def test_short_texts_in_a_body_are_keys_too():
    (one,) = records("responses", CHAT | {"env": "prod", "text": "x" * 500})
    assert one.keys == {"env": "prod"}


def test_a_time_without_a_zone_is_said():
    (one,) = records("responses", {"timestamp": "2026-01-05 09:00:00", "response": MESSAGE})
    (zoned,) = records("responses", {"timestamp": "2026-01-05 09:00:00Z", "response": MESSAGE})
    assert (one.notes, zoned.notes) == (("times without a zone are read as UTC",), ())


def test_labels_that_bear_the_names_of_columns_do_no_harm(fold):
    row = {"timestamp": "2026-01-05T09:00:00Z", "Env": "prod", "requests": 7, "currency": "x", "tokens": 5, "_row": 9}
    other = {"timestamp": "2026-01-05T09:00:00Z", "ENV": "test"}
    _, found = fold([{**row, "response": CHAT}, {**other, "response": MESSAGE}], "jsonl", "env")
    assert (found["prod", "requests"], found["test", "requests"]) == (1, 1)


def test_the_user_of_a_request_is_its_customer():
    (one,) = records("responses", {"request": {"model": "gpt-4o", "user": "acme"}, "response": CHAT})
    assert one.keys["customer"] == "acme"


def test_a_line_of_a_batch_is_of_a_batch():
    (one,) = records("responses", {"id": "b1", "custom_id": "r1", "response": {"status_code": 200, "body": CHAT}})
    assert one.batch


def test_a_stream_that_was_cut_off_and_a_failure_are_told_apart():
    (cut,) = records("responses", CHAT | {"usage": None})
    (failed,) = records("responses", {"object": "response", "status": "failed", "usage": None, "error": {"code": "x"}})
    assert (cut.meters, failed.meters) == ({"requests": 1}, {})
    assert cut.notes != failed.notes


def test_a_response_that_is_not_done_is_no_request_yet():
    made = {"object": "response", "id": "resp_1", "status": "in_progress", "usage": None}
    for told in ({"type": "response.created", "response": made}, made | {"status": "queued"}):
        (record,) = records("responses", told)
        assert (record.meters, record.notes) == ({}, ("not done when it was told, and without usage",))


def test_vendors_may_be_mixed_in_one_log(fold):
    sold = ("openai", "anthropic", "google", "aws", "cohere", "x-ai")
    lines = [
        {"timestamp": "2026-01-05T09:00:00Z", "provider": name, "response": body}
        for name, (body, _) in zip(sold, BODIES.values(), strict=True)
    ]
    name, found = fold([*lines, lines[0]], "jsonl", "provider")
    assert name == "responses of vendors"
    assert found["anthropic", "cache_read_tokens"] == 2000
    assert found["google", "reasoning_tokens"] == 121
    assert found["openai", "cache_read_tokens"] == 1024, "a response that stands twice counts once"


def test_a_period_holds_for_all_of_a_log_of_which_some_lines_tell_no_time(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(body) + "\n" for body in (CHAT, MESSAGE)))
    with pytest.raises(InputError, match="line 2: found nothing; a time was expected"):
        statement(path, cost=["catalog"])
    books = statement(path, cost=["catalog"], period="2026-01", by=("month", "model"))
    assert {line["month"] for line in books.statement.lines.records()} == {"2026-01"}


def test_requests_that_failed_cost_nothing_and_keep_the_log_readable(tmp_path):
    line = {"custom_id": "b", "response": {"status_code": 400, "body": {"error": {"message": "too long"}}}}
    cut = {**CHAT, "id": "chatcmpl-2", "usage": None}
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(map(json.dumps, (CHAT, line, {"error": {"message": "overloaded"}}, cut))))
    books = statement(log, cost=["catalog"], by=("model",))
    assert [(line["requests"], line["tokens"]) for line in books.statement.lines.records()] == [(2, 1800)]
    assert any("failed, and reported no usage (2 of 4 records)" in note for note in books.report.says)
