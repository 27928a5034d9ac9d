"""OpenTelemetry's GenAI spans, typed from the published attributes; Anthropic's by their rule."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.usage.layouts.conftest import records, tokens

START = "1767603600000000000"


def value(said: Any) -> dict[str, Any]:
    """A typed value of OTLP; whole numbers are text there."""
    if isinstance(said, str):
        return {"stringValue": said}
    return {"doubleValue": said} if isinstance(said, float) else {"intValue": str(said)}


def span(ident: str, parent: str = "", *, code: int = 0, **attributes: Any) -> dict[str, Any]:
    """A span whose attributes are given with `__` for dots, without `gen_ai.`."""
    named = {f"gen_ai.{name.replace('__', '.')}": said for name, said in attributes.items()}
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": ident,
        "parentSpanId": parent,
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": START,
        "endTimeUnixNano": "1767603601000000000",
        "attributes": [{"key": name, "value": value(said)} for name, said in named.items()],
        "status": {"code": code},
    }


def export(*spans: dict[str, Any], **resource: str) -> dict[str, Any]:
    """An export request."""
    told = [{"key": name.replace("__", "."), "value": value(said)} for name, said in resource.items()]
    return {"resourceSpans": [{"resource": {"attributes": told}, "scopeSpans": [{"scope": {}, "spans": list(spans)}]}]}


CHAT: dict[str, Any] = {"operation__name": "chat", "provider__name": "openai", "response__model": "gpt-4o-2024-08-06"}


def test_cached_counts_stand_inside_the_input_and_reasoning_inside_the_output():
    counts: dict[str, Any] = {
        "usage__input_tokens": 1500,
        "usage__cache_read__input_tokens": 1024,
        "usage__output_tokens": 300,
        "usage__reasoning__output_tokens": 100,
    }
    (one,) = records("otel", export(span("a1", **CHAT, **counts), service__name="desk"))
    assert tokens(one) == {
        "input_tokens": 476, "cache_read_tokens": 1024, "output_tokens": 200, "reasoning_tokens": 100,
    }  # fmt: skip
    assert (one.provider, one.model, one.time) == ("openai", "gpt-4o-2024-08-06", datetime(2026, 1, 5, 9))  # noqa: DTZ001
    assert one.keys == {"service": "desk"}
    assert one.request_id.endswith(":a1")


def test_anthropics_input_is_the_sum_of_input_reads_and_writes():
    # input 50 + creation 1000 + read 2000, as the conventions ask instrumentations to add them up
    counts: dict[str, Any] = {
        "usage__input_tokens": 3050,
        "usage__cache_read__input_tokens": 2000,
        "usage__cache_creation__input_tokens": 1000,
        "usage__output_tokens": 120,
    }
    said = CHAT | {"provider__name": "anthropic", "response__model": "claude-sonnet-4-5"}
    (one,) = records("otel", export(span("a1", **said, **counts)))
    assert tokens(one) == {
        "input_tokens": 50, "cache_read_tokens": 2000, "cache_write_tokens": 1000, "output_tokens": 120,
    }  # fmt: skip
    assert one.notes == ()


def test_cached_counts_greater_than_the_input_stand_beside_it_and_that_is_said():
    counts: dict[str, Any] = {
        "usage__input_tokens": 50,
        "usage__cache_read__input_tokens": 2000,
        "usage__output_tokens": 120,
    }
    (one,) = records("otel", export(span("a1", **CHAT, **counts)))
    assert tokens(one) == {"input_tokens": 50, "cache_read_tokens": 2000, "output_tokens": 120}
    assert "against the conventions" in one.notes[0]


def test_older_names_are_read():
    counts: dict[str, Any] = {"usage__prompt_tokens": 9, "usage__completion_tokens": 4}
    said: dict[str, Any] = {"system": "openai", "request__model": "gpt-4o", "operation__name": "chat"}
    (one,) = records("otel", export(span("a1", **said, **counts)))
    assert tokens(one) == {"input_tokens": 9, "output_tokens": 4}
    assert (one.provider, one.model) == ("openai", "gpt-4o")


def test_litellm_names_its_operations_by_itself_and_reports_a_cost():
    counts: dict[str, Any] = {"usage__input_tokens": 10, "usage__output_tokens": 20, "cost__total_cost": 0.000225}
    said: dict[str, Any] = {"system": "openai", "request__model": "gpt-4o", "operation__name": "acompletion"}
    (one,) = records("otel", export(span("a1", **said, **counts)))
    assert one.reported_cost == Decimal("0.000225")


def test_an_agent_that_adds_up_its_calls_is_not_counted_again():
    usage: dict[str, Any] = {"usage__input_tokens": 10, "usage__output_tokens": 5}
    agent = span("a0", operation__name="invoke_agent", agent__name="desk", usage__input_tokens=20,
                 usage__output_tokens=10)  # fmt: skip
    tool = span("t1", "a0", operation__name="execute_tool")
    found = records("otel", export(agent, tool, span("a1", "a0", **CHAT, **usage), span("a2", "a0", **CHAT, **usage)))
    assert [tokens(each) for each in found] == [{"input_tokens": 10, "output_tokens": 5}] * 2


def test_one_call_told_by_two_instrumentations_is_one_call():
    usage: dict[str, Any] = {"usage__input_tokens": 10, "usage__output_tokens": 5}
    found = records("otel", export(span("a1", **CHAT, **usage), span("a2", "a1", **CHAT, **usage)))
    assert [each.request_id[-2:] for each in found] == ["a2"]


def test_a_span_that_is_exported_again_counts_once(fold):
    usage: dict[str, Any] = {"usage__input_tokens": 10, "usage__output_tokens": 5}
    request = export(span("a1", **CHAT, **usage))
    assert fold([request, request], "jsonl") == (
        "OpenTelemetry GenAI spans",
        {("input_tokens",): 10, ("output_tokens",): 5, ("requests",): 1},
    )


def test_a_tier_that_was_only_asked_for_is_said_to_be_so():
    usage: dict[str, Any] = {"usage__input_tokens": 10, "usage__output_tokens": 5}
    (asked,) = records("otel", export(span("a1", **CHAT, **usage, openai__request__service_tier="flex")))
    (served,) = records("otel", export(span("a1", **CHAT, **usage, openai__response__service_tier="flex")))
    assert (asked.service_tier, served.service_tier) == ("flex", "flex")
    assert (len(asked.notes), served.notes) == (1, ())


@pytest.mark.parametrize(("code", "meters"), [(0, {"requests": 1}), (2, {})])
def test_a_call_without_usage_was_cut_off_or_failed(code, meters):
    (one,) = records("otel", export(span("a1", code=code, **CHAT)))
    assert one.meters == meters
    assert "reported" in one.notes[0]


def test_spans_of_two_traces_may_bear_one_id_and_spans_without_an_id_are_all_read():
    usage: dict[str, Any] = {"usage__input_tokens": 10, "usage__output_tokens": 5}
    one, two = span("a1", **CHAT, **usage), span("a1", **CHAT, **usage) | {"traceId": "other"}
    bare = span("", **CHAT, **usage)
    assert len({each.request_id for each in records("otel", export(one, two))}) == 2
    assert len(records("otel", export(bare, bare))) == 2


def test_a_total_shows_that_cached_counts_stand_beside_the_input():
    counts: dict[str, Any] = {
        "usage__input_tokens": 50,
        "usage__cache_read__input_tokens": 40,
        "usage__output_tokens": 10,
    }
    (beside,) = records("otel", export(span("a1", **CHAT, **counts, usage__total_tokens=100)))
    (inside,) = records("otel", export(span("a1", **CHAT, **counts, usage__total_tokens=60)))
    assert (tokens(beside)["input_tokens"], tokens(inside)["input_tokens"]) == (50, 10)
