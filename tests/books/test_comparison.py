"""Models side by side cost what the calculator says of each, as batch work and with long prompts too."""

from datetime import date, time
from decimal import Decimal

import pytest

from pertoken.books.comparison import comparison
from pertoken.books.quote import call
from pertoken.catalog.listing import Listing
from pertoken.catalog.prices import Rate, Window
from pertoken.core.errors import InputError, UnpricedUsage

M = Decimal(1_000_000)
DAY = date(2026, 11, 20)


def model(name, *prices, **more):
    rates = tuple(Rate(model=name, provider="p", meter=meter, price=Decimal(usd), per=M, **terms)
                  for meter, usd, terms in prices)  # fmt: skip
    return Listing(name, "p", name, "id", rates, **more)


CHEAP = model("cheap", ("input_tokens", "1", {}), ("output_tokens", "2", {}))
DEAR = model(
    "dear",
    ("input_tokens", "2", {}), ("output_tokens", "8", {}),
    ("input_tokens", "4", {"above": 199_999}), ("output_tokens", "12", {"above": 199_999}),
    ("input_tokens", "1", {"batch": True}), ("output_tokens", "4", {"batch": True}),
)  # fmt: skip
CALLS = call(requests=1000, input=1000, output=500)


def test_the_cheapest_stands_first_and_the_others_say_how_many_times_as_much():
    made = comparison([DEAR, CHEAP], CALLS, on=DAY)
    assert [side.listing.model for side in made.sides] == ["cheap", "dear"]
    # a thousand calls: 1M input and 0.5M output; 1 + 2/2 = 2 and 2 + 8/2 = 6
    assert [side.quote.total for side in made.sides if side.quote] == [2, 6]
    assert [made.ratio(side) for side in made.sides] == [1, 3]


def test_batch_and_long_prompts_are_priced_where_they_are_sold():
    cheap, dear = comparison([DEAR, CHEAP], CALLS, on=DAY).sides
    assert (cheap.batch, cheap.long, cheap.above) == (None, None, 0)
    assert dear.batch is not None
    assert dear.long is not None
    assert dear.batch.total == 3
    # 1M input at 4 and 0.5M output at 12
    assert dear.long.total == 10
    assert dear.above == 199_999


def test_a_model_without_a_usable_price_stands_last_and_says_why():
    free = model("gone", refusal="it is listed without a price")
    made = comparison([free, DEAR], CALLS, on=DAY)
    assert [side.listing.model for side in made.sides] == ["dear", "gone"]
    assert made.sides[1].notes == ("p/gone: it is listed without a price",)
    assert made.ratio(made.sides[1]) is None


def test_no_price_at_all_is_no_comparison():
    with pytest.raises(UnpricedUsage, match="listed without a price"):
        comparison([model("gone", refusal="it is listed without a price")], CALLS, on=DAY)


def test_prices_in_several_currencies_are_not_put_side_by_side():
    yuan = model("yuan", ("input_tokens", "7", {"currency": "CNY"}), ("output_tokens", "9", {"currency": "CNY"}))
    with pytest.raises(InputError, match="several currencies: p/cheap in USD, p/yuan in CNY"):
        comparison([CHEAP, yuan], CALLS, on=DAY)


def test_hours_that_a_quote_leaves_out_are_said():
    peak = {"window": Window(time(0, 30), time(16, 30))}
    daily = model("m", ("input_tokens", "1", {}), ("output_tokens", "1", {}),
                  ("input_tokens", "2", peak), ("output_tokens", "2", peak))  # fmt: skip
    side = comparison([daily], CALLS, on=DAY).sides[0]
    assert side.quote is not None
    assert side.quote.total == Decimal("1.5")
    assert side.notes == ("p/m is priced outside of 00:30-16:30 UTC",)
