"""An outside forecast is averaged with ours quantile by quantile."""

import numpy as np
import pytest
from scipy.stats import norm, spearmanr

from pertoken.core.errors import InputError
from pertoken.forecast.coupling import Persistence
from pertoken.forecast.outside import Outside, averaged, taken_in, weight_of
from pertoken.forecast.predicted import Predicted

SHARES = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
EVEN = (np.arange(999) + 0.5) / 999


def ours(seed=1):
    rng = np.random.default_rng(seed)
    steps = rng.gamma(3, 10, size=(997, 3, 2))
    samples = steps.sum(axis=2)
    return Predicted(("a", "b", "c"), 2, samples, samples.sum(axis=1), steps=steps, weights={"own": 1.0})


def theirs(*names, level=100.0):
    values = np.broadcast_to((level + 20 * norm.ppf(SHARES))[:, None, None], (5, len(names), 2))
    return Outside(names, ("1", "2"), values, SHARES)


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 1.0])
def test_two_normal_forecasts_average_to_a_normal_between_them(weight):
    """Quantile averages of N(10, 1) and N(20, 3) are N(10 + 10 w, 1 + 2 w) (Vincent 1912)."""
    rng = np.random.default_rng(2)
    own, other = rng.permutation(norm(10, 1).ppf(EVEN)), norm(20, 3).ppf(EVEN)
    found = averaged(own, other, weight)
    np.testing.assert_allclose(np.sort(found), norm(10 + 10 * weight, 1 + 2 * weight).ppf(EVEN), rtol=1e-9)
    assert spearmanr(found, own).statistic == pytest.approx(1)


def test_the_better_of_two_forecasts_gets_the_weight():
    rng = np.random.default_rng(3)
    truth = rng.lognormal(3, 1, 301)
    actual = truth * np.exp(0.1 * rng.standard_normal(301))
    good = truth * np.exp(0.1 * rng.standard_normal((99, 301)))
    bad = 2 * truth * np.exp(0.1 * rng.standard_normal((99, 301)))
    assert weight_of(bad, good, actual) > 0.9
    assert weight_of(good, bad, actual) < 0.1


def test_a_forecast_taken_in_whole_is_theirs_and_others_stay():
    made = ours()
    found = taken_in(made, theirs("b", "z"), weight=1, rng=np.random.default_rng(4), how=Persistence(0.98, 0.0))
    np.testing.assert_array_equal(found.samples[:, [0, 2]], made.samples[:, [0, 2]])
    assert np.median(found.samples[:, 1]) == pytest.approx(200, rel=0.04)
    np.testing.assert_allclose(found.total, found.samples.sum(axis=1))
    assert found.steps is not None
    np.testing.assert_allclose(found.steps.sum(axis=2), found.samples)
    assert spearmanr(found.samples[:, 1], made.samples[:, 1]).statistic == pytest.approx(1)
    assert found.weights == pytest.approx({"own": 2 / 3, "outside": 1 / 3})
    assert "does not name 2 of 3 customers" in found.notes[-1]


def test_paths_say_themselves_how_wide_their_sum_is():
    paths = np.array([[[1.0, 1.0]], [[2.0, 2.0]], [[3.0, 3.0]]])
    drawn = Outside(("a",), ("1", "2"), paths).samples(9, np.random.default_rng(5))
    assert (drawn.min(), np.median(drawn), drawn.max()) == pytest.approx((2.2, 4, 5.8), abs=0.3)


@pytest.mark.parametrize(
    ("outside", "weight", "said"),
    [
        (theirs("a"), 1.5, "weight of 1.5"),
        (theirs("z"), 0.5, "names no customer"),
        (Outside(("a",), ("1",), np.ones((2, 1, 1)), np.array([0.1, 0.9])), 0.5, "has 1 periods; ours has 2"),
    ],
)
def test_what_does_not_fit_is_refused(outside, weight, said):
    with pytest.raises(InputError, match=said):
        taken_in(ours(), outside, weight=weight, rng=np.random.default_rng(6))


def test_a_forecast_has_the_shape_that_it_says():
    with pytest.raises(InputError, match="has values"):
        Outside(("a",), ("1", "2"), np.ones((2, 1, 1)))
    with pytest.raises(InputError, match="two at least"):
        Outside(("a",), ("1",), np.ones((1, 1, 1)), np.array([0.5]))
