"""FOCUS rows as usage: what our own export writes, what others write, and real rows that are no tokens."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pertoken.connect.focus_words import sku_meter, unit_of
from pertoken.engines import duckdb as engine
from pertoken.usage.layouts import focus
from pertoken.usage.question import Cut, Question
from pertoken.workbench.reading import reading
from tests.desk import ROWS as REQUESTS
from tests.usage.layouts.conftest import FORMS, records


def row(meter: str, quantity: Any, **own: Any) -> dict[str, Any]:
    """A row of usage."""
    return {
        "BilledCost": "0.00125",
        "EffectiveCost": "0.00100",
        "BillingCurrency": "USD",
        "ChargeCategory": "Usage",
        "ChargePeriodStart": "2026-01-19T00:00:00Z",
        "ChargePeriodEnd": "2026-01-20T00:00:00Z",
        "ConsumedQuantity": quantity,
        "ConsumedUnit": "Tokens",
        "ProviderName": "OpenAI",
        "ServiceName": "OpenAI",
        "SkuId": "gpt-4o/input",
        "SkuMeter": meter,
        "SkuPriceDetails": '{"x_Model": "gpt-4o", "x_Batch": "true"}',
        "x_Customer": "acme",
    } | own


ROWS = [
    row("Input Tokens", "476"),
    row("Cached Input Tokens", "1024.000"),
    row("Output Tokens", 300),
    row("Web Searches", 2, ConsumedUnit="Searches"),
    row("Input Tokens", 7, ChargeCategory="Credit"),
    row("Input Tokens", 3, ConsumedUnit="1M Tokens"),
    row("Gateway Hours", 5, ConsumedUnit="Hours"),
]


@pytest.mark.parametrize("form", FORMS)
def test_rows_of_usage_whose_meter_and_unit_are_known_are_read(fold, form):
    title, found = fold(ROWS, form, "model", "provider", "customer", "batch")
    assert title == "FOCUS cost and usage"
    assert {key[-1]: n for key, n in found.items() if n} == {
        "input_tokens": 476,
        "cache_read_tokens": 1024,
        "output_tokens": 300,
        "web_searches": 2,
        "cost": Decimal("0.004"),
    }
    assert {key[:-1] for key in found} == {("gpt-4o", "openai", "acme", "true")}


@pytest.mark.parametrize("name", focus.LEAVES)
def test_the_words_of_our_own_export_are_read(name):
    own = row(sku_meter(name), 7, ConsumedUnit=unit_of(name), x_Model="m", SkuPriceDetails="")
    (record,) = records("focus", own)
    assert record.meters == {name: 7}
    assert record.model == "m"


def test_the_cost_is_the_effective_one_or_else_the_billed_one():
    both, billed = records("focus", row("Input Tokens", 1), row("Input Tokens", 1, EffectiveCost=None))
    assert (both.reported_cost, billed.reported_cost) == (Decimal("0.00100"), Decimal("0.00125"))
    assert both.time == datetime(2026, 1, 19, tzinfo=UTC).replace(tzinfo=None)


def test_real_rows_of_clouds_hold_no_tokens(billing):
    with (billing / "focus_1_0_sample_rows0_699.csv").open(newline="") as file:
        assert records("focus", *csv.DictReader(file)) == []


def test_what_our_own_export_writes_is_the_usage_that_it_was_made_of(ask, desk):
    """The desk's log: 101 + 53 tokens of one customer on a small model, two requests on a large one."""
    with (desk / "log.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(REQUESTS[0]))
        table.writeheader()
        table.writerows(REQUESTS)
    export = ask(
        "focus", "export", "log.csv", "--cost", "vendor.yaml", "--by", "day,model,customer", "--out", "focus.csv"
    )
    assert export.code == 0, export.err
    with reading(desk / "focus.csv", None, "", "UTC") as opened:
        question = Question(("model", "customer"))
        usage, report = engine.fold(opened, question)
        cost = engine.reported(opened, question, report=report)
    assert opened.layout == "FOCUS cost and usage"
    assert {(line["model"], line["customer"], line["meter"]): line["quantity"] for line in usage.records()} == {
        ("small", "acme", "input_tokens"): 101,
        ("small", "acme", "output_tokens"): 53,
        ("large", "zeta", "input_tokens"): 211,
        ("large", "zeta", "output_tokens"): 71,
        ("large", "acme", "input_tokens"): 307,
        ("large", "acme", "output_tokens"): 89,
    }
    assert cost is not None
    small = next(line for line in cost.records() if line["model"] == "small")
    assert Decimal(str(small["amount"])) == 101 * Decimal("0.01") + 53 * Decimal("0.02")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_days_tokens_are_no_long_prompt_unless_the_row_says_so(tmp_path, form):
    """Five million tokens in a row are many requests; a bound of 200,000 says nothing of them."""
    own = {"SkuPriceDetails": "", "x_PromptTokensAbove": ""}
    made = [row("Input Tokens", 5_000_000, **own, x_Model="short")]
    made += [row("Input Tokens", 5_000_000, **own | {"x_PromptTokensAbove": "200000"}, x_Model="long")]
    with reading(FORMS[form](made, tmp_path), None, "", "UTC") as opened:
        usage, _ = engine.fold(opened, Question(("model",), cuts=(Cut("prompt_tokens", (200_000,)),)))
    assert {line["model"]: line["prompt_tokens_above"] for line in usage.records() if line["quantity"]} == {
        "short": "0",
        "long": "200000",
    }
