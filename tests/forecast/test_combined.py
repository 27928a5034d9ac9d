"""The view from below and the view from above combined on paths, held to the closed form of two normal views."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.forecast.combined import combined, systematic, weighted_quantiles

DRAWS = 40_009


def lognormal(mean, sd, seed, draws=DRAWS):
    """Logs whose mean and standard deviation are just these."""
    logs = np.random.default_rng(seed).normal(size=draws)
    return np.exp(mean + sd * (logs - logs.mean()) / logs.std(ddof=1))[:, None]


def precision(mean, sd, other_mean, other_sd):
    """The two views of one log weighted by 1 / variance, in closed form."""
    one, other = 1 / sd**2, 1 / other_sd**2
    return (one * mean + other * other_mean) / (one + other), (one + other) ** -0.5


def log_moments(found, paths):
    logs = np.log(paths[:, 0])
    mean = found.weights @ logs
    return mean, (found.weights @ (logs - mean) ** 2) ** 0.5


@pytest.mark.parametrize(("above", "sd"), [(0.1, 0.3), (-0.15, 0.1), (0.0, 0.2), (0.3, 0.5)])
def test_one_total_is_the_mean_of_the_logs_weighted_by_precision(above, sd):
    paths = lognormal(0, 0.2, 1)
    found = combined(paths, lognormal(above, sd, 2))
    mean, spread = precision(0, 0.2, above, sd)
    assert log_moments(found, paths) == pytest.approx((mean, spread), abs=0.006)
    assert np.log(found.total) == pytest.approx(mean + spread * np.array([-1.2815516, 0, 1.2815516]), abs=0.012)
    assert found.conflict == pytest.approx(-above / np.hypot(0.2, sd), abs=1e-4)
    assert (found.inflation, found.tempered) == (1, 1)


def test_a_conflict_widens_both_views_and_is_said():
    paths = lognormal(0, 0.2, 1)
    found = combined(paths, lognormal(0.8, 0.25, 2))
    assert found.conflict == pytest.approx(-0.8 / np.hypot(0.2, 0.25), abs=1e-4)  # 2.5 standard deviations
    assert found.inflation == pytest.approx(1.25, abs=1e-3)
    mean, spread = precision(0, 0.2 * 1.25, 0.8, 0.25 * 1.25)
    assert log_moments(found, paths) == pytest.approx((mean, spread), abs=0.02)
    assert any(said.startswith("CONFLICT: the two views are 2.5 standard deviations") for said in found.says)
    assert any("No conflict" in said for said in combined(paths, lognormal(0.1, 0.25, 2)).says)


def test_a_view_that_no_path_reaches_is_tempered_and_said():
    found = combined(lognormal(0, 0.05, 1, 2_003), lognormal(4, 0.05, 2))
    assert found.tempered < 1
    assert found.effective == pytest.approx(0.02 * 2_003, rel=0.01)
    assert "Hardly a path from below" in found.says[-1]


@pytest.mark.parametrize(
    ("below", "above", "said"),
    [
        (3.0, 0.0, "The view from below is 20 times the view from above."),
        (0.0, 3.0, "The view from above is 20 times the view from below."),
        (0.0, 0.4, "The view from above is 1.5 times the view from below."),
    ],
)
def test_how_far_apart_the_views_are_is_told_from_the_smaller(below, above, said):
    assert combined(lognormal(below, 0.5, 1), lognormal(above, 0.5, 2)).says[0] == said


def test_two_halves_are_the_product_of_two_normal_views():
    rng = np.random.default_rng(3)
    mean_below, below = np.array([1.0, 1.3]), np.array([[0.05, 0.03], [0.03, 0.09]])
    mean_above, above = np.array([1.1, 1.1]), np.array([[0.04, 0.03], [0.03, 0.06]])
    paths = np.exp(rng.multivariate_normal(mean_below, below, 100_003))
    found = combined(paths, np.exp(rng.multivariate_normal(mean_above, above, 100_003)))
    one, other = np.linalg.inv(below), np.linalg.inv(above)
    covariance = np.linalg.inv(one + other)
    mean = covariance @ (one @ mean_below + other @ mean_above)
    logs = np.log(paths)
    seen = found.weights @ logs
    assert seen == pytest.approx(mean, abs=0.006)
    assert (logs - seen).T @ (found.weights[:, None] * (logs - seen)) == pytest.approx(covariance, abs=0.003)


def test_what_is_committed_stays_as_it_is():
    growing = lognormal(0, 0.3, 5, 5_003) * np.array([[1.0, 1.1, 1.2]])
    committed = np.full((5_003, 1), 7.0)
    found = combined(growing + committed, lognormal(2.2, 0.2, 6) * np.ones(3))
    picked = found.resampled(np.random.default_rng(0))
    assert (committed[picked] == 7).all()
    assert found.quantiles.min() > 7  # nobody pays less than was promised


def test_both_views_alike_narrow_the_range_and_keep_the_middle():
    paths = lognormal(0, 0.3, 7) * np.ones(5)
    found = combined(paths, lognormal(0, 0.3, 8) * np.ones(5))
    assert found.total[1] == pytest.approx(found.below[1], rel=0.01)
    assert np.log(found.total[2] / found.total[0]) == pytest.approx(2 * 1.28155 * 0.3 / 2**0.5, rel=0.02)


def test_resampled_paths_all_count_the_same():
    paths = lognormal(0, 0.2, 1)
    found = combined(paths, lognormal(0.2, 0.2, 2))
    picked = paths[found.resampled(np.random.default_rng(11)), 0]
    assert picked.mean() == pytest.approx(found.mean[0], rel=1e-3)
    assert np.quantile(picked, [0.1, 0.5, 0.9]) == pytest.approx(found.total, rel=2e-3)


@given(seed=st.integers(0, 999), count=st.integers(2, 50))
def test_each_draw_comes_as_often_as_its_weight_says(seed, count):
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.full(count, 0.3))
    often = np.bincount(systematic(weights, 997, rng), minlength=count)
    assert often.sum() == 997
    assert np.abs(often - 997 * weights).max() < 1 + 1e-6


@given(seed=st.integers(0, 999), above=st.floats(-3, 3), months=st.integers(1, 7))
def test_weights_are_shares_and_paths_stay_paths(seed, above, months):
    rng = np.random.default_rng(seed)
    paths = rng.gamma(0.7, 3, (211, months))
    found = combined(paths, np.exp(above + rng.normal(0, 0.4, (307, months))))
    assert found.weights.sum() == pytest.approx(1)
    assert found.weights.min() >= 0
    assert found.quantiles.min() >= paths.min()
    assert found.quantiles.max() <= paths.max()
    assert 1 <= found.effective <= 211 + 1e-6


def test_equal_weights_give_plain_quantiles():
    values = np.random.default_rng(2).normal(size=1_009)
    found = weighted_quantiles(values, np.full(1_009, 1 / 1_009))
    assert found == pytest.approx(np.quantile(values, [0.1, 0.5, 0.9], method="hazen"))


@pytest.mark.parametrize(
    ("bottom", "top", "said"),
    [
        (np.ones((9, 3)), np.ones((9, 2)), "3 months from below, 2 from above"),
        (np.ones((2, 3)), np.ones((9, 3)), "expected at least 6 draws"),
        (-np.ones((9, 3)), np.ones((9, 3)), "months below zero"),
        (np.zeros((9, 3)), np.ones((9, 3)), "half of the paths from below earn nothing"),
    ],
)
def test_paths_that_cannot_be_combined_are_refused(bottom, top, said):
    with pytest.raises(InputError, match=said):
        combined(bottom, top)
