"""Pools of money: what they pay of an invoice, what they leave, and what is refused."""

import pytest

from pertoken.rating.explain import explain
from pertoken.rating.rate import rate
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
