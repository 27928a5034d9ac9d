"""Conditions and sums in words: what they mean, and what is refused."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.expression import condition, weights

LABELS = {"batch": "true", "long": "false", "model": "gpt-4o", "region": "", "version": "4.5", "size": "7"}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("batch", True),
        ("long", False),
        ("not long", True),
        ("not batch", False),
        ("batch == true", True),
        ("batch == True", True),
        ("long == false", True),
        ("batch != false", True),
        ('batch == "true"', True),
        ('model == "gpt-4o"', True),
        ('model == "GPT-4o"', False),
        ('model != "gpt-4o"', False),
        ('model in ["a", "gpt-4o"]', True),
        ('model in ("a",)', False),
        ('model in {"gpt-4o"}', True),
        ('model not in ["a"]', True),
        ("model in []", False),
        ("model not in []", True),
        ('region == ""', True),
        ("version == 4.5", True),
        ("size == 7", True),
        ("size in [5, 7]", True),
        ("true", True),
        ("false", False),
        ("not false", True),
        ("batch and long", False),
        ("batch or long", True),
        ("not (batch and long)", True),
        ("not batch and long", False),
        ('long or batch and model == "gpt-4o"', True),
        ('(long or batch) and model == "x"', False),
        ("  batch  ", True),
    ],
)
def test_a_condition_answers_as_it_reads(text, answer):
    assert condition(text).holds(LABELS) is answer


@given(st.booleans(), st.booleans(), st.booleans())
def test_and_binds_before_or_and_not_before_both(a, b, c):
    labels = {"a": str(a).lower(), "b": str(b).lower(), "c": str(c).lower()}
    assert condition("a or b and not c").holds(labels) is (a or (b and not c))


@given(st.booleans(), st.booleans())
def test_de_morgan(a, b):
    labels = {"a": str(a).lower(), "b": str(b).lower()}
    assert condition("not (a or b)").holds(labels) is condition("not a and not b").holds(labels)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("batch", {"batch"}),
        ('model == "a" and not (long or region in ["x"])', {"model", "long", "region"}),
        ("batch == true", {"batch"}),
        ("true", set()),
    ],
)
def test_a_condition_names_the_keys_that_it_asks_for(text, names):
    assert condition(text).names == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "can't read ''"),
        ("model ==", "can't read 'model =='"),
        ("model = 'a'", "can't read"),
        ("a == b == c", "can't use 'a == b == c'"),
        ('"gpt-4o" == model', "can't use"),
        ("size > 7", "can't use 'size > 7'"),
        ("len(model)", "can't use 'len(model)'"),
        ("model.upper", "can't use 'model.upper'"),
        ("model == gpt", "can't compare with 'gpt' in 'model == gpt'; put a label in quotes"),
        ("model == -1", "can't compare with '-1'"),
        ("model == None", "can't compare with 'None'"),
        ('model in "abc"', "after `in` a list of labels is expected"),
        ("model in names", "after `in` a list of labels is expected"),
        ("model in [gpt]", "can't compare with 'gpt'"),
        ("batch and 1", "can't use '1' in the condition 'batch and 1'"),
        ("lambda: 1", "can't use"),
        ("(" * 500, "can't read"),
    ],
)
def test_what_is_no_condition_is_refused_in_plain_words(text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        condition(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("input_tokens", {"input_tokens": "1"}),
        ("a + b", {"a": "1", "b": "1"}),
        ("a - b", {"a": "1", "b": "-1"}),
        ("a - (b - c)", {"a": "1", "b": "-1", "c": "1"}),
        ("5 * a + b * 0.1", {"a": "5", "b": "0.1"}),
        ("2 * (a + 3 * b)", {"a": "2", "b": "6"}),
        ("a + a", {"a": "2"}),
        ("1e-9 * a", {"a": "1e-9"}),
    ],
)
def test_a_sum_is_read_to_exact_weights(text, found):
    assert weights(text) == {name: Decimal(each) for name, each in found.items()}


@pytest.mark.parametrize("text", ["", "a +", "a * b", "a / 2", "3", "a ** 2", "-a", "sum(a)", '"a" + b', "a and b"])
def test_what_is_no_sum_of_meters_is_refused(text):
    with pytest.raises(InputError, match=r"can't read .* expected for example"):
        weights(text)
