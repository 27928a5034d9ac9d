"""Worked examples that billing engines and standards publish; the figures are theirs, the words ours."""

from datetime import date
from decimal import Decimal

import pytest

from pertoken.rating.contract import Contract
from pertoken.rating.rate import amount, rate
from tests.made import bill, by, card, money, usage

D = Decimal


def units(*numbers):
    return usage("customer month meter", *(("a", f"2026-{i:02}", "x_units", n) for i, n in enumerate(numbers, 1)))


def plan(charge, tail=""):
    return card(f"plan: p\nprices: {{t: {{measure: {{sum: x_units}}, {charge}}}}}\n{tail}")


@pytest.mark.parametrize(("used", "billed"), [(0, 0), (100, 0), (101, 5), (200, 5), (201, 10)])
def test_packages_after_free_units(used, billed):
    """Lago, "Package": 5 USD per 100 units, the first 100 free; 201 units are 0 + 5 + 5 = 10.

    https://getlago.com/docs/guide/plans/charges/charge-models/package
    """
    made = plan("convert: {per: 100, round: up, free: 1, free_first: true}, curve: [{rate: 5}]")
    assert bill(units(used), made) == billed


@pytest.mark.parametrize(("tokens", "billed"), [(10, "1.25"), (1_000_000, "1.25"), (1_500_000, "2.50")])
def test_packages_of_a_million_tokens(tokens, billed):
    """Chargebee, "Package pricing": 1.25 USD per million tokens, each begun million as a whole one.

    https://www.chargebee.com/docs/billing/2.0/product-catalog/package-pricing
    """
    assert bill(units(tokens), plan("convert: {per: 1_000_000, round: up}, curve: [{rate: 1.25}]")) == D(billed)


def test_half_a_package_is_a_package():
    """Flexprice, "Tiered": 4,500 calls make 4.5 packages of 1,000 at 1.00, so 5.

    https://docs.flexprice.io/docs/product-catalogue/plans/billing-models/tiered
    """
    assert bill(units(4500), plan("convert: {per: 1000, round: up}, curve: [{rate: 1}]")) == 5


@pytest.mark.parametrize(("mode", "billed"), [("marginal", 600), ("all", 150)])
def test_the_same_tiers_in_two_modes(mode, billed):
    """Zuplo (on OpenMeter), "Pricing models": 15,000 units are 100 + 450 + 50 = 600 graduated, 150 by volume.

    https://zuplo.com/docs/articles/monetization/pricing-models
    """
    tiers = "tiers: [{up_to: 1000, rate: 0.10}, {up_to: 10_000, rate: 0.05}, {rate: 0.01}]"
    assert bill(units(15_000), plan(f"curve: {{mode: {mode}, {tiers}}}")) == billed


@pytest.mark.parametrize(
    ("per_unit", "mode", "billed"),
    [("flat", "marginal", 60), ("flat", "all", 30), ("rate", "marginal", 2250), ("rate", "all", 3000)],
)
def test_slabs_with_and_without_a_unit(per_unit, mode, billed):
    """Oracle Banking, "Tier Based Amount": to 250, to 500, above: 10, 20, 30 a slab or 1, 2, 3 a unit; 1,000 used.

    https://docs.oracle.com/en/industries/financial-services/banking-liquidity-management/14.8.2.0.0/oblug/examples-tier-based-amount.html
    """
    prices = (10, 20, 30) if per_unit == "flat" else (1, 2, 3)
    one, two, three = (f"{per_unit}: {price}" for price in prices)
    curve = f"flat_on_zero: false, mode: {mode}, tiers: [{{up_to: 250, {one}}}, {{up_to: 500, {two}}}, {{{three}}}]"
    assert bill(units(1000), plan(f"curve: {{{curve}}}")) == billed


@pytest.mark.parametrize(("used", "billed"), [(1500, 200), (4500, 200), (1000, 50), (1001, 200)])
def test_a_flat_for_each_band(used, billed):
    """Flexprice, "Package": up to 1,000 messages 50, up to 5,000 200, up to 10,000 350 USD, whatever the exact count.

    https://docs.flexprice.io/docs/product-catalogue/plans/billing-models/package
    """
    tiers = "tiers: [{up_to: 1000, flat: 50}, {up_to: 5000, flat: 200}, {flat: 350}]"
    assert bill(units(used), plan(f"curve: {{mode: all, flat_on_zero: false, {tiers}}}")) == billed


def test_percentages_in_tiers_with_a_flat_each():
    """Lago, "Graduated percentage": 1 % + 200 to 1,000, 2 % + 300 to 10,000; transactions of 500, 550 and 4,000.

    They cost 205, then 5 + 1 + 300 = 306, then 80: in all 591, each the difference of two points of one curve.
    https://getlago.com/docs/guide/plans/charges/charge-models/graduated-percentage
    """
    tiers = (
        "tiers: [{up_to: 1000, rate: 0.01, flat: 200}, {up_to: 10_000, rate: 0.02, flat: 300}, {rate: 0.03, flat: 400}]"
    )
    made = card(
        f"plan: p\nprices: {{t: {{measure: {{sum: x_units, window: year}}, curve: {{mode: marginal, "
        f"flat_on_zero: false, {tiers}}}}}}}"
    )
    assert by(rate(units(500, 550, 4000), made).ledger, "month") == {"2026-01": 205, "2026-02": 306, "2026-03": 80}


@pytest.mark.parametrize(("due", "billed"), [("true", 10), ("false", 0)])
def test_a_flat_without_usage_is_due_where_the_card_says_so(due, billed):
    """OpenMeter charges it always (openmeter#2119); Lago did not until lago-api#5760."""
    assert bill(units(0), plan(f"curve: {{flat_on_zero: {due}, tiers: [{{flat: 10, rate: 1}}]}}")) == billed


@pytest.mark.parametrize(("used", "true_up"), [(800, 200), (1300, 0)])
def test_a_commitment_of_a_month(used, true_up):
    """Lago, "Negotiated contract billing": a minimum of 1,000 a month; 800 of usage get 200 of true-up, 1,300 none.

    https://getlago.com/docs/guide/lago-cloud/contract-billing
    """
    ledger = rate(units(used), plan("curve: [{rate: 1}]", "clamp: {min: 1000}")).ledger
    assert by(ledger, "stage").get("minimum", 0) == true_up


def test_a_minimum_counts_the_fee_too():
    """lago-api#1787: 50 of subscription + 3 × 10 = 80; the minimum of 100 adds 20."""
    made = card(
        "plan: p\nprices: {base: {curve: [{flat: 50}]}, t: {measure: {sum: x_units}, "
        "curve: [{rate: 10}]}}\nclamp: {min: 100}"
    )
    assert by(rate(units(3), made).ledger, "charge") == {"base": 50, "t": 30, "minimum": 20}


def test_a_minimum_of_one_charge():
    """Lago, "Spending minimums": 5,000 users at 0.010 are 50; a minimum of 100 makes a true-up of 50.

    https://getlago.com/docs/guide/plans/charges/spending-minimum
    """
    ledger = rate(units(5000), plan("curve: [{rate: 0.010}], clamp: {min: 100}")).ledger
    assert by(ledger, "charge", "stage") == {("t", "list"): 50, ("t", "minimum"): 50}


def test_a_usage_discount_is_used_up_once_over_three_invoices():
    """OpenMeter, "Discounts, Commitment": 500 free, billed in parts of 300, 250 and 100: 0, 50 and 100 are left.

    https://openmeter.io/docs/billing/invoicing/discounts
    """
    made = card(
        "plan: p\nprices: {t: {measure: {sum: x_units, window: year}, convert: {free: 500}, curve: [{rate: 1}]}}"
    )
    assert by(rate(units(300, 250, 100), made).ledger, "month") == {"2026-01": 0, "2026-02": 50, "2026-03": 100}


@pytest.mark.parametrize(("used", "there"), [(600, 1400), (800, 1200)])
def test_what_was_not_used_is_there_in_the_next_month(used, there):
    """Autumn, "Rollovers": 1,000 a month, 600 used, so 1,400 in the next; Zuora, "Rollover": 800 used, so 1,200.

    https://docs.useautumn.com/documentation/modelling-pricing/rollovers
    """
    pool = "{id: b, unit: x_units, grant: 1000, every: month, price: 0, eligible: [t], unused: forfeit, ROLL}"
    pool = pool.replace("ROLL", "rollover: {share: 1, of: remaining, periods: 1}")
    ledger = rate(units(used, 5000), plan("curve: [{rate: 1}]", f"pools: [{pool}]")).ledger
    assert by(ledger.where(stage="covered"), "month")["2026-02"] == -there


def test_an_upgrade_in_the_middle_of_a_month():
    """Autumn, "Proration": from 20 to 50 a month halfway: 10 for the first half, 25 for the second, 15 more than 20.

    https://docs.useautumn.com/documentation/modelling-pricing/proration
    """
    text = """
        plan: NAME
        where: plan == "NAME"
        prices:
          base: {curve: [{flat: FEE}], during: {prorate: day}}
          t: {measure: {sum: x_units}, curve: [{rate: 0}]}
    """
    cards = [card(text.replace("NAME", n).replace("FEE", fee)) for n, fee in (("small", "20"), ("large", "50"))]
    edges = (date(2026, 4, 1), date(2026, 4, 16), date(2026, 5, 1))
    stated = [
        Contract(card=name, labels={"customer": "a"}, start=edges[i], end=edges[i + 1])
        for i, name in enumerate(("small", "large"))
    ]
    rows = [("a", "small", "2026-04-01", "x_units", 1), ("a", "large", "2026-04-30", "x_units", 1)]
    ledger = rate(usage("customer plan day meter", *rows), cards, contracts=stated).ledger
    assert money(ledger) == 20 + 15


HOUR = "hour meter"
COMMITTED = """
    card: c
    prices: {t: {measure: {sum: gpu_hours, window: hour}, curve: [{rate: 1}]}}
    pools:
      - id: plan
        unit: money
        grant: 1
        every: hour
        term: {from: 2023-01-01, to: 2024-01-01}
        PRICE
        eligible: [t]
        unused: forfeit
"""


@pytest.mark.parametrize(
    ("used", "status"),
    [
        ("1", {"drawn": 1}),
        ("0", {"unused": 1}),
        ("0.75", {"drawn": D("0.75"), "unused": D("0.25")}),
        ("1.50", {"drawn": 1, "on demand": D("0.50")}),
    ],
)
def test_an_hour_of_a_commitment_of_one_dollar_an_hour(used, status):
    """FOCUS, "Commitment Discounts", usage scenarios 1 to 4: use it or lose it within the hour."""
    made = card(COMMITTED.replace("PRICE", "price: 1"))
    ledger = rate(usage(HOUR, ("2023-01-01T00", "gpu_hours", float(used))), made).ledger
    found = by(amount(ledger, "effective"), "stage")
    beside = found.pop("list", 0) + found.pop("covered", 0)
    assert {**found, **({"on demand": beside} if beside else {})} == status


@pytest.mark.parametrize(
    ("pay", "first", "each"),
    [
        ("price: 1\n        pay: [{upfront_share: 1}]", 8760, 0),
        ("price: 1\n        pay: [{every: hour}]", 1, 1),
        ("price: 1\n        pay: [{upfront_share: 0.5}, {every: hour}]", D("4380.50"), D("0.50")),
    ],
)
def test_a_commitment_of_a_year_is_8760_dollars_however_it_is_paid(pay, first, each):
    """FOCUS, "Commitment Discounts", purchase scenarios 1 to 3; its data say 8,760 where the page has 8,670."""
    made = card(COMMITTED.replace("PRICE", pay))
    span = (date(2023, 1, 1), date(2024, 1, 1))
    ledger = rate(
        usage(HOUR, ("2023-01-01T00", "gpu_hours", 1)),
        made,
        contracts=[Contract(card="c", labels={}, start=span[0], end=span[1])],
        span=span,
    ).ledger
    bought = by(ledger.where(stage="purchase"), "hour")
    assert bought["2023-01-01T00"] == first
    assert bought.get("2023-07-01T12", 0) == each
    assert sum(bought.values()) == money(ledger, "effective") == 8760


def test_a_reserved_machine_that_is_always_used():
    """FOCUS, "100% utilization without commitment discount flexibility": VM_LARGE, 3.00 on demand, 1.50 committed."""
    made = card("""
        card: c
        prices: {large: {measure: {sum: gpu_hours, window: hour}, curve: [{rate: 3.00}]}}
        pools:
          - {id: r, unit: gpu_hours, grant: 1, every: hour, inside: {rate: 1.50}, eligible: [large], unused: forfeit}
    """)
    ledger = rate(usage(HOUR, ("2023-01-01T00", "gpu_hours", 1)), made).ledger
    assert {k: money(ledger, k) for k in ("list", "effective", "billed")} == {
        "list": 3,
        "effective": D("1.5"),
        "billed": D("1.5"),
    }


SAVINGS = """
    card: aws
    prices:
      c5_9: {measure: {sum: gpu_hours, where: sku == "c5_9", window: hour}, curve: [{rate: 4}]}
      c5_24: {measure: {sum: gpu_hours, where: sku == "c5_24", window: hour}, curve: [{rate: 10}]}
      vcpu: {measure: {sum: gpu_hours, where: sku == "vcpu", window: hour}, curve: [{rate: 1.5}]}
      gb: {measure: {sum: gpu_hours, where: sku == "gb", window: hour}, curve: [{rate: 2}]}
    pools:
      - id: plan
        unit: money
        grant: GRANT
        every: hour
        price: GRANT
        inside: {times: {c5_9: 0.5, gb: 0.5, vcpu: 0.666666666666666667, c5_24: 0.8}}
        eligible: [c5_9, gb, vcpu, c5_24]
        unused: forfeit
    adjust: [{percent: -10}]
    order: aws
"""


@pytest.mark.parametrize(("commitment", "on_demand"), [("25", "0"), ("21", "5.00"), ("17", "10.00"), ("7", "25.00")])
def test_a_savings_plan_covers_what_saves_most_first(commitment, on_demand):
    """AWS, "Understanding how Savings Plans apply": 4, 10, 10 × 1.5 and 5 × 2 an hour on demand are 25.00 on the plan.

    Half price first (2 + 5), then a third off (10), then a fifth off (8): of 21 the last 4 cover half of 10. The
    contract's 10 % comes off what is left, since plans go first (ProsperOps, AWS discount order of operations).
    https://docs.aws.amazon.com/savingsplans/latest/userguide/sp-applying.html
    """
    rows = [("c5_9", 1), ("c5_24", 1), ("vcpu", 10), ("gb", 5)]
    used = usage("sku hour meter", *((sku, "2026-01-01T00", "gpu_hours", n) for sku, n in rows))
    ledger = rate(used, card(SAVINGS.replace("GRANT", commitment))).ledger
    assert round(money(ledger), 12) == D(commitment) + D(on_demand) * D("0.9")
