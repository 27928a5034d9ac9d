"""Usage that no card prices is an error, and so is usage that two charges price."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.errors import CardError, DoublePriced, UnpricedUsage
from pertoken.rating.rate import rate
from tests.made import bill, card, drawn, usage

KEYS = "month model meter batch service_tier"
METERS = ("input_tokens", "output_tokens", "cache_read_tokens")
VENDOR = card("""
    card: vendor
    rates:
      - {model: x, input_tokens: 0.01, output_tokens: 0.03, cache_read_tokens: 0}
      - {model: y, input_tokens: 0.02, output_tokens: 0.05, cache_read_tokens: 0}
""")
PAIRS = [(model, meter) for model in ("x", "y") for meter in METERS]


def lines(*rows):
    return usage(KEYS, *(("2026-01", model, meter, "false", "standard", n) for model, meter, n in rows))


@settings(max_examples=40)
@given(st.sampled_from(PAIRS), st.lists(st.sampled_from(PAIRS), unique=True))
def test_taking_a_price_away_raises_and_names_meter_and_model(gone, others):
    terms = replace(VENDOR, rates=tuple(r for r in VENDOR.rates if (r.model, r.meter) != gone))
    used = lines(*((*pair, 7) for pair in dict.fromkeys([gone, *others])))
    with pytest.raises(UnpricedUsage, match=f"^no price for 7 {gone[1]} of {gone[0]}\n") as error:
        rate(used, terms)
    assert len(error.value.faults) == 1


@settings(max_examples=40)
@given(st.sets(st.sampled_from(PAIRS)), st.lists(st.sampled_from(PAIRS), min_size=1, unique=True))
def test_set_aside_are_just_the_lines_without_a_price(gone, used):
    terms = replace(VENDOR, rates=tuple(r for r in VENDOR.rates if (r.model, r.meter) not in gone))
    rated = rate(lines(*((*pair, 7) for pair in used)), terms, unpriced="keep")
    aside = {(row["model"], row["meter"]) for row in rated.unpriced.records()}
    assert aside == gone & set(used)
    assert len(rated.unpriced) + len(rated.ledger) == len(used)


def test_a_price_of_zero_on_the_card_is_a_price():
    assert bill(lines(("x", "cache_read_tokens", 7)), VENDOR) == 0


def test_requests_are_only_counted_and_need_no_price():
    assert len(rate(lines(("x", "requests", 7)), VENDOR).unpriced) == 0


def test_usage_of_nothing_needs_no_price():
    assert bill(lines(("z", "input_tokens", 0), ("x", "input_tokens", 1)), VENDOR) == Decimal("0.01")


def test_batch_and_service_tier_are_named_where_their_price_is_missing():
    used = usage(KEYS, ("2026-01", "x", "input_tokens", "true", "flex", 5))
    with pytest.raises(UnpricedUsage, match=r"no price for 5 input_tokens of x \(batch=true, service_tier=flex\)"):
        rate(used, VENDOR)


def test_usage_that_is_there_in_one_world_only_raises_too():
    used = lines(("x", "input_tokens", 0), ("z", "input_tokens", 0), ("z", "output_tokens", 0))
    draws = np.zeros((5, 3))
    assert len(rate(drawn(used, draws), VENDOR, exact=False).unpriced) == 0
    draws[3, 1] = 10
    with pytest.raises(UnpricedUsage, match=r"no price for 2 input_tokens of z"):
        rate(drawn(used, draws), VENDOR, exact=False)


TWICE = """
    plan: p
    scope: []
    prices:
      one: {measure: {sum: total_tokens}, curve: [{rate: 2}]}
      two: {measure: {sum: output_tokens%s}, curve: [{rate: 3}]%s}
"""


def test_two_charges_on_one_meter_are_refused_with_both_lines():
    with pytest.raises(
        DoublePriced, match=r"output_tokens of .* is priced twice: charge 'one' .* line 5 and charge 'two'"
    ):
        rate(lines(("x", "output_tokens", 7)), card(TWICE % ("", "")))


def test_two_charges_do_not_meet_where_their_conditions_part_them():
    one_model = card(
        (TWICE % (", where: model == 'y'", "")).replace("total_tokens", "total_tokens, where: model == 'x'")
    )
    assert bill(lines(("x", "output_tokens", 7), ("y", "output_tokens", 5)), one_model) == 7 * 2 + 5 * 3


def test_a_surcharge_comes_on_top():
    assert bill(lines(("x", "output_tokens", 7)), card(TWICE % ("", ", surcharge: true"))) == 7 * 2 + 7 * 3


def test_two_cards_on_one_meter_are_refused():
    with pytest.raises(DoublePriced, match="charge 'rates' of card 'vendor' and charge 'rates' of card 'other'"):
        rate(lines(("x", "input_tokens", 7)), [VENDOR, replace(VENDOR, name="other")])


def test_several_cards_share_the_work_by_their_conditions():
    parts = [replace(VENDOR, name=m, where=f"model == '{m}'", rates=VENDOR.rates) for m in ("x", "y")]
    assert bill(lines(("x", "input_tokens", 7), ("y", "input_tokens", 5)), *parts) == Decimal("0.07") + Decimal("0.10")


def test_a_discount_that_asks_what_a_graduated_charge_does_not_know_is_no_silent_full_price():
    text = """
        plan: p
        prices: {t: {measure: {sum: input_tokens%s}, curve: {mode: all, tiers: [{up_to: 10, rate: 2}, {rate: 1}]}}}
        adjust: [{percent: -50, where: model == "x"}]
    """
    with pytest.raises(CardError, match=r"card.yaml:4: adjust asks for model, which t does not keep apart; say by"):
        card(text % "")
    used = usage("customer month model meter", ("a", "2026-01", "x", "input_tokens", 10))
    assert bill(used, card(text % ", by: [model]")) == 10


def test_a_surcharge_alone_is_no_price():
    only = card("""
        plan: only
        prices: {t: {measure: {sum: total_tokens}, curve: [{rate: 3}], surcharge: true}}
        scope: []
    """)
    with pytest.raises(UnpricedUsage, match="no price for 7 output_tokens"):
        bill(lines(("x", "output_tokens", 7)), only)


def test_two_cards_of_one_name_are_refused():
    one = card(TWICE % ("", ", surcharge: true"))
    with pytest.raises(CardError, match="two cards of one side are called"):
        rate(lines(("x", "output_tokens", 7)), [one, one])
