"""Customers who slow down instead of dying: against integrals, limits that are other laws, and simulated customers."""

import numpy as np
import pytest
from scipy.special import beta as beta_of
from scipy.special import gammaln, roots_genlaguerre, roots_jacobi
from scipy.stats import nbinom

from pertoken.forecast.btyd.buying import fit
from pertoken.forecast.btyd.pareto_nbd import ParetoNbd
from pertoken.forecast.btyd.purchases import Dated, Purchases, dated_of
from pertoken.forecast.btyd.slowing_nbd import SlowingNbd

LAW = SlowingNbd(0.9, 8.0, 0.7, 4.0, 0.15)


def lives(law, customers, periods, seed=3):
    """Simulate purchases by period, period by period: shape `(customer, period)`; the first brings the customer."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(law.r, 1 / law.alpha, customers)
    chance = rng.beta(law.slow, law.stay, customers)
    quick = np.ones(customers, dtype=bool)
    bought = np.ones((customers, periods + 1))
    for period in range(1, periods + 1):
        quick &= rng.random(customers) >= chance
        bought[:, period] = rng.poisson(rate * np.where(quick, 1.0, law.left))
    return bought


def one(*periods):
    """Describe a customer by purchases in each period after the first."""
    return dated_of(np.array([[1.0, *periods]]))


@pytest.mark.parametrize("periods", [(0,), (1, 0, 0, 1, 0), (0, 0, 0, 0, 0, 0), (1, 1, 1, 0, 0, 0, 0), (0, 0, 0, 1)])
def test_the_likelihood_is_the_integral_over_rates_and_chances(periods):
    """Oracle: Gaussian quadrature of the law as it is told, period by period, for every time of slowing down."""
    rate, of_rate = roots_genlaguerre(60, 1.4 - 1)
    chance, of_chance = roots_jacobi(40, 2.5 - 1, 1.2 - 1)
    rate, chance = (rate / 3.0)[:, None], ((chance + 1) / 2)[None, :]
    total = 0.0
    for quick in range(len(periods) + 1):
        share = (1 - chance) ** quick * (chance if quick < len(periods) else 1.0)
        for period, bought in enumerate(periods):
            pace = rate * (1.0 if period < quick else 0.2)
            share = share * np.exp(-pace) * (pace if bought else 1.0)
        total += of_rate @ share @ of_chance / (of_rate.sum() * of_chance.sum())
    found = SlowingNbd(1.4, 3.0, 1.2, 2.5, 0.2).log_likelihood(one(*periods))[0]
    assert found == pytest.approx(np.log(total), abs=1e-9)


def test_who_does_not_slow_down_buys_by_the_negative_binomial():
    seen = dated_of(lives(LAW, 41, 19))
    law = SlowingNbd(0.9, 8.0, 0.7, 4.0, 1.0)
    x, age = seen.repeats, seen.age
    orders = gammaln(x + 1) - x * np.log(age)  # which of the periods they fell in
    np.testing.assert_allclose(law.log_likelihood(seen), nbinom.logpmf(x, 0.9, 8.0 / (8.0 + age)) + orders, rtol=1e-12)
    np.testing.assert_allclose(law.expected(seen, 13), 13 * (0.9 + x) / (8.0 + age), rtol=1e-12)
    totals = law.paths(seen, 13, 4001, np.random.default_rng(2)).sum(axis=-1)
    share = (totals == 0).mean(axis=0)
    due = nbinom.pmf(0, 0.9 + x, (8.0 + age) / (21.0 + age))
    assert (np.abs(share - due) < 4 * np.sqrt(due * (1 - due) / 4001)).all()


@pytest.mark.parametrize("left", [1e-300, 0.0])
def test_where_nothing_is_left_of_the_rate_customers_die_once_in_a_period(left):
    """Oracle: the sum over the period of death of Jerath, Fader, Hardie, written out customer by customer."""
    seen = dated_of(lives(LAW, 53, 17))
    found = SlowingNbd(0.9, 8.0, 0.7, 4.0, left).log_likelihood(seen)
    for each in range(len(seen)):
        x, last, age = (int(part[each]) for part in (seen.repeats, seen.last, seen.age))
        alone = beta_of(0.7, 4.0 + age) * (8.0 + age) ** -(0.9 + x)
        alone += sum(beta_of(1.7, 4.0 + k) * (8.0 + k) ** -(0.9 + x) for k in range(last, age))
        due = gammaln(0.9 + x) - gammaln(0.9) + 0.9 * np.log(8.0) + np.log(alone / beta_of(0.7, 4.0))
        assert found[each] == pytest.approx(due, rel=1e-9)


def test_dying_once_in_ever_shorter_periods_is_pareto_nbd():
    """Oracle: the limit given by Jerath, Fader, Hardie; the gap falls as periods get shorter."""
    pareto = ParetoNbd(0.7, 6.0, 0.8, 9.0)
    months = [(0, 0), (2, 5), (1, 2), (4, 11)]
    gaps = []
    for steps in (16, 64):
        value = np.zeros((len(months), 12 * steps + 1))
        value[:, 0] = 1
        for each, (repeats, last) in enumerate(months):
            value[each, np.linspace(0, last * steps, repeats + 1).astype(int)] = 1
        alive = SlowingNbd(0.7, 6.0 * steps, 0.8, 9.0 * steps, 1e-300).alive(dated_of(value))
        whole = Purchases(*(np.array(each, dtype=float) for each in zip(*((x, t, 12) for x, t in months), strict=True)))
        gaps.append(np.abs(alive - pareto.alive(whole)).max())
    assert gaps[1] < 0.3 * gaps[0]
    assert gaps[1] < 0.002


def test_draws_given_a_history_are_those_of_simulated_customers_with_that_history():
    """Oracle: of very many simulated customers, those who bought in the second of five periods alone."""
    whole = lives(LAW, 2_000_003, 12)
    alike = whole[(whole[:, 1:6] == [0, 1, 0, 0, 0]).all(axis=1), 6:]
    seen = one(0, 1, 0, 0, 0)
    drawn = LAW.paths(seen, 7, 40_009, np.random.default_rng(1))[:, 0]
    for part in (slice(None), slice(-1, None), slice(1)):
        true, ours = alike[:, part].sum(axis=1), drawn[:, part].sum(axis=1)
        error = np.sqrt(true.var() / len(true) + ours.var() / len(ours))
        assert ours.mean() == pytest.approx(true.mean(), abs=4 * error)
        shares = [(each == 0).mean() for each in (true, ours)]
        assert shares[1] == pytest.approx(shares[0], abs=4 * np.sqrt(0.25 / len(true) + 0.25 / len(ours)))
    due = LAW.expected(seen, 7)[0]
    assert due == pytest.approx(alike.sum(axis=1).mean(), abs=4 * alike.sum(axis=1).std() / len(alike) ** 0.5)


def test_half_of_a_period_has_half_of_its_purchases():
    seen = dated_of(lives(LAW, 7, 11))
    one, two, three = (LAW.expected(seen, ahead) for ahead in (2.0, 2.5, 3.0))
    np.testing.assert_allclose(two, (one + three) / 2, rtol=1e-12)


def test_parameters_and_totals_are_found_again():
    true = SlowingNbd(0.9, 8.0, 0.9, 8.0, 0.1)
    whole = lives(true, 6007, 80)
    so_far = np.concatenate([np.zeros((6007, 1)), whole[:, 1:41].cumsum(axis=1)], axis=1)
    last = (so_far < so_far[:, -1:]).sum(axis=1).astype(float)
    seen = Dated(so_far[:, -1], last, np.full(6007, 40.0), so_far)
    found = fit(SlowingNbd, seen)
    error = np.sqrt(np.diag(found.covariance))
    assert (np.abs(found.logs - np.log([0.9, 8.0, 0.9, 8.0, 0.1])) < 3.5 * error).all()
    assert (error < [0.1, 0.1, 0.3, 0.5, 0.2]).all()
    expected, came = SlowingNbd(*found.parameters).expected(seen, 40), whole[:, 41:].sum(axis=1)
    assert came.sum() == pytest.approx(expected.sum(), rel=0.05)
    for rows in np.array_split(np.argsort(expected), 3)[1:]:
        assert came[rows].sum() == pytest.approx(expected[rows].sum(), rel=0.1)


def test_silence_makes_it_likelier_that_a_customer_has_slowed_down():
    alive = [LAW.alive(one(1, 0, 1, 1, *[0] * silent))[0] for silent in range(0, 30, 3)]
    assert (np.diff(alive) < 0).all()
    assert 0 < alive[-1] < alive[0] < 1


def test_thirty_customers_are_enough_and_so_are_busy_ones():
    seen = dated_of(lives(LAW, 30, 30))
    found = fit(SlowingNbd, seen)
    assert np.isfinite(found.logs).all()
    assert 0 < SlowingNbd(*found.parameters).expected(seen, 28).sum() < 30 * 28
    busy = dated_of(np.ones((1, 3001)))
    assert np.isfinite(LAW.log_likelihood(busy)).all()
    assert LAW.alive(busy)[0] == pytest.approx(1, abs=0.05)


def test_dates_are_those_of_periods_with_purchases():
    value = np.array([[np.nan, 2.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, np.nan, 0.0], [1.0, 0.0, 3.0, 0.0, 0.0]])
    seen = dated_of(value, np.array([1, 1, 0]))
    assert seen.so_far.tolist() == [[0, 0, 1, 2, 2], [0, 1, 1, 1, 1], [0, 0, 1, 1, 1]]
    assert (seen.repeats == seen.so_far[:, -1]).all()


def test_the_same_dates_count_as_often_as_there_are_customers():
    seen = dated_of(np.array([[1, 1, 0, 1], [1, 0, 1, 1], [1, 1, 0, 1.0]]))
    distinct, count, place = seen.folded()
    assert (len(distinct), sorted(count.tolist())) == (2, [1, 2])
    np.testing.assert_array_equal(distinct.so_far[place], seen.so_far)


def test_all_customers_together_are_as_likely_as_each_alone():
    seen, rng = dated_of(lives(LAW, 97, 23), np.random.default_rng(4).integers(0, 9, 97)), np.random.default_rng(5)
    places, count = np.exp(rng.normal(0, 1.5, (7, 5))), rng.integers(1, 4, 97).astype(float)
    each = [(count * SlowingNbd(*place).log_likelihood(seen)).sum() for place in places.tolist()]
    assert SlowingNbd.together(places, seen, count) == pytest.approx(each, rel=1e-11)
