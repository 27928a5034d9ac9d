"""Rounding half up: exact in decimals, and in floats as a person reads them."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.money import places, round_half_up, to_exact
from tests.made import exact

money = st.decimals(-10_000_000, 10_000_000, places=5)


@given(money, st.sampled_from([-2, 0, 2, 3]))
def test_decimals_are_rounded_as_on_paper(value, digits):
    (found,) = round_half_up(exact(value), digits).tolist()
    assert found == value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


@given(money, st.sampled_from([0, 2, 3]))
def test_floats_are_rounded_to_the_same_as_decimals(value, digits):
    (found,) = round_half_up(np.array([float(value)]), digits).tolist()
    assert found == float(round_half_up(exact(value), digits)[0])


@given(st.integers(-(10**9), 10**9), st.sampled_from([0, 2, 3]))
def test_every_tie_goes_away_from_zero_in_both_kinds(units, digits):
    tie = (Decimal(units) + Decimal("0.5").copy_sign(Decimal(units))).scaleb(-digits)
    up = (Decimal(units) + Decimal(1).copy_sign(Decimal(units))).scaleb(-digits)
    assert round_half_up(exact(tie), digits)[0] == up
    assert round_half_up(np.array([float(tie)]), digits)[0] == float(up)


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        ("1012.965", 2, "1012.97"),
        ("2.675", 2, "2.68"),
        ("-0.125", 2, "-0.13"),
        ("1.005", 2, "1.01"),
        ("0.5", 0, "1"),
        ("2.5", 0, "3"),
        ("0.0005", 3, "0.001"),
        ("1250", -2, "1300"),
        ("0.004999", 2, "0.00"),
    ],
)
def test_ties_whose_float_lies_below_them_are_rounded_up(value, digits, rounded):
    assert round_half_up(exact(value), digits)[0] == Decimal(rounded)
    assert round_half_up(np.array([float(value)]), digits)[0] == float(rounded)


@given(money)
def test_rounding_twice_changes_nothing(value):
    once = round_half_up(np.array([float(value)]), 2)
    assert round_half_up(once, 2)[0] == once[0]


def test_a_total_without_an_axis_is_rounded_too():
    assert float(round_half_up(np.array([0.5, 0.505]).sum(), 2)) == 1.01
    assert float(round_half_up(np.array(1.005), 2)) == 1.01


def test_shapes_stay():
    worlds = np.arange(30).reshape(2, 3, 5) / 7
    assert round_half_up(worlds, 2).shape == (2, 3, 5)
    assert to_exact(worlds).shape == (2, 3, 5)


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3)])
def test_places_are_those_of_iso_4217(currency, digits):
    """ISO 4217, list one, column "minor unit"."""
    assert places(currency) == digits


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_becomes_the_decimal_that_it_is_written_as(number):
    (found,) = to_exact(np.array([number])).tolist()
    assert found == Decimal(repr(number))


def test_integers_become_decimals_without_a_float_between():
    assert to_exact(np.array([2**53 + 1])).tolist() == [Decimal(2**53 + 1)]
