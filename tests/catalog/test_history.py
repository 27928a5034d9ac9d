"""A price in time: what holds on a day is what a statement of that day would find."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from pertoken.catalog.history import change_share, history, holding, own, plain
from pertoken.catalog.prices import Rate, Window
from pertoken.rating.assign import RateBook
from pertoken.usage.question import PRICE_FROM, above_key

DAYS = (None, date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1))
NIGHT = Window(time(0), time(8))
BANDS = (0, 200_000, 272_000)


def rate(price, **terms):
    return Rate(model="m", meter="input_tokens", price=Decimal(price), **terms)


RATES = st.lists(
    st.builds(
        rate,
        st.integers(0, 99),
        start=st.sampled_from(DAYS),
        above=st.sampled_from(BANDS),
        window=st.sampled_from([None, NIGHT]),
        end=st.sampled_from([None, None, date(2026, 7, 15)]),
    ),
    max_size=7,
    unique_by=lambda r: (r.start, r.above, r.window),
)


@given(RATES, st.sampled_from([date(2025, 6, 1), *DAYS[1:], date(2026, 8, 1)]))
def test_the_rates_that_hold_on_a_day_are_those_that_some_request_of_it_finds(rates, day):
    book = RateBook.of(rates)
    found = set()
    for above, night in product(BANDS, ("true", "false")):
        labels = {"model": "m", "meter": "input_tokens", "batch": "false", PRICE_FROM: day.isoformat()}
        one = book.find({**labels, above_key("prompt_tokens"): str(above), NIGHT.key: night})
        found |= {one} - {None}
    assert found == set(holding(rates, day))


def test_a_later_price_ends_the_one_before_and_says_by_how_much_it_changed():
    first, second, third = rate("10"), rate("8", start=DAYS[1]), rate("2", start=DAYS[3])
    made = history([third, first, second])
    assert [each.rate.price for each in made] == [10, 8, 2]
    assert [each.end for each in made] == [DAYS[1], DAYS[3], None]
    assert [each.before for each in made] == [None, first, second]
    # 8 / 10 - 1 and 2 / 8 - 1
    assert [each.change_share for each in made] == [None, Decimal("-0.2"), Decimal("-0.75")]


def test_a_price_for_all_prompts_ends_the_earlier_one_for_long_prompts():
    long, short, flat = rate("2", above=200_000), rate("1"), rate("3", start=DAYS[2])
    made = {each.rate: each for each in history([long, short, flat])}
    assert made[long].end == made[short].end == DAYS[2]
    assert holding([long, short, flat], DAYS[2]) == (flat,)


def test_a_price_for_long_prompts_ends_nothing_of_the_short_ones():
    short, long = rate("1"), rate("2", above=200_000, start=DAYS[2])
    assert holding([short, long], DAYS[2]) == (short, long)


def test_an_offer_that_ends_holds_until_the_day_of_its_end():
    promotion = rate("1", start=DAYS[1], end=DAYS[2])
    assert holding([promotion], DAYS[2] - timedelta(days=1)) == (promotion,)
    assert holding([promotion], DAYS[2]) == ()


def test_a_price_of_a_moment_holds_from_that_moment_on():
    noon = datetime.fromisoformat("2026-10-12T16:00")
    new, old = rate("2", start=noon), rate("1")
    assert holding([new, old], datetime.fromisoformat("2026-10-12T15:59")) == (old,)
    assert holding([new, old], noon) == (new,)


def test_a_price_said_again_did_not_change_and_one_after_free_has_no_share():
    again = history([rate("1"), rate("1", start=DAYS[1])])[1]
    paid = history([rate("0"), rate("1", start=DAYS[1])])[1]
    assert not again.changed
    assert again.change_share == 0
    assert paid.changed
    assert paid.change_share is None


def test_terms_are_followed_apart_the_ordinary_ones_first():
    ordinary, batch, flex = rate("4"), rate("2", batch=True), rate("3", service_tier="flex")
    assert [each.rate for each in history([batch, flex, ordinary])] == [ordinary, flex, batch]
    assert plain([batch, flex, ordinary, rate("5", above=1)]) == (ordinary,)


def test_what_is_priced_as_another_meter_is_not_its_own_price():
    lent = rate("4", note="no price of its own: priced as output_tokens")
    resold = rate("4", note="priced as openai/gpt-4o")
    assert own([lent, resold]) == (resold,)


def test_the_first_price_of_its_own_is_no_change_of_the_one_taken_over():
    lent = rate("4", note="no price of its own: priced as input_tokens")
    first = rate("1", start=DAYS[1])
    assert history([lent, first])[1].before is None
    assert history([lent, first])[0].end == DAYS[1]


def test_a_change_that_has_no_end_of_digits_is_carried_to_eighteen_places():
    assert change_share(Decimal(3), Decimal(2)) == Decimal("-0.333333333333333333")
