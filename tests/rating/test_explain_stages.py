"""Every stage of every primitive is told, and the steps come to the ledger's own money."""

from datetime import date
from decimal import Decimal

import pytest

from pertoken.books.invoice import invoice
from pertoken.rating.contract import Contract
from pertoken.rating.explain import explain
from pertoken.rating.rate import AMOUNTS, rate
from tests.made import card, money, usage

D = Decimal
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")


def monthly(*quantities, meter="input_tokens"):
    rows = [("acme", month, meter, q) for month, q in zip(MONTHS, quantities, strict=False)]
    return usage("customer month meter", *rows)


def daily(*days, meter="input_tokens"):
    return usage("customer day meter", *(("acme", day, meter, q) for day, q in days))


GRADUATED = """
    plan: p
    prices:
      t:
        measure: {sum: input_tokens, window: WINDOW}
        curve:
          mode: MODE
          flat_on_zero: false
          tiers: [{up_to: 100, rate: 2}, {up_to: 300, rate: 1, cap: 150}, {rate: 0.5, flat: 7}]
"""
POOL = """
    pools: [{id: b, unit: tokens, grant: 60, every: month, price: 30, eligible: [t], unused: forfeit,
             rollover: {share: 0.5, of: remaining, max: 20, periods: 1}}]
"""
CARDS = {
    f"{mode} {window}": GRADUATED.replace("WINDOW", window).replace("MODE", mode)
    for mode in ("marginal", "all")
    for window in ("month", "quarter", "year", "term")
}
CARDS |= {f"{name}, pooled": f"{text}{POOL}" for name, text in CARDS.items()}
CARDS |= {
    "packages": """
        plan: p
        prices:
          t:
            measure: {sum: input_tokens, window: quarter}
            convert: {per: 7, round: up, free: 2, free_first: false}
            curve: [{rate: 3}]
    """,
    "picked by another": """
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: {mode: all, select: input_tokens + output_tokens,
                 flat_on_zero: false, tiers: [{up_to: 100, rate: 1}, {rate: 2, flat: 5}]}}}
    """,
    "money of others": """
        plan: p
        prices:
          t: {measure: {sum: input_tokens}, curve: [{rate: 1.25}]}
          support: {measure: {of: [t]}, curve: {mode: marginal, tiers: [{up_to: 100, rate: 0.1}, {rate: 0.05}]}}
    """,
    "four discounts": """
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1.333}]}}
        adjust:
          - {percent: -10}
          - {times: 0.5}
          - {amount: -7}
          - {measure: {of: [t], window: year}, curve: {mode: marginal, tiers: [{up_to: 50, rate: 1}, {rate: 0.9}]}}
    """,
    "steps of all kinds": """
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1.5}]}, base: {curve: [{flat: 10}]}}
        adjust: [{percent: -10}]
        clamp: {min: 50, max: 200}
        pools: [{id: c, unit: money, grant: 100, term: year, price: 80, eligible: [t], unused: refund}]
        order: [discount, minimum, maximum, credit]
    """,
    "beyond a pool dearer": """
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: {mode: marginal, tiers: [{up_to: 100, rate: 2}, {rate: 1}]}}}
        pools: [{id: b, unit: tokens, grant: 60, every: month, price: 30, eligible: [t], unused: forfeit,
                 outside: {times: 1.5}}]
    """,
    "limits of pools": """
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}
        pools: [{id: b, unit: tokens, grant: 60, every: month, price: 30, eligible: [t], unused: forfeit}]
        clamp: {min: 70}
    """,
    "a quarter's minimum": """
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}
        clamp: {min: 1000, window: quarter}
    """,
}


@pytest.mark.parametrize("name", CARDS)
def test_the_steps_come_to_the_ledger_for_each_amount_and_in_each_month(name):
    terms = card(CARDS[name])
    rows = [("acme", m, "input_tokens", q) for m, q in zip(MONTHS, (20, 130, 250, 31), strict=True)]
    rows += [("bolt", "2026-02", "input_tokens", 55), ("acme", "2026-01", "output_tokens", 90)]
    rated = rate(usage("customer month meter", *rows), terms, unpriced="keep")
    for kind in AMOUNTS:
        assert explain(rated, {}, kind=kind).amount == pytest.approx(money(rated.ledger, kind), abs=D("1e-12"))
        whole = explain(rated, {"customer": "acme"}, kind=kind).amount
        own = rated.ledger.where(customer="acme")
        assert whole == pytest.approx(money(own, kind), abs=D("1e-12"))
        assert (
            sum(explain(rated, {"customer": "acme", "month": m}, kind=kind).amount for m in (*MONTHS, "2026-06"))
            == whole
        )


@pytest.mark.parametrize("name", CARDS)
def test_invoices_are_all_that_is_billed_in_whole_cents(name):
    terms = card(CARDS[name])
    rated = rate(monthly(20, 130, 250, 31), terms, unpriced="keep")
    billed = [invoice(rated, {"customer": "acme"}, month) for month in MONTHS]
    assert all(line.amount == round(line.amount, 2) for each in billed for line in each.lines)
    last = sum(s.amount for s in explain(rated, {"month": "2026-06"}, kind="billed").steps)
    assert sum(each.total for each in billed) + last == money(rated.ledger, "billed")


def told(rated, month="2026-01", kind="effective", **chosen):
    chosen = {"customer": "acme", "month": month} | chosen
    return [(s.stage, s.about, s.amount) for s in explain(rated, chosen, kind=kind).steps]


def test_a_charge_of_a_quarter_is_told_from_where_to_where_it_went():
    """Graduated in the quarter: 80 at 2; then from 80 to 130: 20 at 2 and 30 at 1; the tier's cap of 150 is far."""
    rated = rate(monthly(80, 50), card(CARDS["marginal quarter"]))
    assert told(rated) == [("list", "t, 80 input_tokens", D(160))]
    assert told(rated, "2026-02") == [
        ("list", "t, 50 input_tokens, from 80 to 130 in the quarter, above 80", D(40)),
        ("list", "t, above 100", D(30)),
    ]


def test_volume_prices_of_a_quarter_take_back_what_was_charged_before():
    """80 at 2 are 160; all 130 at 1 are 130: the second month is 30 cheaper than the first alone."""
    rated = rate(monthly(80, 50), card(CARDS["all quarter"]))
    assert told(rated, "2026-02") == [
        ("list", "t, 50 input_tokens, from 80 to 130 in the quarter, above 100", D(130)),
        ("list", "t, less what was charged before", D(-160)),
    ]


def test_a_fee_and_a_limit_cut_short_tell_the_days_of_the_period():
    """From 17 January: 15 of 31 days, a fee of 62 is 30.00 and a minimum of 93 is 45.00."""
    terms = card("""
        plan: p
        prices: {base: {curve: [{flat: 62}]}, t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}
        clamp: {min: 93}
        during: {prorate: day}
    """)
    contract = Contract(card="p", labels={"customer": "acme"}, start=date(2026, 1, 17))
    rated = rate(daily(("2026-01-20", 5)), terms, contracts=[contract], span=(date(2026, 1, 1), date(2026, 2, 1)))
    assert told(rated) == [
        ("list", "base, a fee for each month, 15 of 31 days", D(30)),
        ("list", "t, 5 input_tokens", D(5)),
        ("minimum", "minimum of 93 a month, 15 of 31 days = 45", D(10)),
    ]


HYBRID = card("""
    plan: hybrid
    prices:
      overage: {measure: {sum: total_tokens, window: month}, convert: {per: 1000}, curve: [{rate: 0.0015}]}
    pools:
      - {id: bundle, unit: tokens, grant: 50_000_000, every: month, price: 50, eligible: [overage], unused: forfeit,
         rollover: {share: 0.5, of: remaining, max: 25_000_000, periods: 1}, priority: 10}
""")


HELD = (
    "bundle: 50,000,000 tokens granted, 20,000,000 tokens drawn by overage, 15,000,000 tokens expired, "
    "15,000,000 tokens left"
)


def test_a_pool_is_told_with_what_it_held_gave_and_lost():
    """20 of 50 million are used: of the 30 left, half expires and half is carried on; the next month draws 65 of 90."""
    rated = rate(monthly(20_000_000, 90_000_000), HYBRID)
    assert told(rated) == [
        ("list", "overage, 20,000,000 total_tokens, per 1K", D(30)),
        ("covered", "overage, 20,000,000 of 20,000,000 total_tokens from bundle, per 1K", D(-30)),
        ("balance", HELD, D(0)),
        ("drawn", "bundle, 20,000,000 tokens used, at its cost", D(20)),
        ("unused", "bundle, 15,000,000 tokens not used", D(15)),
    ]  # fmt: skip
    (balance,) = explain(rated, {"customer": "acme", "month": "2026-02"}).balances
    assert (balance.opening, balance.granted, balance.drawn, balance.expired, balance.left) == (
        D(15_000_000), D(50_000_000), D(65_000_000), D(0), D(0),
    )  # fmt: skip


def test_what_a_pool_leaves_of_tiers_is_reckoned_at_both_ends():
    """130 at 2 up to 100 and 1 above are 230; 60 from the pool leave 70 at 2, 140."""
    rated = rate(monthly(130), card(CARDS["marginal month, pooled"]))
    off = [(about, amount) for stage, about, amount in told(rated) if stage == "covered"]
    assert off == [
        ("t, 60 of 130 input_tokens from b, list price taken back", D(-200)),
        ("t, list price taken back", D(-30)),
        ("t, beyond the pool", D(140)),
    ]


def test_a_discount_on_spend_is_told_by_its_tiers():
    """Of 40 + 30 spent in the year, 20 are above 50: a tenth off them is 2."""
    terms = card("""
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}
        adjust:
          - {measure: {of: [t], window: year}, curve: {mode: marginal, tiers: [{up_to: 50, rate: 1}, {rate: 0.9}]}}
    """)
    (_, (stage, about, amount)) = told(rate(monthly(40, 30), terms), "2026-02")
    assert (stage, amount) == ("discount", D(-2))
    assert "from 40 to 70, above 50" in about


def test_a_series_is_told_with_the_label_that_holds():
    terms = card("""
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: {series: spot}}}
        series: {spot: {2026-01-01: 1, 2026-01-15: 2.5}}
    """)
    rated = rate(daily(("2026-01-05", 40), ("2026-01-06", 2), ("2026-01-20", 20)), terms)
    assert told(rated) == [
        ("list", "t, 42 input_tokens, spot since 2026-01-01", D(42)),
        ("list", "t, 20 input_tokens, spot since 2026-01-15", D(50)),
    ]


def test_a_cycle_is_of_the_month_in_which_it_begins():
    """The 5th of January lies in the cycle from 15 December, the 20th and 3 February in that from 15 January."""
    terms = card("""
        plan: p
        during: {anchor: 15, prorate: none}
        prices: {t: {measure: {sum: input_tokens}, curve: {mode: all, tiers: [{up_to: 50, rate: 2}, {rate: 1}]}}}
    """)
    rated = rate(daily(("2026-01-05", 40), ("2026-01-20", 30), ("2026-02-03", 30)), terms)
    assert told(rated, "2025-12", "billed") == [("list", "t, 40 input_tokens", D(80))]
    assert told(rated, "2026-01", "billed") == [("list", "t, 60 input_tokens, above 50", D(60))]
    assert invoice(rated, {"customer": "acme"}, "2026-01").period == "2026-01-15"


def test_a_price_by_request_without_packages_is_for_its_size():
    """4000 tokens at 2 for a thousand are 8, whatever the window."""
    measure, convert = "{sum: input_tokens, window: request}", "{per: 1000}"
    terms = card(f"plan: p\nprices: {{t: {{measure: {measure}, convert: {convert}, curve: [{{rate: 2}}]}}}}")
    assert money(rate(monthly(4000), terms).ledger) == 8


PHASES = """
    plan: p
    prices:
      t:
        measure: {sum: input_tokens, window: quarter}
        curve: {mode: marginal, tiers: [{up_to: 100, rate: 1}, {rate: 2}]}
    phases:
      - {during: {to: 2026-02-01}}
      - during: {from: 2026-02-01, counter: COUNTER}
        prices:
          t:
            measure: {sum: input_tokens, window: quarter}
            curve: {mode: marginal, tiers: [{up_to: 100, rate: 3}, {rate: 4}]}
"""


@pytest.mark.parametrize(("counter", "amount"), [("restart", 30 * 3), ("carry", 20 * 3 + 10 * 4)])
@pytest.mark.parametrize("pool", ["", POOL.replace("grant: 60", "grant: 1e-9").replace("price: 30", "price: 0")])
def test_a_new_price_in_mid_quarter_counts_from_zero_or_goes_on(counter, amount, pool):
    """80 in January; 30 in February: from zero all at 3, or from 80 on 20 at 3 and 10 at 4."""
    rated = rate(monthly(80, 30), card(PHASES.replace("COUNTER", counter) + pool), unpriced="keep")
    assert explain(rated, {"customer": "acme", "month": "2026-02"}, kind="list").amount == amount
    assert explain(rated, {}).amount == money(rated.ledger, "effective")
