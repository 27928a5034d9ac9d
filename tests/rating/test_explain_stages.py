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
TOKENS = "measure: {sum: input_tokens, window: %s}"


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
        curve: {mode: MODE, flat_on_zero: false, tiers: [{up_to: 100, rate: 2}, {up_to: 300, rate: 1, cap: 150}, {rate: 0.5, flat: 7}]}
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
        prices: {t: {measure: {sum: input_tokens, window: quarter}, convert: {per: 7, round: up, free: 2, free_first: false},
                     curve: [{rate: 3}]}}
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
        pools: [{id: b, unit: tokens, grant: 60, every: month, price: 30, eligible: [t], unused: forfeit, outside: {times: 1.5}}]
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
    rows += [("bolt", "2026-02", "input_tokens", 55)] + [("acme", "2026-01", "output_tokens", 90)]
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
