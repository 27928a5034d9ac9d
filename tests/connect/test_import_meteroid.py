"""Plans of Meteroid become cards that bill what the tests of its invoice lines say."""

from decimal import Decimal

import pytest

from tests.connect.plan_files import billed, card, read, refused

D = Decimal


def plan(*fees, **more):
    components = [{"id": f"c{i}", "name": "Calls", "fee": fee} for i, fee in enumerate(fees)]
    return {"name": "Pro", "currency": "USD", "price_components": components, **more}


def usage(model, **more):
    return {"fee_type": "usage", "metric_id": "calls", "cadence": "MONTHLY", "pricing": {"model": model, **more}}


def tiers(*rows):
    names = ("first_unit", "rate", "flat_fee", "flat_cap")
    return [dict(zip(names, row, strict=False)) for row in rows]


THREE = tiers((0, "1.0"), (100, "0.5"), (200, "0.25"))
RATES = [{"term": "MONTHLY", "price": "100"}]


@pytest.mark.parametrize(
    ("model", "used", "amount"),
    [
        ("tiered", 150, 125),  # 100 × 1 + 50 × 0.5
        ("volume", 150, 75),  # 150 × 0.5
        ("tiered", 100, 100),
        ("volume", 100, 50),  # the 100th unit is the second tier's
        ("volume", 99, 99),
    ],
)
def test_tiers_begin_at_their_first_unit(model, used, amount):
    """Meteroid's tests: tiers from 0, 100 and 200 bill 125 for 150 units graduated, and 75 by volume.

    https://github.com/meteroid-oss/meteroid: `tiered_graduated_matches_line_total` and its twin by volume.
    """
    assert billed(card("meteroid", plan(usage(model, tiers=THREE))), calls=used) == amount


def test_both_ways_to_count_first_units_give_the_same_graduated_tiers():
    one = card("meteroid", plan(usage("tiered", tiers=tiers((1, "1"), (101, "0.5")))))
    assert one["prices"] == card("meteroid", plan(usage("tiered", tiers=tiers((0, "1"), (100, "0.5")))))["prices"]


def test_a_flat_fee_comes_on_top():
    """Meteroid's test: 5 × 1 + 10 = 15; and none of it without usage."""
    made = card("meteroid", plan(usage("tiered", tiers=tiers((0, "1.0", "10")))))
    assert [billed(made, calls=used) for used in (0, 5)] == [0, 15]


def test_a_flat_cap_is_the_most_of_its_tier():
    """Meteroid's test: 5 × 1 is capped at 3."""
    made = card("meteroid", plan(usage("tiered", tiers=tiers((0, "1.0", None, "3")))))
    assert made["prices"]["calls"]["curve"] == [{"rate": 1, "cap": 3}]


def test_packages_and_units():
    """Meteroid's tests: 45 in packages of 20 at 5 are 15; 100 at 0.001 are 0.10."""
    assert billed(card("meteroid", plan(usage("package", block_size=20, rate="5"))), calls=45) == 15
    assert billed(card("meteroid", plan(usage("per_unit", rate="0.001"))), calls=100) == D("0.10")


def test_both_ways_to_write_a_kind_are_read():
    stored = {"Usage": {"metric_id": "calls", "cadence": "Monthly", "pricing": {"PerUnit": {"rate": "1.00"}}}}
    assert card("meteroid", plan(stored))["prices"] == card("meteroid", plan(usage("per_unit", rate="1.00")))["prices"]


def test_a_capacity_is_a_fee_with_overage():
    """100 included for 20, then 0.001 each, whose digits are kept: 2,100 units cost 20 + 2."""
    rows = [{"included_amount": 100, "price": "20", "per_unit_overage": "0.001"}]
    document = plan({"fee_type": "capacity", "metric_id": "calls", "cadence": "MONTHLY", "thresholds": rows})
    made = card("meteroid", document)
    assert [billed(made, calls=used) for used in (0, 100, 2100)] == [20, 20, 22]
    assert any("keeps its digits" in note for note in read("meteroid", document).notes)


def test_a_matrix_is_a_charge_for_each_row():
    rows = [
        {"dimension1": {"key": "model", "value": name}, "per_unit_price": price}
        for name, price in (("small", "1"), ("large", "3"))
    ]
    prices = card("meteroid", plan(usage("matrix", rates=rows)))["prices"]
    assert {name: each["measure"]["where"] for name, each in prices.items()} == {
        "calls_small": 'model == "small"',
        "calls_large": 'model == "large"',
    }


def test_fees():
    made = card(
        "meteroid",
        plan(
            {"fee_type": "rate", "rates": RATES},
            {
                "fee_type": "extra_recurring",
                "unit_price": "20",
                "quantity": 3,
                "billing_type": "ADVANCE",
                "cadence": "ANNUAL",
            },
            {"fee_type": "one_time", "unit_price": "50", "quantity": 2},
        ),
    )
    assert [each["curve"][0]["flat"] for each in made["prices"].values()] == [100, 60, 100]
    assert [each["during"]["every"] for each in made["prices"].values()] == ["month", "year", "month"]


def test_each_term_is_a_card():
    rates = [{"term": "MONTHLY", "price": "100"}, {"term": "ANNUAL", "price": "1000"}]
    cards = read("meteroid", plan({"fee_type": "rate", "rates": rates})).cards
    assert [(c["plan"], c["prices"]["calls"]["curve"]) for c in cards] == [
        ("Pro monthly", [{"flat": 100}]),
        ("Pro annual", [{"flat": 1000}]),
    ]


def test_slots_want_a_meter():
    slot = {"fee_type": "slot", "rates": RATES, "slot_unit_name": "seat", "minimum_count": 2, "quota": 10}
    assert "say --meter 'seat=seats'" in refused("meteroid", plan(slot))
    made = card("meteroid", plan(slot), seat="seats")
    assert made["prices"]["calls"]["measure"]["sum"] == "seats"
    assert made["clamp"] == {"min": 200, "window": "month", "on": ["calls"]}


def test_tiers_by_volume_are_refused_for_a_meter_with_fractions():
    """Meteroid prices 99.5 of them at nothing: it lies between 99 and 100."""
    assert "gpu_hours has fractions" in refused("meteroid", plan(usage("volume", tiers=THREE)), calls="gpu_hours")
    assert any(
        "begins at its first_unit" in note for note in read("meteroid", plan(usage("volume", tiers=THREE))).notes
    )


@pytest.mark.parametrize(
    ("fee", "said"),
    [
        (usage("tiered", tiers=THREE, block_size=10), "tiers with a block_size"),
        (usage("tiered", tiers=[]), "has no tiers"),
        (usage("tiered", tiers=tiers((5, "1"), (5, "2"))), "two tiers from one unit"),
        (usage("auction"), "component 'Calls' is 'auction'"),
        (
            {"fee_type": "capacity", "metric_id": "m", "cadence": "MONTHLY", "thresholds": [{}, {}]},
            "offers 2 capacities",
        ),
        ({"fee_type": "rent"}, "component 'Calls' is 'rent'"),
        (
            {"fee_type": "rate", "rates": [{"term": "SEMIANNUAL", "price": "1"}]},
            "period 'semiannual' has no exact equal",
        ),
    ],
)
def test_what_has_no_equal_is_refused(fee, said):
    assert said in refused("meteroid", plan(fee))
