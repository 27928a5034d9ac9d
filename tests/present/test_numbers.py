"""The one number formatter."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.present.numbers import MINUS, exact, show


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (2250, "money", "2,250.00"),
        (-284, "money", "−284.00"),
        (Decimal("1234567.891"), "money", "1,234,567.89"),
        (1012.965, "money", "1,012.97"),
        (1012.9649999999999, "money", "1,012.97"),  # the tie that binary arithmetic misses by 1e-13
        (Decimal("-0.005"), "money", "−0.01"),
        (0.004, "money", "<0.01"),
        (-0.004, "money", ">−0.01"),
        (0, "money", "0.00"),
        (-0.0, "money", "0.00"),
        (0.0225, "unit_money", "0.0225"),
        (Decimal("0.000001875"), "unit_money", "0.000001875"),
        (1.875e-06, "unit_money", "0.000001875"),
        (3, "unit_money", "3.00"),
        (Decimal(2) / 3, "unit_money", "0.666667"),
        (1e-15, "unit_money", "<0.000000000001"),
        (0.375, "share", "37.5 %"),
        (-0.0094, "share", "−0.9 %"),
        (0.0004, "share", "<0.1 %"),
        (1, "share", "100.0 %"),
        (1273913, "count", "1,273,913"),
        (1234.5, "quantity", "1,234.5"),
        (1234567.89, "quantity", "1,234,568"),
        (0, "quantity", "0"),
        (10**30, "count", "1" + ",000" * 10),
        (None, "money", "–"),
        ("Acme", "text", "Acme"),
    ],
)
def test_a_number_reads(value, kind, shown):
    assert show(value, kind) == shown


def test_a_unit_follows_the_number():
    assert show(2250, "money", "USD") == "2,250.00 USD"
    assert show(None, "money", "USD") == "–"


@pytest.mark.parametrize("bad", [float("nan"), float("-inf"), Decimal("Infinity")])
def test_what_is_not_finite_is_never_shown(bad):
    with pytest.raises(ValueError, match="finite"):
        show(bad, "money")


PLACES = {"count": 0, "money": 2, "share": 1}


def read(text: str) -> Decimal:
    return Decimal(text.removesuffix(" %").replace(",", "").replace(MINUS, "-"))


@given(st.decimals(-(10**12), 10**12, allow_nan=False, places=7), st.sampled_from(sorted(PLACES)))
def test_what_is_read_back_is_within_half_a_unit_of_the_last_place(value, kind):
    text = show(value, kind)
    unit = Decimal(1).scaleb(-PLACES[kind])
    size = value * 100 if kind == "share" else value
    if text.startswith(("<", ">")):
        assert 0 < abs(size) < unit / 2
    else:
        assert abs(read(text) - size) <= unit / 2
        assert (read(text) == 0) == (value == 0)


@given(st.decimals("1e-7", 10**6, allow_nan=False))
def test_a_price_keeps_six_significant_digits(value):
    assert abs(read(show(value, "unit_money")) - value) <= value * Decimal("5e-6")


@given(st.integers(-(10**13), 10**13))
def test_int_float_and_decimal_of_cents_read_alike(cents):
    as_decimal = Decimal(cents) / 100
    assert show(float(as_decimal), "money") == show(as_decimal, "money")
    assert show(cents, "count") == show(Decimal(cents), "count")
    assert exact(float(as_decimal)) == as_decimal
