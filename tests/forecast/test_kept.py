"""Worlds of a forecast that are kept: which of them, and in which order."""

from types import SimpleNamespace

import numpy as np
import pytest

from pertoken.forecast.kept import Kept, kept

MONTHS = ("2027-01", "2027-02", "2027-03")


def forecast(worlds, **parts):
    """What is kept of a forecast, by measure; the months of a world are 1, 2 and 3 times its number."""
    made = {name: np.outer(each, [1.0, 2.0, 3.0]) for name, each in worlds.items()}
    return SimpleNamespace(
        worlds=made, parts=parts, months=MONTHS, currency="USD", unit="tokens", as_of="2026-12-31", seed=7
    )


def test_of_groups_of_alike_totals_the_middle_one_is_kept():
    """35 worlds in 5 groups of 7: the middle ones are the 4th, 11th, 18th, 25th and 32nd from below."""
    found = kept(forecast({"revenue": np.random.default_rng(3).permutation(35) + 1.0}), most=5)
    assert found.values["revenue", "", ""][:, 0].tolist() == [4, 11, 18, 25, 32]
    assert (found.simulated, found.worlds, found.seed, found.as_of) == (35, 5, 7, "2026-12-31")


@pytest.mark.parametrize("most", [5, 6, 700])
def test_where_there_are_no_more_all_are_kept(most):
    found = kept(forecast({"revenue": np.array([3.0, 1.0, 2.0, 5.0, 4.0])}), most=most)
    assert found.values["revenue", "", ""][:, 0].tolist() == [1, 2, 3, 4, 5]


def test_quantiles_of_the_total_are_off_by_no_more_than_half_a_group():
    """10,240 worlds, 1,000 kept: each quantile lies between those half a group below and above."""
    total = np.random.default_rng(11).lognormal(0, 0.7, 10_240)
    few = kept(forecast({"revenue": total})).values["revenue", "", ""][:, 0]
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        low, high = np.quantile(total, [share - 0.0006, share + 0.0006])
        assert low <= np.quantile(few, share) <= high


def test_a_row_is_the_same_world_in_all_parts_and_measures():
    revenue, usage = np.array([30.0, 10.0, 20.0]), np.array([3.0, 1.0, 2.0])
    parts = {"": {"revenue": np.outer(revenue / 5, [1.0, 2.0, 3.0]), "margin": np.zeros((3, 3))}}
    found = kept(forecast({"revenue": revenue, "usage": usage}, customer=parts))
    assert found.values["usage", "", ""][:, 0].tolist() == [1, 2, 3]
    assert found.values["revenue", "customer", "all others"][:, 0].tolist() == [2, 4, 6]
    assert kept(forecast({"revenue": revenue}, plan=parts)).values.keys() == {
        ("revenue", "", ""), ("revenue", "plan", "(none)"),
    }  # fmt: skip
    assert not any(measure == "margin" for measure, _, _ in found.values)


@pytest.mark.parametrize("leading", ["revenue", "cost", "usage", "customers"])
def test_worlds_are_ranked_by_revenue_else_by_cost_else_by_usage(leading):
    measures = ["revenue", "cost", "usage", "customers"]
    there = measures[measures.index(leading) :]
    worlds = {name: np.array([1.0, 2.0, 3.0]) for name in there} | {leading: np.array([3.0, 1.0, 2.0])}
    found = kept(forecast(worlds))
    assert found.leading == leading
    assert found.values[leading, "", ""][:, 0].tolist() == [1, 2, 3]


def test_over_other_months_the_order_is_another():
    """In all, the first world has 1 + 9 = 10 and the second 2 + 3 = 5; in the first month it has less."""
    values = {("revenue", "", ""): np.array([[1.0, 9.0], [2.0, 3.0]])}
    both = Kept(months=("2027-01", "2027-02"), values=values)
    assert both.ranked(both.months).values["revenue", "", ""].tolist() == [[2, 3], [1, 9]]
    assert both.ranked(["2027-01"]).values["revenue", "", ""].tolist() == [[1], [2]]
