"""An explanation reckons every line again on paper, and comes to the same money."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.books.allocate import allocate
from pertoken.core.errors import InputError
from pertoken.rating.explain import explain
from pertoken.rating.rate import rate
from tests.made import bill, card, money, usage

D = Decimal
PLAN = card("""
    plan: pro
    prices:
      base: {curve: [{flat: 20}]}
      tokens:
        measure: {sum: total_tokens}
        convert: {per: 1000}
        curve:
          mode: marginal
          tiers:
            - {up_to: 1000, rate: 0.0051}
            - {up_to: 10000, rate: 0.0043}
            - {rate: 0.0030, flat: 1}
      packages:
        measure: {sum: x_units}
        convert: {per: 100, round: up, free: 1, free_first: false}
        curve: [{rate: 0.5}]
    adjust: [{percent: -10, on: [tokens]}]
    clamp: {min: 30, max: 60}
    order: [discount, minimum, maximum]
""")


def used(tokens, units, customer="acme"):
    rows = ((customer, "2026-01", "input_tokens", tokens), (customer, "2026-01", "x_units", units))
    return usage("customer month meter", *rows)


def steps(made, **chosen):
    return explain(rate(made, PLAN), chosen or {"customer": "acme"}).steps


@settings(max_examples=40)
@given(st.integers(0, 30_000_000), st.integers(0, 3000))
def test_the_steps_add_up_to_the_bill(tokens, units):
    made = used(tokens, units)
    assert sum(step.amount for step in steps(made)) == bill(made, PLAN)


def test_tiers_discount_rounding_and_minimum_are_told_in_order():
    """2,000,007 tokens: 1000 × 0.0051 + 1000.007 × 0.0043 = 9.4000301, rounded 9.40, a tenth off.

    250 units in packages of 100 are 3, one of them free: 2 × 0.50.
    """
    told = [(s.charge, s.stage, s.quantity, s.rate, s.amount) for s in steps(used(2_000_007, 250))]
    assert told == [
        ("base", "list", 1, None, 20),
        ("tokens", "list", 1000, D("0.0051"), D("5.1")),
        ("tokens", "list", D("1000.007"), D("0.0043"), D("4.3000301")),
        ("tokens", "rounding", None, None, D("-0.0000301")),
        ("packages", "list", 2, D("0.5"), 1),
        ("tokens", "discount", None, None, D("-0.94")),
        ("minimum", "minimum", None, None, 30 - (20 + D("9.40") - D("0.94") + 1)),
    ]


def test_every_step_names_the_line_of_the_card_that_says_so():
    told = [(s.charge, s.stage, s.source, s.line) for s in steps(used(2_000_007, 250)) if s.stage != "rounding"]
    assert told == [
        ("base", "list", "card.yaml", 4),
        ("tokens", "list", "card.yaml", 11),
        ("tokens", "list", "card.yaml", 12),
        ("packages", "list", "card.yaml", 17),
        ("tokens", "discount", "card.yaml", 18),
        ("minimum", "minimum", "card.yaml", 19),
    ]


def test_each_discount_is_told_apart_and_can_be_followed_on_paper():
    """1001 units at 0.333 are 333.333, rounded 333.33; 10 % off is 33.333, rounded 33.33; of 300.00 half off is 150.00.

    The third discount is for another model and takes nothing off.
    """
    terms = card("""
        plan: p
        prices: {t: {measure: {sum: input_tokens, by: [model]}, curve: [{rate: 0.333}]}}
        adjust:
          - {percent: -10}
          - {percent: -50, where: model == "m"}
          - {percent: -20, where: model == "other"}
    """)
    made = usage("customer month model meter", ("acme", "2026-01", "m", "input_tokens", 1001))
    told = [(s.stage, s.amount, s.line) for s in explain(rate(made, terms), {"customer": "acme"}).steps]
    assert told == [
        ("list", D("333.333"), 3),
        ("rounding", D("-0.003"), 3),
        ("discount", D("-33.333"), 5),
        ("rounding", D("0.003"), 5),
        ("discount", D("-150.000"), 6),
    ]


def test_the_order_of_the_card_is_the_order_of_the_explanation():
    terms = card("""
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}
        adjust: [{percent: -10}]
        clamp: {min: 50}
        order: [minimum, discount]
    """)
    made = usage("customer month meter", ("acme", "2026-01", "input_tokens", 20))
    told = [(s.stage, s.amount) for s in explain(rate(made, terms), {"customer": "acme"}).steps]
    assert told == [("list", D(20)), ("minimum", D(30)), ("discount", D(-2)), ("discount", D(-3))]


def test_a_maximum_takes_off_what_is_above():
    """20 + 1000 × 0.0051 + 9000 × 0.0043 + 1 + 5000 × 0.003 less a tenth of 59.80 is 73.82; the cap is 60."""
    told = {s.stage: s.amount for s in steps(used(15_000_000, 0))}
    assert told["maximum"] == 60 - (20 + D("59.80") - D("5.98"))


def test_shares_of_what_belongs_to_several_are_told_too():
    vendor = card(
        "card: v\nprices: {base: {curve: [{flat: 9}]}, t: {measure: {sum: total_tokens}, curve: [{rate: 0.001}]}}"
    )
    rows = [("acme", "2026-01", "input_tokens", 2000), ("bolt", "2026-01", "input_tokens", 1000)]
    made = usage("customer month meter", *rows)
    rated = rate(made, vendor)
    told = explain(rated, {"customer": "acme"}, shared=allocate(rated.parts, ["customer"])).steps
    assert sum(s.amount for s in told) == 2 + 6
    assert {s.charge: s.amount for s in told} == {"base": 6, "t": 2}


def test_a_rate_is_told_with_what_is_special_about_it():
    vendor = card("""
        card: v
        rates:
          - {model: m, per: 1_000_000, input_tokens: 3}
          - {model: m, per: 1_000_000, input_tokens: 1.5, batch: true, from: 2026-01-05}
    """)
    row = ("2026-01", "m", "true", "standard", "2026-01-05", "input_tokens", 2_000_000)
    made = usage("month model batch service_tier price_from meter", row)
    (told,) = explain(rate(made, vendor), {"month": "2026-01"}).steps
    assert (told.quantity, told.rate, told.amount) == (D(2), D("1.5"), D(3))
    assert (told.source, told.line) == ("card.yaml", 5)
    assert "batch" in told.about
    assert "since 2026-01-05" in told.about


def test_a_label_that_is_not_in_the_books_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="no customer 'acm' in the books; did you mean acme"):
        steps(used(1, 0), customer="acm")


def test_an_explanation_of_everything_is_the_whole_ledger():
    made = used(2_000_007, 250)
    rated = rate(made, PLAN)
    assert explain(rated, {}).amount == money(rated.ledger)
