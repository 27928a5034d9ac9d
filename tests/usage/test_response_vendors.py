"""Each vendor's own counts become leaves; bodies are typed from the vendors' published field lists and examples."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from pertoken.usage.response import usage_of


def chat(**usage):
    """A response of the Chat interface."""
    return {"object": "chat.completion", "model": "some-model", "usage": usage}


def google(**usage):
    """A response of Gemini."""
    return {"modelVersion": "gemini-2.5-flash", "usageMetadata": usage}


def seen(**tokens):
    """A list of counts by modality."""
    return [{"modality": name, "tokenCount": n} for name, n in tokens.items()]


CASES: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "OpenAI's documented example of cached tokens": (
        chat(
            prompt_tokens=2006,
            completion_tokens=300,
            total_tokens=2306,
            prompt_tokens_details={"cached_tokens": 1920, "audio_tokens": 0},
            completion_tokens_details={
                "reasoning_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        ),
        {"input_tokens": 86, "cache_read_tokens": 1920, "output_tokens": 300},
    ),
    "rejected predictions stay in the output, where they are billed": (
        chat(
            prompt_tokens=7,
            completion_tokens=100,
            total_tokens=107,
            completion_tokens_details={"accepted_prediction_tokens": 31, "rejected_prediction_tokens": 43},
        ),
        {"input_tokens": 7, "output_tokens": 100},
    ),
    "cache writes by how long they are kept, and the rest of them": (
        {
            "object": "response",
            "usage": {
                "input_tokens": 1000,
                "input_tokens_details": {
                    "cached_tokens": 400,
                    "cache_write_tokens": 300,
                    "cache_write_tokens_details": {"ttl_30m_tokens": 100, "ttl_12h_tokens": 150},
                },
                "output_tokens": 90,
                "output_tokens_details": {"reasoning_tokens": 64},
                "total_tokens": 1090,
            },
        },
        {
            "input_tokens": 300,
            "cache_read_tokens": 400,
            "cache_write_30m_tokens": 100,
            "cache_write_12h_tokens": 150,
            "cache_write_tokens": 50,
            "output_tokens": 26,
            "reasoning_tokens": 64,
        },
    ),
    "OpenAI's documented example of Realtime": (
        {
            "type": "response.done",
            "response": {
                "usage": {
                    "total_tokens": 253,
                    "input_tokens": 132,
                    "output_tokens": 121,
                    "input_token_details": {
                        "text_tokens": 119,
                        "audio_tokens": 13,
                        "image_tokens": 0,
                        "cached_tokens": 64,
                        "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0, "image_tokens": 0},
                    },
                    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
                }
            },
        },
        {
            "input_tokens": 55,
            "input_audio_tokens": 13,
            "cache_read_tokens": 64,
            "output_tokens": 30,
            "output_audio_tokens": 91,
        },
    ),
    "cached sound is apart from cached text": (
        {
            "usage": {
                "input_tokens": 100,
                "output_tokens": 9,
                "input_token_details": {
                    "text_tokens": 30,
                    "audio_tokens": 70,
                    "cached_tokens": 50,
                    "cached_tokens_details": {"text_tokens": 11, "audio_tokens": 39},
                },
            }
        },
        {
            "input_tokens": 19,
            "cache_read_tokens": 11,
            "input_audio_tokens": 31,
            "cache_read_audio_tokens": 39,
            "output_tokens": 9,
        },
    ),
    "embeddings": (
        {"object": "list", "data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}},
        {"input_tokens": 8},
    ),
    "Voyage says the total only": ({"object": "list", "usage": {"total_tokens": 10}}, {"input_tokens": 10}),
    "OpenAI's documented example of an edited image": (
        {
            "created": 1713833628,
            "data": [{"b64_json": "..."}],
            "usage": {
                "total_tokens": 100,
                "input_tokens": 50,
                "output_tokens": 50,
                "input_tokens_details": {"text_tokens": 10, "image_tokens": 40},
            },
        },
        {"input_tokens": 10, "input_image_tokens": 40, "output_image_tokens": 50},
    ),
    "an image whose output is split": (
        {
            "data": [{"b64_json": "..."}],
            "usage": {
                "input_tokens": 10,
                "output_tokens": 50,
                "output_tokens_details": {"text_tokens": 9, "image_tokens": 41},
            },
        },
        {"input_tokens": 10, "output_tokens": 9, "output_image_tokens": 41},
    ),
    "an image without usage": (
        {"created": 1, "size": "1024x1536", "quality": "High", "data": [{"url": "a"}, {"url": "b"}]},
        {"images_1024x1536_high": 2},
    ),
    "a film": ({"object": "video", "seconds": "8", "size": "1280x720"}, {"video_seconds_1280x720": 8}),
    "sound written down, by the second": (
        {"text": "...", "usage": {"type": "duration", "seconds": 8.5}},
        {"audio_seconds": Decimal("8.5")},
    ),
    "sound written down, by its own length": (
        {"task": "transcribe", "duration": 8.470000267028809, "text": "..."},
        {"audio_seconds": Decimal("8.470000267028809")},
    ),
    "OpenAI's documented example of sound written down by tokens": (
        {
            "text": "...",
            "usage": {
                "type": "tokens",
                "input_tokens": 14,
                "input_token_details": {"text_tokens": 0, "audio_tokens": 14},
                "output_tokens": 45,
                "total_tokens": 59,
            },
        },
        {"input_audio_tokens": 14, "output_tokens": 45},
    ),
    "Anthropic: what is cached stands beside, by how long it is kept": (
        {
            "type": "message",
            "usage": {
                "input_tokens": 2048,
                "cache_read_input_tokens": 1800,
                "cache_creation_input_tokens": 248,
                "cache_creation": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100},
                "output_tokens": 503,
                "output_tokens_details": {"thinking_tokens": 203},
                "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 3},
            },
        },
        {
            "input_tokens": 2048,
            "cache_read_tokens": 1800,
            "cache_write_5m_tokens": 148,
            "cache_write_1h_tokens": 100,
            "output_tokens": 300,
            "reasoning_tokens": 203,
            "web_searches": 2,
            "web_fetches": 3,
        },
    ),
    "Anthropic without times of writing": (
        {
            "usage": {
                "input_tokens": 5,
                "cache_creation_input_tokens": 7,
                "cache_read_input_tokens": None,
                "output_tokens": 11,
            }
        },
        {"input_tokens": 5, "cache_write_tokens": 7, "output_tokens": 11},
    ),
    "Gemini: tool results, thoughts, documents": (
        google(
            promptTokenCount=600,
            cachedContentTokenCount=100,
            candidatesTokenCount=50,
            thoughtsTokenCount=70,
            toolUsePromptTokenCount=30,
            totalTokenCount=750,
            promptTokensDetails=seen(TEXT=300, DOCUMENT=258, AUDIO=42),
            cacheTokensDetails=seen(TEXT=80, AUDIO=20),
        ),
        {
            "input_tokens": 250,
            "cache_read_tokens": 80,
            "cache_read_audio_tokens": 20,
            "input_audio_tokens": 22,
            "input_image_tokens": 258,
            "output_tokens": 50,
            "reasoning_tokens": 70,
        },
    ),
    "Gemini as its library writes it down, with images made": (
        {
            "model_version": "gemini-2.5-flash-image",
            "usage_metadata": {
                "prompt_token_count": 9,
                "candidates_token_count": 1302,
                "candidates_tokens_details": [
                    {"modality": "MediaModality.IMAGE", "token_count": 1290},
                    {"modality": "TEXT", "token_count": 12},
                ],
                "thoughts_token_count": None,
                "total_token_count": 1311,
            },
        },
        {"input_tokens": 9, "output_tokens": 12, "output_image_tokens": 1290},
    ),
    "an interaction with Gemini": (
        {
            "model": "gemini-3-pro",
            "usage": {
                "total_input_tokens": 300,
                "input_tokens_by_modality": [{"modality": "text", "tokens": 42}, {"modality": "image", "tokens": 258}],
                "total_cached_tokens": 40,
                "total_tool_use_tokens": 11,
                "total_output_tokens": 50,
                "total_thought_tokens": 7,
                "total_tokens": 368,
                "grounding_tool_count": [{"type": "google_search", "count": 3}],
            },
        },
        {
            "input_tokens": 13,
            "cache_read_tokens": 40,
            "input_image_tokens": 258,
            "output_tokens": 50,
            "reasoning_tokens": 7,
            "web_searches": 3,
        },
    ),
    "Converse: writes by how long they are kept": (
        {
            "output": {"message": {}},
            "usage": {
                "inputTokens": 30,
                "outputTokens": 628,
                "totalTokens": 958,
                "cacheReadInputTokens": 100,
                "cacheWriteInputTokens": 200,
                "cacheDetails": [{"ttl": "1h", "inputTokens": 150}, {"ttl": "5m", "inputTokens": 50}],
            },
        },
        {
            "input_tokens": 30,
            "cache_read_tokens": 100,
            "cache_write_1h_tokens": 150,
            "cache_write_5m_tokens": 50,
            "output_tokens": 628,
        },
    ),
    "Nova, invoked": (
        {
            "usage": {
                "inputTokens": 5,
                "outputTokens": 7,
                "cacheReadInputTokenCount": 11,
                "cacheWriteInputTokenCount": 13,
            }
        },
        {"input_tokens": 5, "cache_read_tokens": 11, "cache_write_tokens": 13, "output_tokens": 7},
    ),
    "Llama, invoked": (
        {"generation": "...", "prompt_token_count": 17, "generation_token_count": 19, "stop_reason": "stop"},
        {"input_tokens": 17, "output_tokens": 19},
    ),
    "Titan, invoked": (
        {"inputTextTokenCount": 5, "results": [{"tokenCount": 7, "outputText": "..."}]},
        {"input_tokens": 5, "output_tokens": 7},
    ),
    "Bedrock's headers": (
        {
            "outputs": [{"text": "..."}],
            "ResponseMetadata": {
                "HTTPHeaders": {
                    "x-amzn-bedrock-input-token-count": "5",
                    "x-amzn-bedrock-output-token-count": "7",
                }
            },
        },
        {"input_tokens": 5, "output_tokens": 7},
    ),
    "Cohere bills fewer tokens than it reads": (
        {
            "usage": {
                "billed_units": {"input_tokens": 5.0, "output_tokens": 418.0},
                "tokens": {"input_tokens": 71.0, "output_tokens": 418.0},
            }
        },
        {"input_tokens": 5, "output_tokens": 418},
    ),
    "Cohere ranks": ({"results": [{"index": 1}], "meta": {"billed_units": {"search_units": 1}}}, {"search_units": 1}),
    "DeepSeek": (
        chat(
            prompt_tokens=1000,
            completion_tokens=90,
            total_tokens=1090,
            prompt_cache_hit_tokens=640,
            prompt_cache_miss_tokens=360,
            completion_tokens_details={"reasoning_tokens": 40},
        ),
        {"input_tokens": 360, "cache_read_tokens": 640, "output_tokens": 50, "reasoning_tokens": 40},
    ),
    "Moonshot says what is cached beside the details": (
        chat(prompt_tokens=100, completion_tokens=9, total_tokens=109, cached_tokens=60),
        {"input_tokens": 40, "cache_read_tokens": 60, "output_tokens": 9},
    ),
    "OCR by the page": ({"pages": [], "usage_info": {"pages_processed": 29, "doc_size_bytes": None}}, {"pages": 29}),
    "Ollama": ({"prompt_eval_count": 26, "eval_count": 298, "done": True}, {"input_tokens": 26, "output_tokens": 298}),
    "watsonx": (
        {"results": [{"generated_token_count": 9, "input_token_count": 7}]},
        {"input_tokens": 7, "output_tokens": 9},
    ),
    "Vertex' embeddings": (
        {
            "predictions": [
                {"embeddings": {"statistics": {"token_count": 4}}},
                {"embeddings": {"statistics": {"token_count": 3}}},
            ]
        },
        {"input_tokens": 7},
    ),
    "LangChain's record of usage": (
        {
            "usage_metadata": {
                "input_tokens": 350,
                "output_tokens": 240,
                "total_tokens": 590,
                "input_token_details": {"audio": 10, "cache_creation": 200, "cache_read": 100},
                "output_token_details": {"audio": 10, "reasoning": 200},
            }
        },
        {
            "input_tokens": 40,
            "input_audio_tokens": 10,
            "cache_write_tokens": 200,
            "cache_read_tokens": 100,
            "output_tokens": 30,
            "output_audio_tokens": 10,
            "reasoning_tokens": 200,
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_counts_become_leaves(name):
    body, leaves = CASES[name]
    (record,) = usage_of(body)
    assert record.meters == {**leaves, "requests": 1}
    assert record.notes == ()


def test_reasoning_of_xai_stands_beside_the_answer_and_the_cost_is_said_in_ticks():
    body = chat(
        prompt_tokens=32,
        completion_tokens=9,
        total_tokens=135,
        prompt_tokens_details={"text_tokens": 32, "cached_tokens": 6},
        completion_tokens_details={"reasoning_tokens": 94},
        cost_in_usd_ticks=37_756_000,
    )
    (record,) = usage_of(body)
    assert record.meters == {
        "input_tokens": 26,
        "cache_read_tokens": 6,
        "output_tokens": 9,
        "reasoning_tokens": 94,
        "requests": 1,
    }
    assert (record.provider, record.reported_cost) == ("x-ai", Decimal("0.0037756"))


def test_without_a_total_the_vendors_habit_tells_where_reasoning_stands():
    usage = {"prompt_tokens": 32, "completion_tokens": 90, "completion_tokens_details": {"reasoning_tokens": 50}}
    assert usage_of(chat(**usage), provider="xai")[0].meters["output_tokens"] == 90
    assert usage_of(chat(**usage), provider="deepseek")[0].meters["output_tokens"] == 40


def test_reasoning_inside_the_answer_by_its_total_whoever_sold_it():
    body = chat(
        prompt_tokens=10, completion_tokens=90, total_tokens=100, completion_tokens_details={"reasoning_tokens": 50}
    )
    assert usage_of(body, provider="x-ai")[0].meters["output_tokens"] == 40


def test_more_reasoning_than_answer_stands_beside_it_and_says_so():
    (record,) = usage_of(
        chat(prompt_tokens=10, completion_tokens=5, completion_tokens_details={"reasoning_tokens": 50})
    )
    assert (record.meters["output_tokens"], record.meters["reasoning_tokens"]) == (5, 50)
    assert record.notes == ("reasoning is more than the output, and so taken to stand beside it",)


def test_more_reasoning_than_the_total_has_room_for_is_not_billed():
    body = chat(
        prompt_tokens=10, completion_tokens=5, total_tokens=15, completion_tokens_details={"reasoning_tokens": 50}
    )
    (record,) = usage_of(body)
    assert record.meters == {"input_tokens": 10, "reasoning_tokens": 5, "requests": 1}
    assert record.notes == ("45 of 50 reasoning tokens are beyond the output that is billed",)


def test_thoughts_of_gemini_that_only_the_total_of_its_chat_counts_are_billed():
    body = {"model": "gemini-2.5-pro", "usage": {"completion_tokens": 102, "prompt_tokens": 758, "total_tokens": 1725}}
    (record,) = usage_of(body, provider="google")
    assert record.meters == {"input_tokens": 758, "output_tokens": 102, "reasoning_tokens": 865, "requests": 1}


def test_each_model_of_groqs_compound_is_billed_at_its_own_price():
    def used(fed, said):
        return {"prompt_tokens": fed, "completion_tokens": said, "total_tokens": fed + said}

    models = [{"model": "llama-4-scout", "usage": used(70, 4)}, {"model": "gpt-oss-120b", "usage": used(30, 6)}]
    body = chat(**used(100, 10)) | {"usage_breakdown": {"models": models}}
    assert [(record.model, record.meters) for record in usage_of(body, provider="groq")] == [
        ("llama-4-scout", {"input_tokens": 70, "output_tokens": 4, "requests": 1}),
        ("gpt-oss-120b", {"input_tokens": 30, "output_tokens": 6}),
    ]
    assert len(usage_of(body | {"usage_breakdown": {"models": models[:1]}})) == 1
    assert len(usage_of(body | {"usage_breakdown": {"models": None}})) == 1


def test_seconds_of_sound_that_mistral_bills_are_counted():
    usage = {"prompt_audio_seconds": 9, "prompt_tokens": 4, "completion_tokens": 3}
    assert usage_of(chat(**usage))[0].meters["audio_seconds"] == 9


def test_tools_that_xai_ran_are_counted_by_the_list_of_them():
    ran = ["SERVER_SIDE_TOOL_WEB_SEARCH", "SERVER_SIDE_TOOL_X_SEARCH", "SERVER_SIDE_TOOL_CODE_EXECUTION"]
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12, "server_side_tools_used": ran}
    meters = usage_of(chat(**usage), provider="xai")[0].meters
    assert (meters["web_searches"], meters["code_executions"]) == (2, 1)


def test_perplexity_bills_reasoning_and_citations_beside_the_answer():
    body = chat(
        prompt_tokens=33,
        completion_tokens=7163,
        total_tokens=7196,
        citation_tokens=20016,
        num_search_queries=18,
        reasoning_tokens=73997,
        cost={"input_tokens_cost": 0.0, "output_tokens_cost": 0.057, "total_cost": 0.409},
    )
    (record,) = usage_of(body, provider="perplexity")
    assert record.meters == {
        "input_tokens": 33,
        "output_tokens": 7163 + 20016,
        "reasoning_tokens": 73997,
        "web_searches": 18,
        "requests": 1,
    }
    assert record.reported_cost == Decimal("0.409")


def test_perplexitys_agent_counts_searches_as_calls_of_a_tool():
    usage = {
        "input_tokens": 100,
        "output_tokens": 20,
        "total_tokens": 120,
        "input_tokens_details": {"cache_read_input_tokens": 30},
        "tool_calls_details": {"search_web": {"invocation": 2}},
        "cost": {"input_cost": 0.1, "output_cost": 0.2, "tool_calls_cost": 0.01, "total_cost": 0.31, "currency": "EUR"},
    }
    (record,) = usage_of({"object": "response", "usage": usage}, provider="perplexity")
    assert record.meters == {
        "input_tokens": 70,
        "cache_read_tokens": 30,
        "output_tokens": 20,
        "web_searches": 2,
        "requests": 1,
    }
    assert (record.reported_cost, record.currency) == (Decimal("0.31"), "EUR")


def test_openrouter_says_what_it_cost_and_whose_key_it_was():
    usage = {
        "prompt_tokens": 194,
        "completion_tokens": 2,
        "total_tokens": 196,
        "cost": 0.95,
        "is_byok": True,
        "cost_details": {"upstream_inference_cost": 19},
        "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 100, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
    (record,) = usage_of({"id": "gen-1", "model": "openai/gpt-5", "usage": usage})
    assert record.meters == {"input_tokens": 94, "cache_write_tokens": 100, "output_tokens": 2, "requests": 1}
    assert (record.provider, record.reported_cost) == ("openrouter", Decimal("0.95"))
    assert record.notes == ("own key: the reported cost is the gateway's fee, the vendor bills 19 elsewhere",)


def test_a_cost_without_counts_is_kept():
    (record,) = usage_of({"id": "gen-2", "usage": {"cost": 0.02}})
    assert (record.meters, record.reported_cost) == ({"requests": 1}, Decimal("0.02"))
    assert record.notes == ("only the cost is said, not what was used",)


def test_tools_are_counted_from_what_was_answered():
    output = [
        {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}},
        {"type": "web_search_call", "status": "completed", "action": {"type": "open_page", "url": "u"}},
        {"type": "web_search_call", "status": "failed", "action": {"type": "search", "query": "q"}},
        {"type": "file_search_call", "status": "completed"},
        {"type": "code_interpreter_call", "container_id": "c1"},
        {"type": "code_interpreter_call", "container_id": "c1"},
        {"type": "code_interpreter_call", "container_id": "c2"},
        {"type": "message"},
    ]
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2, "input_tokens_details": {"cached_tokens": 0}}
    (record,) = usage_of({"object": "response", "output": output, "usage": usage})
    assert {name: n for name, n in record.meters.items() if not name.endswith("_tokens")} == {
        "web_searches": 1,
        "file_searches": 1,
        "code_sessions": 2,
        "requests": 1,
    }


@pytest.mark.parametrize(("model", "searches"), [("gemini-2.5-pro", 1), ("gemini-3-pro", 2)])
def test_grounding_is_billed_by_the_prompt_and_later_by_the_query(model, searches):
    candidates = [{"groundingMetadata": {"webSearchQueries": ["a", "b"], "groundingChunks": [{"maps": {}}]}}]
    body = {"modelVersion": model, "candidates": candidates, "usageMetadata": {"promptTokenCount": 1}}
    meters = usage_of(body)[0].meters
    assert (meters["web_searches"], meters["maps_searches"]) == (searches, 1)


def test_chat_models_that_always_search_are_billed_a_search():
    body = {"object": "chat.completion", "model": "gpt-4o-search-preview", "usage": {"prompt_tokens": 1}}
    assert usage_of(body)[0].meters["web_searches"] == 1


def test_speech_is_billed_by_the_letters_that_were_asked_for():
    assert usage_of({}, api="speech", request={"input": "Hello"})[0].meters == {"characters": 5, "requests": 1}


def test_an_image_that_another_model_drew_is_billed_on_both():
    usage = {"input_tokens": 50, "output_tokens": 90, "total_tokens": 140}
    drawn = {"model": "gpt-5.5", "input_tokens": 7, "output_tokens": 30, "reasoning_tokens": 20, "total_tokens": 37}
    body = {"model": "gpt-image-2", "data": [{"b64_json": "..."}], "usage": usage, "svg_usage": drawn}
    image, drawing = usage_of(body)
    assert (image.model, image.meters) == (
        "gpt-image-2",
        {"input_tokens": 50, "output_image_tokens": 90, "requests": 1},
    )
    assert (drawing.model, drawing.invocation) == ("gpt-5.5", 1)
    assert drawing.meters == {"input_tokens": 7, "output_tokens": 10, "reasoning_tokens": 20}
    assert len(usage_of(body | {"svg_usage": None})) == 1


def test_speech_that_counts_tokens_makes_sound():
    body = {"type": "speech.audio.done", "usage": {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}}
    assert usage_of(body)[0].meters == {"input_tokens": 14, "output_audio_tokens": 101, "requests": 1}


def test_cached_modalities_are_held_to_what_is_cached():
    usage = {"promptTokenCount": 100, "cachedContentTokenCount": 40, "cacheTokensDetails": seen(AUDIO=30, TEXT=30)}
    assert usage_of({"usageMetadata": usage})[0].meters == {
        "input_tokens": 60,
        "cache_read_tokens": 10,
        "cache_read_audio_tokens": 30,
        "requests": 1,
    }


def test_cached_tokens_are_text_as_far_as_there_is_text():
    usage = {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 70}}
    (record,) = usage_of({"usage": usage})
    assert record.meters == {
        "cache_read_tokens": 30,
        "cache_read_audio_tokens": 30,
        "input_audio_tokens": 40,
        "requests": 1,
    }
    assert record.notes == ("30 cached tokens can only be audio",)


def test_modalities_that_exceed_the_total_of_gemini_are_held_to_it():
    (record,) = usage_of(google(promptTokenCount=258, promptTokensDetails=seen(TEXT=10, IMAGE=1290)))
    assert record.meters == {"input_image_tokens": 258, "requests": 1}
    assert record.notes == (
        "the prompt's modalities add up to 1,300 of 258; the total is billed, the rest as text",
    )  # fmt: skip


def test_by_the_total_what_is_cached_may_stand_beside_the_prompt_in_openais_names_too():
    body = chat(
        prompt_tokens=5, completion_tokens=6, total_tokens=41, prompt_tokens_details={"cached_tokens": 30}
    )  # fmt: skip
    (record,) = usage_of(body)
    assert record.meters == {"input_tokens": 5, "cache_read_tokens": 30, "output_tokens": 6, "requests": 1}
    assert record.notes == ("by total_tokens, what is cached stands beside the prompt",)
