"""Laws of buying until death: what must hold of any parameters, and closed forms against simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from pertoken.core.errors import InputError
from pertoken.forecast.btyd.beta_geometric_bernoulli import BetaGeometricBernoulli
from pertoken.forecast.btyd.bg_nbd import BgNbd
from pertoken.forecast.btyd.buying import fit
from pertoken.forecast.btyd.gamma_gamma import GammaGamma, fit_gamma_gamma
from pertoken.forecast.btyd.pareto_nbd import ParetoNbd
from pertoken.forecast.btyd.purchases import Purchases, purchases_of
from pertoken.forecast.btyd.shifted_beta_geometric import ShiftedBetaGeometric, fit_shifted_beta_geometric

LAWS = {
    BgNbd: (0.6, 9.0, 0.8, 2.5),
    ParetoNbd: (0.7, 9.0, 0.9, 30.0),
    BetaGeometricBernoulli: (0.8, 2.4, 0.9, 30.0),
}
DRAWS = 4001

shapes = st.floats(0.05, 50)


def one(repeats, last, age):
    return Purchases(*(np.atleast_1d(np.asarray(each, dtype=float)) for each in (repeats, last, age)))


def newcomers(count):
    return one(np.zeros(count), np.zeros(count), np.zeros(count))


def lives(law, customers, periods, seed=3):
    """Simulate customers from their first period on: 1 for active."""
    ahead = law.paths(newcomers(customers), periods, 1, np.random.default_rng(seed))[0]
    return np.concatenate([np.ones((customers, 1)), ahead > 0], axis=1)


@pytest.mark.parametrize("kind", LAWS)
@settings(max_examples=60)
@given(parameters=st.tuples(shapes, shapes, shapes, shapes), last=st.integers(1, 40), silent=st.integers(0, 40),
       busy=st.floats(0, 1))  # fmt: skip
def test_who_is_alive_is_a_chance_that_falls_with_silence(kind, parameters, last, silent, busy):
    repeats = max(round(busy * last), 1)
    alive = kind(*parameters).alive(one([repeats] * 3, [last] * 3, [last, last + silent, last + silent + 7]))
    assert (alive >= 0).all()
    assert (alive <= 1).all()
    assert alive[0] >= alive[1] - 1e-9 >= alive[2] - 2e-9


@pytest.mark.parametrize("kind", LAWS)
@settings(max_examples=40)
@given(parameters=st.tuples(shapes, shapes, shapes, shapes), ahead=st.integers(1, 30))
def test_the_further_ahead_the_more_is_expected(kind, parameters, ahead):
    seen = one([0, 2, 9], [0, 5, 12], [20, 20, 20])
    near, far = (kind(*parameters).expected(seen, each) for each in (ahead, ahead + 1))
    assert (near >= 0).all()
    assert (far >= near * (1 - 1e-6)).all()


@pytest.mark.parametrize("kind", LAWS)
def test_paths_have_the_mean_of_the_closed_form(kind):
    law, seen = kind(*LAWS[kind]), one([0, 1, 4, 11], [0, 3, 18, 19], [20, 20, 20, 20])
    totals = law.paths(seen, 13, DRAWS, np.random.default_rng(5)).sum(axis=-1)
    error = totals.std(axis=0) / DRAWS**0.5
    assert (np.abs(totals.mean(axis=0) - law.expected(seen, 13)) < 4 * error).all()


@pytest.mark.parametrize("kind", LAWS)
def test_who_is_alive_is_calibrated_on_simulated_lives(kind):
    law = kind(*LAWS[kind])
    whole = lives(law, 6007, 80)
    # periods as short as these against the rates are nearly continuous time
    seen = purchases_of(whole[:, :31])
    expected, came = law.expected(seen, 50), whole[:, 31:].sum(axis=1)
    assert came.sum() == pytest.approx(expected.sum(), rel=0.08)
    for rows in np.array_split(np.argsort(expected), 3)[1:]:
        assert came[rows].sum() == pytest.approx(expected[rows].sum(), rel=0.15)


def test_parameters_are_found_again():
    true = BetaGeometricBernoulli(*LAWS[BetaGeometricBernoulli])
    found = fit(BetaGeometricBernoulli, purchases_of(lives(true, 6007, 60)))
    error = np.sqrt(np.diag(found.covariance))
    truth = np.log(LAWS[BetaGeometricBernoulli])
    assert (np.abs(found.logs - truth) < 3.5 * error).all()
    assert (error < [0.1, 0.1, 0.2, 0.3]).all()


@pytest.mark.parametrize("kind", LAWS)
def test_thirty_customers_are_enough_for_a_fit(kind):
    seen = purchases_of(lives(kind(*LAWS[kind]), 30, 30))
    found = fit(kind, seen)
    assert np.isfinite(found.logs).all()
    assert (np.sqrt(np.diag(found.covariance)) < 3).all()
    assert 0 < kind(*found.parameters).expected(seen, 28).sum() < 30 * 28


def test_more_history_leaves_less_open():
    whole = lives(BgNbd(*LAWS[BgNbd]), 1009, 60)
    few, many = (fit(BgNbd, purchases_of(whole[:rows])) for rows in (100, 1009))
    assert np.trace(many.covariance) < np.trace(few.covariance)


def test_same_histories_count_as_often_as_there_are_customers():
    seen = one([0, 2, 0], [0, 5, 0], [9, 9, 9])
    distinct, count, place = seen.folded()
    assert (len(distinct), count.tolist()) == (2, [2, 1])
    np.testing.assert_array_equal(distinct.repeats[place], seen.repeats)


@settings(max_examples=60)
@given(places=st.lists(st.tuples(shapes, shapes, shapes, shapes), min_size=1, max_size=3),
       histories=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 40), st.floats(0, 1), st.booleans()),
                          min_size=1, max_size=7))  # fmt: skip
def test_all_customers_together_are_as_likely_as_each_alone(places, histories):
    last, silent, busy, gone = (np.array(each) for each in zip(*histories, strict=True))
    seen = one(np.minimum(np.ceil(last * busy), last), np.where(np.ceil(last * busy) > 0, last, 0), last + silent)
    count = np.arange(1.0, len(last) + 1)
    each = [(count * BetaGeometricBernoulli(*place).log_likelihood(seen, gone=gone)).sum() for place in places]
    at_once = BetaGeometricBernoulli.together(np.array(places), seen, count, gone)
    assert at_once == pytest.approx(each, rel=1e-9, abs=1e-9)


def test_the_search_ends_where_scipys_does():
    seen = purchases_of(lives(BetaGeometricBernoulli(0.7, 1.9, 0.8, 20.0), 211, 53))
    prior = BetaGeometricBernoulli.prior(seen)

    def loss(logs):
        law = BetaGeometricBernoulli(*np.exp(logs))
        return -(law.log_likelihood(seen).sum() + prior.log_density(logs))

    theirs = minimize(loss, prior.centre, method="L-BFGS-B", options={"ftol": 1e-13})
    ours = fit(BetaGeometricBernoulli, seen)
    assert ours.logs == pytest.approx(theirs.x, abs=1e-3)
    assert loss(ours.logs) <= theirs.fun + 1e-9


def test_purchases_before_the_first_or_after_the_end_are_refused():
    with pytest.raises(InputError, match="expected 0 < last <= age"):
        one([2], [12], [10])
    with pytest.raises(InputError, match="customer 1 has 2 repeat"):
        one([1, 2], [4, 0], [10, 10])


def test_weeks_are_counted_back_from_the_last_day():
    days = np.zeros((1, 17))
    days[0, [2, 3, 16]] = 1
    seen = purchases_of(days, np.array([2]), fold=7)
    # days 0-2, 3-9 and 10-16
    assert (seen.repeats[0], seen.last[0], seen.age[0]) == (2, 2, 2)


def test_gamma_gamma_amounts_have_the_mean_that_is_expected():
    law, rng = GammaGamma(2.0, 4.0, 15.0), np.random.default_rng(11)
    mean, count = np.array([0.0, 8.0, 30.0]), np.array([0.0, 2.0, 9.0])
    scales = law.scales(mean, count, 20011, rng)
    amounts = law.amounts(np.full((20011, 3, 1), 2.0), scales, rng)[..., 0] / 2
    error = amounts.std(axis=0) / 20011**0.5
    assert (np.abs(amounts.mean(axis=0) - law.expected(mean, count)) < 4 * error).all()


def test_gamma_gamma_parameters_are_found_again():
    law, rng = GammaGamma(2.0, 4.0, 15.0), np.random.default_rng(13)
    count = rng.integers(1, 9, 4001).astype(float)
    scales = law.scales(np.zeros(4001), np.zeros(4001), 1, rng)
    mean = law.amounts(count[None, :, None], scales, rng)[0, :, 0] / count
    found = fit_gamma_gamma(mean, count)
    assert (np.abs(found.logs - np.log([2.0, 4.0, 15.0])) < 3.5 * np.sqrt(np.diag(found.covariance))).all()


def test_a_drift_between_cohorts_is_found_again():
    true, rng, size = ShiftedBetaGeometric(0.8, 3.2, 0.15), np.random.default_rng(17), 5003
    counts = np.full((7, 9), np.nan)
    for cohort in range(7):
        known = 8 - cohort
        counts[cohort, 0] = size
        counts[cohort, 1 : known + 1] = true.of(cohort).remaining(0, known, 1, size, rng)[0]
    law, _ = fit_shifted_beta_geometric(counts)
    assert law.drift == pytest.approx(0.15, abs=0.03)
    assert law.alpha / (law.alpha + law.beta) == pytest.approx(0.2, abs=0.015)


def test_a_cohort_shrinks_as_its_closed_form_says():
    law, rng = ShiftedBetaGeometric(0.7, 1.2), np.random.default_rng(19)
    left = law.remaining(3, 5, 401, 211, rng).mean(axis=0) / 211
    since = law.surviving(np.arange(4, 9)) / law.surviving(np.array(3))
    np.testing.assert_allclose(left, since, atol=0.01)


def test_a_cohort_that_grows_is_refused():
    with pytest.raises(InputError, match="cohort 1 grows from 90 to 95"):
        fit_shifted_beta_geometric(np.array([100, 90, 95]))
