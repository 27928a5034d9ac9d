"""The support chatbot: 2,250.00 a month, and what a year, a cache and a cheaper model make of it, by hand."""

from datetime import date

import pytest

import pertoken as pt
from pertoken.catalog.book import rates_of
from tests.examples.model_run import compiled, months, total, unsure_inputs

LARGE = 500 * 0.015 / 1000 + 500 * 0.03 / 1000  # 0.0075 + 0.0150 = 0.0225 USD a query
SMALL = 500 * 0.15 / 1e6 + 500 * 0.60 / 1e6  # 0.000375 USD a query
QUERIES = [100_000 * 1.05**month for month in range(12)]


def test_a_month_of_100_000_queries_costs_2_250():
    assert months("chatbot", "cost.chat")[0] == pytest.approx(2250.00, abs=1e-9)
    assert months("chatbot", "cost.chat", "steady") == pytest.approx([2250.00] * 12, abs=1e-9)
    assert months("chatbot", "cost_per_query")[0] == pytest.approx(0.0225, abs=1e-12)


def test_a_year_with_growth_is_a_geometric_sum():
    assert months("chatbot", "cost.chat") == pytest.approx([queries * LARGE for queries in QUERIES], abs=1e-6)
    assert total("chatbot", "cost.chat") == pytest.approx(2250 * (1.05**12 - 1) / 0.05, abs=1e-6)  # 35,813.53


CACHED = 0.82 * LARGE  # 18 % are answered from the cache
CHEAPER = 0.40 * LARGE + 0.60 * SMALL


@pytest.mark.parametrize(
    ("scenario", "a_query"),
    [("cached", CACHED), ("cheaper", CHEAPER), ("both", 0.82 * CHEAPER)],
)
def test_a_lever_changes_what_a_query_costs(scenario, a_query):
    assert months("chatbot", "cost.chat", scenario) == pytest.approx([each * a_query for each in QUERIES], abs=1e-6)


def test_savings_do_not_add():
    cost = {name: total("chatbot", "cost.chat", name) for name in ("base", "cached", "cheaper", "both")}
    apart = (cost["base"] - cost["cached"]) + (cost["base"] - cost["cheaper"])
    assert cost["base"] - cost["both"] == pytest.approx(apart - 0.18 * (LARGE - CHEAPER) * sum(QUERIES), abs=1e-6)


def test_at_least_three_inputs_are_unsure():
    assert unsure_inputs("chatbot") >= {"queries", "queries.growth", "question", "answer", "repeated", "easy"}


@pytest.mark.parametrize("meter", ["input", "output"])
def test_the_small_model_has_the_list_price_that_it_says(meter):
    said = compiled("chatbot").inputs[f"price.small.{meter}"]
    listed = {
        rate.price
        for rate in rates_of(pt.read_catalog(), "openai/gpt-4o-mini")
        if rate.meter == f"{meter}_tokens" and rate.service_tier == "standard" and not rate.batch
    }
    assert listed == {said.value}
    assert said.as_of == date(2026, 11, 20)
