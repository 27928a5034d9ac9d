"""Sensitivity against the analytic indices of published test functions, and against SciPy."""

from math import pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pertoken.core.design import design, one_at_a_time
from pertoken.core.errors import InputError
from pertoken.scenario.indices import rank_correlations, sobol_indices, tornado


def ishigami(u):
    """T. Ishigami and T. Homma, 1990: sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 on -pi to pi."""
    x = 2 * pi * u - pi
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


V1, V2, V13 = 0.5 * (1 + 0.1 * pi**4 / 5) ** 2, 49 / 8, 0.1**2 * pi**8 * (1 / 18 - 1 / 50)
VARIANCE = V1 + V2 + V13
FIRST = {"x1": V1 / VARIANCE, "x2": V2 / VARIANCE, "x3": 0.0}
TOTAL = {"x1": (V1 + V13) / VARIANCE, "x2": V2 / VARIANCE, "x3": V13 / VARIANCE}
"""Closed forms, as in A. Saltelli et al., Global Sensitivity Analysis: The Primer, 2008; total 0.558, 0.442, 0.244."""


@pytest.mark.parametrize("kind", ["sobol", "lhs", "random"])
def test_ishigamis_indices_are_the_analytic_ones(kind):
    found = sobol_indices(ishigami, ["x1", "x2", "x3"], draws=40_960, seed=7, kind=kind)
    assert [index.name for index in found] == ["x1", "x2", "x3"]
    for index in found:
        assert abs(index.first - FIRST[index.name]) < 4 * index.first_error + 1e-3
        assert abs(index.total - TOTAL[index.name]) < 4 * index.total_error + 1e-3
        assert max(index.first_error, index.total_error) < 0.02


def test_indices_are_those_of_scipy():
    twin = stats.sobol_indices(
        func=lambda x: ishigami((x.T + pi) / (2 * pi)),
        n=8192,
        dists=[stats.uniform(loc=-pi, scale=2 * pi)] * 3,
        rng=np.random.default_rng(1),
    )
    found = {index.name: index for index in sobol_indices(ishigami, ["x1", "x2", "x3"], draws=40_960, seed=7)}
    np.testing.assert_allclose([found[n].first for n in FIRST], twin.first_order, atol=0.01)
    np.testing.assert_allclose([found[n].total for n in FIRST], twin.total_order, atol=0.01)


def test_stated_errors_are_the_real_ones():
    runs = [sobol_indices(ishigami, ["x1", "x2", "x3"], draws=640, seed=seed, kind="random") for seed in range(150)]
    by_name = [{index.name: index for index in run} for run in runs]
    for name in FIRST:
        for value, error in (("first", "first_error"), ("total", "total_error")):
            real = np.std([getattr(run[name], value) for run in by_name])
            stated = np.sqrt(np.mean([getattr(run[name], error) ** 2 for run in by_name]))
            assert stated == pytest.approx(real, rel=0.35), (name, value)


def test_sums_of_independent_inputs_have_shares_of_the_variance():
    """For sum of a_i x_i the index of i is a_i squared over the sum of squares, first and total alike."""
    found = sobol_indices(lambda u: u @ np.array([1.0, 2.0, 3.0]), ["a", "b", "c"], draws=10_240, seed=1)
    assert [index.name for index in found] == ["c", "b", "a"]
    for index, part in zip(found, (9 / 14, 4 / 14, 1 / 14), strict=True):
        assert index.first == pytest.approx(part, abs=2e-3)
        assert index.total == pytest.approx(part, abs=2e-3)


def test_a_group_is_moved_as_one():
    """x1 and x3 together are all that x2 is not, since x2 acts alone."""
    groups = {"both": ["x1", "x3"], "x2": ["x2"]}
    found = {
        index.name: index for index in sobol_indices(ishigami, ["x1", "x2", "x3"], draws=40_960, seed=7, groups=groups)
    }
    assert found["both"].first == pytest.approx(1 - FIRST["x2"], abs=0.01)
    assert found["both"].total == pytest.approx(1 - FIRST["x2"], abs=0.01)


def test_indices_do_not_depend_on_the_order_of_inputs():
    one = sobol_indices(ishigami, ["x1", "x2", "x3"], draws=640, seed=7)
    two = sobol_indices(lambda u: ishigami(u[:, [2, 0, 1]]), ["x2", "x3", "x1"], draws=640, seed=7)
    assert one == two


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: sobol_indices(lambda u: u[:, 0] * 0, ["a"], draws=64, seed=1), "the same in all worlds"),
        (
            lambda: sobol_indices(ishigami, ["a", "b", "c"], draws=64, seed=1, groups={"g": ["a", "b"]}),
            "groups of inputs with c left out",
        ),
        (
            lambda: sobol_indices(ishigami, ["a", "b"], draws=64, seed=1, groups={"g": ["a", "b"], "h": ["a"]}),
            "groups of inputs with a left out, twice or unknown",
        ),
    ],
)
def test_what_has_no_indices_is_said(ask, says):
    with pytest.raises(InputError, match=says):
        ask()


# --- one at a time


def swings(names, result):
    """A tornado over the quantiles of shares, each input from 1 to 9."""
    worlds = one_at_a_time(names) * 10
    results = result(worlds)
    ends = np.stack([worlds[1::2].diagonal(), worlds[2::2].diagonal()], axis=-1)
    return tornado(names, ends, results[1:].reshape(-1, 2), results[0])


@given(st.permutations(["a", "b", "c", "d"]))
def test_a_tornado_is_sorted_by_swing_whatever_the_order(names):
    slope = {"a": 1.0, "b": -4.0, "c": 4.0, "d": 2.0}
    found = swings(names, lambda worlds: worlds @ np.array([slope[name] for name in names]))
    assert [one.name for one in found] == ["b", "c", "d", "a"]
    assert [one.swing for one in found] == pytest.approx([32, 32, 16, 8])
    assert (found[0].low_input, found[0].high_input) == (1, 9)
    assert found[0].at_low > found[0].at_high


def test_a_valley_between_low_and_high_is_a_swing_too():
    (found,) = swings(["a"], lambda worlds: ((worlds - 5) ** 2).sum(axis=1))
    assert found.at_low == pytest.approx(found.at_high)
    assert found.swing == pytest.approx(16)


# --- ranks

draws = st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3), st.integers(0, 9)), min_size=3, max_size=31)


@given(draws, st.randoms(use_true_random=False))
def test_rank_correlations_are_scipys_and_worlds_may_stand_in_any_order(rows, random):
    values = np.array(rows, dtype=float)
    found = rank_correlations(["a", "b"], values[:, :2], values[:, 2])
    for i, name in enumerate(["a", "b"]):
        if len(set(values[:, i])) == 1 or len(set(values[:, 2])) == 1:
            assert np.isnan(found[name])
        else:
            assert found[name] == pytest.approx(stats.spearmanr(values[:, i], values[:, 2]).statistic, abs=1e-12)
    random.shuffle(rows)
    mixed = np.array(rows, dtype=float)
    again = rank_correlations(["b", "a"], mixed[:, [1, 0]], mixed[:, 2])
    assert {name: repr(x) for name, x in again.items()} == {name: repr(x) for name, x in found.items()}


def test_the_strongest_comes_first_and_what_cannot_be_said_last():
    u = design(["a", "b", "c"], draws=1000, seed=1)
    u[:, 1] = 0.5
    found = rank_correlations(["b", "a", "c"], u[:, [1, 0, 2]], u[:, 0] - 3 * u[:, 2])
    assert list(found) == ["c", "a", "b"]
    assert found["c"] < -0.9
    assert np.isnan(found["b"])


def test_a_million_worlds_are_ranked_without_overflow():
    column = np.arange(1_000_000.0)
    assert rank_correlations(["a"], column[:, None], -column)["a"] == -1
