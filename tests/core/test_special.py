"""Special functions are SciPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special as scipy_special

from pertoken.core.special import betaln, digamma, gammaln, normal_scores, normal_shares, students, trigamma

shapes = st.floats(1e-3, 1e6)


def test_scores_and_shares_of_a_normal():
    share = np.concatenate([np.random.default_rng(1).uniform(size=997), [1e-300, 1e-20, 0.0749, 0.0751, 1 - 1e-12]])
    np.testing.assert_allclose(normal_scores(share), scipy_special.ndtri(share), rtol=1e-14, atol=1e-15)
    score = np.linspace(-30, 8, 1009)
    np.testing.assert_allclose(normal_shares(score), scipy_special.ndtr(score), rtol=1e-13)


def test_they_take_any_shape_and_layout():
    share = np.random.default_rng(2).uniform(size=(3, 5, 7)).T
    assert not share.flags.c_contiguous
    np.testing.assert_allclose(normal_scores(share), scipy_special.ndtri(share), rtol=1e-13)
    assert normal_scores(0.975).shape == ()
    assert normal_scores([]).shape == (0,)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 7, 28, 89, 364])
def test_quantiles_of_students_t(freedom):
    share = np.concatenate([np.linspace(0.001, 0.999, 499), [1e-6, 0.5, 1 - 1e-6]])
    exact = scipy_special.stdtrit(freedom, share)
    np.testing.assert_allclose(students(share, freedom), exact, rtol=1e-8, atol=1e-12)


@given(share=st.floats(1e-6, 1 - 1e-6), freedom=st.integers(1, 1_000))
def test_a_quantile_of_students_t_has_its_share_below(share, freedom):
    assert scipy_special.stdtr(freedom, float(students(share, freedom))) == pytest.approx(share, rel=1e-7, abs=1e-10)


def test_logs_of_gamma_and_beta():
    ones, others = np.random.default_rng(3).uniform(1e-3, 100, (2, 997))
    np.testing.assert_allclose(gammaln(ones), scipy_special.gammaln(ones), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(betaln(ones, others), scipy_special.betaln(ones, others), rtol=1e-12, atol=1e-12)


def test_slopes_of_the_log_of_gamma():
    number = np.geomspace(1e-3, 1e4, 997)
    np.testing.assert_allclose(digamma(number), scipy_special.digamma(number), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(trigamma(number), scipy_special.polygamma(1, number), rtol=1e-11)
    assert digamma(np.ones((2, 3))).shape == (2, 3)


@given(shapes, shapes)
def test_beta_functions_go_on_as_they_must(one, other):
    """B(a, b + 1) / B(a, b) = b / (a + b), however large b is."""
    step = float(betaln(one, other + 1) - betaln(one, other))
    assert step == pytest.approx(np.log(other / (one + other)), rel=1e-6, abs=1e-8)
