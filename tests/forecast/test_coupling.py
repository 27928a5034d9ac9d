"""Coupling keeps what each period says alone, and ties periods together as asked; SciPy's Spearman is the oracle."""

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.stats import norm, spearmanr

from pertoken.core.errors import InputError
from pertoken.forecast.coupling import Persistence, normals, paths_of, persistence

SHARES = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])


def quantiles(customers=2, periods=5):
    """Quantiles of log-normal customers, each period with a level of its own."""
    level = np.arange(1, customers * periods + 1).reshape(customers, periods) * 10.0
    return np.exp(0.5 * norm.ppf(SHARES))[:, None, None] * level


def test_paths_have_the_quantiles_of_each_period():
    asked = quantiles()
    drawn = paths_of(asked, SHARES, normals(Persistence(0.4, 0.5), (40_000, 2, 5), np.random.default_rng(1)))
    np.testing.assert_allclose(np.quantile(drawn, SHARES, axis=0), asked, rtol=0.03)


@pytest.mark.parametrize(("lasting", "stays"), [(0.0, 0.0), (0.0, 0.7), (0.5, 0.0), (0.4, 0.5)])
def test_periods_are_ranked_together_as_a_gaussian_copula_says(lasting, stays):
    """Spearman's rho of two normals with correlation r is 6 / pi asin(r / 2) (Pearson 1907)."""
    drawn = paths_of(
        quantiles(1), SHARES, normals(Persistence(lasting, stays), (40_000, 1, 5), np.random.default_rng(2))
    )
    found = spearmanr(drawn[:, 0]).statistic
    for lag in (1, 2, 3):
        together = lasting + (1 - lasting) * stays**lag
        wanted = 6 / np.pi * np.arcsin(together / 2)
        assert np.diagonal(found, lag) == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize(("lasting", "stays"), [(0.0, 0.0), (0.0, 0.6), (0.5, 0.0), (0.3, 0.5)])
def test_persistence_is_found_again_in_what_was_drawn_with_it(lasting, stays):
    drawn = normals(Persistence(lasting, stays), (1, 4_000, 28), np.random.default_rng(3))[0]
    drawn[::3, 20:] = np.nan
    found = persistence(drawn)
    assert (found.lasting, found.stays) == pytest.approx((lasting, stays), abs=0.06)


def test_a_total_of_uncoupled_periods_is_too_narrow():
    def width(how):
        paths = paths_of(quantiles(1, 30), SHARES, normals(how, (4_000, 1, 30), np.random.default_rng(4)))
        low, high = np.quantile(paths.sum(axis=2)[:, 0], [0.1, 0.9])
        return high - low

    assert width(Persistence(0.5, 0.3)) > 2.5 * width(Persistence(0.0, 0.0))


def test_one_period_has_nothing_to_hang_together_with():
    assert persistence(np.array([[0.5], [-1.0]])) == Persistence(0.0, 0.0)
    assert persistence(np.full((3, 7), np.nan)) == Persistence(0.0, 0.0)


def test_paths_are_never_negative_even_beyond_the_lowest_quantile():
    low = np.array([1.0, 9.0])[:, None, None]
    assert paths_of(low, np.array([0.4, 0.6]), np.full((1, 1, 1), -8.0)).item() == pytest.approx(0, abs=1e-12)


numbers = st.floats(-1e6, 1e6, allow_nan=False)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="expected shares"):
        Persistence(0.2, 1.0)
