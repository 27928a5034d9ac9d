"""The panel: folded usage and rows become customer x period, and go back in time without a look ahead."""

import numpy as np
import pytest

from pertoken.core.errors import InputError
from pertoken.core.lines import Usage, table
from pertoken.forecast.panel import panel_of_rows, panel_of_usage

ROWS = [
    ("acme", "2026-01-30", "free", "input_tokens", 100),
    ("acme", "2026-02-02", "pro", "input_tokens", 300),
    ("acme", "2026-02-02", "pro", "output_tokens", 30),
    ("bolt", "2026-02-01", "free", "output_tokens", 7),
]


def usage() -> Usage:
    lines = table(["customer", "day", "tier", "meter"], ["quantity"], ROWS)
    return Usage(lines.keys, lines.values)


def test_usage_becomes_cells_and_gaps_are_zeros_only_after_a_customer_came():
    panel = panel_of_usage(usage(), tracks=["tier"])
    assert panel.periods == ("2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02")
    assert panel.cells["meter"].column().tolist() == ["input_tokens", "output_tokens"]
    np.testing.assert_array_equal(panel.quantity[0], [[100, 0, 0, 300], [np.nan, np.nan, 0, 0]])
    np.testing.assert_array_equal(panel.quantity[1], [[0, 0, 0, 30], [np.nan, np.nan, 7, 0]])


def test_a_tier_holds_until_another_is_said():
    tier = panel_of_usage(usage(), tracks=["tier"]).tracks["tier"]
    assert [tier.labels[code] for code in tier.codes[0]] == ["free", "free", "free", "pro"]
    assert tier.last.column().tolist() == ["pro", "free"]


def test_as_of_a_day_neither_later_customers_nor_later_tiers_are_known():
    before = panel_of_usage(usage(), tracks=["tier"]).as_of(2)
    assert before.customers == ("acme",)
    assert before.tracks["tier"].last.column().tolist() == ["free"]
    assert before.quantity.shape == (2, 1, 2)


def test_two_tiers_of_one_customer_on_one_day_are_refused():
    lines = table(
        ["customer", "day", "tier", "meter"], ["quantity"], [*ROWS, ("bolt", "2026-02-01", "pro", "input_tokens", 1)]
    )
    with pytest.raises(InputError, match="two labels of 'tier'"):
        panel_of_usage(Usage(lines.keys, lines.values), tracks=["tier"])


def test_negative_values_are_told_by_row():
    with pytest.raises(InputError, match=r"row 2.*a used -5"):
        panel_of_rows(["a", "a"], ["2026-01", "2026-02"], [1, -5])


def test_weeks_end_with_the_last_day():
    panel = panel_of_rows(["a"] * 3, ["2026-01-01", "2026-01-08", "2026-01-14"], [1, 2, 4], grain="week")
    assert panel.periods == ("2026-01-01", "2026-01-08")
    assert panel.value.tolist() == [[1, 6]]


def test_one_number_of_all_cells_is_their_weighted_sum():
    driver = panel_of_usage(usage(), tracks=["tier"]).weighted(np.array([1.0, 10.0]))
    assert driver.value[0].tolist() == [100, 0, 0, 600]
