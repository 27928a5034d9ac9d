"""What of a cost rests on unsure prices is said with its share; the arithmetic is in the tests."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from pertoken.books.unsure import estimated, unsure
from pertoken.rating.rate import rate
from tests.made import card, drawn, usage

LENT = "no price of its own: priced as input_tokens"
CARD = card(
    f"""
    card: vendor
    rates:
      - {{model: a, input_tokens: 2, output_tokens: 8}}
      - {{model: a, cache_read_tokens: 2, cache_write_1h_tokens: 2, note: "{LENT}"}}
      - {{model: b, input_tokens: 1}}
      - {{model: b, cache_read_tokens: 1, note: "{LENT}"}}
    """
)
USED = usage(
    "customer model batch service_tier meter",
    ("acme", "a", "false", "standard", "input_tokens", 10),
    ("acme", "a", "false", "standard", "cache_read_tokens", 3),
    ("acme", "a", "false", "standard", "cache_write_1h_tokens", 5),
    ("bolt", "b", "false", "standard", "input_tokens", 57),
    ("bolt", "b", "false", "standard", "cache_read_tokens", 7),
)


def test_the_share_of_the_cost_that_is_estimated_is_told_by_meter_and_reason():
    """20 + 6 + 10 + 57 + 7 = 100, of which 6 + 7 and 10 are lent."""
    reads, writes = unsure(rate(USED, CARD))
    assert (reads.meter, reads.why, reads.models) == ("cache_read_tokens", LENT, ("b", "a"))
    assert [reads.amount, reads.share] == pytest.approx([13, 0.13])
    assert (writes.meter, writes.models) == ("cache_write_1h_tokens", ("a",))
    assert writes.share == pytest.approx(0.10)


def test_the_lines_that_are_estimated_can_be_folded_by_any_key():
    lines = estimated(rate(USED, CARD))
    assert lines is not None
    folded = lines.fold(["customer"])
    assert folded.keys["customer"].column().tolist() == ["acme", "bolt"]
    assert folded.values["amount"].tolist() == [Decimal(16), Decimal(7)]


def test_worlds_are_told_by_their_mean():
    rated = rate(drawn(USED, np.array([[10.0, 3, 5, 57, 7], [10, 5, 5, 57, 7]])), CARD, exact=False)
    assert [each.amount for each in unsure(rated)] == [pytest.approx((13 + 17) / 2), pytest.approx(10)]


def test_sure_prices_leave_nothing_to_say():
    sure = replace(CARD, rates=tuple(replace(each, note="") for each in CARD.rates))
    assert estimated(rate(USED, sure)) is None
    assert unsure(rate(USED, sure)) == ()
