"""Laws of rows: nothing is lost or counted twice, and SQL and Python read the same."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.meters import meter
from pertoken.usage.layout import Derived
from pertoken.usage.layouts.rows import rows
from pertoken.usage.schema import LogMapping
from tests.usage.layouts.conftest import Folded, records
from tests.usage.layouts.test_litellm import spend
from tests.usage.layouts.test_openai import page, result

COUNTS = st.integers(0, 10**7)


@st.composite
def usages(draw: st.DrawFn) -> dict[str, Any]:
    """A record of usage as LiteLLM keeps it; what is not told is left out or null."""
    fresh, read, short, long, heard = (draw(COUNTS) for _ in range(5))
    said, thought, spoken = (draw(COUNTS) for _ in range(3))
    prompt, completion = fresh + read + short + long + heard, said + thought + spoken
    details: dict[str, Any] = {"cached_tokens": read or None, "audio_tokens": heard}
    if short + long:
        details["cache_creation_tokens"] = short + long
        details["cache_creation_token_details"] = {
            "ephemeral_5m_input_tokens": short,
            "ephemeral_1h_input_tokens": long,
        }
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": details,
        "completion_tokens_details": {"reasoning_tokens": thought or None, "audio_tokens": spoken},
    }


def billed(meters: Any) -> int:
    """Tokens of all meters."""
    return sum(n for name, n in meters.items() if meter(name).unit == "token")


@given(usages(), st.sampled_from(["usage_object", "additional_usage_values"]))
def test_litellms_tokens_are_each_in_one_meter(usage, place):
    (record,) = records("litellm-spend", spend(usage, metadata={place: usage}))
    assert billed(record.meters) == usage["total_tokens"]
    assert record.prompt_tokens == usage["prompt_tokens"]


@given(st.lists(COUNTS, min_size=9, max_size=9))
def test_openais_tokens_are_each_in_one_meter(n):
    fresh, heard, seen, text, heard_before, seen_before, written, said, spoken = n
    cached = text + heard_before + seen_before
    whole = fresh + heard + seen + cached + written
    (record,) = records(
        "openai-usage",
        page(
            result(
                "completions",
                input_tokens=whole,
                input_cached_tokens=cached,
                input_cache_write_tokens=written,
                input_uncached_tokens=whole - cached - written,
                input_audio_tokens=heard,
                input_image_tokens=seen,
                input_cached_audio_tokens=heard_before,
                input_cached_image_tokens=seen_before,
                output_tokens=said + spoken,
                output_audio_tokens=spoken,
                num_model_requests=1,
            )
        ),
    )
    assert record.prompt_tokens == whole
    assert billed(record.meters) == whole + said + spoken


@settings(max_examples=7, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(usages(), st.sampled_from(["usage_object", "additional_usage_values"])), min_size=1, max_size=5)
)
def test_sql_reads_what_python_reads(fold, drawn):
    made = [spend(usage, request_id=str(i), metadata={place: usage}) for i, (usage, place) in enumerate(drawn)]
    found: dict[str, Folded] = {form: fold(made, form, "model", "customer") for form in ("jsonl", "parquet")}
    assert found["parquet"] == found["jsonl"]


READ = rows(
    {"part": Derived(of=(("details", "part"), ("other", "")))},
    LogMapping(
        meters={"input_tokens": "whole", "cache_read_tokens": "part"}, includes={"input_tokens": ("cache_read_tokens",)}
    ),
)


def test_the_first_that_says_something_is_taken():
    told, empty, other = (
        READ({"whole": 7, "details": {"part": 2}, "other": 3}),
        READ({"whole": 7}),
        READ({"whole": 7, "details": {"part": ""}, "other": "3"}),
    )
    assert [each[0].meters["input_tokens"] for each in (told, empty, other)] == [5, 7, 4]


def test_a_zero_says_something():
    assert READ({"whole": 7, "details": {"part": 0}, "other": 3})[0].meters["input_tokens"] == 7


def test_a_part_more_than_its_whole_is_refused_by_the_names_of_its_fields():
    with pytest.raises(InputError, match=r"whole 1 is less than what it is read as containing \(details.part 2\)"):
        READ({"whole": 1, "details": '{"part": 2}'})
