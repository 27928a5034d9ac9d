"""Plans of OpenMeter become cards that bill what its API descriptions say."""

from decimal import Decimal

import pytest

from tests.connect.plan_files import billed, card, read, refused

D = Decimal


def plan(*rate_cards, **more):
    phases = [{"key": "default", "name": "Default", "duration": None, "rateCards": list(rate_cards)}]
    return {"key": "pro", "name": "Pro", "currency": "USD", "billingCadence": "P1M", "phases": phases, **more}


def rated(price, **more):
    words = {"type": "usage_based", "key": "calls", "name": "Calls", "featureKey": "calls", "billingCadence": "P1M"}
    return {**words, "price": price, **more}


def unit(amount):
    return {"type": "unit", "amount": amount}


def tiered(mode):
    return {
        "type": "tiered",
        "mode": mode,
        "tiers": [
            {"upToAmount": "1000", "flatPrice": None, "unitPrice": unit("0.10")},
            {"upToAmount": "10000", "flatPrice": None, "unitPrice": unit("0.05")},
            {"flatPrice": None, "unitPrice": unit("0.01")},
        ],
    }


def config(operation, factor, rounding="none", **more):
    return {"operation": operation, "conversion_factor": factor, "rounding": rounding, **more}


@pytest.mark.parametrize(("mode", "amount"), [("graduated", 100 + 450 + 50), ("volume", 150)])
def test_tiers_by_mode(mode, amount):
    """Zuplo's pages on OpenMeter's rate cards: 15,000 units cost 100 + 450 + 50 graduated, 15,000 × 0.01 by volume.

    https://zuplo.com/docs/articles/monetization/pricing-models
    """
    assert billed(card("openmeter", plan(rated(tiered(mode)))), calls=15_000) == amount


@pytest.mark.parametrize(("used", "amount"), [(98, 50), (0, 0), (20, 10), (20.1, 20)])
def test_packages(used, amount):
    """OpenMeter's API, PackagePrice: packages of 20 at 10: 98 cost 50, none 0, 20 cost 10, 20.1 cost 20."""
    price = {"type": "package", "amount": "10", "quantityPerPackage": "20"}
    assert billed(card("openmeter", plan(rated(price))), calls=used) == amount


def test_a_flat_is_due_without_usage():
    """openmeter#2119: the flat of the first tier is billed at usage 0."""
    price = {
        "type": "graduated",
        "tiers": [{"up_to_amount": "5", "flat_price": {"type": "flat", "amount": "10"}}, {"unit_price": unit("2")}],
    }
    made = card("openmeter", plan(rated(price)))
    assert [billed(made, calls=used) for used in (0, 5, 7)] == [10, 10, 14]


def test_free_units_come_off_after_rounding():
    """OpenMeter converts, rounds, then subtracts: 1,400 by 1,000 are 2, less 0.5 are 1.5: "not ceil(1.4 - 0.5)"."""
    made = card(
        "openmeter",
        plan(rated(unit("10"), unit_config=config("divide", "1000", "ceiling"), discounts={"usage": "0.5"})),
    )
    assert made["prices"]["calls"]["convert"] == {"per": 1000, "round": "up", "free": D("0.5"), "free_first": False}
    assert billed(made, calls=1400) == 15


def test_a_conversion_may_multiply():
    """OpenMeter's API, UnitConfig: "cost + 20 % margin" is multiply by 1.2 at 1."""
    assert card("openmeter", plan(rated(unit("1"), unit_config=config("multiply", "1.2"))))["prices"]["calls"][
        "convert"
    ] == {"times": D("1.2")}


def test_a_conversion_keeps_its_precision():
    made = card("openmeter", plan(rated(unit("1"), unit_config=config("divide", "1000", "half_up", precision=2))))
    assert made["prices"]["calls"]["convert"] == {"per": 1000, "round": "half_up", "precision": 2}


def test_a_dynamic_price_is_a_share_of_the_money_that_is_metered():
    assert billed(card("openmeter", plan(rated({"type": "dynamic", "multiplier": "1.5"}))), calls=10) == 15


def test_discounts_and_commitments_follow_the_engine():
    price = {**unit("0.10"), "minimumAmount": "50", "maximumAmount": "500"}
    made = card(
        "openmeter", plan(rated(price, discounts={"percentage": {"percentage": 10}, "usage": {"quantity": "100"}}))
    )
    assert made["prices"]["calls"]["convert"] == {"free": 100}
    assert made["adjust"] == [{"percent": -10, "on": ["calls"]}]
    assert made["clamp"] == {"min": 50, "max": 500, "window": "month", "on": ["calls"], "during": {"prorate": "none"}}
    assert made["order"] == "openmeter"


def test_both_shapes_say_the_same():
    """OpenMeter's newer API shows packages of the older one as a unit_config that divides and rounds up."""
    newer = {
        "key": "pro",
        "currency": "USD",
        "billing_cadence": "P1M",
        "phases": [
            {
                "key": "default",
                "rate_cards": [
                    {
                        "key": "calls",
                        "feature": {"id": "01", "key": "calls"},
                        "billing_cadence": "P1M",
                        "price": unit("10"),
                        "unit_config": config("divide", "20", "ceiling"),
                    }
                ],
            }
        ],
    }
    older = plan(rated({"type": "package", "amount": "10", "quantityPerPackage": "20"}))
    assert card("openmeter", newer) == card("openmeter", older)


def test_fees_each_month_and_once():
    made = card(
        "openmeter",
        plan(
            {
                "type": "flat_fee",
                "key": "base",
                "billingCadence": "P1M",
                "price": {"type": "flat", "amount": "99", "paymentTerm": "in_advance"},
            },
            {"type": "flat_fee", "key": "setup", "billingCadence": None, "price": {"type": "flat", "amount": "500"}},
        ),
    )
    assert made["prices"]["base"] == {"curve": [{"flat": 99}], "during": {"every": "month", "prorate": "second"}}
    assert made["prices"]["setup"]["during"] == {"months": 1, "every": "month", "prorate": "none"}


def test_proration_may_be_off():
    base = {"type": "flat_fee", "key": "base", "billingCadence": "P1M", "price": {"type": "flat", "amount": "99"}}
    made = card("openmeter", plan(base, proRatingConfig={"enabled": False, "mode": "prorate_prices"}))
    assert made["prices"]["base"]["during"]["prorate"] == "none"


def test_phases_follow_each_other():
    phases = [
        {"key": "ramp", "duration": "P3M", "rateCards": [rated(unit("1"))]},
        {"key": "rest", "duration": None, "rateCards": [rated(unit("2"))]},
    ]
    made = card("openmeter", plan(phases=phases))
    assert [phase["during"] for phase in made["phases"]] == [
        {"months": 3, "counter": "restart"},
        {"counter": "restart"},
    ]
    assert [phase["prices"]["calls"]["curve"] for phase in made["phases"]] == [[{"rate": 1}], [{"rate": 2}]]


def test_what_is_due_once_in_a_phase_stands_beside_the_phases():
    """A fee of the second phase is due in the fourth month, when the three of the first are over."""
    move = {"key": "move", "billingCadence": None, "price": {"type": "flat", "amount": "7"}}
    phases = [
        {"key": "ramp", "duration": "P3M", "rateCards": [rated(unit("1"))]},
        {"key": "rest", "rateCards": [rated(unit("2")), move]},
    ]
    made = read("openmeter", plan(phases=phases))
    during = {"after": 3, "months": 1, "every": "month", "prorate": "none"}
    assert made.cards[0]["prices"] == {"move": {"curve": [{"flat": 7}], "during": during}}
    assert made.origins["pro", "prices", "move"] == "openmeter: rate card 'move', flat, once"
    assert [list(phase["prices"]) for phase in made.cards[0]["phases"]] == [["calls"], ["calls"]]


def test_what_is_given_away_stands_on_the_card_at_zero():
    assert billed(card("openmeter", plan(rated(None))), calls=10) == 0


def test_an_entitlement_is_named():
    notes = read(
        "openmeter", plan(rated(unit("1"), entitlementTemplate={"type": "metered", "issueAfterReset": 1000}))
    ).notes
    (note,) = notes
    assert note.startswith("phases[0].rate_cards[0].entitlement_template: an entitlement gives access and has no price")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (plan(phases=[{"duration": "P2W", "rateCards": []}, {"rateCards": [rated(unit("1"))]}]), "a phase lasts P2W"),
        (plan(rated(unit("1"), billingCadence="P1W")), "billing cadence 'P1W' has no exact equal"),
        (plan(rated({"type": "auction"})), "rate card 'calls' is 'auction'"),
        (
            plan(rated({"type": "tiered", "mode": "volume", "tiers": [{"upToAmount": "5", "unitPrice": unit("1")}]})),
            "nothing is said above 5",
        ),
        (
            plan(
                rated(
                    {
                        "type": "tiered",
                        "mode": "volume",
                        "tiers": [
                            {"upToAmount": "5", "unitPrice": unit("1")},
                            {"upToAmount": "5", "unitPrice": unit("1")},
                            {"unitPrice": unit("1")},
                        ],
                    }
                )
            ),
            "tiers do not rise: 5 after 5",
        ),
        (plan(rated({"type": "package", "amount": "1", "quantityPerPackage": "0"})), "expected a number above 0"),
        (
            plan(
                rated(
                    {"type": "package", "amount": "1", "quantityPerPackage": "5"},
                    discounts={"usage": {"quantity": "1"}},
                )
            ),
            "releases differ",
        ),
        (plan(phases=[]), "plan 'pro' has no phases"),
    ],
)
def test_what_has_no_equal_is_refused(document, said):
    assert said in refused("openmeter", document)
