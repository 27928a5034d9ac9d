"""OpenAI's pages of usage and costs.

Documents are typed from the published fields; the counts of `EXAMPLE` are those of the API's own example, the names of
line items and the two small amounts are of the kind that organisations get.
"""

import json
from decimal import Decimal
from typing import Any

import pytest

from pertoken.core.errors import InputError
from pertoken.engines import duckdb as engine
from pertoken.usage.layouts.openai_costs import line_item
from pertoken.usage.question import Question
from pertoken.workbench.reading import reading
from tests.usage.layouts.conftest import FORMS, records, tokens

DAY = 86_400
START = 1730419200
"""2024-11-01."""


def page(*results: dict[str, Any], start: int = START, days: int = 1, more: bool = False) -> dict[str, Any]:
    """A page of one bucket."""
    bucket = {"object": "bucket", "start_time": start, "end_time": start + days * DAY, "results": list(results)}
    return {"object": "page", "data": [bucket], "has_more": more, "next_page": "page_2" if more else None}


def result(kind: str, **said: Any) -> dict[str, Any]:
    """A result of one kind."""
    return {"object": f"organization.usage.{kind}.result", **said}


EXAMPLE = {
    "input_tokens": 1000, "input_cached_tokens": 400, "input_cache_write_tokens": 100, "input_uncached_tokens": 500,
    "output_tokens": 500, "input_text_tokens": 400, "output_text_tokens": 400, "input_cached_text_tokens": 300,
    "input_audio_tokens": 50, "input_cached_audio_tokens": 50, "output_audio_tokens": 50, "input_image_tokens": 50,
    "input_cached_image_tokens": 50, "output_image_tokens": 50, "num_model_requests": 5,
}  # fmt: skip

LEAVES = {
    "input_tokens": 400, "cache_read_tokens": 300, "cache_write_tokens": 100, "input_audio_tokens": 50,
    "input_image_tokens": 50, "cache_read_audio_tokens": 50, "cache_read_image_tokens": 50, "output_tokens": 400,
    "output_audio_tokens": 50, "output_image_tokens": 50,
}  # fmt: skip


def test_completions_come_apart_to_the_text_that_the_page_itself_tells():
    (record,) = records("openai-usage", page(result("completions", **EXAMPLE)))
    assert tokens(record) == LEAVES
    assert record.meters["requests"] == 5
    assert (record.meters["input_tokens"], record.meters["cache_read_tokens"]) == (
        EXAMPLE["input_text_tokens"],
        EXAMPLE["input_cached_text_tokens"],
    )
    assert record.prompt_tokens == EXAMPLE["input_tokens"]


def test_every_example_of_the_published_interface_is_read(billing):
    examples = json.loads((billing / "openai_usage_costs_api_examples.json").read_text())
    found = {}
    for name, example in examples.items():
        kind = "openai-costs" if name.endswith("costs") else "openai-usage"
        (record,) = records(kind, example["response"])
        assert record.time is not None
        assert record.time.isoformat() == "2024-11-01T00:00:00"
        found[name.rsplit("/", 1)[-1]] = record
    assert tokens(found["completions"]) == LEAVES
    assert found["costs"].reported_cost == Decimal("0.06")
    counted = {
        "embeddings": {"input_tokens": 16, "requests": 2},
        "moderations": {"input_tokens": 16, "requests": 2},
        "images": {"images": 2, "requests": 2},
        "audio_speeches": {"characters": 45, "requests": 1},
        "audio_transcriptions": {"audio_seconds": 20, "requests": 1},
        "vector_stores": {"storage_gb_days": Decimal("0.000001024")},
        "code_interpreter_sessions": {"code_sessions": 1},
        "web_search_calls": {"web_searches": 2},
        "file_search_calls": {"file_searches": 2},
    }
    assert {name: found[name].meters for name in counted} == counted
    assert len(found) == 11


def test_groups_are_labels_and_batch_and_tier_are_told():
    said = {"project_id": "proj_a", "user_id": "user_b", "api_key_id": "key_c", "model": "gpt-4o-2024-08-06"}
    own = result("completions", **EXAMPLE, **said, batch=True, service_tier="default")
    (record,) = records("openai-usage", page(own))
    assert record.keys == {"usage": "completions", "project": "proj_a", "user": "user_b", "api_key": "key_c"}
    assert (record.model, record.provider) == ("gpt-4o-2024-08-06", "openai")
    assert (record.batch, record.service_tier) == (True, "standard")
    assert record.notes == ("sum of several requests",)


def test_what_the_report_is_not_grouped_by_is_told():
    own = result("completions", **EXAMPLE, model=None, batch=None, service_tier="flex")
    (record,) = records("openai-usage", page(own))
    assert record.notes == ("sum of several requests", "model, batch not told: group the report by it")
    assert (record.batch, record.service_tier) == (False, "flex")


def test_images_are_counted_by_size_where_the_report_tells_it():
    small, any_size = result("images", images=3, size="1024x1024"), result("images", images=2, size=None)
    assert [tokens(each) for each in records("openai-usage", page(small, any_size))] == [
        {"images_1024x1024": 3},
        {"images": 2},
    ]


def test_storage_is_bytes_over_the_time_of_the_bucket():
    """3 GB held for two days are 6 GB-days."""
    (record,) = records("openai-usage", page(result("vector_stores", usage_bytes=3 * 10**9), days=2))
    assert record.meters == {"storage_gb_days": 6}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"input_cached_tokens": 950}, r"input_tokens 1000 is less than input_cached_tokens 950 and input_cache_write"),
        ({"input_uncached_tokens": 501}, r"input_uncached_tokens is 501; expected 500"),
        ({"output_tokens": -1}, r"output_tokens is -1"),
        ({"output_audio_tokens": 470}, r"output_tokens 500 is less than output_audio_tokens 470"),
        ({"input_cached_audio_tokens": 390}, r"input_cached_tokens 400 is less than"),
    ],
)
def test_counts_that_contradict_each_other_are_refused_by_name(wrong, message):
    with pytest.raises(InputError, match=message):
        records("openai-usage", page(result("completions", **EXAMPLE | wrong)))


def test_a_kind_of_result_that_is_not_known_is_refused():
    with pytest.raises(InputError, match=r"results of the kind 'oracles' can't be read; known are audio_speeches"):
        records("openai-usage", page(result("oracles", questions=3)))


def test_a_bucket_that_is_cut_is_told():
    whole = page(result("embeddings", input_tokens=7, num_model_requests=1, model="m"), days=1)
    cut = {"object": "bucket", "start_time": START + DAY, "end_time": START + DAY + 3600,
           "results": [result("embeddings", input_tokens=5, num_model_requests=1, model="m")]}  # fmt: skip
    first, last = records("openai-usage", whole | {"data": [*whole["data"], cut]})
    assert first.notes == ()
    assert last.notes == ("a bucket is shorter than the others: the report begins or ends inside it",)


def test_a_page_that_is_not_there_is_refused_and_named(tmp_path):
    one = result("embeddings", input_tokens=7, num_model_requests=1, model="text-embedding-3-small")
    first, second = page(one, more=True), page(one, start=START + DAY)
    path = tmp_path / "page_1.json"
    path.write_text(json.dumps(first, indent=1))
    with reading(path, None, "", "UTC") as log, pytest.raises(InputError, match=r"page 2 .*missing"):
        engine.fold(log, Question(()))
    (tmp_path / "page_2.json").write_text(json.dumps(second))
    with reading(tmp_path, None, "", "UTC") as log:
        usage, _ = engine.fold(log, Question(()))
    assert {line["meter"]: line["quantity"] for line in usage.records()} == {"input_tokens": 14, "requests": 2}


LINES = {
    "gpt-4o-2024-08-06, input": ("gpt-4o-2024-08-06", "input_tokens", "", ""),
    "gpt-4.1-2025-04-14, cached input": ("gpt-4.1-2025-04-14", "cache_read_tokens", "", ""),
    "gpt-5-mini-2025-08-07, output": ("gpt-5-mini-2025-08-07", "output_tokens", "", ""),
    "gpt-5.6-luna, cache writes": ("gpt-5.6-luna", "cache_write_tokens", "", ""),
    "gpt-image-2-2026-04-21 image, output": ("gpt-image-2-2026-04-21", "output_image_tokens", "", ""),
    "gpt-image-2-2026-04-21 text, input": ("gpt-image-2-2026-04-21", "input_tokens", "", ""),
    "gpt-realtime-2.1-mini, audio input": ("gpt-realtime-2.1-mini", "input_audio_tokens", "", ""),
    "ft-gpt-4o-2024-08-06, input": ("ft-gpt-4o-2024-08-06", "input_tokens", "", ""),
    "priority | gpt-5.6-sol, output, long context": ("gpt-5.6-sol", "output_tokens", "priority", ""),
    "evals | gpt-4o-mini-2024-07-18, input": ("gpt-4o-mini-2024-07-18", "input_tokens", "", "evals"),
    "assistants api | file search": ("", "file_searches", "", "assistants api"),
    "web search tool calls": ("", "web_searches", "", ""),
    "whisper-1, audio": ("whisper-1", "", "", ""),
    "gpt-live-1, voice session": ("gpt-live-1", "", "", ""),
    "Image models": ("", "", "", ""),
    "": ("", "", "", ""),
}


@pytest.mark.parametrize("name", LINES)
def test_the_name_of_a_cost_says_its_model_and_meter_where_it_can_be_told(name):
    item = line_item(name)
    assert (item.model, item.meter, item.service_tier, item.surface) == (
        *LINES[name][:2],
        LINES[name][2] or "standard",
        LINES[name][3],
    )


def cost(name: str | None, value: Any, **said: Any) -> dict[str, Any]:
    """A result of the costs."""
    amount = {"value": value, "currency": "usd"}
    return {"object": "organization.costs.result", "amount": amount, "line_item": name, "project_id": None, **said}


def test_costs_are_money_without_usage_to_the_last_digit():
    """30 tokens in at $0.15 and 57 out at $0.60 a million."""
    into, out, nothing = records(
        "openai-costs",
        page(
            cost("gpt-4o-mini-2024-07-18, input", "0.000004500000000000000000000000000000000", quantity=30.0),
            cost("gpt-4o-mini-2024-07-18, output", "0.00003420000000000000000000000000000000", project_id="proj_x"),
            cost("gpt-5.4-mini-2026-03-17, input", "0E-6176"),
        ),
    )
    assert [each.meters for each in (into, out, nothing)] == [{}, {}, {}]
    assert into.reported_cost == 30 * Decimal("0.15") / 10**6
    assert out.reported_cost == 57 * Decimal("0.60") / 10**6
    assert nothing.reported_cost == 0
    assert (into.currency, into.model) == ("USD", "gpt-4o-mini-2024-07-18")
    assert into.keys == {"line_item": "gpt-4o-mini-2024-07-18, input", "meter": "input_tokens"}
    assert out.keys["project"] == "proj_x"


def test_costs_that_are_not_grouped_say_so():
    (record,) = records("openai-costs", page(cost(None, 0.06)))
    assert record.notes == ("line item not told: group the report by it",)


def test_an_amount_that_is_no_number_is_refused_by_name():
    with pytest.raises(InputError, match=r"amount.value is 'much'"):
        records("openai-costs", page(cost("gpt-4o, input", "much")))


@pytest.mark.parametrize("form", FORMS)
def test_the_dashboards_export_of_completions_is_read_as_its_pages_are(fold, form):
    row = {"start_time": START, "end_time": START + 60, "model": "gpt-4o",
           "project_id": "proj_a", "batch": "True", "service_tier": "default", **EXAMPLE}  # fmt: skip
    title, found = fold([row], form, "model", "project", "batch")
    assert title == "OpenAI usage export"
    assert {key[-1]: n for key, n in found.items()} == LEAVES | {"requests": 5}
    assert {key[:-1] for key in found} == {("gpt-4o", "proj_a", "true")}


def test_a_bucket_of_the_export_in_which_nothing_was_used_is_no_usage():
    empty = {"start_time": START, "end_time": START + 60, **dict.fromkeys(EXAMPLE, ""), "model": ""}
    assert records("openai-usage-export", empty) == []


def test_the_dashboards_export_of_costs_is_read_as_its_pages_are():
    row = {"start_time": START, "end_time": START + DAY, "amount_value": "0.8958740000000000", "amount_currency": "usd",
           "line_item": "gpt-5-mini-2025-08-07, input", "project_id": "proj_a"}  # fmt: skip
    (record,) = records("openai-costs-export", row)
    assert record.reported_cost == Decimal("0.895874")
    assert (record.model, record.keys["meter"]) == ("gpt-5-mini-2025-08-07", "input_tokens")


def folded(path: Any) -> dict[str, Any]:
    """Fold a folder of pages."""
    with reading(path, None, "", "UTC") as log:
        usage, _ = engine.fold(log, Question(()))
    return {line["meter"]: line["quantity"] for line in usage.records()}


def test_a_page_that_is_there_twice_counts_once(tmp_path):
    own = page(result("completions", **EXAMPLE, model="gpt-4o"))
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(own, indent=1))
    assert folded(tmp_path)["input_tokens"] == 400


def test_buckets_of_two_lengths_over_one_time_are_refused(tmp_path):
    day = page(result("completions", **EXAMPLE, model="gpt-4o"))
    hour = page(result("completions", **EXAMPLE, model="gpt-4o"))
    hour["data"][0]["end_time"] = START + 3600
    for name, own in (("day.json", day), ("hour.json", hour)):
        (tmp_path / name).write_text(json.dumps(own, indent=1))
    with pytest.raises(InputError, match=r"by buckets of 1:00:00 and of 1 day, 0:00:00 overlap"):
        folded(tmp_path)
