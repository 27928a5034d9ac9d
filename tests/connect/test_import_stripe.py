"""Prices of Stripe become cards that bill what Stripe's pages say."""

from decimal import Decimal

import pytest

from tests.connect.plan_files import billed, card, read, refused

D = Decimal


def price(**more):
    words = {"id": "price_1", "object": "price", "currency": "usd", "billing_scheme": "per_unit", "type": "recurring"}
    recurring = {"interval": "month", "interval_count": 1, "meter": "calls", "usage_type": "metered"}
    return {**words, "recurring": recurring, "nickname": "Fonts", **more}


def tiered(mode, *rows):
    names = ("up_to", "unit_amount", "flat_amount")
    tiers = [dict(zip(names, row, strict=False)) for row in rows]
    return price(billing_scheme="tiered", tiers_mode=mode, tiers=tiers)


LICENSED = {"interval": "month", "interval_count": 1, "usage_type": "licensed"}


@pytest.mark.parametrize(
    ("mode", "used", "amount"),
    [
        ("volume", 5, 5 * 7),
        ("volume", 6, D("39.00")),  # 6 × 6.50
        ("volume", 20, 20 * 6),
        ("graduated", 5, 5 * 7),
        ("graduated", 6, D("41.50")),  # 5 × 7 + 6.50
        ("graduated", 20, D("127.50")),  # 35 + 5 × 6.50 + 10 × 6
    ],
)
def test_tiers_in_cents(mode, used, amount):
    """Stripe, "Set up tiered pricing": 1-5 fonts at 7, 6-10 at 6.50, 11 and more at 6 USD.

    https://docs.stripe.com/subscriptions/pricing-models/tiered-pricing
    """
    assert billed(card("stripe", tiered(mode, (5, 700), (10, 650), (None, 600))), calls=used) == amount


def test_a_decimal_amount_keeps_its_digits():
    """Stripe's API: unit_amount_decimal is in cents, with up to 12 places: a trillionth of a cent is 1e-14."""
    made = card("stripe", price(unit_amount=None, unit_amount_decimal="0.000000000001"))
    assert made["prices"]["fonts"]["curve"] == [{"rate": D("1E-14")}]


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("usd", "5"), ("jpy", "500"), ("kwd", "0.5"), ("isk", "5"), ("ugx", "5"), ("mga", "500"), ("xof", "500")],
)
def test_smallest_units_are_stripes(currency, amount):
    """Stripe, "Supported currencies": yen, ariary and CFA francs have no cents; krónur and shillings are kept with two.

    https://docs.stripe.com/currencies
    """
    made = card("stripe", price(currency=currency, unit_amount=500))
    assert made["prices"]["fonts"]["curve"] == [{"rate": D(amount)}]


@pytest.mark.parametrize(("rounding", "amount"), [("up", 30), ("down", 20)])
def test_transformed_quantities_are_packages(rounding, amount):
    """Stripe, "Package pricing": 10 for each 5 units started; 12 of them are 3 packages, or 2 rounded down."""
    made = card("stripe", price(unit_amount=1000, transform_quantity={"divide_by": 5, "round": rounding}))
    assert billed(made, calls=12) == amount


def test_a_fixed_fee_with_overage():
    """Stripe, "Fixed fee and overage": 200 a month with 100,000 tokens, then 0.001 each: 150,000 cost 250, none 200."""
    made = card(
        "stripe",
        price(
            billing_scheme="tiered",
            tiers_mode="graduated",
            tiers=[
                {"up_to": 100_000, "flat_amount": 20_000, "unit_amount": 0},
                {"up_to": "inf", "unit_amount_decimal": "0.1"},
            ],
        ),
    )
    assert [billed(made, calls=used) for used in (0, 100_000, 150_000)] == [200, 200, 250]


def test_a_product_with_a_fee_and_a_metered_price_is_one_plan():
    fee = price(id="price_2", nickname="Base", unit_amount=20_000, recurring=LICENSED)
    product = {"object": "product", "name": "Hypernian", "prices": [fee, price(unit_amount_decimal="0.1")]}
    made = card("stripe", product)
    assert made["plan"] == "Hypernian"
    assert billed(made, calls=50_000) == 200 + 50


def test_prices_that_exclude_each_other_are_plans_of_their_own():
    year = price(id="price_2", nickname="Yearly", unit_amount=100_00, recurring={**LICENSED, "interval": "year"})
    product = {
        "object": "product",
        "name": "Pro",
        "prices": {"object": "list", "data": [price(nickname="Monthly", unit_amount=10_00, recurring=LICENSED), year]},
    }
    cards = read("stripe", product).cards
    assert [c["plan"] for c in cards] == ["Monthly", "Yearly"]
    assert [c["prices"][c["plan"].lower()]["during"]["every"] for c in cards] == ["month", "year"]


def test_a_subscription_knows_its_quantities():
    items = [{"price": price(id="p", nickname="Seats", unit_amount=1500, recurring=LICENSED), "quantity": 4}]
    made = card("stripe", {"object": "subscription", "id": "sub_1", "items": {"object": "list", "data": items}})
    assert made["prices"]["seats"]["curve"] == [{"flat": 60}]


def test_a_list_gives_a_plan_for_each_price():
    document = {"object": "list", "data": [price(unit_amount=1), price(id="price_2", nickname="Other", unit_amount=2)]}
    assert [c["where"] for c in read("stripe", document).cards] == ['plan == "Fonts"', 'plan == "Other"']


def test_a_licensed_tiered_price_wants_its_quantity():
    seats = {**tiered("volume", (5, 700), (None, 600)), "recurring": LICENSED}
    assert "say --meter 'Fonts=seats'" in refused("stripe", seats)
    assert card("stripe", seats, Fonts="seats")["prices"]["fonts"]["measure"] == {"sum": "seats", "window": "month"}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (price(unit_amount=1, recurring={"interval": "week", "usage_type": "metered"}), "is for 1 week"),
        (
            price(unit_amount=1, recurring={"interval": "month", "usage_type": "metered", "aggregate_usage": "max"}),
            "counts by max",
        ),
        (price(custom_unit_amount={"minimum": 5}), "chosen by the customer"),
        (
            {**tiered("volume", (5, 700), (None, 600)), "transform_quantity": {"divide_by": 5, "round": "up"}},
            "both tiers and",
        ),
        (tiered("volume", (5, 700)), "nothing is said above 5"),
        (price(billing_scheme="tiered", tiers_mode="volume"), "expand[]=tiers"),
        ({"object": "list", "data": []}, "no price is in the file"),
    ],
)
def test_what_has_no_equal_is_refused(document, said):
    assert said in refused("stripe", document)
