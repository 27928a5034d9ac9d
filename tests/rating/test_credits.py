"""Pools of money: what they pay of an invoice, what they leave, and what is refused."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pertoken.core.errors import CardError
from pertoken.rating.card import Curve, Tier
from pertoken.rating.explain import explain
from pertoken.rating.rate import amount, rate
from tests.made import by, card, money, usage

FEE = ", base: {curve: [{flat: 5}]}"


def units(number, month="2026-01"):
    return usage("customer month meter", ("acme", month, "x_units", number))


def plan(tail, pool="grant: 100, price: 0, eligible: [t], unused: forfeit", extra=""):
    charge = "{measure: {sum: x_units}, curve: [{rate: 1}]}"
    pools = f"pools: [{{id: b, unit: money, {pool}}}]"
    return card(f"plan: p\nprices: {{t: {charge}{extra}}}\n{tail}\n{pools}")


@pytest.mark.parametrize("order", ["orb", "lago", "openmeter"])
def test_a_credit_pays_what_tops_up_to_a_minimum(order):
    """20 used, at least 50, a credit of 100. Orb, Lago and OpenMeter take credits last: nothing is due, 50 are left."""
    ledger = rate(units(20), plan(f"clamp: {{min: 50}}\norder: {order}")).ledger
    assert money(ledger) == 0
    assert by(ledger, "charge", "stage") == {
        ("t", "list"): 20,
        ("minimum", "minimum"): 30,
        ("t", "covered"): -20,
        ("minimum", "covered"): -30,
        ("b", "drawn"): 0,
    }


def test_what_pays_a_minimum_is_named():
    rated = rate(units(20), plan("clamp: {min: 50}\norder: lago"))
    told = [step.about for step in explain(rated, {"customer": "acme"}).steps]
    assert "minimum, paid from b" in told


def test_a_credit_for_some_charges_pays_no_minimum_on_all():
    """20 used and a fee of 5, at least 50: the credit pays the 20, what is left is 30."""
    assert money(rate(units(20), plan("clamp: {min: 50}\norder: lago", extra=FEE)).ledger) == 30


def test_a_minimum_after_the_credits_is_paid_in_cash():
    assert money(rate(units(20), plan("clamp: {min: 50}\norder: [credit, minimum]")).ledger) == 50


def test_what_money_no_longer_covers_is_dearer():
    """A commitment of 120, 180 used, beyond it 1.2 times the price: 120 + 60 × 1.2 = 192."""
    made = plan("", "grant: 120, unused: true_up, eligible: [t], outside: {times: 1.2}")
    rated = rate(units(180), made)
    assert money(rated.ledger) == 192
    told = explain(rated, {"customer": "acme"}, kind="billed").steps
    assert [(step.about, step.amount) for step in told if step.stage == "covered"] == [
        ("t, paid from b, beyond b × 1.2", Decimal(-108))
    ]


def test_usage_before_the_pool_is_there_keeps_its_price():
    made = plan(
        "", "grant: 10, unused: true_up, eligible: [t], outside: {times: 2}, term: {from: 2026-02-01, months: 1}"
    )
    used = usage("customer month meter", *(("acme", f"2026-0{i}", "x_units", 30) for i in (1, 2, 3)))
    assert by(amount(rate(used, made).ledger, "billed"), "month") == {"2026-01": 30, "2026-02": 50, "2026-03": 30}


def test_money_blocks_nothing():
    with pytest.raises(CardError, match="pool b of money blocks usage beyond it"):
        plan("", "grant: 10, price: 0, unused: forfeit, eligible: [t], outside: block")


@pytest.mark.parametrize("unit", ["x_units", "money"])
def test_a_correction_of_pooled_usage_belongs_into_its_period(unit):
    """10 for 8, January and February: 5 used, then 5 taken back. Nothing is paid back in cash: it is refused."""
    made = plan("", "eligible: [t], unused: forfeit, grant: 10, price: 8, term: {from: 2026-01-01, to: 2026-03-01}")
    made = replace(made, pools=(replace(made.pools[0], unit=unit),))
    used = usage("customer month meter", ("acme", "2026-01", "x_units", 5), ("acme", "2026-02", "x_units", -5))
    with pytest.raises(CardError, match="2026-02, and it draws on a pool; expected corrections in the period"):
        rate(used, made)


def test_a_correction_inside_its_period_is_netted():
    made = plan("", "eligible: [t], unused: forfeit, grant: 10, price: 8")
    used = usage("customer day meter", ("acme", "2026-01-03", "x_units", 15), ("acme", "2026-01-20", "x_units", -3))
    assert money(rate(used, made).ledger) == 8 + 2


@pytest.mark.parametrize(
    ("used", "billed"),
    [
        ((("2026-01-20", "10.555"),), "0.00"),  # 10.56 of 100
        ((("2026-01-20", "10.554"),), "0.00"),  # 10.55
        ((("2026-01-20", "110.554"), ("2026-02-03", "0.003")), "10.56"),  # 110.557 is 110.56
        ((("2026-01-20", "10.554"), ("2026-02-20", "200.004")), "100.00"),  # 10.55, and 200.00 of another 100
    ],
)
def test_what_rounds_a_cycle_is_drawn_in_that_cycle(used, billed):
    """Cycles from the 15th, drawn by the day; what rounds the line of a cycle has a cycle and no day."""
    pool = "grant: 100, price: 0, every: month, drawn: day, eligible: [t], unused: forfeit"
    made = plan("during: {anchor: 15, prorate: none}", pool)
    rows = [("acme", day, "x_units", Decimal(number)) for day, number in used]
    assert money(rate(usage("customer day meter", *rows), made).ledger) == Decimal(billed)


def test_a_price_by_the_cycle_is_not_drawn_by_the_day():
    made = plan("during: {anchor: 15, prorate: none}", "grant: 9, price: 0, drawn: day, eligible: [t], unused: forfeit")
    tiers = Curve(mode="marginal", tiers=(Tier(up_to=Decimal(5), rate=Decimal(1)), Tier(rate=Decimal(2))))
    made = replace(made, prices={"t": replace(made.prices["t"], curve=tiers)})
    with pytest.raises(CardError, match="drawn by day, and t is priced by month"):
        rate(usage("customer day meter", ("acme", "2026-01-20", "x_units", 3)), made)


def test_what_is_taken_off_an_invoice_below_nothing_does_not_refill_a_pool():
    """A maximum of a year takes 90 off in December, where 10 are used; the 100 of credits have paid 50 in January."""
    text = """
        plan: p
        prices: {t: {measure: {sum: x_units}, curve: [{rate: 1}]}}
        clamp: {max: 20, window: year}
        pools: [{id: b, unit: money, grant: 100, price: 0, eligible: [t], unused: forfeit, inside: {times: 2}}]
        order: [maximum, credit]
    """
    used = usage("customer month meter", ("acme", "2026-01", "x_units", 100), ("acme", "2026-12", "x_units", 10))
    ledger = rate(used, card(text)).ledger
    assert by(amount(ledger, "billed").where(charge="t", stage="covered"), "month") == {"2026-01": -50}
