"""A response is found in whatever it comes in, says of itself what matters, and is refused with the mend if it lies."""

import json
import random
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from pertoken.core.errors import InputError
from pertoken.core.meters import meter
from pertoken.usage.response import usage_of
from tests.usage.test_response_vendors import CASES

PLAIN = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "gpt-5-2025-08-07",
    "usage": PLAIN,
}
LEAVES = {"input_tokens": 9, "output_tokens": 3, "requests": 1}
MESSAGE = {"id": "msg_1", "type": "message", "model": "claude-opus-4-8"}


def one(body, **known):
    """The only record of a response."""
    (record,) = usage_of(body, **known)
    return record


# --- where it stands ---


@pytest.mark.parametrize(
    "body",
    [
        CHAT,
        {"response": CHAT},
        {"status_code": 200, "body": CHAT},
        {"result": {"response": "...", "usage": PLAIN}, "success": True},
        {"type": "response.completed", "response": {"object": "response", "usage": PLAIN}},
        {"x_groq": {"id": "req_1", "usage": PLAIN}},
        {"choices": [{"delta": {}, "usage": PLAIN}]},
        {"type": "message-end", "delta": {"usage": PLAIN}},
    ],
)
def test_usage_is_found_in_what_it_is_wrapped_in(body):
    assert one(body).meters == LEAVES


@pytest.mark.parametrize(
    "line",
    [
        {"id": "batch_req_1", "custom_id": "a", "response": {"status_code": 200, "request_id": "r", "body": CHAT}},
        {"custom_id": "a", "result": {"type": "succeeded", "message": MESSAGE | {"usage": {"input_tokens": 9}}}},
        {"recordId": "1", "modelInput": {}, "modelOutput": {"usage": {"inputTokens": 9, "outputTokens": 3}}},
        {"key": "a", "response": {"usageMetadata": {"promptTokenCount": 9}}},
    ],
)
def test_lines_of_a_batch_are_batch_work(line):
    assert one(line).batch
    assert one(line).meters["input_tokens"] == 9
    assert [record.batch for record in usage_of([line, line])] == [True, True]


def test_a_tier_named_batch_is_batch_work_at_the_standard_tier():
    record = one(MESSAGE | {"usage": {"input_tokens": 9, "cache_read_input_tokens": 0, "service_tier": "batch"}})
    assert (record.batch, record.service_tier) == (True, "standard")


# --- streams ---


def test_of_a_stream_of_chunks_the_last_usage_counts():
    chunks = [
        {"object": "chat.completion.chunk", "id": "chatcmpl-1", "model": "m", "created": 0, "usage": None},
        {"object": "chat.completion.chunk", "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}},
        {"object": "chat.completion.chunk", "choices": [], "usage": PLAIN},
    ]
    record = one(chunks)
    assert (record.meters, record.model, record.request_id) == (LEAVES, "m", "chatcmpl-1")


def test_of_a_stream_of_anthropic_the_last_change_counts_and_null_changes_nothing():
    usage = {"input_tokens": 25, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 0, "output_tokens": 1}
    events = [
        {"type": "message_start", "message": MESSAGE | {"usage": usage}},
        {"type": "content_block_delta", "delta": {"text": "Hello"}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 8, "input_tokens": None}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 15}},
        {"type": "message_stop"},
    ]
    record = one(events)
    assert record.meters == {"input_tokens": 25, "cache_read_tokens": 40, "output_tokens": 15, "requests": 1}
    assert (record.model, record.request_id, record.notes) == ("claude-opus-4-8", "msg_1", ())


def test_a_stream_that_breaks_off_says_so():
    record = one([{"type": "message_start", "message": MESSAGE | {"usage": {"input_tokens": 25, "output_tokens": 1}}}])
    assert record.meters == {"input_tokens": 25, "output_tokens": 1, "requests": 1}
    assert record.notes == ("unfinished stream: the counts are those it began with",)
    assert usage_of({"type": "message_start", "message": MESSAGE | {"usage": {"input_tokens": 25}}})[0].notes


def test_of_a_stream_of_gemini_the_last_usage_counts():
    chunks = [
        {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": n, "totalTokenCount": 9 + n}}
        for n in (1, 2, 3)
    ]
    assert one(chunks).meters == LEAVES


def test_a_stream_of_converse_ends_with_its_usage():
    events = [
        {"messageStart": {"role": "assistant"}},
        {"metadata": {"usage": {"inputTokens": 9, "outputTokens": 3, "totalTokens": 12}, "metrics": {"latencyMs": 1}}},
    ]
    assert one(events, model="amazon.nova-pro-v1:0").model == "amazon.nova-pro-v1:0"
    assert one(events).meters == LEAVES


def test_what_is_no_event_is_passed_over():
    llama = {"generation": "", "prompt_token_count": 9, "generation_token_count": 3}
    assert one(["", {"generation": "a", "prompt_token_count": None}, llama, "[DONE]", None]).meters == LEAVES


def test_each_turn_of_a_conversation_is_a_request_of_its_own():
    turns = [
        {"type": "response.done", "response": {"id": f"resp_{n}", "usage": {"input_tokens": n, "output_tokens": 1}}}
        for n in (5, 7)
    ]
    records = usage_of([{"type": "session.created"}, *turns])
    assert [record.request_id for record in records] == ["resp_5", "resp_7"]
    assert [record.meters["requests"] for record in records] == [1, 1]
    assert [record.meters["input_tokens"] for record in records] == [5, 7]


def test_a_turn_that_is_told_again_counts_once_and_what_opened_the_conversation_names_the_model():
    done = {"type": "response.done", "response": {"id": "resp_1", "usage": {"input_tokens": 5, "output_tokens": 1}}}
    record = one([{"type": "session.created", "session": {"model": "gpt-realtime"}}, done, done])
    assert (record.model, record.meters["input_tokens"]) == ("gpt-realtime", 5)


@pytest.mark.parametrize("kind", [str, str.encode])
def test_a_response_may_still_be_text(kind):
    chunk = {"object": "chat.completion.chunk", "model": "m", "choices": [], "usage": PLAIN}
    sent = f"event: message\ndata: {json.dumps(chunk | {'usage': None})}\n\ndata: {json.dumps(chunk)}\n\ndata: [DONE]\n"
    lines = f"{json.dumps(chunk | {'usage': None})}\n{json.dumps(chunk)}"
    for text in (json.dumps(CHAT), sent, lines):
        assert one(kind(text)).meters == LEAVES


def test_text_that_is_cut_off_is_refused_with_its_line():
    with pytest.raises(
        InputError, match=r"response line 2: found '\{\"usage\": \{\"promp'; expected JSON; it is cut off"
    ):
        usage_of('data: {"usage": null}\ndata: {"usage": {"promp')


def test_the_stream_of_converse_stands_in_its_response():
    told = {"metadata": {"usage": {"inputTokens": 9, "outputTokens": 3}}}
    assert one({"ResponseMetadata": {}, "stream": [{"messageStart": {}}, told]}).meters == LEAVES


def test_a_part_of_a_stream_may_have_no_usage():
    assert usage_of({"object": "chat.completion.chunk", "choices": [{}], "usage": None}) == ()
    assert usage_of({"type": "content_block_delta"}) == ()


def test_a_stream_without_usage_is_refused():
    with pytest.raises(InputError, match=r"found no usage in any event; .*include_usage"):
        usage_of([{"object": "chat.completion.chunk"}])


# --- samplings of Anthropic ---


def told(kind, fed, said, **more):
    """An entry of `iterations`."""
    return {"type": kind, "input_tokens": fed, "output_tokens": said, **more}


def test_compaction_is_billed_beside_the_responses_own_counts():
    usage = {"input_tokens": 23000, "output_tokens": 1000}
    iterations = [told("compaction", 180_000, 3500), told("message", 23_000, 1000)]
    first, second = usage_of(MESSAGE | {"usage": usage | {"iterations": iterations}})
    assert first.meters == {"input_tokens": 180_000, "output_tokens": 3500, "requests": 1}
    assert second.meters == {"input_tokens": 23_000, "output_tokens": 1000}
    assert (first.model, second.model) == ("claude-opus-4-8", "claude-opus-4-8")
    assert (first.invocation, second.invocation) == (0, 1)


def test_an_advisor_is_billed_on_its_own_model():
    usage = {"input_tokens": 412, "output_tokens": 620, "server_tool_use": {"web_search_requests": 1}}
    iterations = [
        told("message", 412, 89),
        told("advisor_message", 823, 1612, model="claude-opus-4-6"),
        told("message", 1348, 531, cache_read_input_tokens=412),
    ]
    records = usage_of(MESSAGE | {"model": "claude-sonnet-4-6", "usage": usage | {"iterations": iterations}})
    assert [record.model for record in records] == ["claude-sonnet-4-6", "claude-opus-4-6", "claude-sonnet-4-6"]
    assert [record.meters for record in records] == [
        {"input_tokens": 412, "output_tokens": 89, "web_searches": 1, "requests": 1},
        {"input_tokens": 823, "output_tokens": 1612},
        {"input_tokens": 1348, "cache_read_tokens": 412, "output_tokens": 531},
    ]


def test_a_declined_attempt_is_not_billed():
    usage = {"input_tokens": 2, "output_tokens": 13_658, "cache_read_input_tokens": 79_214}
    iterations = [
        told("message", 2, 578, model="claude-fable-5", cache_creation_input_tokens=10_421),
        told("fallback_message", 2, 13_658, model="claude-opus-4-8", cache_read_input_tokens=79_214),
    ]
    record = one(MESSAGE | {"usage": usage | {"iterations": iterations}})
    assert record.meters == {"input_tokens": 2, "cache_read_tokens": 79_214, "output_tokens": 13_658, "requests": 1}
    assert record.notes == ("a declined attempt is left out, since it is not billed",)


def test_turns_of_a_model_that_fell_in_for_another_are_all_billed():
    usage = {"input_tokens": 30, "output_tokens": 12}
    iterations = [
        told("message", 10, 1, model="claude-fable-5"),
        told("message", 10, 5, model="claude-opus-4-8"),
        told("fallback_message", 20, 7, model="claude-opus-4-8"),
    ]
    records = usage_of(MESSAGE | {"usage": usage | {"iterations": iterations}})
    assert [record.meters["output_tokens"] for record in records] == [5, 7]


def test_a_credit_for_a_retry_is_noted():
    usage = {"input_tokens": 2, "cache_creation_input_tokens": 7, "output_tokens": 3}
    credit = {"fallback_credit": {"status": {"type": "redeemed"}}}
    assert one(MESSAGE | {"usage": usage | credit}).notes == (
        "fallback credit: what was written to the cache may be billed as read from it",
    )
    assert one(MESSAGE | {"usage": usage | {"fallback_credit": {"status": {"type": "not_applied"}}}}).notes == ()


def test_a_single_sampling_says_no_more_than_the_response():
    usage = {
        "input_tokens": 10,
        "output_tokens": 7,
        "cache_creation_input_tokens": 4,
        "cache_creation": {"ephemeral_1h_input_tokens": 4},
        "output_tokens_details": {"thinking_tokens": 3},
        "iterations": [told("message", 10, 7, cache_creation_input_tokens=4)],
    }
    assert one(MESSAGE | {"usage": usage}).meters == {
        "input_tokens": 10,
        "cache_write_1h_tokens": 4,
        "output_tokens": 4,
        "reasoning_tokens": 3,
        "requests": 1,
    }


def test_samplings_that_do_not_add_up_leave_the_responses_own_counts():
    usage = {"input_tokens": 10, "output_tokens": 7, "iterations": [told("message", 10, 5), told("compaction", 3, 1)]}
    first, second = usage_of(MESSAGE | {"usage": usage})
    assert first.meters == {"input_tokens": 10, "output_tokens": 7, "requests": 1}
    assert first.notes == ("iterations tell of 5 output tokens; the response's own counts stand",)
    assert second.meters == {"input_tokens": 3, "output_tokens": 1}


# --- what it says of itself ---


def test_the_response_says_who_when_and_what():
    record = one(CHAT, provider="az.ai.openai", model="my-deployment")
    assert (record.provider, record.model, record.request_id) == ("azure", "gpt-5-2025-08-07", "chatcmpl-1")
    assert record.time == datetime(2023, 11, 14, 22, 13, 20)  # noqa: DTZ001  UTC without a zone


@pytest.mark.parametrize(
    ("said", "tier"),
    [
        ({"service_tier": "default"}, "standard"),
        ({"service_tier": "priority"}, "priority"),
        ({"service_tier": None}, "standard"),
        ({"serviceTier": {"type": "flex"}}, "flex"),
        ({"usageMetadata": {"promptTokenCount": 9, "trafficType": "ON_DEMAND"}, "usage": None}, "standard"),
        ({"usageMetadata": {"promptTokenCount": 9, "trafficType": "ON_DEMAND_PRIORITY"}, "usage": None}, "priority"),
        ({"usageMetadata": {"promptTokenCount": 9, "trafficType": "ON_DEMAND_FLEX"}, "usage": None}, "flex"),
        (
            {"usageMetadata": {"promptTokenCount": 9, "trafficType": "PROVISIONED_THROUGHPUT"}, "usage": None},
            "provisioned_throughput",
        ),
        ({"usageMetadata": {"promptTokenCount": 9, "serviceTier": "flex"}, "usage": None}, "flex"),
    ],
)
def test_the_tier_that_served_is_the_responses(said, tier):
    assert (
        one(
            CHAT | said, request={"service_tier": "priority"} if said == {"service_tier": "flex"} else None
        ).service_tier
        == tier
    )


def test_the_tier_asked_for_counts_only_where_the_response_says_none_and_is_said_to_be_so():
    record = one(CHAT, request={"service_tier": "flex"})
    assert record.service_tier == "flex"
    assert record.notes == ("service tier as asked for; the response does not say which served",)
    assert one(CHAT | {"service_tier": "default"}, request={"service_tier": "flex"}).service_tier == "standard"


def test_speed_and_place_are_the_responses():
    usage = {"input_tokens": 9, "cache_read_input_tokens": 0, "speed": "fast", "inference_geo": "us"}
    record = one(MESSAGE | {"usage": usage})
    assert (record.speed, record.region) == ("fast", "us")
    assert one(MESSAGE | {"usage": usage | {"inference_geo": "not_available"}}).region == ""


@pytest.mark.parametrize(
    ("model", "bare", "region"),
    [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1:0", ""),
        (
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0",
            "eu.amazon.nova-pro-v1:0",
            "eu",
        ),
        ("arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0", "eu-west-1"),
        ("projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-4", "claude-opus-4", "us-east5"),
        ("gpt-4.1", "gpt-4.1", ""),
    ],
)
def test_the_place_is_in_the_models_name(model, bare, region):
    record = one({"usage": {"inputTokens": 9, "outputTokens": 3}}, model=model)
    assert (record.model, record.region) == (bare, region)


@pytest.mark.parametrize(
    ("mark", "provider"),
    [
        ({"id": "msg_bdrk_1"}, "aws"),
        ({"id": "msg_vrtx_1"}, "google"),
        ({"id": "gen-1"}, "openrouter"),
        ({"x_groq": {"id": "req_1"}}, "groq"),
        ({"id": "msg_01abc", "model": "claude-opus-4-8"}, "anthropic"),
        ({"id": "msg_01abc", "model": "glm-5"}, ""),
        ({}, ""),
    ],
)
def test_a_vendor_is_known_by_marks_that_only_it_has(mark, provider):
    assert one(CHAT | mark).provider == provider


def test_times_are_read_as_they_are_written():
    moment = datetime(2026, 11, 22, 7, 30)  # noqa: DTZ001  UTC without a zone
    for said in ("2026-11-22T07:30:00Z", "2026-11-22T08:30:00+01:00", 1_795_332_600, 1_795_332_600_000):
        assert one({"created_at": said, "usage": PLAIN}).time == moment
    assert one({"created_at": "soon", "usage": PLAIN}).time is None


# --- what is refused ---


@pytest.mark.parametrize(
    ("usage", "message"),
    [
        (
            {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 200}},
            r"details\.cached_tokens: found 200, which is more than usage\.prompt_tokens = 100; expected a part of it",
        ),
        (
            {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 60}},
            r"cached_tokens \+ usage\.prompt_tokens_details\.cache_write_tokens: found 120, which is more than",
        ),
        ({"prompt_tokens": 9, "prompt_tokens_details": {"audio_tokens": 10}}, r"audio_tokens: found 10, which is more"),
        ({"completion_tokens": 5, "completion_tokens_details": {"audio_tokens": 6}}, r"audio_tokens: found 6, .* = 5"),
        (
            {
                "input_tokens": 1,
                "cache_creation_input_tokens": 5,
                "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 3},
            },
            r"found 6, which is more than usage\.cache_creation_input_tokens = 5",
        ),
        ({"prompt_tokens": -1}, r"usage\.prompt_tokens: found -1; expected a number, 0 or more"),
        ({"prompt_tokens": 1.5}, r"usage\.prompt_tokens: found 1\.5; expected a whole number"),
        ({"prompt_tokens": "9"}, r"usage\.prompt_tokens: found '9'; expected a number"),
        ({"prompt_tokens": True}, r"usage\.prompt_tokens: found True; expected a number"),
        ({"type": "duration", "seconds": -2}, r"usage\.seconds: found -2; expected a number, 0 or more"),
        ({"prompt_tokens": 1, "cost": "free"}, r"usage\.cost: found 'free'; expected a number"),
    ],
)  # fmt: skip
def test_counts_that_cannot_be_are_refused_by_name(usage, message):
    with pytest.raises(InputError, match=message):
        usage_of({"usage": usage})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"model": "m", "usage": None},
            "found no usage among model, usage; expected a response with usage; pass the whole",
        ),
        ({"model": "m", "usage": {}}, "found no usage"),
        ({"usage": {"tokens_of_a_new_kind": 5}}, "found no usage"),
        ({"error": {"message": "overloaded"}}, "found an error: .*overloaded.*; leave failed requests out"),
        ({}, "found no usage among nothing"),
        ([], "found no usage in any event"),
    ],
)
def test_a_response_without_usage_is_refused_and_never_counted_as_nothing(body, message):
    with pytest.raises(InputError, match=message):
        usage_of(body)


@pytest.mark.parametrize(
    ("usage", "leaves"),
    [
        (PLAIN, LEAVES),
        ({"input_tokens": 9, "output_tokens": 3, "cache_read_input_tokens": 5}, LEAVES | {"cache_read_tokens": 5}),
        ({"inputTokens": 9, "outputTokens": 3}, LEAVES),
        ({"promptTokenCount": 9, "candidatesTokenCount": 3, "totalTokenCount": 12}, LEAVES),
    ],
)
def test_usage_may_come_without_its_response(usage, leaves):
    assert one(usage).meters == leaves


def test_a_count_of_tokens_is_no_usage():
    with pytest.raises(InputError, match="found no usage among input_tokens"):
        usage_of({"input_tokens": 1230}, provider="anthropic")


def test_null_fields_and_fields_of_tomorrow_change_nothing():
    usage = PLAIN | {"prompt_tokens_details": None, "completion_tokens_details": {"reasoning_tokens": None, "new": 7}}
    assert one(CHAT | {"usage": usage | {"latency": {"x": 1}}}).meters == LEAVES


def test_whole_numbers_may_be_written_with_a_point():
    assert one({"usage": {"prompt_tokens": 9.0, "completion_tokens": Decimal(3)}}).meters == LEAVES


VALUES: tuple[Any, ...] = (
    None,
    0,
    7,
    -1,
    1.5,
    "x",
    True,
    [],
    {},
    [None],
    {"a": 1},
    float("nan"),
    float("inf"),
    10**30,
    [{"type": None}],
)
"""What has no business where it stands."""


def damaged(found: Any, rng: random.Random) -> Any:
    """Leave out and replace some of what a body holds."""
    if isinstance(found, Mapping):
        kept = {name: each for name, each in found.items() if rng.random() > 0.05}
        return {n: rng.choice(VALUES) if rng.random() < 0.1 else damaged(each, rng) for n, each in kept.items()}
    return [damaged(each, rng) for each in found] if isinstance(found, list) else found


@pytest.mark.parametrize("name", CASES)
def test_a_damaged_response_is_read_or_refused_and_counts_nothing_below_zero(name):
    rng = random.Random(name)  # noqa: S311  no secret
    for _ in range(97):
        body = damaged(CASES[name][0], rng)
        try:
            records = usage_of([body] if rng.random() < 0.2 else body)
        except InputError:
            continue
        assert all(n > 0 and meter(each) for record in records for each, n in record.meters.items())
