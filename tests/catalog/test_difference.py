"""What differs between two catalogs, or two days of one, is what a reader of both would find."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from genai_prices.data import providers
from genai_prices.types import ModelPrice

from pertoken.catalog.book import Catalog
from pertoken.catalog.difference import far, of_catalogs, of_days, share
from pertoken.catalog.prices import Rate
from pertoken.catalog.words import terms
from pertoken.connect.catalogs import read_catalog
from pertoken.core.errors import InputError

M = Decimal(1_000_000)
MAY, JULY = date(2026, 5, 1), date(2026, 7, 1)


def rate(price, **terms):
    terms = {"meter": "input_tokens", **terms}
    return Rate(model="m", provider="p", price=Decimal(price), per=M, **terms)


def book(*rates, name="book"):
    return Catalog(name, {("p", "m"): rates})


def said(difference):
    return [(each.kind, each.start, share(each)) for each in difference.changes]


def test_a_later_price_is_a_change_and_another_past_is_rewritten():
    old = book(rate("4"), name="old")
    assert said(of_catalogs(old, book(rate("4"), rate("3", start=MAY)))) == [("priced", MAY, Decimal("-0.25"))]
    rewritten = of_catalogs(old, book(rate("5"), name="new"))
    assert said(rewritten) == [("rewritten", None, Decimal("0.25"))]
    assert len(rewritten.past) == 1
    assert (rewritten.old, rewritten.new) == ("old", "new")


def test_models_that_came_and_went_are_told():
    made = of_catalogs(book(rate("4")), Catalog("new", {("p", "n"): (rate("4"),)}))
    assert [(each.kind, each.model) for each in made.changes] == [("removed", "m"), ("added", "n")]


def test_two_days_of_one_catalog_differ_by_what_changed_between_them():
    catalog = book(rate("4"), rate("3", start=MAY), rate("2", start=JULY), rate("9", meter="output_tokens", start=JULY))
    assert said(of_days(catalog, date(2026, 4, 30), MAY)) == [("priced", MAY, Decimal("-0.25"))]
    # from 4 to 2, whatever came between
    assert said(of_days(catalog, date(2026, 4, 30), JULY)) == [
        ("priced", JULY, Decimal("-0.5")), ("added", JULY, None),
    ]  # fmt: skip
    assert said(of_days(catalog, MAY, date(2026, 6, 30))) == []


def test_what_is_only_priced_as_another_meter_is_not_told_again():
    lent = {"note": "no price of its own: priced as input_tokens", "meter": "input_audio_tokens"}
    old, new = book(rate("4"), rate("4", **lent)), book(rate("5"), rate("5", **lent))
    assert [each.new.meter for each in of_catalogs(old, new).changes if each.new] == ["input_tokens"]


def test_the_earlier_day_comes_first():
    with pytest.raises(InputError, match="2026-07-01 is not before 2026-05-01"):
        of_days(book(rate("4")), JULY, MAY)


def test_a_price_for_a_thousand_read_as_for_a_million_stands_out():
    def change(price):
        return of_catalogs(book(rate("4")), book(rate(price))).changes[0]

    assert [far(change(price)) for price in ("4000", "3999", "0.004", "0.005")] == [True, False, True, False]
    assert not far(change("0"))


def test_two_days_of_the_bundled_catalog_differ_where_genai_prices_says_so():
    days = date(2026, 10, 1), date(2026, 11, 20)

    def price(model, day):
        found = model.get_prices(datetime.combine(day, time(12), UTC), None)
        value = found.input_mtok if isinstance(found, ModelPrice) else None
        return value if isinstance(value, Decimal) else None

    theirs = {}
    for provider in providers:
        for model in provider.models:
            was, now = (price(model, day) for day in days)
            if was is not None and now is not None and was != now:
                theirs[provider.id, model.id] = (was, now)
    ours = {
        (each.provider, each.model): (each.old.unit_price * M, each.new.unit_price * M)
        for each in of_days(read_catalog(), *days).changes
        if each.old and each.new and each.new.meter == "input_tokens" and not terms(each.new)
    }  # fmt: skip
    assert len(theirs) > 20
    assert {key: pair for key, pair in ours.items() if key in theirs} == theirs
