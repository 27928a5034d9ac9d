"""Waterfalls against Shapley's own axioms, a textbook game, and all orders written out."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.scenario.waterfall import MOST_EXACT, ORDERS, shapley


def slow(game, names):
    """Each change's addition, averaged over all orders one by one."""
    total = dict.fromkeys(names, 0.0)
    orders = list(permutations(range(len(names))))
    for order in orders:
        made = np.zeros((1, len(names)), dtype=bool)
        before = game(made)[0]
        for i in order:
            made[0, i] = True
            after = game(made)[0]
            total[names[i]] += after - before
            before = after
    return {name: x / len(orders) for name, x in total.items()}


def product(factors):
    """Revenue as a product of inputs that each go up by a factor."""
    return lambda made: np.where(made, factors, 1.0).prod(axis=1)


@given(st.lists(st.floats(0.2, 5), min_size=1, max_size=5))
@settings(max_examples=30)
def test_effects_are_the_averages_over_all_orders_and_add_up(factors):
    names = [f"n{i}" for i in range(len(factors))]
    steps = shapley(product(factors), names)
    twin = slow(product(factors), names)
    for name in names:
        assert float(steps.effects[name]) == pytest.approx(twin[name], abs=1e-9)
    assert float(sum(steps.effects.values())) == pytest.approx(float(steps.end - steps.start), abs=1e-9)
    assert (float(steps.start), steps.orders) == (1, 0)


def test_the_glove_game_has_shapleys_values():
    """One left glove, two right ones; a pair is worth 1: 2/3 for the left, 1/6 for each right (L. S. Shapley)."""
    steps = shapley(lambda made: (made[:, 0] & (made[:, 1] | made[:, 2])) * 1.0, ["left", "right 1", "right 2"])
    assert [float(x) for x in steps.effects.values()] == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_months_are_shared_out_each_by_itself():
    slopes = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    steps = shapley(lambda made: made @ slopes, ["a", "b", "c"])
    np.testing.assert_allclose(np.stack(list(steps.effects.values())), slopes)
    assert steps.end.tolist() == [7, 70]


def test_the_order_of_changes_does_not_matter():
    factors = {"a": 2.0, "b": 0.5, "c": 3.0}
    one = shapley(product(list(factors.values())), list(factors))
    two = shapley(product([factors[n] for n in "cab"]), list("cab"))
    for name in factors:
        assert float(one.effects[name]) == float(two.effects[name])


def test_beyond_twelve_changes_orders_are_drawn_and_still_add_up():
    factors = np.linspace(0.8, 1.3, MOST_EXACT + 1)
    names = [f"n{i:02}" for i in range(len(factors))]
    steps = shapley(product(factors), names)
    assert steps.orders == ORDERS
    assert float(sum(steps.effects.values())) == pytest.approx(factors.prod() - 1, abs=1e-12)
    exact = shapley(product(factors[:-1]), names[:-1])
    few = np.array([float(exact.effects[n]) for n in names[:-1]])
    assert np.corrcoef(few, [float(steps.effects[n]) for n in names[:-1]])[0, 1] > 0.99
    again = shapley(product(factors), names)
    assert [float(x) for x in again.effects.values()] == [float(x) for x in steps.effects.values()]


def test_drawn_orders_come_close_to_all_of_them(monkeypatch):
    factors = np.linspace(0.8, 1.3, 9)
    names = [f"n{i}" for i in range(9)]
    exact = shapley(product(factors), names)
    monkeypatch.setattr("pertoken.scenario.waterfall.MOST_EXACT", 3)
    drawn = shapley(product(factors), names)
    for name in names:
        assert float(drawn.effects[name]) == pytest.approx(float(exact.effects[name]), abs=0.01)


def test_names_are_given_in_any_order_and_columns_follow():
    steps = shapley(lambda made: made @ np.array([5.0, 7.0]), ["z", "a"])
    assert {name: float(x) for name, x in steps.effects.items()} == {"z": 5, "a": 7}
