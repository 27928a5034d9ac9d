"""What lies on top goes before, in the time in which it holds; all else stays as it was."""

from datetime import date
from decimal import Decimal

from hypothesis import given

from pertoken.catalog.layers import layered
from pertoken.catalog.regions import Uplift
from pertoken.rating.assign import RateBook
from tests.catalog.made import EVERYWHERE, NIGHT, RATES, catalog, labels, rate

JANUARY, MARCH, JULY = date(2026, 1, 1), date(2026, 3, 1), date(2026, 7, 1)


def price(book, **asked):
    found = RateBook.of(book.rates["p", "m"]).find(labels(**asked))
    return found and found.price


def test_a_rate_without_a_start_replaces_those_of_its_terms_whole():
    book = layered(catalog(rate("1"), rate("2", start=MARCH)), catalog(rate("9")))
    assert [price(book, moment=day) for day in ("2025-01-01", "2026-05-01")] == [9, 9]


def test_a_rate_with_a_start_replaces_them_from_then_on():
    book = layered(catalog(rate("1"), rate("2", start=MARCH), rate("3", start=JULY)), catalog(rate("9", start=MARCH)))
    assert [price(book, moment=day) for day in ("2026-02-01", "2026-03-01", "2026-08-01")] == [1, 9, 9]


def test_after_the_end_of_a_rate_the_price_below_holds_again():
    book = layered(catalog(rate("1"), rate("2", start=JANUARY)), catalog(rate("9", start=MARCH, end=JULY)))
    days = ("2025-12-31", "2026-02-01", "2026-03-01", "2026-06-30", "2026-07-01")
    assert [price(book, moment=day) for day in days] == [1, 2, 9, 9, 2]


def test_other_bands_hours_and_ways_to_buy_keep_their_price():
    below = catalog(rate("1"), rate("2", above=200_000), rate("3", window=NIGHT), rate("4", batch=True))
    book = layered(below, catalog(rate("9", start=MARCH)))
    assert price(book) == 9
    assert price(book, prompt=200_000) == 2
    assert price(book, night=True) == 3
    assert price(book, batch=True) == 4


def test_what_is_lent_follows_the_new_price_of_its_lender_and_what_is_priced_keeps_its_own():
    note = "no price of its own: priced as output_tokens"
    below = catalog(
        rate("1", meter="output_tokens"), rate("1", meter="reasoning_tokens", note=note),
        rate("5", meter="output_audio_tokens"),
    )  # fmt: skip
    book = layered(below, catalog(rate("9", meter="output_tokens")))
    assert price(book, meter="reasoning_tokens") == 9
    assert price(book, meter="output_audio_tokens") == 5


def test_a_region_of_the_overlay_lends_nothing_that_the_base_prices_in_its_own_right():
    below = catalog(rate("10"), rate("1", meter="cache_read_tokens"), rate("30", meter="output_tokens"))
    book = layered(below, catalog(rate("11", region="eu"), rate("33", meter="output_tokens", region="eu")))
    assert price(book, meter="cache_read_tokens", region="eu") == 1
    assert price(book, meter="reasoning_tokens", region="eu") == 33
    assert price(book, meter="cache_write_tokens", region="eu") == 11


def test_the_last_catalog_lies_on_top():
    book = layered(catalog(rate("1"), name="a"), catalog(rate("2"), name="b"), catalog(rate("3"), name="c"))
    assert price(book) == 3
    assert book.name == "a + b + c"


def test_a_region_is_a_multiple_of_what_then_holds():
    uplift = Uplift("p", ("m*",), "eu", Decimal("1.1"))
    book = layered(catalog(rate("1"), rate("2", start=MARCH)), catalog(rate("10", start=JULY), uplifts=(uplift,)))
    days = ("2026-01-01", "2026-05-01", "2026-08-01")
    assert [price(book, region="eu", moment=day) for day in days] == [Decimal("1.1"), Decimal("2.2"), 11]
    assert [price(book, region="us", moment=day) for day in days] == [1, 2, 10]


def test_a_refused_model_can_be_priced_and_a_priced_one_refused():
    below = catalog(refusals={("p", "m"): "no price"})
    assert layered(below, catalog(rate("1"))).refusals == {}
    refused = layered(catalog(rate("1")), catalog(refusals={("p", "m"): "a thousand-fold price"}))
    assert refused.refusals == {("p", "m"): "a thousand-fold price"}


def test_notes_and_aliases_of_both_are_kept():
    low = catalog(rate(), notes={("p", "m"): "one"}, aliases={"x": (("p", "m"),)})
    high = catalog(rate(model="n"), notes={("p", "m"): "two"}, aliases={"x": (("p", "n"),)})
    book = layered(low, high)
    assert dict(book.notes) == {("p", "m"): "one; two"}
    assert book.aliases["x"] == (("p", "n"), ("p", "m"))


@given(RATES, RATES)
def test_a_request_is_priced_by_the_overlay_where_it_has_a_price_and_else_by_the_base(lower, upper):
    book = RateBook.of(layered(catalog(*lower), catalog(*upper)).rates["p", "m"])
    below, above = RateBook.of(lower), RateBook.of(upper)
    for asked in EVERYWHERE:
        exact = {r for r in upper if (r.meter, r.region) == (asked["meter"], asked["region"])}
        same_bands = {(r.above, r.window) for r in exact} <= {(0, None)} and {(r.above, r.window) for r in lower} <= {
            (0, None)
        }
        found = book.find(asked)
        if exact and same_bands and (wanted := above.find(asked)):
            assert found
            assert found.price == wanted.price
        if not upper_touches(upper, asked):
            assert (found and found.price) == ((was := below.find(asked)) and was.price)


def upper_touches(upper, asked):
    """Whether the overlay says anything of a meter, also by lending it."""
    return any(r.meter == asked["meter"] and r.region in ("", asked["region"]) for r in upper)


@given(RATES)
def test_nothing_on_top_changes_nothing_and_a_catalog_on_itself_is_itself(rates):
    one = catalog(*rates)
    plain, itself = layered(one, catalog()), layered(one, one)
    base = RateBook.of(layered(catalog(), one).rates["p", "m"])
    for asked in EVERYWHERE:
        was = RateBook.of(rates).find(asked)
        now = RateBook.of(plain.rates["p", "m"]).find(asked)
        assert (now and now.price) == (was and was.price)
        same, again = RateBook.of(itself.rates["p", "m"]).find(asked), base.find(asked)
        assert (same and same.price) == (again and again.price)
