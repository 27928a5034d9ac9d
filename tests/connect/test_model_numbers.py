"""Numbers of a model file: as people write them, exact, and read back as they are printed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.connect.model_file.numbers import Written, in_unit, shown, written
from pertoken.connect.models import model_from
from pertoken.core.errors import InputError

D = Decimal
NUMBERS = st.decimals(min_value=-(10**12), max_value=10**12, places=6)
SIZES = {"": 1, "k": 1_000, "K": 1_000, "M": 10**6, "B": 10**9}


def model(assumption):
    return model_from({"model": "m", "calendar": {"start": "2027-01", "months": 2}, "assumptions": {"a": assumption}})


@given(number=NUMBERS)
def test_a_number_is_read_back_as_it_is_shown(number):
    assert written(shown(number)) == Written(number)
    assert written(f"{int(number):_}") == Written(D(int(number)))
    assert written(f"{shown(number)}%") == Written(number, "%")


@given(number=NUMBERS, size=st.sampled_from(sorted(SIZES)), unit=st.sampled_from(["", "%", "USD/customer", "gpu_hour"]))
def test_sizes_and_units_of_a_number_do_not_touch_its_digits(number, size, unit):
    assert written(f"{shown(number)}{size} {unit}".strip()) == Written(number * SIZES[size], unit)


@given(number=NUMBERS)
def test_an_input_holds_the_number_that_was_written(number):
    assert model(shown(number)).assumptions["a"].value == number
    assert model(number).assumptions["a"].value == number
    percent = model(f"{shown(number)}%").assumptions["a"]
    assert (percent.value, percent.unit) == (number, "%")


@given(number=NUMBERS)
def test_a_number_in_another_size_of_its_unit_is_brought_to_it(number):
    # money for a million tokens is a thousandth of it for a thousand
    assert in_unit(Written(number, "USD / 1M tokens"), "USD / 1K token", "price") == number / 1000


@pytest.mark.parametrize(
    "text", ["", "many", "1..2", "--3", "12 * queries", "3 %%", "1e", "k", "1_000 2", True, None, [3], D("NaN")]
)
def test_what_is_no_number_is_none(text):
    assert written(text) is None


@pytest.mark.parametrize(("value", "unit"), [("3%", "token"), ("3 USD", "token"), ("3 hour", "1")])
def test_a_number_of_another_unit_is_refused(value, unit):
    with pytest.raises(InputError, match=f"a number in {unit}"):
        model({"value": value, "unit": unit})


def test_a_share_may_be_written_either_way_where_the_unit_says_so():
    assert model({"value": "3%", "unit": "1"}).assumptions["a"].value == D("0.03")
    said = model({"value": 3, "unit": "%", "p10": 2, "p90": "5%"}).assumptions["a"]
    assert (said.value, said.spread.parameters["p10"], said.spread.parameters["p90"]) == (D(3), D(2), D(5))
