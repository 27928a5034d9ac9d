"""A quote is the usage of one month, rated."""

from datetime import date
from decimal import Decimal

import pytest

from pertoken.books.quote import call, quote
from pertoken.catalog.prices import Rate
from pertoken.core.errors import UnpricedUsage
from pertoken.rating.card import Card


def card(*rates):
    return Card(name="own", party="vendor", rates=rates, rounding=None, source="a contract")


def rate(price, **more):
    return Rate(model="", meter="input_tokens", price=Decimal(price), **more)


BANDS = card(rate("0.01"), rate("0.02", above=200), rate("0.05", above=500))


@pytest.mark.parametrize(("prompt", "price"), [(200, "0.01"), (201, "0.02"), (500, "0.02"), (501, "0.05")])
def test_the_whole_prompt_is_priced_in_the_highest_band_it_is_above(prompt, price):
    made = quote(BANDS, call(requests=7, input=prompt), date(2026, 1, 1))
    assert made.total == 7 * prompt * Decimal(price)


def test_the_price_of_the_day_holds():
    dated = card(rate("0.01"), rate("0.03", start=date(2026, 2, 1)))
    totals = [quote(dated, call(requests=7, input=100), date(2026, *day)).total for day in ((1, 31), (2, 1))]
    assert totals == [7, 21]


def test_all_pages_behind_the_rates_are_named():
    calls = call(requests=1, input=1)
    assert quote(card(rate(1, source="b"), rate(2, source="a", above=9)), calls, date(2026, 1, 1)).source == "a; b"
    assert quote(card(rate(1)), calls, date(2026, 1, 1)).source == "a contract"


def test_a_missing_price_is_never_zero():
    with pytest.raises(UnpricedUsage, match="output_tokens"):
        quote(card(rate(1)), call(requests=1, input=1, output=1), date(2026, 1, 1))
