"""What people are told: all formats, some of many names, a count below zero, requests that nobody counted."""

from datetime import date
from pathlib import Path

import pytest

import pertoken as pt
from pertoken.cli.books import FORMATS
from pertoken.usage.layouts import LAYOUTS
from tests.desk import write


def test_the_help_names_every_format(ask):
    assert FORMATS.split(", ") == sorted(layout.name for layout in LAYOUTS)
    assert FORMATS.replace(" ", "") in "".join(ask("statement", "--help").out.split())


def test_many_names_without_a_price_are_not_all_spelled_out(ask):
    rows = [{"timestamp": "2026-11-02T10:00:00Z", "model": f"none-{i:02}", "input_tokens": 1} for i in range(30)]
    answer = ask("statement", write("log.csv", rows), "--cost", "catalog")
    assert answer.code == 1
    assert "none-07" in answer.err
    assert "none-08" not in answer.err
    assert "and 22 more names without a price" in answer.err


def test_a_count_below_zero_is_said_to_be_one(ask):
    answer = ask("price", "gpt-4o", "--requests", "-1")
    assert answer.code == 2
    assert "-1 is below zero" in answer.err


def test_many_columns_without_a_meter_are_not_all_spelled_out(ask):
    answer = ask("statement", write("log.csv", [{f"c{i:02}": 1 for i in range(20)}]), "--cost", "catalog")
    assert answer.code == 2
    assert "c11 and 8 more; expected for example input_tokens" in answer.err


def test_requests_that_nobody_counted_are_not_said_to_be_none(ask):
    result = {
        "uncached_input_tokens": 1000,
        "output_tokens": 10,
        "model": "claude-sonnet-4-5",
        "cache_read_input_tokens": 0,
    }
    bucket = {"starting_at": "2026-11-01T00:00:00Z", "ending_at": "2026-11-02T00:00:00Z", "results": [result]}
    log = write("usage.jsonl", [{"data": [bucket], "has_more": False}])
    answer = ask("statement", log, "--cost", "catalog")
    assert answer.code == 0
    assert "equests" not in answer.out.partition("Note:")[0]


def test_a_reconciliation_names_what_both_sides_were_read_as(ask):
    result = {"object": "organization.usage.completions.result", "input_tokens": 1000, "output_tokens": 10,
              "num_model_requests": 1, "model": "gpt-4o"}  # fmt: skip
    cost = {
        "object": "organization.costs.result",
        "amount": {"value": 1, "currency": "usd"},
        "line_item": "gpt-4o, input",
    }
    files = []
    for name, each in (("usage.jsonl", result), ("costs.jsonl", cost)):
        bucket = {"object": "bucket", "start_time": 1793491200, "end_time": 1793577600, "results": [each]}
        files.append(write(name, [{"object": "page", "data": [bucket], "has_more": False}]))
    answer = ask("reconcile", files[0], "--bill", files[1])
    said = " ".join(answer.out.split())
    assert "read as: OpenAI usage" in said
    assert "bill read as: " in said
    assert "catalog (genai-prices" in said


@pytest.mark.usefixtures("ask")
def test_a_notebook_shows_whatever_a_command_gives():
    log = write("log.csv", [{"timestamp": "2026-11-02T10:00:00Z", "model": "gpt-4o", "input_tokens": 1_000_000}])
    Path("prompt.txt").write_text("Why?", encoding="utf-8")
    day = date(2026, 11, 20)
    answers = (
        pt.statement(log, cost=["catalog"]),
        pt.reprice(log, models={"gpt-4o": "gpt-4.1"}),
        pt.gpus("h100"),
        pt.prices.show("gpt-4o"),
        pt.prices.explain({"input_tokens": 5}, model="gpt-4o", on=day),
        pt.prices.export("kept.catalog"),
        pt.count("prompt.txt", "gpt-4o", on=day),
    )
    for answer in answers:
        laid = pt.sheet(answer)
        assert laid.title in laid._repr_html_()
    with pytest.raises(TypeError, match="no sheet for str; expected one of Quotes"):
        pt.sheet("log.csv")  # type: ignore[arg-type]


def test_prices_of_one_gpu_fit_the_terminal(ask):
    answer = ask("prices", "gpus", "h100")
    part = answer.out.partition("What an hour of H100-80GB-SXM costs")[2].partition("\n\n")[0]
    assert "reserved_3y" in part
    assert "2026-09-06" in part
