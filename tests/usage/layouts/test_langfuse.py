"""Langfuse: traces, pages and blob exports; real traces come to what Langfuse reckoned for them."""

import json
from decimal import Decimal
from typing import Any

import pytest

from pertoken.core.errors import InputError
from pertoken.workbench.books import statement
from tests.usage.layouts.conftest import records, tokens


def generation(usage: dict[str, Any], **own: Any) -> dict[str, Any]:
    """A row of the blob export, of the published columns."""
    return {
        "id": "obs-1",
        "trace_id": "trace-1",
        "type": "GENERATION",
        "start_time": "2026-01-05 09:00:00.000000",
        "provided_model_name": "gpt-4o",
        "usage_details": usage,
        "cost_details": {},
        "total_cost": None,
        **own,
    }


SAMPLES = ("langgraph-js-2025-10-30", "openai-agents-2025-09-30", "pydantic-ai-2025-06-06",
           "pydantic-ai-tools-2025-12-04", "pydantic-ai-with-gemini-2025-12-24")  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_list_prices_of_real_traces_come_to_the_cost_that_they_report(billing, name):
    path = billing / "langfuse_framework_traces" / f"{name}.trace.json"
    told = json.loads(path.read_text())["observations"]
    reported = sum(Decimal(str(each["totalCost"])) for each in told)
    books = statement(path, cost=["catalog"])
    assert books.report.layout == "Langfuse observations"
    assert books.statement.total("cost") == pytest.approx(reported, abs=Decimal("1e-12"))


def test_a_demo_price_stays_apart_from_list_prices(billing, fold):
    path = billing / "langfuse_framework_traces" / "langgraph-python-2025-08-22.trace.json"
    books = statement(path, cost=["catalog"])
    # gpt-4o: 168 tokens in at 2.50, 66 out at 10.00; the trace says 1.00 for a million of both
    assert books.statement.total("cost") == Decimal("0.00108")
    _, found = fold([json.loads(path.read_text())], "jsonl")
    assert found[("cost",)] == Decimal("0.000234")


def test_a_trace_that_stands_in_two_files_is_counted_once(billing):
    folder = billing / "langfuse_framework_traces"
    books = statement(folder / "pydantic-ai*-2025-06-06.trace.json", cost=["catalog"])
    assert books.report.rows == 1
    assert "records that stood again, alike in all, are counted once (1)" in books.report.says


def test_parts_beside_the_whole_stay_as_they_are():
    (one,) = records("langfuse", generation({"input": 179, "output": 35, "output_reasoning": 64, "total": 278}))
    assert tokens(one) == {"input_tokens": 179, "output_tokens": 35, "reasoning_tokens": 64}
    assert one.notes == ()


def test_parts_inside_the_whole_are_taken_off_where_the_total_shows_it():
    # an SDK that wrote input with what was cached: 1000 + 50 = 1050
    usage = {"input": 1000, "input_cached_tokens": 800, "output": 50, "output_reasoning_tokens": 20, "total": 1050}
    (one,) = records("langfuse", generation(usage))
    assert tokens(one) == {
        "input_tokens": 200, "cache_read_tokens": 800, "output_tokens": 30, "reasoning_tokens": 20,
    }  # fmt: skip
    assert one.notes == ("parts of usage_details were written inside their whole, and are taken off it",)


def test_each_side_is_judged_alone():
    usage = {"input": 1000, "input_cached_tokens": 800, "output": 50, "output_reasoning_tokens": 20, "total": 1070}
    (one,) = records("langfuse", generation(usage))
    assert tokens(one)["input_tokens"] == 200
    assert tokens(one)["output_tokens"] == 50


def test_a_total_that_nothing_adds_up_to_is_said():
    (one,) = records("langfuse", generation({"input": 10, "input_cached_tokens": 3, "output": 5, "total": 99}))
    assert tokens(one) == {"input_tokens": 10, "cache_read_tokens": 3, "output_tokens": 5}
    assert "don't add up" in one.notes[0]


def test_raw_counts_of_gemini_hold_the_cached_ones_in_the_prompt():
    usage = {"promptTokenCount": 294, "cachedContentTokenCount": 100, "candidatesTokenCount": 230,
             "thoughtsTokenCount": 158, "toolUsePromptTokenCount": 605, "totalTokenCount": 1287}  # fmt: skip
    (one,) = records("langfuse", generation(usage))
    assert tokens(one) == {
        "input_tokens": 799, "cache_read_tokens": 100, "output_tokens": 230, "reasoning_tokens": 158,
    }  # fmt: skip


def test_a_count_of_an_unknown_name_is_a_meter_of_its_own_and_never_lost():
    (one,) = records("langfuse", generation({"input": 10, "output": 5, "rerank units": 3, "total": 18}))
    assert tokens(one)["x_rerank_units"] == 3


def test_parts_greater_than_their_whole_are_refused():
    with pytest.raises(InputError, match="parts of the input are 80, the whole 10"):
        records("langfuse", generation({"input": 10, "prompt_details.cache_read": 80, "output": 5}))


def test_only_invocations_are_read_and_agents_hold_them(fold):
    inner = generation({"input": 7, "output": 3}, total_cost=0.5)
    agent = generation({"input": 7, "output": 3}, id="obs-0", type="AGENT", total_cost=0.5)
    assert fold([inner, agent], "jsonl") == (
        "Langfuse observations",
        {("input_tokens",): 7, ("output_tokens",): 3, ("requests",): 1, ("cost",): Decimal("0.5")},
    )


@pytest.mark.parametrize("form", ["jsonl", "array", "csv", "parquet"])
def test_a_blob_export_is_the_same_usage_in_every_form(fold, form):
    rows = [
        generation({"input": 1000, "input_cached_tokens": 800, "output": 50, "total": 1050}, user_id="acme"),
        generation({"input": 5, "output": 2}, id="obs-2", user_id="bolt", total_cost="0.000012"),
    ]
    name, found = fold(rows, form, "customer")
    assert name == "Langfuse observations"
    assert found == {
        ("acme", "input_tokens"): 200,
        ("acme", "cache_read_tokens"): 800,
        ("acme", "output_tokens"): 50,
        ("acme", "requests"): 1,
        ("bolt", "input_tokens"): 5,
        ("bolt", "output_tokens"): 2,
        ("bolt", "requests"): 1,
        ("bolt", "cost"): Decimal("0.000012"),
    }


def test_a_generation_without_usage_is_a_request_and_is_said():
    (one,) = records("langfuse", generation({}))
    assert one.meters == {"requests": 1}
    assert one.notes == ("no usage reported, as of a request that failed or a stream that was cut off",)
