"""Contracts in time: parts of periods, days of their own, clocks that change; and what must be refused."""

from datetime import date
from decimal import Decimal

import pytest

from pertoken.core.errors import CardError, InputError, UnpricedUsage
from pertoken.rating.contract import Contract
from pertoken.rating.rate import amount, rate
from tests.made import by, card, money, usage

D = Decimal


def contract(start, end, customer="acme"):
    first, last = (day and date.fromisoformat(day) for day in (start, end))
    return Contract(card="p", labels={"customer": customer}, start=first, end=last)


def fee(terms, start, end, *, every="month", flat=310, timezone="UTC"):
    """What a fee comes to over a contract without any usage."""
    made = card(
        f"plan: p\nprices: {{base: {{curve: [{{flat: {flat}}}], during: {{every: {every}, prorate: {terms}}}}}}}"
    )
    none = usage("customer month meter")
    return rate(none, made, contracts=[contract(start, end)], timezone=timezone).ledger


@pytest.mark.parametrize(
    ("prorate", "start", "end", "billed"),
    [
        ("day", "2026-03-15", "2026-04-01", "170.00"),  # 17/31 of 310: both ends count
        ("fixed30", "2026-03-15", "2026-04-01", "175.67"),  # 17/30
        ("none", "2026-03-15", "2026-04-01", "310"),
        ("second", "2026-03-15", "2026-04-01", "170.00"),
        ("day", "2026-02-15", "2026-03-01", "155.00"),  # 14/28
        ("fixed30", "2026-02-01", "2026-03-01", "310"),  # a whole month is whole
        ("day", "2026-01-31", "2026-03-02", "330.00"),  # 1/31 + 28/28 + 1/31: 10 + 310 + 10
    ],
)
def test_a_fee_of_a_part_of_a_month(prorate, start, end, billed):
    """Flexprice bills 15 to 31 March as 17/31; Kill Bill's fixed days take 30 for any month (rating traps)."""
    assert money(fee(prorate, start, end)) == D(billed)


def test_the_denominator_is_the_whole_period_and_never_the_stretch_from_the_start():
    """lago-api#6194: 42 days of the quarter from April are 42 of its 91 days, not of 42 and not of 87."""
    assert money(fee("day", "2026-05-20", "2026-07-01", every="quarter", flat=9100)) == 42 * 100


def test_a_month_in_which_clocks_change_is_shorter_by_an_hour():
    """Europe/Berlin on 2026-03-29 has 23 hours: the half of March from the 16th is 15 × 24 + 23 of 743 hours."""
    berlin = fee("second", "2026-03-16", "2026-04-01", flat=743, timezone="Europe/Berlin")
    assert money(berlin) == 15 * 24 + 23


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_reservation_by_the_hour_has_as_many_hours_as_the_day(day, hours):
    """One machine at 1 an hour for a day in Berlin: what isn't used is 24, 23 or 25."""
    made = card("""
        card: p
        prices: {t: {measure: {sum: gpu_hours, window: hour}, curve: [{rate: 3}]}}
        pools: [{id: r, unit: gpu_hours, grant: 1, every: hour, inside: {rate: 1}, eligible: [t], unused: forfeit}]
    """)
    first = date.fromisoformat(day)
    span = (first, date.fromordinal(first.toordinal() + 1))
    made_of = usage("hour meter", (f"{day}T08", "gpu_hours", 1))
    stated = [Contract(card="p", labels={}, start=span[0], end=span[1])]
    ledger = rate(made_of, made, contracts=stated, span=span, timezone="Europe/Berlin").ledger
    assert by(amount(ledger, "effective"), "stage") == {"list": 3, "covered": -3, "drawn": 1, "unused": hours - 1}
    assert money(ledger) == hours


ANCHORED = """
    plan: p
    prices:
      base: {curve: [{flat: 10}]}
      t: {measure: {sum: x_units}, curve: {mode: marginal, tiers: [{up_to: 10, rate: 2}, {rate: 1}]}}
    during: {anchor: ANCHOR, prorate: day}
"""


@pytest.mark.parametrize("anchor", ["31", "start"])
def test_a_month_from_the_31st_begins_on_the_last_of_shorter_ones_and_comes_back(anchor):
    """Flexprice: 31 January, 28 February, 31 March, by keeping the day."""
    made = card(ANCHORED.replace("ANCHOR", anchor))
    rows = [
        ("acme", day, "x_units", 12) for day in ("2026-01-31", "2026-02-27", "2026-02-28", "2026-03-30", "2026-03-31")
    ]
    stated = [contract("2026-01-31", "2026-04-30")]
    ledger = rate(
        usage("customer day meter", *rows), made, contracts=stated, span=(stated[0].start, stated[0].end)
    ).ledger
    assert by(ledger, "charge", "cycle") == {
        ("base", "2026-01-31"): 10,
        ("base", "2026-02-28"): 10,
        ("base", "2026-03-31"): 10,
        ("t", "2026-01-31"): 10 * 2 + 14,
        ("t", "2026-02-28"): 10 * 2 + 14,
        ("t", "2026-03-31"): 10 * 2 + 2,
    }


def test_contracts_with_days_of_their_own_are_rated_together_as_alone():
    made = card("""
        plan: p
        prices: {t: {measure: {sum: x_units}, curve: [{rate: 0.333}]}}
        during: {anchor: start}
        pools:
          - {id: b, unit: x_units, grant: 10, every: month, price: 3, eligible: [t], unused: forfeit,
             rollover: {share: 1, of: remaining, periods: 1}}
    """)
    stated = [contract("2026-01-05", "2026-04-05", "a"), contract("2026-01-10", "2026-04-10", "b")]
    rows = {
        "a": [("a", d, "x_units", n) for d, n in (("2026-01-05", 4), ("2026-02-06", 12), ("2026-03-07", 12))],
        "b": [("b", d, "x_units", n) for d, n in (("2026-01-10", 11), ("2026-02-12", 1), ("2026-04-08", 25))],
    }
    span = (date(2026, 1, 5), date(2026, 4, 10))
    both = rate(usage("customer day meter", *rows["a"], *rows["b"]), made, contracts=stated, span=span).ledger
    for each in stated:
        name = each.labels["customer"]
        alone = rate(usage("customer day meter", *rows[name]), made, contracts=[each], span=span).ledger
        told = ("charge", "stage", "cycle", "day")
        assert by(both.where(customer=name), *told) == by(alone, *told)


def test_what_is_carried_over_lasts_to_the_end_of_the_next_cycle_and_not_of_the_month():
    """Cycles from the 15th: the 10 of January go on to 14 March, so 20 are there on the 10th."""
    made = card("""
        plan: p
        prices: {t: {measure: {sum: x_units}, curve: [{rate: 1}]}}
        during: {anchor: 15}
        pools:
          - {id: b, unit: x_units, grant: 10, every: month, drawn: day, price: 0, eligible: [t], unused: forfeit,
             rollover: {share: 1, of: remaining, periods: 1}}
    """)
    stated = [contract("2026-01-15", "2026-04-15")]
    rows = [("acme", "2026-03-10", "x_units", 25)]
    span = (date(2026, 1, 15), date(2026, 4, 15))
    assert money(rate(usage("customer day meter", *rows), made, contracts=stated, span=span).ledger) == 25 - 20


def test_a_contract_without_usage_pays_its_fee_and_its_minimum():
    made = card("""
        plan: p
        prices:
          base: {curve: [{flat: 5}]}
          t:
            measure: {sum: x_units}
            curve: {mode: marginal, flat_on_zero: true, tiers: [{up_to: 9, flat: 7}, {rate: 1}]}
        clamp: {min: 50}
    """)
    ledger = rate(usage("customer month meter"), made, contracts=[contract("2026-01-01", "2026-03-01")]).ledger
    assert by(ledger, "charge", "month") == {
        (name, m): n for m in ("2026-01", "2026-02") for name, n in (("base", 5), ("t", 7), ("minimum", 38))
    }


def test_a_flat_that_is_due_at_zero_is_due_in_each_quarter_of_a_contract():
    made = card("""
        plan: p
        prices:
          t: {measure: {sum: x_units, window: quarter}, curve: {flat_on_zero: true, tiers: [{flat: 7, rate: 1}]}}
    """)
    stated = [contract("2026-01-01", "2026-07-01")]
    used = usage("customer month meter", ("acme", "2026-02", "x_units", 12))
    ledger = rate(used, made, contracts=stated, span=(date(2026, 1, 1), date(2026, 7, 1))).ledger
    assert by(ledger, "month") == {"2026-01": 7, "2026-02": 12, "2026-04": 7}


B = "plan: p\nprices: {t: {measure: {sum: x_units}, curve: [{rate: 1}]}}\n"
POOL = "pools: [{id: b, unit: x_units, grant: 9, price: 3, every: month, eligible: [t], unused: forfeit}]"
MONTH = "customer month meter"
USED = ("acme", "2026-03", "x_units", 10)


@pytest.mark.parametrize(
    ("text", "used", "stated", "message"),
    [
        (B, [USED], [("2026-03-15", "2026-04-01")], "begins or ends inside the month 2026-03; expected usage by day"),
        (B, [USED], [("2026-01-01", "2026-07-01"), ("2026-06-01", None)], "two contracts of acme on p, .*; join them"),
        (B, [USED], [("2026-03-01", "2026-03-01")], "ends 2026-03-01, not after its start"),
        (
            B + "clamp: {min: 5}",
            [],
            [("2026-03-15", "2026-04-01")],
            "cut short; .* say prorate: none, day, second or fixed30",
        ),
        (B + "clamp: {min: 5}\nduring: {anchor: 15}", [USED], [], "counts by day: no day here"),
        (B + POOL.replace("month", "hour"), [USED], [], "counts by hour: no hour here"),
        (B + POOL, [("acme", "", "x_units", 10)], [], "counts by month: no month here"),
        (B + POOL, [USED, ("acme", "", "x_units", 10)], [], "usage without a time inside the books"),
        (B + "clamp: {min: 5}", [USED, ("zeta", "", "x_units", 1)], [], "the usage of zeta has no time; give it one"),
        (B + POOL.replace("every: month", "term: {from: 2026-01-01, to: 2026-03-15}"), [USED], [], "say drawn: day"),
    ],
)
def test_what_would_be_guessed_is_refused_with_its_mend(text, used, stated, message):
    contracts = [contract(*each) for each in stated]
    with pytest.raises((CardError, InputError), match=message):
        rate(usage(MONTH, *used), card(text), contracts=contracts)


def test_a_contract_must_have_the_labels_of_the_scope():
    nobody = Contract(card="p", labels={"cust": "acme"}, start=date(2026, 1, 1))
    with pytest.raises(CardError, match="expected customer too"):
        rate(usage(MONTH, USED), card(B), contracts=[nobody])


def test_usage_outside_the_books_is_refused():
    with pytest.raises(InputError, match="books run from 2026-04-01 to 2026-05-01, and there is usage from 2026-03-01"):
        rate(usage(MONTH, USED), card(B), span=(date(2026, 4, 1), date(2026, 5, 1)))


def test_a_contract_without_end_and_usage_needs_the_span_of_the_books():
    made = card("plan: p\nprices: {base: {curve: [{flat: 5}]}}")
    none, stated = usage(MONTH), [contract("2026-01-01", None)]
    with pytest.raises(InputError, match="say their span"):
        rate(none, made, contracts=stated)
    assert money(rate(none, made, contracts=stated, span=(date(2026, 1, 1), date(2026, 4, 1))).ledger) == 15


def test_usage_outside_a_contract_has_no_price():
    with pytest.raises(UnpricedUsage, match="no price for 10 x_units"):
        rate(usage(MONTH, USED), card(B), contracts=[contract("2026-05-01", "2027-01-01")])


def test_a_contract_of_another_card_changes_nothing():
    other = Contract(card="other", labels={"customer": "zeta"}, start=date(2026, 1, 1))
    assert money(rate(usage(MONTH, USED), card(B + "clamp: {min: 50}"), contracts=[other]).ledger) == 50


def test_nothing_at_all_is_nothing():
    assert money(rate(usage(MONTH), card(B + POOL + "\nclamp: {min: 5}\norder: [minimum]")).ledger) == 0


@pytest.mark.parametrize(
    ("every", "flat", "prorate", "start", "end"),
    [
        ("quarter", 300, "day", "2026-02-15", "2026-05-15"),
        ("year", 1200, "none", "2026-03-15", "2027-03-15"),
    ],
)
def test_quarters_and_years_of_a_contract_begin_with_it_where_the_card_says_so(every, flat, prorate, start, end):
    """A contract of exactly one quarter, or year, is charged one whole fee, on its first day."""
    made = card(f"""
        plan: p
        during: {{anchor: start, prorate: {prorate}}}
        prices: {{base: {{curve: [{{flat: {flat}}}], during: {{every: {every}}}}}}}
    """)
    ledger = rate(usage("customer day meter"), made, contracts=[contract(start, end)]).ledger
    assert by(ledger, "cycle") == {start: flat}


def test_tiers_of_a_year_count_through_the_year_of_the_contract():
    """Three times 60 in the year from 15 March: 100 at 1 and 80 at 0.5 are 140, whatever the calendar's year."""
    made = card("""
        plan: p
        during: {anchor: start, prorate: none}
        prices: {t: {measure: {sum: x_u, window: year},
                     curve: {mode: marginal, tiers: [{up_to: 100, rate: 1}, {rate: 0.5}]}}}
    """)
    days = ("2026-10-20", "2026-12-20", "2027-02-20")
    used = usage("customer day meter", *(("acme", day, "x_u", 60) for day in days))
    ledger = rate(used, made, contracts=[contract("2026-03-15", "2027-03-15")]).ledger
    assert by(ledger, "cycle") == {"2026-10-15": 60, "2026-12-15": 40 + 10, "2027-02-15": 30}


QUARTERLY = """
    plan: p
    prices:
      t: {measure: {sum: x_u}, curve: [{rate: 1}]}
      base: {curve: [{flat: 90}], during: {every: quarter, prorate: none}}
"""


@pytest.mark.parametrize(
    ("start", "month", "span", "billed"),
    [
        (None, "2026-01", ("2026-01-01", "2026-02-01"), {"2026-01": 90}),
        (None, "2026-02", ("2026-02-01", "2026-03-01"), {}),  # due in January, in the books before
        ("2026-02-01", "2026-02", ("2026-02-01", "2026-03-01"), {"2026-02": 90}),
        ("2026-02-01", "2026-03", ("2026-03-01", "2026-04-01"), {}),
        ("2026-02-01", "2026-02", ("2026-01-01", "2026-07-01"), {"2026-02": 90, "2026-04": 90}),
    ],
)
def test_a_quarters_fee_is_due_once_when_the_quarter_begins_for_the_contract(start, month, span, billed):
    """Books closed month by month bill 90 a quarter, not 90 a month; and nothing before the contract."""
    first, last = (date.fromisoformat(day) for day in span)
    stated = [contract(start, None)] if start else []
    used = usage("customer month meter", ("acme", month, "x_u", 1))
    ledger = rate(used, card(QUARTERLY), contracts=stated, span=(first, last)).ledger
    assert {row["month"]: row["amount"] for row in ledger.records() if row["charge"] == "base"} == billed


def test_an_amount_off_a_quarter_is_taken_once_when_the_quarter_is_over():
    """5 off what a quarter comes to, as a limit of it: 10 of March are 5, 10 of February alone stay 10."""
    made = card(QUARTERLY + "    adjust: [{amount: -5, window: quarter, on: [t]}]")
    for month, first, last, billed in (("2026-02", 2, 3, 10), ("2026-03", 3, 4, 5), ("2026-03", 1, 4, 90 + 5)):
        used = usage("customer month meter", ("acme", month, "x_u", 10))
        assert money(rate(used, made, span=(date(2026, first, 1), date(2026, last, 1))).ledger) == billed
