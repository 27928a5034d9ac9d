"""Invoices by hand, and what corrects them after late events."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.books.correct import corrections
from pertoken.books.invoice import invoice
from pertoken.connect.cards import read_cards
from pertoken.core.errors import InputError
from pertoken.rating.rate import rate
from tests.made import card, money, usage

D = Decimal
CONTRACTS = Path(__file__).parents[2] / "examples" / "contracts"
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
MILLION = 1_000_000


def billed(terms, *quantities, month=None, meter="input_tokens"):
    rows = [("acme", m, meter, q) for m, q in zip(MONTHS, quantities, strict=False)]
    rated = rate(usage("customer month meter", *rows), terms)
    return [invoice(rated, {"customer": "acme"}, m) for m in (MONTHS[: len(rows)] if month is None else [month])]


def hybrid(*quantities):
    return billed(read_cards(CONTRACTS / "hybrid.yaml"), *(MILLION * q for q in quantities))


def told(made):
    return [(line.kind, line.quantity, line.unit_price, line.amount) for line in made.lines]


def test_four_months_of_the_hybrid_sketch_by_hand():
    """The reference's case C: 20, 90, 40 and 60 million tokens.

    A bundle of 50 million for 50 each month; of what is left half is carried on, 15 and then 5 million; so 25 and 5
    million are beyond it, 37.50 and 7.50 at 0.0015 for a thousand; 300 for the platform, half of it for three months.
    """
    made = hybrid(20, 90, 40, 60)
    assert [each.total for each in made] == [200, D("237.50"), 200, D("357.50")]
    assert told(made[1]) == [
        ("fee", 1, 300, 300),
        ("usage", 25_000, D("0.0015"), D("37.50")),
        ("included", 65_000, 0, 0),
        ("purchase", None, None, 50),
        ("discount", None, None, -150),
    ]
    assert [each.list_total for each in made] == [300 + D("1.5") * q for q in (20, 90, 40, 60)]
    assert made[1].contracted_total == 300 + 135 - 150
    assert [each.balances[0].left for each in made] == [15 * MILLION, 0, 5 * MILLION, 0]
    assert (made[1].due_from, made[1].due_to, made[1].currency) == ("acme", "us", "USD")


def test_what_is_kept_apart_has_a_line_of_its_own_and_each_is_rounded():
    """3 units at 0.125 are 0.375, 0.38 on the line; 5 are 0.625, 0.63: 1.01, though eight are 1.00."""
    terms = card("plan: p\nprices: {t: {measure: {sum: input_tokens, by: [model]}, curve: [{rate: 0.125}]}}")
    rows = [("acme", "2026-01", "large", "input_tokens", 5), ("acme", "2026-01", "small", "input_tokens", 3)]
    rated = rate(usage("customer month model meter", *rows), terms)
    made = invoice(rated, {"customer": "acme"}, "2026-01")
    assert [(line.about, line.unit_price, line.amount) for line in made.lines] == [
        ("t (large)", D("0.125"), D("0.63")),
        ("t (small)", D("0.125"), D("0.38")),
    ]
    assert made.total == money(rated.ledger) == D("1.01")


def test_a_line_of_several_rates_has_no_unit_price():
    terms = card("""
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: {mode: marginal, tiers: [{up_to: 10, rate: 2}, {rate: 1}]}}}
    """)
    assert told(billed(terms, 15)[0]) == [("usage", 15, None, 25)]
    assert told(billed(terms, 10)[0]) == [("usage", 10, 2, 20)]


def test_money_from_a_pool_is_a_credit_and_limits_are_lines():
    """100 less a tenth is 90, brought up to 120; 50 of prepaid credit pay for part of the 90."""
    terms = card("""
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}
        adjust: [{percent: -10}]
        clamp: {min: 120}
        pools: [{id: prepaid, unit: money, grant: 50, price: 45, term: year, eligible: [t], unused: forfeit}]
        order: [discount, minimum, credit]
    """)
    (made,) = billed(terms, 100)
    assert [(line.kind, line.amount) for line in made.lines] == [
        ("usage", 100),
        ("discount", -10),
        ("minimum", 30),
        ("credit", -50),
        ("purchase", 45),
    ]
    assert (made.total, made.list_total, made.contracted_total) == (115, 100, 120)


def test_a_vendors_invoice_is_due_to_the_vendor():
    vendor = card("card: gpus\nprices: {t: {measure: {sum: gpu_hours}, curve: [{rate: 2}]}}")
    made = invoice(rate(usage("month meter", ("2026-01", "gpu_hours", 3)), vendor), {}, "2026-01")
    assert (made.due_from, made.due_to, made.total) == ("us", "gpus", D(6))


@pytest.mark.parametrize(
    ("labels", "month", "words"),
    [
        ({"customer": "acm"}, "2026-01", "no customer 'acm' in the books; did you mean acme"),
        ({"customer": "acme"}, "2026-07", "nothing is billed to acme for 2026-07; there are invoices of 2026-01"),
        ({"customer": "acme"}, "January", "'January' is not a month"),
        ({}, "2026-01", "charges each customer apart; say whose invoice"),
    ],
)
def test_an_invoice_that_cannot_be_made_says_why(labels, month, words):
    terms = card("plan: p\nprices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}")
    rated = rate(usage("customer month meter", ("acme", "2026-01", "input_tokens", 1)), terms)
    with pytest.raises(InputError, match=words):
        invoice(rated, labels, month)


def test_a_card_of_one_account_has_no_invoice_of_a_customer():
    vendor = card("card: v\nprices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}")
    rated = rate(usage("customer month meter", ("acme", "2026-01", "input_tokens", 1)), vendor)
    with pytest.raises(InputError, match="card v is of one account"):
        invoice(rated, {"customer": "acme"}, "2026-01")


VOLUME = card("""
    plan: p
    prices: {t: {measure: {sum: input_tokens}, curve: {mode: all, tiers: [{up_to: 1000, rate: 1}, {rate: 0.5}]}}}
""")


def corrected(issued, now):
    made = corrections(issued.lines, now)
    assert issued.total + sum(each.difference for each in made) == now.total
    return [(each.line.kind, each.before, each.now, each.difference, each.reason) for each in made]


def test_a_late_event_can_lower_an_invoice_by_a_volume_price():
    """900 at 1 were billed, 900; with 200 more all 1,100 are at 0.50, 550: 350 go back."""
    (issued,), (now,) = billed(VOLUME, 900), billed(VOLUME, 1100)
    words = "1,100 input_tokens instead of 900, at 0.5 instead of 1"
    assert corrected(issued, now) == [("usage", 900, 550, -350, words)]


def test_nothing_changed_makes_no_correction():
    assert corrected(*billed(VOLUME, 900), *billed(VOLUME, 900)) == []


def test_a_late_event_that_draws_credit_down_corrects_usage_and_credit():
    """80 were paid from 100 of credit; 50 more draw the last 20 and leave 30 to pay."""
    terms = card("""
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}
        pools: [{id: prepaid, unit: money, grant: 100, price: 100, term: year, eligible: [t], unused: forfeit}]
    """)
    (issued,), (now,) = billed(terms, 80), billed(terms, 130)
    assert [(kind, difference) for kind, _, _, difference, _ in corrected(issued, now)] == [
        ("usage", 50),
        ("credit", -20),
    ]


def test_a_late_event_reaches_later_invoices_through_what_is_carried_on():
    """10 million more in January leave 20 unused, not 30: 5 million fewer are carried on, 7.50 more in February."""
    issued, now = hybrid(20, 90), hybrid(30, 90)
    assert corrected(issued[0], now[0]) == []
    words = "30,000 1K total_tokens instead of 25,000"
    assert corrected(issued[1], now[1]) == [("usage", D("37.5"), 45, D("7.5"), words)]


def test_a_line_that_is_new_and_one_that_is_gone_say_so():
    """A minimum of 100: 30 of usage need 70; with 100 more the true-up is gone."""
    terms = card("plan: p\nprices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}\nclamp: {min: 100}")
    (issued,), (now,) = billed(terms, 30), billed(terms, 130)
    assert corrected(issued, now)[1] == ("minimum", 70, 0, -70, "no longer due")
    assert corrected(now, issued)[1] == ("minimum", 0, 70, 70, "was not on the invoice")


def test_corrections_add_up_over_several_rounds():
    """900, then 950, then 1,100 units: the second correction is of the invoice and the first one together."""
    (first,), (second,), (third,) = (billed(VOLUME, q) for q in (900, 950, 1100))
    lines = [*first.lines, *(line_of(each) for each in corrections(first.lines, second))]
    assert [each.difference for each in corrections(lines, third)] == [550 - 950]


def line_of(correction):
    return replace(correction.line, amount=correction.difference)


POOLED = card("""
    plan: p
    prices: {t: {measure: {sum: input_tokens}, curve: {mode: all, tiers: [{up_to: 100, rate: 1.11}, {rate: 0.77}]}}}
    adjust: [{percent: -15}]
    clamp: {min: 50, max: 400}
    pools: [{id: b, unit: tokens, grant: 60, every: month, price: 30, eligible: [t], unused: forfeit}]
    order: [discount, minimum, maximum]
""")


@settings(max_examples=25)
@given(st.integers(0, 900), st.integers(0, 900))
def test_issued_and_corrections_always_come_to_the_total_now(before, now):
    (issued,), (late,) = billed(POOLED, before), billed(POOLED, now)
    made = corrections(issued.lines, late)
    assert issued.total + sum(each.difference for each in made) == late.total
    assert all(each.difference for each in made)
