"""The cost of a request is told line by line, each with the reason for its rate."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest

from pertoken.books.request import explained, used
from pertoken.catalog.book import Catalog
from pertoken.catalog.prices import Rate, Window
from pertoken.core.errors import InputError
from pertoken.usage.record import UsageRecord

M = Decimal(1_000_000)
DAY = date(2026, 11, 20)


def rate(meter, usd, **terms):
    return Rate(model="m", provider="p", meter=meter, price=Decimal(usd), per=M, **terms)


def book(*rates):
    return Catalog("book", {("p", "m"): rates})


def lines(catalog, usage, on=DAY):
    made = explained([UsageRecord(model="m", **usage)], catalog, on)
    return [(line.meter, line.amount, why) for _, line, why in made.lines()]


def test_each_line_says_the_day_the_length_and_the_terms_of_its_rate():
    catalog = book(
        rate("input_tokens", "1"), rate("input_tokens", "2", above=272_000, start=date(2026, 3, 5)),
        rate("input_tokens", "3", service_tier="flex", end=date(2027, 1, 1)),
    )  # fmt: skip
    assert lines(catalog, {"meters": {"input_tokens": 272_000}}) == [
        ("input_tokens", Decimal("0.272"), "ordinary request"),
    ]
    assert lines(catalog, {"meters": {"input_tokens": 500_000}}) == [
        ("input_tokens", Decimal(1), "prompt of 500,000 tokens is > 272,000, since 2026-03-05"),
    ]
    assert lines(catalog, {"meters": {"input_tokens": 1_000_000}, "service_tier": "flex"}) == [
        ("input_tokens", Decimal(3), "flex, until 2027-01-01"),
    ]


def test_a_moment_picks_the_hours_and_a_day_alone_leaves_them_open():
    catalog = book(rate("input_tokens", "1"), rate("input_tokens", "2", window=Window(time(0, 30), time(16, 30))))
    usage = {"meters": {"input_tokens": 1_000_000}}
    morning, evening = (datetime.fromisoformat(f"2026-11-20T{hour}:00") for hour in ("09", "17"))
    assert lines(catalog, usage, morning) == [("input_tokens", Decimal(2), "00:30-16:30 UTC")]
    assert lines(catalog, usage, evening) == [("input_tokens", Decimal(1), "ordinary request")]
    by_day = explained([UsageRecord(model="m", meters=usage["meters"])], catalog, DAY)
    assert by_day.costed.status == "estimated"


def test_what_has_no_price_stands_among_the_lines():
    made = explained(
        [UsageRecord(model="m", meters={"input_tokens": 9, "pages": 2})], book(rate("input_tokens", "1")), DAY
    )
    assert [why for _, _, why in made.lines()] == ["ordinary request", "no price"]
    assert made.costed.status == "partial"


def test_the_invocations_of_a_request_add_up():
    catalog = Catalog("book", {("p", "m"): (rate("input_tokens", "1"),), ("p", "n"): (
        Rate(model="n", provider="p", meter="input_tokens", price=Decimal(5), per=M),)})  # fmt: skip
    usage = [UsageRecord(model="m", meters={"input_tokens": 1_000_000}),
             UsageRecord(model="n", meters={"input_tokens": 200_000}, invocation=1)]  # fmt: skip
    made = explained(usage, catalog, DAY)
    assert made.costed.amount == 2
    assert [line.amount for _, line, _ in made.lines()] == [1, 1]


def test_what_was_used_is_written_as_disjoint_leaves():
    made = used(input=1000, cached=300, cache_write_1h=200, output=Decimal("50.0"), reasoning=7, others={"pages": 2})
    assert made == {
        "input_tokens": 500, "cache_read_tokens": 300, "cache_write_1h_tokens": 200, "output_tokens": 50,
        "reasoning_tokens": 7, "pages": 2, "requests": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"input": 100, "cached": 200}, "200 cache_read_tokens are more than the input of 100 tokens"),
        ({"input": Decimal("0.3")}, "input_tokens is 0.3; expected a whole number"),
        ({}, "nothing was used"),
        ({"input": 1, "others": {"cows": 2}}, "unknown meter 'cows'"),
    ],
)
def test_what_cannot_have_been_used_is_refused(said, message):
    with pytest.raises(InputError, match=message):
        used(**said)
