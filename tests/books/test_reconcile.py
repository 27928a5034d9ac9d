"""A bill held against a log: each cause is found from bills that are reckoned by hand."""

from decimal import Decimal

import pytest

from pertoken.books.reconcile import reconcile
from pertoken.core.errors import InputError
from pertoken.core.lines import table
from tests.made import card, usage

RATES = """
card: vendor
rates:
  - {model: m, per: 1000, input_tokens: 4, cache_read_tokens: 0.4, cache_write_5m_tokens: 5, cache_write_1h_tokens: 8,
     output_tokens: 12, reasoning_tokens: 12}
  - {model: m, batch: true, per: 1000, input_tokens: 2, cache_read_tokens: 0.2, cache_write_5m_tokens: 2.5,
     cache_write_1h_tokens: 4, output_tokens: 6, reasoning_tokens: 6}
  - {model: m, service_tier: priority, per: 1000, input_tokens: 7, cache_read_tokens: 0.7, output_tokens: 21,
     reasoning_tokens: 21}
  - {model: n, per: 1000, input_tokens: 1, output_tokens: 3, from: 2026-01-01}
  - {model: n, per: 1000, input_tokens: 1.5, output_tokens: 3.5, from: 2026-02-03}
"""
KEYS = "model day batch service_tier price_from meter"


def used(*rows):
    """Usage of m on a day, as `(day, meter, quantity)`."""
    return usage(KEYS, *(("m", day, "false", "standard", "", meter, n) for day, meter, n in rows))


def billed(*rows, by="model day meter"):
    """A bill: labels, then money."""
    return table(by.split(), ["amount"], [(*row[:-1], Decimal(str(row[-1]))) for row in rows])


def held(log, bill, by="model day meter", **how):
    return reconcile(log, [card(RATES)], bill, by.split(), **how)


def causes(found):
    return {cell.labels: cell.cause for cell in found.cells}


DAY = "2026-02-01"
CALLS = used((DAY, "input_tokens", 1000), (DAY, "cache_read_tokens", 500), (DAY, "output_tokens", 300))


def test_a_bill_that_agrees_has_no_cause_and_no_discount():
    found = held(CALLS, billed(("m", DAY, "input_tokens", 4), ("m", DAY, "cache_read_tokens", "0.2"),
                               ("m", DAY, "output_tokens", "3.6")))  # fmt: skip
    assert set(causes(found).values()) == {""}
    assert (found.computed, found.billed, found.parted, found.discount()) == (Decimal("7.8"), Decimal("7.8"), 0, 0)


@pytest.mark.parametrize(
    ("cause", "words", "bill"),
    [
        ("batch", "billed as batch work", (2, "0.1", "1.8")),
        ("tier", "billed at the priority tier", (7, "0.35", "6.3")),
        ("cache", "cached tokens billed twice: at the cache price and inside the input", (6, "0.2", "3.6")),
        ("discount", "discount of 12.0% on all of it", ("3.52", "0.176", "3.168")),
        ("batch", "billed as batch work, for 40% of it", ("3.2", "0.16", "2.88")),
    ],
)
def test_what_explains_all_meters_of_a_day_at_once_is_its_cause(cause, words, bill):
    names = ("input_tokens", "cache_read_tokens", "output_tokens")
    found = held(CALLS, billed(*(("m", DAY, name, money) for name, money in zip(names, bill, strict=True))))
    whys = {(cell.cause, cell.words) for cell in found.cells if cell.cause}
    if words.endswith("40% of it"):  # a uniform 20 % off is a discount before it is 40 % of batch work
        assert whys == {("discount", "discount of 20.0% on all of it")}
    else:
        assert whys == {(cause, words)}


def test_cached_tokens_at_the_full_price_leave_no_cache_line_on_the_bill():
    found = held(CALLS, billed(("m", DAY, "input_tokens", 6), ("m", DAY, "output_tokens", "3.6")))
    assert causes(found)["m", DAY, "input_tokens"] == "cache"


def test_a_batch_that_is_only_part_of_the_usage_is_told_by_its_share():
    log = used((DAY, "input_tokens", 1000), (DAY, "cache_write_5m_tokens", 1000), (DAY, "output_tokens", 100))
    long_lived = (5 + 8) / 2  # half of the writes at the 1-hour price
    bill = billed(("m", DAY, "input_tokens", 4), ("m", DAY, "cache_write_5m_tokens", 2.5),
                  ("m", DAY, "cache_write_1h_tokens", 4), ("m", DAY, "output_tokens", 1.2))  # fmt: skip
    found = held(log, bill)
    assert long_lived == 6.5  # 2.50 and 4.00 on the bill: 500 tokens at each price
    assert {cell.words for cell in found.cells if cell.cause} == {
        "5-minute cache writes billed at the 1-hour price, for 50% of it"
    }


def test_the_price_of_another_day_is_named_with_its_day():
    rows = [("n", "2026-02-02", "false", "standard", "2026-01-01", "input_tokens", 2000),
            ("n", "2026-02-03", "false", "standard", "2026-02-03", "input_tokens", 2000)]  # fmt: skip
    bill = billed(("n", "2026-02-02", 3), ("n", "2026-02-03", 3), by="model day")
    found = held(usage(KEYS, *rows), bill, "model day")
    (wrong,) = [cell for cell in found.cells if cell.cause]
    assert (wrong.labels, wrong.cause, wrong.words) == (
        ("n", "2026-02-02"), "date", "billed at the prices from 2026-02-03")  # fmt: skip


def test_days_that_only_agree_over_all_of_them_were_cut_elsewhere():
    log = used(("2026-02-01", "output_tokens", 1000), ("2026-02-02", "output_tokens", 2000))
    found = held(log, billed(("m", "2026-02-01", 13), ("m", "2026-02-02", 23), by="model day"), "model day")
    assert {cell.cause for cell in found.cells} == {"date"}


def test_what_only_one_side_has_is_missing_on_the_other():
    found = held(CALLS, billed(("x", DAY, 5), by="model day"), "model day")
    assert {cell.labels[0]: cell.words for cell in found.cells} == {
        "x": "billed, and not in the log",
        "m": "in the log, and not billed",
    }
    assert found.discount() is None


def test_reasoning_stands_with_the_output_where_a_bill_does_not_tell_it_apart():
    log = used((DAY, "output_tokens", 100), (DAY, "reasoning_tokens", 200))
    found = held(log, billed(("m", DAY, "output_tokens", 3.6)))
    assert [(cell.labels[2], cell.computed, cell.cause) for cell in found.cells] == [
        ("output_tokens", Decimal("3.6"), "")
    ]


def test_a_share_that_only_one_number_tells_is_no_discount():
    log = used((DAY, "output_tokens", 1000))
    found = held(log, billed(("m", DAY, 11), by="model day"), "model day")
    assert causes(found) == {("m", DAY): "unknown"}


def test_the_tolerance_is_a_share_of_the_cost():
    log, bill = used((DAY, "output_tokens", 1000)), billed(("m", DAY, 11.9), by="model day")
    assert causes(held(log, bill, "model day")) == {("m", DAY): ""}
    assert causes(held(log, bill, "model day", tolerance=Decimal("0.001"))) == {("m", DAY): "unknown"}


def test_a_key_that_the_bill_lacks_is_named():
    with pytest.raises(InputError, match="has no meter"):
        held(CALLS, billed(("m", DAY, 1), by="model day"))


def test_a_bill_rounded_to_cents_agrees_to_half_a_cent_and_no_more():
    log = used((DAY, "input_tokens", 4), (DAY, "output_tokens", 300))
    lines = [("m", DAY, "output_tokens", "3.60")]
    assert set(causes(held(log, billed(("m", DAY, "input_tokens", "0.02"), *lines))).values()) == {""}
    assert set(causes(held(log, billed(("m", DAY, "input_tokens", "0.03"), *lines))).values()) != {""}
    assert set(causes(held(log, billed(("m", DAY, "input_tokens", "0.0184"), *lines))).values()) != {""}


def test_a_bill_whose_pages_are_in_it_twice_is_no_surcharge():
    found = held(CALLS, billed(("m", DAY, "input_tokens", 8), ("m", DAY, "cache_read_tokens", "0.4"),
                               ("m", DAY, "output_tokens", "7.2")))  # fmt: skip
    assert {(cell.cause, cell.words[:19]) for cell in found.cells} == {("duplicate", "billed 2 times over")}


def test_a_credit_is_told_from_usage_that_the_log_lacks():
    found = held(CALLS, billed(("m", DAY, "7.8"), ("", DAY, -5), by="model day"), "model day")
    assert causes(found) == {("m", DAY): "", ("", DAY): "credit"}


def test_days_cut_in_another_zone_leave_no_missing_day_and_no_discount():
    log = used(("2026-02-01", "output_tokens", 1000), ("2026-02-02", "output_tokens", 2000))
    bill = billed(("m", "2026-01-31", 5), ("m", "2026-02-01", 10), ("m", "2026-02-02", 21), by="model day")
    found = held(log, bill, "model day")
    assert {cell.cause for cell in found.cells} == {"date"}
    assert found.discount() == 0
