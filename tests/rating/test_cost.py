"""Single requests are priced meter by meter; the arithmetic is in the tests, prices are made up and small."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from pertoken.catalog.book import Catalog
from pertoken.catalog.prices import Rate, Window
from pertoken.core.errors import InputError
from pertoken.rating.cost import cost, pricer
from pertoken.usage.record import UsageRecord

M = Decimal(1_000_000)
at = datetime.fromisoformat


def rate(meter, price, **terms):
    return Rate(model="m", provider="p", meter=meter, price=Decimal(price), per=M, **terms)


def book(*rates):
    return Catalog("book of tests", {("p", "m"): rates})


def used(meters, **terms):
    return UsageRecord(**{"model": "m", "meters": meters, **terms})


PLAIN = book(rate("input_tokens", "2.50"), rate("output_tokens", "10"))


def test_each_meter_is_priced_at_its_own_rate_and_names_it():
    found = cost(used({"input_tokens": 1_000, "output_tokens": 300, "requests": 1}), PLAIN)
    assert found.amount == Decimal("0.0025") + Decimal("0.0030")
    assert found.status == "priced"
    assert found.reasons == ()
    assert [(line.meter, line.quantity, line.amount) for line in found.lines] == [
        ("input_tokens", 1_000, Decimal("0.0025")),
        ("output_tokens", 300, Decimal("0.003")),
    ]
    assert all(line.rate in PLAIN.rates["p", "m"] for line in found.lines)


def test_a_meter_without_a_price_makes_the_cost_partial_and_is_named():
    found = cost(used({"input_tokens": 1_000, "web_searches": 2}), PLAIN)
    assert (found.amount, found.status) == (Decimal("0.0025"), "partial")
    assert found.reasons == ("no price for web_searches of p/m",)
    assert found.lines[1].amount is None


def test_usage_of_which_nothing_has_a_price_costs_not_zero_but_nothing_known():
    found = cost(used({"web_searches": 2}), PLAIN)
    assert (found.amount, found.status) == (None, "unpriced")


def test_an_unknown_model_is_unpriced_and_the_nearest_name_is_offered():
    catalog = Catalog("b", {("p", "gpt-4o"): (rate("input_tokens", "1"),)})
    found = cost(UsageRecord(model="gpt-4oo", meters={"input_tokens": 1}), catalog)
    assert (found.amount, found.status) == (None, "unpriced")
    assert "did you mean gpt-4o?" in found.reasons[0]


def test_a_listed_model_without_a_usable_price_says_why():
    catalog = Catalog("b", {}, refusals={("p", "m"): "it is listed without a price"})
    found = cost(used({"input_tokens": 1}), catalog)
    assert found.status == "unpriced"
    assert "listed without a price" in found.reasons[0]


def test_a_request_fee_is_charged_only_where_there_is_one():
    fee = Rate(model="m", provider="p", meter="requests", price=Decimal("0.005"))
    catalog = book(rate("input_tokens", "1"), fee)
    assert cost(used({"requests": 1, "input_tokens": 1_000}), catalog).amount == Decimal("0.006")


def test_the_band_is_that_of_the_whole_prompt_and_its_bound_is_exclusive():
    catalog = book(
        rate("input_tokens", "1"), rate("input_tokens", "2", above=200_000),
        rate("cache_read_tokens", "0.1"), rate("cache_read_tokens", "0.2", above=200_000),
        rate("output_tokens", "10"), rate("output_tokens", "20", above=200_000),
    )  # fmt: skip
    just = {"input_tokens": 150_000, "cache_read_tokens": 50_000, "output_tokens": 100}
    assert cost(used(just), catalog).amount == Decimal("0.150") + Decimal("0.005") + Decimal("0.001")
    over = {**just, "cache_read_tokens": 50_001}
    assert cost(used(over), catalog).amount == Decimal("0.300") + Decimal("0.0100002") + Decimal("0.002")


def test_a_sum_of_several_requests_is_priced_at_their_mean_length_and_says_so():
    catalog = book(rate("input_tokens", "1"), rate("input_tokens", "2", above=200_000))
    found = cost(used({"requests": 2, "input_tokens": 300_000}), catalog)
    assert (found.amount, found.status) == (Decimal("0.3"), "estimated")
    assert found.reasons == ("sum of several requests: the price by length is that of their mean",)
    assert cost(used({"requests": 2, "input_tokens": 300_000}), PLAIN).status == "priced"
    said = cost(used({"requests": 2, "input_tokens": 300_000}, keys={"prompt_tokens_above": "200000"}), catalog)
    assert (said.amount, said.status) == (Decimal("0.6"), "priced")


def test_the_price_is_that_of_the_moment_of_the_request():
    catalog = book(
        rate("input_tokens", "3", end=at("2026-06-01T12:00")), rate("input_tokens", "2", start=date(2026, 7, 1))
    )
    moments = [at("2026-06-01T11:59"), at("2026-06-01T12:00"), at("2026-07-01")]
    assert [cost(used({"input_tokens": 10**6}, time=each), catalog).amount for each in moments] == [3, None, 2]


def test_without_a_time_the_day_given_holds_and_the_cost_is_estimated():
    catalog = book(rate("input_tokens", "3"), rate("input_tokens", "2", start=date(2026, 7, 1)))
    found = cost(used({"input_tokens": 10**6}), catalog, on=date(2026, 6, 30))
    assert (found.amount, found.status) == (Decimal(3), "estimated")
    assert found.reasons == ("time not known: priced as of the day given",)
    other = cost(used({"output_tokens": 10**6}), book(*catalog.rates["p", "m"], rate("output_tokens", "9")))
    assert (other.amount, other.status) == (Decimal(9), "priced")
    neither = cost(used({"input_tokens": 10**6}), catalog)
    assert (neither.amount, neither.status) == (None, "unpriced")
    assert "changed on 2026-07-01" in neither.reasons[0]
    assert cost(used({"input_tokens": 10**6}), PLAIN).status == "priced"


# 2026-11-20 is a Friday, the 21st a Saturday; China is 8 hours ahead of UTC
PEAK = Window(time(9), time(12), "Asia/Shanghai", (0, 1, 2, 3, 4), (date(2026, 10, 1),), (date(2026, 11, 22),))


@pytest.mark.parametrize(
    ("moment", "price"),
    [
        (at("2026-11-20T01:00"), 4),
        (at("2026-11-20T00:59"), 2),
        (at("2026-11-20T03:59:59"), 4),
        (at("2026-11-20T04:00"), 2),
        (at("2026-11-21T02:00"), 2),
        (at("2026-10-01T02:00"), 2),
        (at("2026-11-22T02:00"), 4),
    ],
)
def test_a_price_of_some_hours_goes_by_weekday_and_calendar_of_its_zone(moment, price):
    catalog = book(rate("input_tokens", "2"), rate("input_tokens", "4", window=PEAK))
    assert cost(used({"input_tokens": 10**6}, time=moment), catalog).amount == price


def test_without_a_time_a_price_of_some_hours_is_left_and_said():
    catalog = book(rate("input_tokens", "2"), rate("input_tokens", "4", window=PEAK))
    found = cost(used({"input_tokens": 10**6}), catalog, on=date(2026, 11, 20))
    assert (found.amount, found.status) == (Decimal(2), "estimated")
    assert "outside 09:00-12:00 Asia/Shanghai" in found.reasons[0]


def test_terms_have_prices_of_their_own_and_none_is_lent_to_another():
    catalog = book(
        rate("input_tokens", "2"),
        rate("input_tokens", "1", batch=True),
        rate("input_tokens", "4", service_tier="priority"),
        rate("input_tokens", "12", speed="fast"),
        rate("input_tokens", "2.2", region="eu"),
    )
    terms: list[dict[str, Any]] = [
        {},
        {"batch": True},
        {"service_tier": "priority"},
        {"speed": "fast"},
        {"region": "eu"},
        {"region": "us"},
        {"service_tier": "default"},
    ]
    amounts = [cost(used({"input_tokens": 10**6}, **each), catalog).amount for each in terms]
    assert amounts == [2, 1, 4, 12, Decimal("2.2"), 2, 2]
    flex = cost(used({"input_tokens": 1}, service_tier="flex"), catalog)
    assert flex.reasons == ("no price for input_tokens of p/m (service tier flex)",)


def test_a_price_that_another_meter_lends_makes_the_cost_estimated():
    lent = rate("cache_write_1h_tokens", "2", note="no price of its own: priced as input_tokens")
    found = cost(used({"cache_write_1h_tokens": 10**6}), book(lent))
    assert (found.amount, found.status) == (Decimal(2), "estimated")
    assert found.reasons == ("cache_write_1h_tokens of p/m: no price of its own: priced as input_tokens",)


def test_reasoning_is_billed_as_output_by_the_vendors_and_is_no_estimate():
    lent = rate("reasoning_tokens", "2", note="no price of its own: priced as output_tokens")
    assert cost(used({"reasoning_tokens": 10**6}), book(lent)).status == "priced"


def test_a_moving_alias_is_priced_and_told():
    catalog = Catalog("b", {("p", "m-latest"): (Rate(model="m-latest", provider="p", meter="input_tokens", price=M),)})
    found = cost(used({"input_tokens": 1}, model="m-latest"), catalog)
    assert (found.amount, found.status) == (M, "estimated")
    assert "moving alias" in found.reasons[0]


def test_what_a_record_is_not_sure_of_is_carried_to_the_cost():
    found = cost(used({"input_tokens": 10}, notes=("served tier not said",)), PLAIN)
    assert (found.status, found.reasons) == ("estimated", ("served tier not said",))


def test_the_parts_of_a_request_are_added_up_and_the_worst_of_them_shows():
    parts = [used({"input_tokens": 10**6}), used({"input_tokens": 10**6}, model="other", invocation=1)]
    found = cost(parts, PLAIN)
    assert (found.amount, found.status, len(found.lines)) == (Decimal("2.5"), "partial", 2)
    assert cost(parts[:1] * 2, PLAIN).amount == 5
    assert cost(parts[1:] * 2, PLAIN).status == "unpriced"


def test_counts_below_zero_are_refused():
    with pytest.raises(InputError, match="input_tokens is -5; expected 0 or more"):
        cost(used({"input_tokens": -5}), PLAIN)


def test_two_currencies_are_never_added_up():
    euro = Catalog("b", {("p", "e"): (Rate(model="e", provider="p", meter="input_tokens", price=M, currency="EUR"),)})
    both = Catalog("b", {**PLAIN.rates, **euro.rates})
    assert cost(used({"input_tokens": 1}, model="e"), both).currency == "EUR"
    with pytest.raises(InputError, match="USD and EUR"):
        cost([used({"input_tokens": 1}), used({"input_tokens": 1}, model="e")], both)


def test_a_catalog_is_made_ready_once():
    assert pricer(PLAIN) is pricer(PLAIN)
