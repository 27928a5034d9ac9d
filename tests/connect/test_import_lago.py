"""Plans of Lago become cards that bill what Lago's pages say."""

from decimal import Decimal

import pytest

from pertoken.connect.cards import card_from
from pertoken.core.expression import condition
from tests.connect.plan_files import billed, card, read, refused

D = Decimal
GUIDE = "https://getlago.com/docs/guide/plans/charges/charge-models"


def plan(*charges, **more):
    return {"plan": {"code": "startup", "interval": "monthly", "amount_cents": 0, "charges": list(charges), **more}}


def charge(model, properties, **more):
    return {"billable_metric_code": "calls", "charge_model": model, "properties": properties, **more}


def ranges(*rows):
    names = ("from_value", "to_value", "per_unit_amount", "flat_amount")
    return [dict(zip(names, row, strict=True)) for row in rows]


GRADUATED = charge(
    "graduated", {"graduated_ranges": ranges((0, 100, "1", "0"), (101, 200, "0.5", "0"), (201, None, "0.1", "0"))}
)
VOLUME = charge(
    "volume",
    {
        "volume_ranges": ranges(
            (0, 10_000, "0.0010", "10"),
            (10_001, 50_000, "0.0008", "10"),
            (50_001, 100_000, "0.0006", "10"),
            (100_001, None, "0.0004", "10"),
        )
    },
)


@pytest.mark.parametrize(("used", "amount"), [(100, 100), (200, 150), (201, "150.10"), (100.5, "100.25")])
def test_graduated_ranges_of_whole_units_are_continuous_tiers(used, amount):
    """Lago, "Graduated": 1 for the first 100 units, 0.50 for the next 100, then 0.10; half a unit is half of 0.50.

    https://getlago.com/docs/guide/plans/charges/charge-models/graduated
    """
    assert billed(card("lago", plan(GRADUATED)), calls=used) == D(amount)


def test_volume_ranges_price_all_units_in_one_tier():
    """Lago, "Volume": 65,000 calls cost 65,000 × 0.0006 + 10 = 49.

    https://getlago.com/docs/guide/plans/charges/charge-models/volume
    """
    assert billed(card("lago", plan(VOLUME)), calls=65_000) == 49


def test_a_flat_is_due_without_usage():
    """lago-api#5760: since June 2026 the first tier's flat is charged without units."""
    assert billed(card("lago", plan(VOLUME)), calls=0) == 10


@pytest.mark.parametrize(("used", "amount"), [(100, 0), (101, 5), (200, 5), (201, 10)])
def test_free_units_come_off_before_packages(used, amount):
    """Lago, "Package": 5 for each 100 units, the first 100 free; 201 units cost 10.

    https://getlago.com/docs/guide/plans/charges/charge-models/package
    """
    made = card("lago", plan(charge("package", {"amount": "5", "package_size": 100, "free_units": 100})))
    assert made["prices"]["calls"]["convert"] == {"per": 100, "round": "up", "free": 1, "free_first": True}
    assert billed(made, calls=used) == amount


def test_free_units_that_are_no_share_of_a_package_are_refused():
    """100 of packages of 300 are 0.333... packages, which no decimal says."""
    found = refused("lago", plan(charge("package", {"amount": "5", "package_size": 300, "free_units": 100})))
    assert "100 free units in packages of 300" in found


def test_graduated_percentages_are_rates_of_money():
    """Lago, "Graduated percentage": transactions of 500, 550 and 4,000 cost 205, 306 and 80, together 591.

    https://getlago.com/docs/guide/plans/charges/charge-models/graduated-percentage
    """
    rows = [
        {"from_value": 0, "to_value": 1000, "rate": "1", "flat_amount": "200"},
        {"from_value": 1001, "to_value": 10_000, "rate": "2", "flat_amount": "300"},
        {"from_value": 10_001, "to_value": None, "rate": "3", "flat_amount": "400"},
    ]
    made = card("lago", plan(charge("graduated_percentage", {"graduated_percentage_ranges": rows})))
    assert billed(made, calls=500) == 205
    assert billed(made, calls=5050) == 200 + 10 + 300 + 81


def test_a_percentage_with_a_fixed_fee_counts_its_events():
    """Lago, "Percentage": 1.2 % of the transactions and 0.10 for each: 1,000 in 3 events = 12 + 0.30."""
    made = card("lago", plan(charge("percentage", {"rate": "1.2", "fixed_amount": "0.1"})))
    assert billed(made, calls=1000, calls_events=3) == D("12.30")


def test_a_percentage_with_a_free_amount():
    """1 % of what is above 500: of 1,500 it is 10."""
    made = card("lago", plan(charge("percentage", {"rate": "1", "free_units_per_total_aggregation": "500"})))
    assert billed(made, calls=1500) == 10


@pytest.mark.parametrize("name", ["per_transaction_min_amount", "per_transaction_max_amount", "free_units_per_events"])
def test_what_depends_on_single_events_is_refused_by_name(name):
    found = refused("lago", plan(charge("percentage", {"rate": "1", name: "2"})))
    assert found.startswith(
        f"plan.json: plan.charges[0].properties.{name}: lago: charge 'calls' is percentage with {name}"
    )


def test_a_dynamic_charge_takes_the_cents_of_its_events():
    """Lago, "Dynamic": events of 70, 55 and 220 cents are one fee of 3.45."""
    assert billed(card("lago", plan(charge("dynamic", {}))), calls_cents=70 + 55 + 220) == D("3.45")


REFERENCE = plan(
    charge("package", {"amount": "30", "free_units": 100, "package_size": 1000}, min_amount_cents=3000),
    charge("graduated", {"graduated_ranges": ranges((0, 10, "0.5", "10"), (11, None, "0.4", "0"))}),
    amount_cents=10_000,
    amount_currency="USD",
    pay_in_advance=True,
    trial_period=5,
    tax_codes=["french_standard_vat"],
    minimum_commitment={"amount_cents": 100_000, "invoice_display_name": "Minimum Commitment (C1)"},
)
"""The plan that the API reference shows: https://getlago.com/docs/api-reference/plans/create."""


def test_the_plan_of_the_reference():
    made = card("lago", REFERENCE)
    assert made == {
        "plan": "startup",
        "currency": "USD",
        "prices": {
            "subscription": {"curve": [{"flat": 100}], "during": {"every": "month", "prorate": "day"}},
            "calls": {
                "measure": {"sum": "x_calls", "window": "month"},
                "convert": {"per": 1000, "round": "up", "free": D("0.1"), "free_first": True},
                "curve": [{"rate": 30}],
            },
            "calls_2": {
                "measure": {"sum": "x_calls", "window": "month"},
                "surcharge": True,  # a second charge on the same metric
                "curve": {
                    "mode": "marginal",
                    "flat_on_zero": True,
                    "tiers": [{"up_to": 10, "rate": D("0.5"), "flat": 10}, {"rate": D("0.4")}],
                },
            },
        },
        "clamp": [
            {"min": 30, "window": "month", "on": ["calls"], "during": {"prorate": "day"}},
            {"min": 1000, "window": "month", "during": {"prorate": "day"}},
        ],
        "order": "lago",
    }


def test_the_plan_of_the_reference_bills_its_commitment():
    """Without usage: a subscription of 100, 30 at least for the packages, 10 for the first tier; 1,000 is promised."""
    assert billed(card("lago", REFERENCE), calls=0) == D("1000.00")


def test_the_plan_of_the_reference_bills_its_usage():
    """500,000 calls: 100 + 500 packages × 30 + 10 + 10 × 0.50 + 499,990 × 0.40 = 215,111."""
    assert billed(card("lago", REFERENCE), calls=500_000) == D("215111.00")


def test_a_yen_has_no_cents():
    """ISO 4217: 1200 of the smallest unit are 1,200 yen, 12 dollars, 1.2 dinars."""
    flats = {iso: card("lago", plan(amount_cents=1200, amount_currency=iso))["prices"] for iso in ("JPY", "USD", "KWD")}
    assert [p["subscription"]["curve"][0]["flat"] for p in flats.values()] == [1200, 12, D("1.2")]


def test_a_rate_keeps_its_digits():
    made = card("lago", plan(charge("standard", {"amount": "0.000000001"})))
    assert billed(made, calls=3_000_000_000) == 3


def test_tiers_that_touch_are_the_same_tiers():
    touching = charge(
        "graduated", {"graduated_ranges": ranges((0, 100, "1", "0"), (100, 200, "0.5", "0"), (200, None, "0.1", "0"))}
    )
    assert card("lago", plan(touching))["prices"] == card("lago", plan(GRADUATED))["prices"]


def test_tiers_that_touch_and_tiers_of_whole_units_do_not_mix():
    """lago-front#3489: a list of 0-0.01, 0.01-10, 11- is priced as one of whole units."""
    mixed = ranges(("0", "0.01", "1", "0"), ("0.01", "10", "1", "0"), ("11", None, "1", "0"))
    assert "mixes tiers that touch with tiers of whole units" in refused(
        "lago", plan(charge("graduated", {"graduated_ranges": mixed}))
    )


def test_the_filter_with_most_keys_takes_an_event():
    """Lago, "Charges with filters": an event is of the filter that matches most keys, else of the charge itself."""
    filters = [
        {"values": {"region": ["eu", "uk"]}, "properties": {"amount": "2"}},
        {"values": {"region": ["eu"], "tier": ["gold"]}, "properties": {"amount": "3"}},
    ]
    made = card("lago", plan(charge("standard", {"amount": "1"}, filters=filters)))
    wheres = {each["curve"][0]["rate"]: condition(each["measure"]["where"]) for each in made["prices"].values()}
    events = [{"region": "eu", "tier": "gold"}, {"region": "eu", "tier": ""}, {"region": "us", "tier": "gold"}]
    assert [[rate for rate, where in wheres.items() if where.holds(event)] for event in events] == [[3], [2], [1]]
    card_from(made)


def test_filters_that_may_take_the_same_event_are_refused():
    filters = [
        {"values": {"a": ["1"]}, "properties": {"amount": "2"}},
        {"values": {"b": ["1"]}, "properties": {"amount": "3"}},
    ]
    assert "may take the same event" in refused("lago", plan(charge("standard", {"amount": "1"}, filters=filters)))


def test_a_fixed_charge_is_a_fee_of_its_units():
    """Lago, "Fixed charges": 5 seats at 10 are 50 a month; 12 graduated ones 10 × 0.5 + 10 + 2 × 0.4 = 15.80."""
    rows = ranges((0, 10, "0.5", "10"), (11, None, "0.4", "0"))
    made = card(
        "lago",
        plan(
            fixed_charges=[
                {"add_on_code": "seats", "charge_model": "standard", "units": "5", "properties": {"amount": "10"}},
                {
                    "add_on_code": "support",
                    "charge_model": "graduated",
                    "units": "12",
                    "properties": {"graduated_ranges": rows},
                },
            ]
        ),
    )
    assert made["prices"]["seats"]["curve"] == [{"flat": 50}]
    assert made["prices"]["support"]["curve"] == [{"flat": D("15.8")}]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"interval": "weekly"}, "interval 'weekly' has no exact equal"),
        ({"charges": [charge("custom", {})]}, "charge 'calls' is custom"),
        ({"charges": [charge("standard", {"amount": "1"}, prorated=True)]}, "is prorated"),
        ({"charges": [charge("standard", {"amount": "-1"})]}, "amount is '-1'; expected a number of 0 or more"),
        ({"charges": [charge("standard", {"amount": "1e400000"})]}, "amount is"),
        ({"charges": [{"charge_model": "standard", "properties": {"amount": "1"}}]}, "without a billable metric"),
        (
            {
                "charges": [
                    {
                        **charge("standard", {"amount": "1"}),
                        "billable_metric": {"code": "m", "aggregation_type": "max_agg"},
                        "billable_metric_code": "",
                    }
                ]
            },
            "counts by max_agg",
        ),
        ({"charges": [charge("graduated", {"graduated_ranges": ranges((0, 5, "1", "0"))})]}, "expected an end on all"),
        (
            {"charges": [charge("graduated", {"graduated_ranges": ranges((0, 5, "1", "0"), (8, None, "1", "0"))})]},
            "leave gaps",
        ),
    ],
)
def test_what_has_no_equal_is_refused(more, said):
    assert said in refused("lago", plan(**more) if "charges" not in more else plan(*more["charges"]))


def test_all_is_told_at_once():
    found = refused("lago", plan(charge("custom", {}), charge("standard", {"amount": "x"}), interval="weekly"))
    assert len(found.splitlines()) == 3


def test_what_has_no_price_is_named():
    notes = "\n".join(read("lago", plan(GRADUATED, trial_period=5, taxes=[{"code": "vat"}], colour="red")).notes)
    assert "plan.trial_period: a trial is no price" in notes
    assert "plan.taxes: taxes are not part of a card" in notes
    assert "a word 'colour' that is not known here" in notes


def test_several_plans_are_told_apart_by_the_log():
    document = {"plans": [plan(GRADUATED)["plan"], {**plan(VOLUME)["plan"], "code": "scale"}]}
    assert [c["where"] for c in read("lago", document).cards] == ['plan == "startup"', 'plan == "scale"']


def test_a_code_may_count_meters_of_ours():
    made = card("lago", plan(GRADUATED), calls="input_tokens + output_tokens")
    assert made["prices"]["calls"]["measure"]["sum"] == "input_tokens + output_tokens"


def test_a_code_that_is_not_in_the_file_is_refused():
    assert "--meter names 'cals', which the file does not count; did you mean calls?" in refused(
        "lago", plan(GRADUATED), cals="requests"
    )


def test_two_codes_never_become_one_meter_in_silence():
    """Prices of `api-calls` and `API calls` are prices of two metrics."""
    other = {**charge("standard", {"amount": "1"}), "billable_metric_code": "Calls!"}
    assert "'Calls!' and 'calls' would both be the meter x_calls" in refused("lago", plan(GRADUATED, other))


def test_a_code_without_letters_wants_a_meter():
    assert "say --meter" in refused("lago", plan({**GRADUATED, "billable_metric_code": "呼び出し"}))


def test_a_second_charge_on_the_same_usage_comes_on_top():
    """Both are charged: 100 at 1 and 100 at 0.25."""
    made = card("lago", plan(GRADUATED, charge("standard", {"amount": "0.25"})))
    assert billed(made, calls=100) == 100 + 25


def test_plans_of_one_name_are_kept_apart():
    document = {"plans": [plan(GRADUATED)["plan"], plan(VOLUME)["plan"]]}
    assert [c["plan"] for c in read("lago", document).cards] == ["startup", "startup 2"]


def test_a_list_where_names_should_be_is_refused():
    """An older export that lists what a newer one names would else be lost in silence."""
    assert "minimum_commitment is a list" in refused("lago", plan(GRADUATED, minimum_commitment=[{"amount_cents": 5}]))
