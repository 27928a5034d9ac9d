"""The workbench by hand: three requests of two customers, every number reckoned on paper."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import pertoken as pt
from pertoken.books.statement import by_margin, unit_economics
from pertoken.core.errors import CardError, InputError, UnpricedUsage
from tests.desk import ask, desk

__all__ = ["ask", "desk"]

LOG = """\
request_id,timestamp,customer,model,prompt_tokens,cached_tokens,completion_tokens
r1,2026-01-05T10:00:00Z,acme,small,1000,400,200
r2,2026-01-06T11:00:00Z,acme,large,3000,0,500
r3,2026-01-07T12:00:00Z,zeta,small,2000,1000,100
"""
COST = """\
card: vendor
rates:
  - {model: small, per: 1000, input_tokens: 2, cache_read_tokens: 0.5, output_tokens: 8}
  - {model: large, per: 1000, input_tokens: 10, cache_read_tokens: 1, output_tokens: 30}
"""
REVENUE = """\
plan: pro
prices:
  base: {curve: [{flat: 5}]}
  tokens:
    measure: {sum: total_tokens}
    convert: {per: 1000}
    curve: [{rate: 8}]
"""
CARDS: dict[str, Any] = {"cost": ["cost.yaml"], "revenue": ["revenue.yaml"]}


@pytest.fixture
def log(desk):
    assert desk.exists()
    for name, text in (("log.csv", LOG), ("cost.yaml", COST), ("revenue.yaml", REVENUE)):
        Path(name).write_text(text)
    return "log.csv"


def money(text):
    return Decimal(text)


def column(whole, name):
    keys = whole.lines.keys["customer"].column().tolist()
    return dict(zip(keys, whole.lines.values[name].tolist(), strict=True))


def test_cost_is_fresh_cached_and_output_tokens_at_their_rates(log):
    whole = pt.statement(log, **CARDS).statement
    # acme: 600 x 2 + 400 x 0.5 + 200 x 8 = 3,000; 3,000 x 10 + 500 x 30 = 45,000; in thousands 48
    # zeta: 1,000 x 2 + 1,000 x 0.5 + 100 x 8 = 3,300
    assert column(whole, "cost") == {"acme": money("48"), "zeta": money("3.3")}
    assert whole.total("cost") == money("51.3")


def test_cost_by_meter_adds_up_to_the_cost(log):
    whole = pt.statement(log, **CARDS).statement
    meters = {name: whole.total(name) for name in whole.cost_meters}
    assert meters == {
        "input_tokens": money("33.2"),  # 1.2 + 30 + 2
        "output_tokens": money("17.4"),  # 1.6 + 15 + 0.8
        "cache_read_tokens": money("0.7"),  # 0.2 + 0 + 0.5
    }
    assert list(meters) == ["input_tokens", "output_tokens", "cache_read_tokens"]
    assert sum(meters.values()) == whole.total("cost")


def test_revenue_is_the_fee_and_the_tokens(log):
    whole = pt.statement(log, **CARDS).statement
    # acme: 5 + 4,700 / 1,000 x 8 = 42.6; zeta: 5 + 2,100 / 1,000 x 8 = 21.8
    assert column(whole, "revenue") == {"acme": money("42.6"), "zeta": money("21.8")}
    assert column(whole, "requests") == {"acme": 2, "zeta": 1}
    assert column(whole, "tokens") == {"acme": 4700, "zeta": 2100}


def test_the_worst_customer_stands_first_and_is_under_water(log):
    ranked = by_margin(pt.statement(log, **CARDS).statement)
    assert ranked.lines.keys["customer"].column().tolist() == ["acme", "zeta"]
    assert ranked.margin.tolist() == [money("-5.4"), money("18.5")]


def test_unit_economics_divide_totals(log):
    units = {unit.name: unit for unit in unit_economics(pt.statement(log, **CARDS).statement)}
    assert units["request"].cost == money("51.3") / 3
    assert units["request"].revenue == money("64.4") / 3
    assert units["customer"].margin == (money("64.4") - money("51.3")) / 2
    assert units["1M tokens"].count == money("0.0068")
    assert units["1M tokens"].cost == money("51.3") / money("0.0068")


def test_a_fee_of_a_month_is_shared_out_by_tokens(log):
    whole = pt.statement(log, **CARDS, by=("customer", "model")).statement
    rows = {(row["customer"], row["model"]): row for row in whole.lines.records()}
    # acme's fee of 5 over 1,200 tokens of small and 3,500 of large
    assert abs(rows["acme", "small"]["revenue"] - (money("9.6") + 5 * money(1200) / 4700)) < money("1e-8")
    assert rows["acme", "small"]["revenue"] + rows["acme", "large"]["revenue"] == money("42.6")
    assert whole.total("revenue") == money("64.4")


def test_the_same_totals_by_any_keys(log):
    for by in (("customer",), ("model",), ("month",), ("day", "customer"), ("customer", "model", "month")):
        whole = pt.statement(log, **CARDS, by=by).statement
        assert (whole.total("revenue"), whole.total("cost")) == (money("64.4"), money("51.3"))


def test_usage_without_a_price_raises_or_is_set_aside(log):
    Path(log).write_text(LOG + "r4,2026-01-08T12:00:00Z,zeta,tiny,70,0,11\n")
    with pytest.raises(UnpricedUsage, match="no price for 70 input_tokens of tiny"):
        pt.statement(log, **CARDS)
    books = pt.statement(log, **CARDS, unpriced="report")
    aside = {row["meter"]: row["quantity"] for row in books.unpriced["cost"].records()}
    assert aside == {"input_tokens": 70, "output_tokens": 11}
    assert books.statement.total("cost") == money("51.3")
    assert len(books.unpriced["revenue"]) == 0


def test_an_explanation_adds_up_to_the_ledger(log):
    books = pt.statement(log, **CARDS, by=("customer", "month"))
    steps = pt.explain(books, {"customer": "acme", "month": "2026-01"})
    assert sum(step.amount for step in steps["cost"]) == money("48")
    assert sum(step.amount for step in steps["revenue"]) == money("42.6")
    assert {(step.source, step.line) for step in steps["cost"]} == {("cost.yaml", 3), ("cost.yaml", 4)}


def test_the_command_line_says_what_python_says(ask, log):
    answer = ask("statement", log, "--cost", "cost.yaml", "--revenue", "revenue.yaml", "--format", "json")
    said = json.loads(answer.out, parse_float=Decimal)
    whole = pt.statement(log, **CARDS).statement
    for name in ("revenue", "cost", "requests", "tokens"):
        assert said["figures"][name]["value"] == whole.total(name)
    assert said["figures"]["margin"]["value"] == money("13.1")
    assert said["figures"]["margin_share"]["value"] == round(money("13.1") / money("64.4"), 12)
    assert said["tables"]["worst"]["rows"][0]["customer"] == "acme"


def test_floats_agree_with_decimals(log):
    fast = pt.statement(log, **CARDS, exact=False).statement
    assert abs(float(fast.total("cost")) - 51.3) < 1e-9
    assert abs(float(fast.total("revenue")) - 64.4) < 1e-9


def test_the_report_says_what_was_read(log):
    report = pt.statement(log, **CARDS).report
    assert (report.source, report.rows, report.rejected, report.rejected_share) == ("log.csv", 3, {}, 0.0)
    assert report.first.startswith("2026-01-05 10:00:00")
    assert report.last.startswith("2026-01-07 12:00:00")
    assert report.says == ("prompt_tokens is read as containing cached_tokens",)


def test_the_catalog_prices_the_models_that_the_log_names(log):
    Path(log).write_text(LOG.replace("small", "gpt-4o-mini").replace("large", "gpt-4o"))
    whole = pt.statement(log, cost=["catalog"]).statement
    # OpenAI's list a million: gpt-4o 2.50 and 10; gpt-4o-mini 0.15, cached 0.075, output 0.60
    acme = 600 * money("0.15") + 400 * money("0.075") + 200 * money("0.60") + 3000 * money("2.50") + 500 * 10
    assert column(whole, "cost")["acme"] == acme / 1_000_000


def test_one_model_of_the_catalog_can_stand_for_all(log):
    whole = pt.statement(log, cost=["catalog:gpt-4o"]).statement
    total = 4600 * money("2.50") + 1400 * money("1.25") + 800 * 10
    assert whole.total("cost") == total / 1_000_000


def test_cards_may_be_made_in_python(log):
    one = {"input_tokens": 1, "cache_read_tokens": 1, "output_tokens": 1}
    card = pt.card_from({"card": "flat", "rates": [{"model": model, **one} for model in ("small", "large")]})
    assert pt.statement(log, cost=[card]).statement.total("cost") == 6800


def test_a_call_without_cards_or_with_two_currencies_is_refused(log):
    with pytest.raises(InputError, match="no card"):
        pt.statement(log)
    Path("euro.yaml").write_text("currency: EUR\n" + REVENUE)
    with pytest.raises(CardError, match=r"euro\.yaml is in EUR and cost\.yaml is in USD"):
        pt.statement(log, cost=["cost.yaml"], revenue=["euro.yaml"])


def test_the_calculator_in_python_says_what_the_command_line_says(ask):
    calls = pt.call(requests=100_000, input=500, output=500)
    quotes = pt.price(
        rates={"input_tokens": "0.000015", "output_tokens": "0.00003"}, calls=calls, on=date(2026, 11, 20)
    )
    answer = ask("price", "--rate", "input=15/1M", "--rate", "output=30/1M", "--requests", "100k", "--input", "500",
                 "--output", "500", "--format", "json")  # fmt: skip
    said = json.loads(answer.out, parse_float=Decimal)
    assert quotes.quotes[0].total == said["figures"]["month"]["value"] == 2250
    assert quotes.quotes[0].per_request == said["figures"]["per_request"]["value"] == money("0.0225")
