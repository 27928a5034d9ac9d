"""The public way to a cost: a usage in any form, under the bundled catalog or a frozen file of one."""

import os
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

import pertoken as pt
from pertoken.catalog.book import Catalog
from pertoken.catalog.prices import Rate
from pertoken.connect.frozen import write_catalog
from pertoken.core.errors import InputError

M = Decimal(1_000_000)


def catalog(price):
    rates = (
        Rate(model="m", provider="p", meter="input_tokens", price=Decimal(price), per=M, source="typed"),
        Rate(model="m", provider="p", meter="output_tokens", price=Decimal(8), per=M, source="typed"),
        Rate(model="m", provider="p", meter="output_tokens", price=Decimal(4), per=M, start=date(2026, 7, 1)),
    )
    return Catalog("typed", {("p", "m"): rates})


def test_a_frozen_file_prices_a_usage_and_is_read_anew_when_it_changes(tmp_path):
    file = tmp_path / "frozen.json"
    write_catalog(catalog(2), file)
    assert pt.cost({"input_tokens": 1_000}, model="p/m", catalog=file).amount == Decimal("0.002")
    write_catalog(catalog(3), file)
    os.utime(file, (1, 1))
    assert pt.cost({"input_tokens": 1_000}, model="p/m", catalog=str(file)).amount == Decimal("0.003")


def test_a_response_becomes_records_and_these_a_cost():
    """2.50 and 1.25 and 10 USD for a million: (1,000 x 2.50 + 500 x 1.25 + 300 x 10) / 1,000,000."""
    body = {
        "object": "chat.completion",
        "model": "gpt-4o",
        "created": 1_790_000_000,
        "service_tier": "default",
        "usage": {
            "prompt_tokens": 1_500,
            "completion_tokens": 300,
            "total_tokens": 1_800,
            "prompt_tokens_details": {"cached_tokens": 500},
        },
    }
    costed = pt.cost(pt.usage_of(body, provider="openai"))
    assert (costed.amount, costed.status) == (Decimal("0.006125"), "priced")


def test_today_holds_where_nothing_says_when_and_the_cost_says_so():
    book = catalog(2)
    now = pt.cost({"output_tokens": 1_000}, model="m", catalog=book)
    assert (now.amount, now.status) == (Decimal("0.004"), "estimated")
    then = pt.cost({"output_tokens": 1_000}, model="m", catalog=book, on=date(2026, 6, 30))
    assert then.amount == Decimal("0.008")


def test_columns_are_priced_under_any_catalog():
    table = pt.compiled(catalog(2))  # only the price of output depends on the time, which nobody says
    found = pt.cost_columns(table, model=["m", "p/m"], input_tokens=np.array([500_000, 250_000]))
    assert found.amount.tolist() == [1.0, 0.5]


def test_a_catalog_that_is_not_there_is_refused():
    with pytest.raises(InputError):
        pt.cost({"input_tokens": 1}, model="m", catalog="nowhere.json")


@pytest.mark.parametrize("count", [1.5, float("nan"), None, "5", Decimal("NaN"), -1])
def test_a_count_that_is_no_exact_number_is_refused_by_its_meter(count):
    with pytest.raises(InputError, match=r"input_tokens is .*; expected"):
        pt.cost({"input_tokens": count}, model="gpt-4o")


@pytest.mark.parametrize("time", ["2026-06-01", datetime(2026, 6, 1, tzinfo=UTC), date(2026, 6, 1)])
def test_a_time_that_is_not_of_utc_is_refused(time):
    with pytest.raises(InputError, match="expected a datetime of UTC without a zone"):
        pt.cost({"output_tokens": 5}, model="p/m", time=time, catalog=catalog(1))
