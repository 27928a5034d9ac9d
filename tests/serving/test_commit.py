"""Commitments: the exact plan against every plan there is, and the newsvendor's rule by hand."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.serving.commit import Term, plan

LOADS = st.lists(st.integers(0, 3), min_size=6, max_size=6)
PRICES = st.floats(0.1, 5)


def dispatched(load, committed, on_demand, spot, most):
    """What is not committed costs, hour by hour: spot to its limit, then on demand, or all on demand if cheaper."""
    total = 0.0
    for used, held in zip(load, committed, strict=True):
        rest = max(used - held, 0)
        by_spot = min(rest, most) if spot < on_demand else 0
        total += by_spot * spot + (rest - by_spot) * on_demand
    return total


def cheapest(worlds, prices, most):
    """Try every number of GPUs for the whole time and for each half of it."""
    on_demand, long, short, spot = prices
    top, bins = max(max(world) for world in worlds), len(worlds[0])
    best = np.inf
    for whole, first, second in product(range(top + 1), repeat=3):
        held = [whole + first] * (bins // 2) + [whole + second] * (bins // 2)
        fee = whole * long * bins + (first + second) * short * bins / 2
        rest = np.mean([dispatched(world, held, on_demand, spot, most) for world in worlds])
        best = min(best, fee + rest)
    return best


@settings(max_examples=60)
@given(LOADS, st.tuples(PRICES, PRICES, PRICES, PRICES), st.integers(0, 3))
def test_no_plan_is_cheaper(load, prices, most):
    on_demand, long, short, spot = prices
    terms = [Term(name="long", price=long), Term(name="short", price=short, bins=3)]
    found = plan(np.array(load), on_demand=on_demand, terms=terms, spot=spot, spot_most=most)
    assert float(found.cost) == pytest.approx(cheapest([load], prices, most))


@settings(max_examples=25)
@given(st.lists(LOADS, min_size=2, max_size=4), st.tuples(PRICES, PRICES, PRICES, PRICES), st.integers(0, 3))
def test_no_plan_is_cheaper_on_average_over_worlds(loads, prices, most):
    on_demand, long, short, spot = prices
    terms = [Term(name="short", price=short, bins=3), Term(name="long", price=long)]
    found = plan(np.array(loads), on_demand=on_demand, terms=terms, spot=spot, spot_most=most)
    assert found.cost.shape == (len(loads),)
    assert float(found.cost.mean()) == pytest.approx(cheapest(loads, prices, most))


@given(st.lists(st.integers(0, 9), min_size=4, max_size=24), PRICES)
def test_hours_that_are_paid_are_those_used_and_those_idle(load, price):
    found = plan(np.array(load), on_demand=2.0, terms=[Term(name="year", price=price)], spot=1.0, spot_most=2)
    paid = sum(float(hours) for hours in found.hours.values())
    assert paid == pytest.approx(sum(load) + float(found.idle_hours))
    assert float(found.cost) == pytest.approx(sum(float(cost) for cost in found.costs.values()))


def test_an_hour_is_committed_when_it_is_used_more_than_the_prices_compare():
    # at 56 % of the price on demand, a GPU in use for 60 % of the hours is committed, one in use for 50 % isn't
    load = np.repeat([2, 1, 0], [50, 10, 40])
    found = plan(load, on_demand=1.0, terms=[Term(name="three_years", price=0.56)])
    assert found.committed["three_years"].tolist() == [1]
    assert float(found.cost) == pytest.approx(56 + 50)


def test_three_years_are_bought_for_what_stays_and_one_year_for_what_comes_later():
    # one GPU throughout, a second from the second year on: 3 x 0.5 for the first, 2 x 0.7 for the second
    load = np.repeat([1, 2, 2], 10)
    found = plan(load, on_demand=1.0, terms=[Term(name="three", price=0.5), Term(name="one", price=0.7, bins=10)])
    assert found.committed["three"].tolist() == [1]
    assert found.committed["one"].tolist() == [0, 1, 1]
    assert float(found.cost) == pytest.approx(30 * 0.5 + 20 * 0.7)


def test_five_minutes_are_a_twelfth_of_an_hour():
    found = plan(np.ones(24), on_demand=3.0, width=300.0)
    assert float(found.cost) == pytest.approx(6)


@pytest.mark.parametrize(
    ("load", "terms", "message"),
    [
        ([0.5, 1], [], "whole numbers of GPUs"),
        ([1, 1, 1], [Term(name="a", price=1, bins=2)], "multiple of the one before"),
        ([1, 1], [Term(name="spot", price=1)], "a name of its own"),
        ([1, 1], [Term(name="a", price=-1)], "expected 0 or more"),
    ],
)
def test_what_can_not_be_bought_is_refused(load, terms, message):
    with pytest.raises(InputError, match=message):
        plan(np.array(load), on_demand=1.0, terms=terms)
