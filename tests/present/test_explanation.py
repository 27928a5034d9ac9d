"""Explanations name the place that says so: a file and its line, or a page."""

import json
from dataclasses import dataclass
from decimal import Decimal

import pytest

from pertoken.present.explanation import sheet
from pertoken.present.table import terminal
from pertoken.present.text import to_json

PAGE = "genai-prices 0.2.3, https://developers.example.com/api/docs/pricing"


@dataclass
class Step:
    source: str
    line: int = 0
    about: str = "small input_tokens, per 1M"
    period: str = ""
    quantity: Decimal = Decimal("0.932096")
    rate: Decimal = Decimal("2.5")
    amount: Decimal = Decimal("2.33024")
    rate_id: str = ""


def told(*steps):
    return sheet({"cost": steps}, {"customer": "acme"}, "USD")


@pytest.mark.parametrize(
    ("step", "place"),
    [
        (Step("cards/vendor.yaml", 7), "vendor.yaml:7"),
        (Step("cards/vendor.yaml"), "vendor.yaml"),
        (Step(PAGE), PAGE),
        (Step(""), ""),
    ],
)
def test_each_step_names_its_place(step, place):
    (row,) = json.loads(to_json(told(step)))["tables"]["cost"]["rows"]
    assert row["source"] == place


def test_a_rate_of_a_catalog_is_named_by_its_id():
    (row,) = json.loads(to_json(told(Step(PAGE, rate_id="p/m:input_tokens#1"))))["tables"]["cost"]["rows"]
    assert row["rate_id"] == "p/m:input_tokens#1"
    (row,) = json.loads(to_json(told(Step("vendor.yaml", 7, rate_id="p/m:input_tokens#1"))))["tables"]["cost"]["rows"]
    assert "rate_id" not in row


def test_the_terminal_cuts_a_page_to_its_column_and_says_it_in_full_below():
    shown = terminal(told(Step(PAGE)), width=80)
    assert "developers.example.…" in shown
    assert "https" not in shown.split("cost from:")[0]
    assert PAGE in " ".join(shown.split("cost from:")[1].split())


def test_a_file_stands_below_once_whatever_its_lines():
    made = told(Step("cards/vendor.yaml", 7), Step("cards/vendor.yaml", 8), Step(PAGE))
    assert made.meta == {"cost from": f"cards/vendor.yaml, {PAGE}", "amounts": "effective"}
