"""Drawn: numbers that differ by world, reckoned with like decimals and never lost as one."""

import pickle
from decimal import Decimal, InvalidOperation
from operator import add, floordiv, mod, mul, sub, truediv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.drawn import Drawn, by_world, columns, divide, kind_of, lesser, multiply
from pertoken.core.errors import CardError, InputError
from pertoken.core.exact import CONTEXT

D = Decimal
numbers = st.integers(-999, 999).filter(bool)
worlds = st.lists(numbers, min_size=3, max_size=3)


@given(worlds, worlds, numbers, st.sampled_from([add, sub, mul, truediv]))
def test_worlds_are_reckoned_one_by_one(one, two, number, operate):
    drawn = Drawn(one)
    assert operate(drawn, D(number)).worlds.tolist() == [operate(each, number) for each in one]
    assert operate(D(number), drawn).worlds.tolist() == [operate(number, each) for each in one]
    assert operate(number, drawn).worlds.tolist() == [operate(number, each) for each in one]
    assert operate(drawn, Drawn(two)).worlds.tolist() == [operate(x, y) for x, y in zip(one, two, strict=True)]
    assert (-drawn).worlds.tolist() == [-each for each in one]


PRICE = Drawn([1.5, 2.5])


@pytest.mark.parametrize(
    "read",
    [
        float,
        int,
        hash,
        abs,
        lambda n: CONTEXT.multiply(n, D(2)),
        lambda n: CONTEXT.divide(D(2), n),
        lambda n: n.quantize(D("0.01")),
        lambda n: floordiv(n, 1),
        lambda n: mod(D(7), n),
        lambda n: n**2,
        lambda n: np.array([n], dtype=np.float64),
        lambda n: np.ones(2) * n,
        lambda n: np.minimum(np.ones(2), n),
    ],
)
def test_whatever_knows_no_worlds_raises(read):
    with pytest.raises((InvalidOperation, TypeError, ValueError)):
        read(PRICE)


def test_it_is_equal_or_greater_in_every_world_or_that_is_an_error():
    assert Drawn([2, 2]) == 2
    assert D("1.5") != PRICE
    assert D("1.5") != PRICE
    assert D(1) < PRICE
    assert D("2.5") >= PRICE
    assert PRICE
    assert not Drawn([0, 0])
    with pytest.raises(CardError, match="differs by world"):
        max(PRICE, D(2))
    with pytest.raises(InputError, match="compared with 'x'"):
        _ = PRICE < "x"
    assert by_world(lesser(PRICE, D(2))).tolist() == [1.5, 2.0]
    assert lesser(D(3), D(2)) == 2


def test_it_is_copied_whole_and_shown_as_what_it_is():
    assert pickle.loads(pickle.dumps(PRICE)).worlds.tolist() == [1.5, 2.5]  # noqa: S301  our own bytes
    assert f"{PRICE:f}" == str(PRICE) == "Drawn(shape=(2,), mean=2)"
    for wrong in (1.0, [1.0, float("nan")]):
        with pytest.raises(InputError, match="expected a number for each world"):
            Drawn(wrong)


def test_numbers_of_a_card_become_arrays():
    assert columns([D(1), PRICE]).tolist() == [[1, 1.5], [1, 2.5]]
    assert columns([D(1), D("0.5")]).tolist() == [1, 0.5]
    assert kind_of(PRICE, exact=False, axes=2).shape == (2, 1, 1)
    assert by_world(D("0.5")) == 0.5
    assert by_world(multiply(PRICE, D(2))).tolist() == [3, 5]
    assert by_world(divide(D(3), PRICE)).tolist() == [2, 1.2]
