"""Prices of Flexprice become cards that bill what Flexprice's pages say."""

from decimal import Decimal

import pytest

from tests.connect.plan_files import billed, card, read, refused

D = Decimal


def plan(*prices, **more):
    return {"id": "plan_1", "name": "Pro", "lookup_key": "pro", "prices": list(prices), **more}


def price(model, **more):
    words = {"id": "price_1", "type": "USAGE", "currency": "usd", "amount": "0", "billing_cadence": "RECURRING"}
    period = {"billing_period": "MONTHLY", "billing_period_count": 1, "meter": {"event_name": "calls"}}
    return {**words, **period, "billing_model": model, **more}


def tiers(*rows):
    names = ("up_to", "unit_amount", "flat_amount")
    return [dict(zip(names, row, strict=False)) for row in rows]


CALLS = tiers((10_000, "0.0010"), (50_000, "0.0008"), (100_000, "0.0006"), (None, "0.0004"))


@pytest.mark.parametrize(("mode", "amount"), [("VOLUME", 39), ("SLAB", 51)])  # 10 + 40,000 × 0.0008 + 15,000 × 0.0006
def test_tiers_by_mode(mode, amount):
    """Flexprice, "Tiered": 65,000 calls by volume are 65,000 × 0.0006 = 39; by slab each at its tier's rate.

    https://docs.flexprice.io/docs/product-catalogue/plans/billing-models/tiered
    """
    made = card("flexprice", plan(price("TIERED", tier_mode=mode, tiers=CALLS)))
    assert billed(made, calls=65_000) == amount


@pytest.mark.parametrize("mode", ["VOLUME", "SLAB"])
def test_a_bound_belongs_to_the_tier_below_it_and_nothing_is_due_without_usage(mode):
    """Flexprice's code says `up_to` is inclusive, and returns 0 for a quantity of 0."""
    made = card("flexprice", plan(price("TIERED", tier_mode=mode, tiers=tiers((1000, "1", "5"), (None, "2", "7")))))
    assert [billed(made, calls=used) for used in (0, 1000)] == [0, 1005]


def test_a_flat_fee_is_a_rate():
    """Flexprice, "Flat fee": 1,000 calls at 0.05 cost 50."""
    assert billed(card("flexprice", plan(price("FLAT_FEE", amount="0.05"))), calls=1000) == 50


@pytest.mark.parametrize(("rounding", "amount"), [("up", 5), ("down", 4)])
def test_packages(rounding, amount):
    how = {"divide_by": 1000, "round": rounding}
    assert billed(card("flexprice", plan(price("PACKAGE", amount="1", transform_quantity=how))), calls=4500) == amount


@pytest.mark.parametrize(("mode", "used", "amount"), [("VOLUME", 4500, 5), ("SLAB", 10_500, D("10.80"))])
def test_packages_inside_tiers_of_whole_packages(mode, used, amount):
    """Flexprice, "Package size in a tier": 4,500 calls are 5 packages of 1,000 at 1.00; by slab 10 × 1 + 1 × 0.80."""
    rows = [
        {"up_to": 10_000, "unit_amount": "1.00", "package_size": 1000},
        {"unit_amount": "0.80", "package_size": 1000},
    ]
    assert billed(card("flexprice", plan(price("TIERED", tier_mode=mode, tiers=rows))), calls=used) == amount


def entitled(**more):
    return {"feature_type": "metered", "is_enabled": True, "usage_limit": 100, "usage_reset_period": "MONTHLY",
            "feature": {"meter_id": "m"}, **more}  # fmt: skip


@pytest.mark.parametrize(("used", "amount"), [(100, 0), (101, 1), (350, 3)])
def test_an_entitlement_comes_off_before_packages(used, amount):
    """Flexprice's code takes the usage limit off the quantity, then prices the rest: 250 are 3 packages of 100."""
    how = {"divide_by": 100, "round": "up"}
    document = plan(price("PACKAGE", amount="1", meter_id="m", transform_quantity=how), entitlements=[entitled()])
    assert billed(card("flexprice", document), calls=used) == amount


def test_an_entitlement_without_a_limit_makes_usage_free():
    document = plan(price("FLAT_FEE", amount="1", meter_id="m"), entitlements=[entitled(usage_limit=None)])
    assert billed(card("flexprice", document), calls=50) == 0


def test_an_entitlement_of_another_period_is_refused():
    document = plan(price("FLAT_FEE", meter_id="m"), entitlements=[entitled(usage_reset_period="DAILY")])
    assert "an entitlement begins again DAILY, its price is MONTHLY" in refused("flexprice", document)


def test_credits_are_refused():
    assert "grants credits" in refused("flexprice", plan(price("FLAT_FEE"), credit_grants=[{"credits": "10"}]))


def test_a_fixed_price_is_a_fee():
    document = plan(price("FLAT_FEE", type="FIXED", amount="20", lookup_key="base", min_quantity=3))
    assert card("flexprice", document)["prices"]["base"] == {"curve": [{"flat": 60}], "during": {"every": "month"}}
    assert any("how a period that is cut short is prorated" in note for note in read("flexprice", document).notes)


def test_filters_are_conditions():
    made = card("flexprice", plan(price("FLAT_FEE", amount="1", filter_values={"region": ["eu", "uk"]})))
    assert made["prices"]["price_1"]["measure"]["where"] == 'region in ["eu", "uk"]'


def test_each_currency_is_a_card():
    cards = read("flexprice", plan(price("FLAT_FEE", amount="1"), price("FLAT_FEE", amount="2", currency="eur"))).cards
    assert [(c["plan"], c["currency"]) for c in cards] == [("pro-usd", "USD"), ("pro-eur", "EUR")]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (price("AUCTION"), "price 'price_1' is 'AUCTION'"),
        (price("FLAT_FEE", billing_period="WEEKLY"), "is for 1 × WEEKLY"),
        (price("FLAT_FEE", meter={"event_name": "calls", "aggregation": {"type": "MAX"}}), "counts by MAX"),
        (price("FLAT_FEE", price_unit="btc"), "is in a unit of its own"),
        (price("FLAT_FEE", min_quantity=5), "min_quantity"),
        (
            price(
                "TIERED",
                tier_mode="SLAB",
                tiers=[{"up_to": 10, "unit_amount": "1", "package_size": 5}, {"unit_amount": "1"}],
            ),
            "rounds packages of 1 and 5 tier by tier",
        ),
        (
            price(
                "TIERED",
                tier_mode="SLAB",
                tiers=[{"up_to": 12, "unit_amount": "1", "package_size": 5}, {"unit_amount": "1", "package_size": 5}],
            ),
            "end inside a package of 5",
        ),
        (price("TIERED", tier_mode="SLAB", tiers=tiers((5, "1"))), "nothing is said above 5"),
    ],
)
def test_what_has_no_equal_is_refused(document, said):
    assert said in refused("flexprice", plan(document))
