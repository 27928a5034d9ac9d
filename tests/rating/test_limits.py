"""Discounts and limits: their order, their windows, whom they are for; and that an invoice is the sum of its lines."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.lines import Lines, concat
from pertoken.rating.contract import Contract
from pertoken.rating.rate import amount, rate
from tests.made import by, card, money, usage

D = Decimal


def units(*numbers):
    return usage("customer month meter", *(("acme", f"2026-{i + 1:02}", "x_units", n) for i, n in enumerate(numbers)))


def plan(tail, rate_=1, extra=""):
    return card(f"plan: p\nprices: {{t: {{measure: {{sum: x_units}}, curve: [{{rate: {rate_}}}]}}{extra}}}\n{tail}")


@pytest.mark.parametrize(
    ("order", "billed"),
    [
        ("orb", 855),  # 1000 - 50 = 950, - 10 % = 855, at least 800, at most 900
        ("[percent, amount, minimum, maximum]", 850),  # 900 - 50
        ("[maximum, minimum, discount]", 765),  # 900, - 50 = 850, - 10 %
        ("[minimum, maximum, percent, amount]", 760),  # 900 - 90 - 50
    ],
)
def test_the_order_of_steps_decides(order, billed):
    """1,000 of usage, 50 off, 10 % off, at least 800, at most 900; `discount` takes the card's own order, 50 first."""
    made = plan(f"adjust: [{{amount: -50}}, {{percent: -10}}]\nclamp: {{min: 800, max: 900}}\norder: {order}")
    assert money(rate(units(1000), made).ledger) == billed


@pytest.mark.parametrize(
    ("order", "used", "billed"), [("openmeter", 100, 95), ("orb", 100, 95), ("lago", 100, 90), ("aws", 100, 54)]
)
def test_four_engines_bill_one_contract_in_their_own_ways(order, used, billed):
    """100 used, 10 % off. OpenMeter and Orb: 90, topped up to 95. Lago: minimum first, coupons after: 100, 90 off.

    AWS has no minimum: 40 of commitment first, then 10 % off the rest of 60 is 54 (beside the commitment's own price).
    """
    tail = f"adjust: [{{percent: -10}}]\norder: {order}\n"
    tail += (
        "pools: [{id: c, unit: money, grant: 40, every: month, price: 0, eligible: [t], unused: forfeit}]"
        if order == "aws"
        else "clamp: {min: 95}"
    )
    assert money(rate(units(used), plan(tail)).ledger) == billed


@given(
    st.lists(st.decimals(0, 200, places=3), min_size=3, max_size=3),
    st.decimals(0, 90, places=2),
    st.decimals(90, 150, places=2),
)
@settings(max_examples=40)
def test_minimum_and_maximum_commute(used, least, most):
    either = [
        rate(units(*map(float, used)), plan(f"clamp: {{min: {least}, max: {most}}}\norder: {order}")).ledger
        for order in ("[minimum, maximum]", "[maximum, minimum]")
    ]
    assert by(either[0], "month") == by(either[1], "month")
    assert all(least <= n <= most for n in by(either[0], "month").values())


FULL = """
adjust: [{percent: -7.5}, {amount: -3.33}]
clamp: {min: 20, max: 61.7}
order: [discount, minimum, credit, maximum]
pools:
  - {id: b, unit: x_units, grant: 37, every: month, price: 4.99, eligible: [t], unused: refund, priority: 1}
  - {id: c, unit: money, grant: 7.77, every: month, price: 7, eligible: [t, base],
     inside: {times: 0.72}, unused: forfeit}
"""


@given(st.lists(st.integers(0, 300), min_size=4, max_size=4))
@settings(max_examples=30)
def test_each_invoice_line_is_in_cents_and_they_add_up(used):
    """lago-api#2643: an invoice is the sum of its rounded lines, whatever covers, cuts or tops it up."""
    made = plan(FULL, "0.3337", ", base: {curve: [{flat: 9.99}]}")
    ledger = amount(rate(units(*used), made).ledger, "billed")
    for lines in (by(ledger, "charge", "month"), by(ledger, "charge", "term", "month")):
        assert all(n == round(n, 2) for n in lines.values())
    assert sum(by(ledger, "charge", "month").values()) == money(ledger)


@given(st.lists(st.tuples(st.integers(1, 28), st.sampled_from("xyz"), st.integers(0, 50)), min_size=1, max_size=12))
@settings(max_examples=30)
def test_a_bill_does_not_depend_on_how_usage_is_split(rows):
    """Additivity of the cumulative price: by day and feature, or as one sum."""
    made = card("""
        plan: p
        prices:
          t:
            measure: {sum: x_units}
            convert: {per: 3, round: up, free: 2, free_first: true}
            curve: {mode: marginal, tiers: [{up_to: 7, rate: 0.333}, {rate: 0.21, flat: 5}]}
    """)
    split = usage("customer day feature meter", *(("acme", f"2026-01-{d:02}", f, "x_units", n) for d, f, n in rows))
    assert money(rate(split, made).ledger) == money(rate(units(sum(n for *_, n in rows)), made).ledger)


@pytest.mark.parametrize("window", ["quarter", "year", "term"])
@given(st.lists(st.integers(0, 40), min_size=12, max_size=12))
@settings(max_examples=15)
def test_a_long_window_billed_month_by_month_comes_to_the_price_of_its_whole(window, used):
    made = card(f"""
        plan: p
        rounding: null
        prices:
          t:
            measure: {{sum: x_units, window: {window}}}
            convert: {{per: 7, round: up}}
            curve: {{mode: all, tiers: [{{up_to: 5, rate: 3}}, {{up_to: 11, rate: 2, flat: 1}}, {{rate: 1}}]}}
    """)
    size = 3 if window == "quarter" else 12
    wholes = [sum(used[i : i + size]) for i in range(0, 12, size)]

    def price(quantity):
        packages = -(-quantity // 7)
        return 3 * packages if packages <= 5 else 2 * packages + 1 if packages <= 11 else packages

    assert money(rate(units(*used), made).ledger) == sum(map(price, wholes))


def test_an_amount_off_is_for_those_whom_its_condition_names():
    made = plan('adjust: [{amount: -5, where: customer == "a"}, {amount: 3, where: customer == "b"}]')
    used = usage("customer month meter", *((n, "2026-01", "x_units", 10) for n in "abc"))
    assert by(rate(used, made).ledger, "customer") == {"a": 5, "b": 13, "c": 10}


def test_an_amount_off_is_never_more_than_there_is():
    assert money(rate(units(3), plan("adjust: [{amount: -5}]")).ledger) == 0


def test_a_limit_on_one_charge_leaves_the_others_alone():
    made = plan("clamp: {min: 50, on: [t]}", 1, ", base: {curve: [{flat: 100}]}")
    assert by(rate(units(20), made).ledger, "charge", "stage") == {
        ("t", "list"): 20,
        ("t", "minimum"): 30,
        ("base", "list"): 100,
    }


def test_a_maximum_of_a_year_is_reached_once():
    """60 + 60 + 60 with at most 100 a year."""
    assert money(rate(units(60, 60, 60), plan("clamp: {max: 100, window: year}")).ledger) == 100


def test_a_years_minimum_falls_due_when_the_year_is_over():
    """1,200 a year, 10 used a month: after June nothing is owed of it, after December 1,200 - 120."""
    made = plan("clamp: {min: 1200, window: year}")
    assert money(rate(units(*[10] * 6), made).ledger) == 60
    assert money(rate(units(*[10] * 12), made).ledger) == 1200


def test_a_years_minimum_falls_due_with_the_contract_that_ends_before():
    """A contract of half a year owes 1,200 * 181 / 365 of the minimum by days: 595.07 - 60 used = 535.07."""
    made = plan("clamp: {min: 1200, window: year, during: {prorate: day}}")
    half = Contract(card="p", labels={"customer": "acme"}, start=date(2026, 1, 1), end=date(2026, 7, 1))
    ledger = rate(units(*[10] * 6), made, contracts=[half]).ledger
    assert by(ledger, "stage") == {"list": 60, "minimum": D("535.07")}


def test_what_a_pool_changes_of_a_discount_keeps_its_day_on_a_card_without_rounding():
    """A vendor's card: 10 % off 30 and 50; a credit of 35 leaves nothing of the 1st and 45 of the 2nd, less 10 %."""
    used = usage("customer day meter", *(("acme", f"2026-01-{d:02}", "x_units", n) for d, n in ((1, 30), (2, 50))))
    made = plan(
        "adjust: [{percent: -10}]\norder: [credit, discount]\nrounding: null\n"
        "pools: [{id: c, unit: money, grant: 35, every: month, drawn: day, price: 0, eligible: [t], unused: forfeit}]"
    )
    ledger = rate(used, made).ledger
    assert by(ledger.where(stage="discount"), "day") == {"2026-01-01": -3, "2026-01-02": -5}
    covered = ledger.where(stage="covered", term="adjust.0")
    assert by(covered, "day") == {"2026-01-01": D(3), "2026-01-02": D("0.5")}


def pooled(tail, pool="grant: 100, price: 0, unused: forfeit", extra=""):
    return plan(f"{tail}\npools: [{{id: b, unit: money, eligible: [t], {pool}}}]", 1, extra)


@pytest.mark.parametrize("order", ["orb", "openmeter"])
def test_a_credit_pays_what_a_maximum_leaves_of_a_charge(order):
    """100 used, at most 50, a credit of 100: nothing is due, and 50 of the credit are left."""
    ledger = rate(units(100), pooled(f"clamp: {{max: 50}}\norder: {order}")).ledger
    assert money(ledger) == 0
    assert by(ledger, "charge", "stage") == {
        ("t", "list"): 100,
        ("t", "maximum"): -50,
        ("t", "covered"): -50,
        ("b", "drawn"): 0,
    }


@pytest.mark.parametrize("off", ["{amount: -60}", "{percent: -100, on: [t]}"])
def test_a_discount_after_a_maximum_takes_off_what_that_leaves(off):
    made = plan(f"adjust: [{off}]\nclamp: {{max: 50}}\norder: [maximum, discount]")
    assert money(rate(units(100), made).ledger) == 0


def test_a_maximum_on_all_is_taken_off_one_charge_after_the_other():
    """20 + 100, at most 70: 20 of the first and 30 of the second."""
    made = plan("clamp: {max: 70}", 1, ", base: {curve: [{flat: 100}]}")
    assert by(rate(units(20), made).ledger, "charge", "stage") == {
        ("t", "list"): 20,
        ("t", "maximum"): -20,
        ("base", "list"): 100,
        ("base", "maximum"): -30,
    }


@pytest.mark.parametrize(
    ("own", "all_", "fee", "billed"), [("min: 50", "min: 60", 5, 60), ("max: 5", "max: 50", 100, 50)]
)
@pytest.mark.parametrize("first", [True, False])
def test_a_limit_on_named_charges_comes_before_one_on_all(own, all_, fee, billed, first):
    """10 used and a fee. 10 up to 50, with 5 up to 60; 10 down to 5, with 100 down to 50; wherever they stand."""
    limits = [f"{{{own}, on: [t]}}", f"{{{all_}}}"]
    made = plan(f"clamp: [{', '.join(limits if first else limits[::-1])}]", 1, f", base: {{curve: [{{flat: {fee}}}]}}")
    assert money(rate(units(10), made).ledger) == billed


def test_the_cents_of_a_discount_on_a_quarters_amount_stand_on_the_invoice_of_the_quarters_last_month():
    """12.5 % off 3.41 and 2.23 of March: -0.42625 - 0.27875 = -0.705, rounded half up to -0.71, not month by month."""
    terms = card("""
        plan: p
        prices: {t: {measure: {sum: x_a}, curve: [{rate: 0.31}]}}
        adjust: [{amount: 2.23, window: quarter}, {percent: -12.5}]
    """)
    used = usage("customer month meter", *(("a", f"2026-0{i}", "x_a", 11) for i in range(1, 7)))
    rated = rate(used, terms, span=(date(2026, 1, 1), date(2026, 7, 1)))
    job = rated.jobs["p"]
    off = [p.lines.with_keys(month=job.invoiced(p.lines)) for p in rated.parts if p.term == "adjust.1"]
    cents = concat(Lines, off).fold(["month"])
    found = dict(zip(cents.keys["month"].column().tolist(), cents.values["amount"].tolist(), strict=True))
    less = {f"2026-0{i}": D("-0.43") for i in (1, 2, 4, 5)}
    assert found == less | {"2026-03": D("-0.71"), "2026-06": D("-0.71")}
