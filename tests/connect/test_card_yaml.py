"""A card that is written is the card that is read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.connect.card_yaml import card_yaml, flow, scalar
from pertoken.connect.yaml_file import read

D = Decimal

CARD = {
    "plan": "pro",
    "where": 'plan == "pro"',
    "prices": {
        "base": {"curve": [{"flat": D("1E+3")}], "during": {"every": "month", "prorate": "day"}},
        "calls": {
            "measure": {"sum": "input_tokens + 4 * output_tokens", "where": 'region in ["eu", "uk"]', "by": ["model"]},
            "convert": {"per": D(1000), "round": "up", "free": D("0.10"), "free_first": True},
            "curve": {"mode": "all", "tiers": [{"up_to": D(10), "rate": D("1E-9")}, {"rate": D(0)}]},
        },
    },
    "clamp": [{"min": D(5), "on": ["calls"]}, {"max": D(500)}],
    "phases": [{"during": {"months": 3}, "prices": {"base": {"curve": [{"flat": D(1)}]}}}],
    "order": "lago",
}


def test_a_card_is_written_to_be_read():
    assert (
        card_yaml([CARD], {("pro", "prices", "base"): "lago: amount_cents"}, "From lago")
        == """\
# From lago
plan: pro
where: plan == "pro"
prices:
  # lago: amount_cents
  base:
    curve: [{flat: 1000}]
    during: {every: month, prorate: day}
  calls:
    measure: {sum: input_tokens + 4 * output_tokens, where: 'region in ["eu", "uk"]', by: [model]}
    convert: {per: 1000, round: up, free: 0.1, free_first: true}
    curve:
      mode: all
      tiers:
        - {up_to: 10, rate: 0.000000001}
        - {rate: 0}
clamp:
  - {min: 5, on: [calls]}
  - {max: 500}
phases:
  - during: {months: 3}
    prices:
      base:
        curve: [{flat: 1}]
order: lago
"""
    )


def test_what_is_written_is_read_back():
    assert read(card_yaml([CARD], {}), "card.yaml").data == CARD


def test_several_cards_stand_under_plans():
    out = read(card_yaml([{"plan": "a b", "order": "x"}, {"plan": "null", "order": "y"}], {}), "card.yaml").data
    assert out == {"plans": {"a b": {"order": "x"}, "null": {"order": "y"}}}


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_any_text_is_read_back(text):
    assert read(f"a: {scalar(text)}", "t").data == {"a": text}
    assert read(f"a: {flow([text])}", "t").data == {"a": [text]}


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**20, places=12))
def test_any_number_is_read_back(number):
    assert D(read(f"a: {scalar(number)}", "t").data["a"]) == number


@pytest.mark.parametrize(
    ("value", "written"), [(True, "true"), (None, "null"), (D("2.50"), "2.5"), (7, "7"), ("on", "'on'"), ("5", "'5'")]
)
def test_scalars(value, written):
    assert scalar(value) == written
