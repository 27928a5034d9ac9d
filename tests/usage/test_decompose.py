"""Overlapping reports become disjoint leaves whose sum is what the source reported."""

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.engines.duckdb import fold, opened
from pertoken.usage.decompose import Leaf, decompose
from pertoken.usage.question import Question
from pertoken.usage.schema import LogMapping, bind

OPENAI = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens")
ANTHROPIC = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")


def leaves(columns, row, mapping=None, folder=Path()):
    """Fold one row (or several) to its leaf meters."""
    rows = row if isinstance(row[0], tuple) else [row]
    path = folder / "log.csv"
    path.write_text("\n".join([",".join(columns), *(",".join(map(str, each)) for each in rows)]) + "\n")
    with opened(path, mapping) as log:
        usage, _ = fold(log, Question(()))
    return {line["meter"]: line["quantity"] for line in usage.records() if line["meter"] != "requests"}


def test_openai_counts_what_is_cached_inside_the_prompt(tmp_path):
    assert leaves(OPENAI, (1009, 401, 503, 307), folder=tmp_path) == {
        "input_tokens": 1009 - 401,
        "cache_read_tokens": 401,
        "output_tokens": 503 - 307,
        "reasoning_tokens": 307,
    }


def test_anthropic_counts_what_is_cached_beside_the_input(tmp_path):
    assert leaves(ANTHROPIC, (1009, 401, 211, 503), folder=tmp_path) == {
        "input_tokens": 1009,
        "cache_read_tokens": 401,
        "cache_write_tokens": 211,
        "output_tokens": 503,
    }


def test_cache_writes_keep_their_time_to_live(tmp_path):
    columns = ("input_tokens", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens", "output_tokens")
    assert leaves(columns, (101, 31, 17, 5), folder=tmp_path) == {
        "input_tokens": 101,
        "cache_write_5m_tokens": 31,
        "cache_write_1h_tokens": 17,
        "output_tokens": 5,
    }


def test_a_mapping_may_say_that_the_input_includes_nothing(tmp_path):
    found = leaves(
        OPENAI, (1009, 401, 503, 307), LogMapping(includes={"input_tokens": (), "output_tokens": ()}), tmp_path
    )
    assert found == {"input_tokens": 1009, "cache_read_tokens": 401, "output_tokens": 503, "reasoning_tokens": 307}


def test_a_mapping_may_say_what_the_input_includes(tmp_path):
    said = LogMapping(includes={"input_tokens": ("cache_read_tokens", "cache_write_tokens")})
    assert leaves(ANTHROPIC, (1009, 401, 211, 503), said, tmp_path)["input_tokens"] == 1009 - 401 - 211


def test_a_mapping_may_rename_any_column(tmp_path):
    said = LogMapping(meters={"input_tokens": "fed", "output_tokens": "said", "cache_write_30m_tokens": "kept"})
    found = leaves(("fed", "said", "kept"), (7, 11, 13), said, tmp_path)
    assert found == {"input_tokens": 7, "output_tokens": 11, "cache_write_30m_tokens": 13}


def test_what_is_understood_is_said():
    assert bind(OPENAI).says == (
        "prompt_tokens is read as containing cached_tokens",
        "completion_tokens is read as containing reasoning_tokens",
    )
    assert "input_tokens is read as not containing cache_read_input_tokens" in bind(ANTHROPIC).says


def test_the_whole_is_the_column_less_what_it_contains():
    made = decompose({"input_tokens": "a", "cache_read_tokens": "b"}, {"input_tokens": ("cache_read_tokens",)})
    assert made == (Leaf("input_tokens", "a", ("b",)), Leaf("cache_read_tokens", "b"))


def test_a_column_cannot_contain_what_no_column_reports():
    with pytest.raises(InputError, match="a is said to contain cache_read_tokens, which no column reports"):
        decompose({"input_tokens": "a"}, {"input_tokens": ("cache_read_tokens",)})


def test_a_mapped_column_that_is_not_there_is_refused():
    with pytest.raises(InputError, match=r"'fedd', which the log doesn't have; did you mean fed\?"):
        bind(["fed"], LogMapping(meters={"input_tokens": "fedd"}))


def test_names_are_recognised_in_any_case():
    assert bind(["Prompt_Tokens", "MODEL"]).keys == {"model": "MODEL"}


def test_a_time_is_better_than_a_column_of_months():
    assert bind(["timestamp", "month", "input_tokens"]).time == "timestamp"
    assert bind(["month", "input_tokens"]).keys == {"month": "month"}


counts = st.integers(0, 10**6)


@settings(max_examples=10)
@given(st.lists(st.tuples(counts, counts, counts, counts, counts), min_size=1, max_size=7))
def test_both_conventions_give_the_same_leaves_and_keep_the_totals(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("log")
    inside = [(i + r + w, r, w, o + t, t) for i, r, w, o, t in rows]
    beside = [(i, r, w, o, t) for i, r, w, o, t in rows]
    one = leaves(
        ("prompt_tokens", "cached_tokens", "cache_write_tokens", "completion_tokens", "reasoning_tokens"),
        inside,
        None,
        folder,
    )
    columns = (
        "input_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "output_tokens",
        "reasoning_tokens",
    )
    two = leaves(columns, beside, LogMapping(includes={"output_tokens": ()}), folder)
    assert one == two
    assert sum(one.values()) == sum(row[0] + row[3] for row in inside) == sum(map(sum, beside))


def test_unsigned_columns_that_cannot_be_are_told_and_do_not_overflow(ask):
    with duckdb.connect() as con:
        con.execute(
            "COPY (SELECT 'acme' AS customer, 'small' AS model, 100::UBIGINT AS prompt_tokens,"
            " 200::UBIGINT AS cached_tokens) TO 'log.parquet'"
        )
    answer = ask("statement", "log.parquet", "--cost", "vendor.yaml")
    assert answer.code == 2
    assert "log.parquet row 1: found 100 < 200" in answer.err
