"""A price of the past stays what it was: what changes it is told, and refused where only additions are allowed."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pertoken.catalog.changes import append_only, changes
from pertoken.catalog.terms import begin, group_of
from pertoken.core.errors import InputError
from pertoken.rating.assign import RateBook
from tests.catalog.made import EVERYWHERE, NIGHT, RATES, catalog, one_each, rate

MARCH, JULY = date(2026, 3, 1), date(2026, 7, 1)


def kinds(old, new):
    return [(c.kind, c.start, c.old and c.old.price, c.new and c.new.price) for c in changes(old, new)]


def test_a_price_from_a_later_day_is_an_addition():
    old, new = catalog(rate("1")), catalog(rate("1"), rate("2", start=MARCH))
    assert kinds(old, new) == [("priced", MARCH, 1, 2)]
    append_only(old, new)


def test_an_old_dated_price_made_another_is_shown_and_refused():
    old = catalog(rate("1"), rate("2", start=MARCH))
    new = catalog(rate("1"), rate("3", start=MARCH))
    assert kinds(old, new) == [("rewritten", MARCH, 2, 3)]
    with pytest.raises(InputError, match=r"rewritten p/m input_tokens from 2026-03-01: 2 USD per 1 -> 3 USD per 1"):
        append_only(old, new)


def test_each_rewritten_price_is_shown():
    old = catalog(rate("1"), rate("2", start=MARCH), rate("5", meter="output_tokens"))
    new = catalog(rate("9"), rate("3", start=MARCH), rate("6", meter="output_tokens"))
    with pytest.raises(InputError) as error:
        append_only(old, new)
    assert len(error.value.faults) == 3


@pytest.mark.parametrize(
    "new",
    [
        [rate("1"), rate("3", start=date(2026, 2, 1)), rate("2", start=MARCH)],  # a price put in between
        [rate("1"), rate("1", above=200_000, start=MARCH), rate("2", start=MARCH)],  # another price for long prompts
        [rate("1"), rate("2", start=MARCH), rate("4", window=NIGHT, start=MARCH)],  # another price at night
        [rate("1"), rate("2", start=MARCH), rate("4", region="eu")],  # another price in a region
        [rate("1"), rate("2", start=JULY)],  # a price that begins later than it did
        [rate("1", currency="EUR"), rate("2", start=MARCH)],  # other money
        [rate("2", start=MARCH)],  # the past is gone
    ],
)
def test_what_changes_a_price_of_the_past_in_any_way_is_refused(new):
    with pytest.raises(InputError, match="rewritten"):
        append_only(catalog(rate("1"), rate("2", start=MARCH)), catalog(*new))


def test_a_model_that_is_gone_is_a_loss_and_a_new_one_is_not():
    old, new = catalog(rate("1")), catalog(rate("1", model="n"))
    assert [(c.kind, c.model) for c in changes(old, new)] == [("removed", "m"), ("added", "n")]
    with pytest.raises(InputError, match="removed p/m"):
        append_only(old, new)
    append_only(old, catalog(rate("1"), rate("1", model="n")))


def test_a_way_to_buy_that_had_no_price_is_an_addition_and_one_that_is_gone_a_loss():
    plain, both = catalog(rate("2")), catalog(rate("2"), rate("1", batch=True))
    assert [c.kind for c in changes(plain, both)] == ["added"]
    append_only(plain, both)
    with pytest.raises(InputError, match="removed p/m input_tokens, batch"):
        append_only(both, plain)


def test_the_same_money_said_otherwise_is_no_change():
    old = catalog(rate("2.50", per=Decimal(1_000_000), source="a", note="x"))
    new = catalog(rate("0.0025", per=Decimal(1000), source="b"), rate("0.0000025", start=MARCH))
    assert not changes(old, new)


@given(RATES, RATES)
def test_what_append_only_accepts_changes_no_price_of_the_past(lower, more):
    upper = one_each([*more[:2], *lower])
    old, new = catalog(*lower), catalog(*upper)
    try:
        append_only(old, new)
    except InputError:
        assume(False)  # noqa: FBT003  that of refusals is another law
    was, now = RateBook.of(lower), RateBook.of(upper)
    for asked in EVERYWHERE:
        before = was.find(asked)
        if before and asked["price_from"] <= last_known(lower, asked):
            after = now.find(asked)
            assert after
            assert after.price == before.price


@given(RATES, st.sampled_from(["11", "13"]))
def test_prices_added_after_the_last_known_day_are_accepted(lower, price):
    groups = {group_of(each): each for each in lower}
    last = max(each.start or date.min for each in lower)
    day = max(last, date(2026, 1, 1)) + timedelta(days=1)
    later = [replace(each, price=Decimal(price), start=day) for each in groups.values()]
    append_only(catalog(*lower), catalog(*lower, *later))


@given(RATES, st.data())
def test_a_price_of_the_past_made_another_is_always_refused(lower, data):
    chosen = data.draw(st.sampled_from(lower))
    moved = [replace(each, price=each.price + 10) if each is chosen else each for each in lower]
    seen = {r.price for asked in EVERYWHERE if (r := RateBook.of(moved).find(asked)) and r.price > 10}
    assume(seen)
    with pytest.raises(InputError, match="rewritten"):
        append_only(catalog(*lower), catalog(*moved))


def last_known(rates, asked):
    """The last day on which a price of the requests begins, as far as the older catalog knows."""
    own = [r for r in rates if (r.meter, r.region) == (asked["meter"], asked["region"])]
    return max(begin(r) for r in own or [r for r in rates if (r.meter, r.region) == (asked["meter"], "")])
