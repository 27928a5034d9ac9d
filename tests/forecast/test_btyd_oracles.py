"""Closed forms of customers who buy until they die, against papers, `lifetimes` and `pymc-marketing`."""

import warnings

import numpy as np
import pytest
from scipy.integrate import quad

from pertoken.forecast.btyd.beta_geometric_bernoulli import BetaGeometricBernoulli
from pertoken.forecast.btyd.bg_nbd import BgNbd
from pertoken.forecast.btyd.buying import fit
from pertoken.forecast.btyd.gamma_gamma import GammaGamma, fit_gamma_gamma
from pertoken.forecast.btyd.likelihood import Prior, most_likely
from pertoken.forecast.btyd.pareto_nbd import ParetoNbd
from pertoken.forecast.btyd.purchases import Purchases
from pertoken.forecast.btyd.shifted_beta_geometric import fit_shifted_beta_geometric

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    lifetimes = pytest.importorskip("lifetimes")
    from lifetimes.datasets import load_cdnow_summary_data_with_monetary_value, load_donations

pytestmark = pytest.mark.filterwarnings("ignore")

LAWS = {BgNbd: "BetaGeoFitter", ParetoNbd: "ParetoNBDFitter"}

LIKELIHOOD = {
    BgNbd: lambda fitter, seen: (
        -len(seen)
        * fitter._negative_log_likelihood(
            np.log(fitter.params_.to_numpy()), seen.repeats, seen.last, seen.age, np.ones(len(seen)), 0.0
        )
    ),
    ParetoNbd: lambda fitter, seen: fitter._conditional_log_likelihood(
        fitter.params_.to_numpy(), seen.repeats, seen.last, seen.age
    ).sum(),
}


@pytest.fixture(scope="module")
def cdnow():
    table = load_cdnow_summary_data_with_monetary_value()
    return [table[name].to_numpy(float) for name in ("frequency", "recency", "T", "monetary_value")]


@pytest.fixture(scope="module")
def seen(cdnow):
    return Purchases(*cdnow[:3])


def theirs(kind, seen):
    fitter = getattr(lifetimes, LAWS[kind])()
    fitter.fit(seen.repeats, seen.last, seen.age)
    return fitter


@pytest.mark.parametrize("kind", LAWS)
def test_the_greatest_likelihood_is_where_lifetimes_finds_it(kind, seen):
    fitter = theirs(kind, seen)
    found = fit(kind, seen, kind.prior(seen).unknowing)
    np.testing.assert_allclose(found.parameters, fitter.params_.to_numpy(), rtol=1e-3)
    law = kind(*fitter.params_.tolist())
    alive = np.ravel(fitter.conditional_probability_alive(seen.repeats, seen.last, seen.age))
    np.testing.assert_allclose(law.alive(seen), alive, atol=1e-6)
    bought = fitter.conditional_expected_number_of_purchases_up_to_time(39, seen.repeats, seen.last, seen.age)
    np.testing.assert_allclose(law.expected(seen, 39), bought, rtol=1e-6)
    assert law.log_likelihood(seen).sum() == pytest.approx(LIKELIHOOD[kind](fitter, seen), rel=1e-6)


def test_bg_nbd_of_cdnow_is_that_of_the_paper(seen):
    # Fader, Hardie, Lee 2005, table 2: r, alpha, a, b and the log likelihood
    found = fit(BgNbd, seen, BgNbd.prior(seen).unknowing)
    assert [round(each, 3) for each in found.parameters] == [0.243, 4.414, 0.793, 2.426]
    assert found.log_likelihood == pytest.approx(-9582.4, abs=0.05)


def test_pareto_nbd_of_cdnow_is_that_of_the_paper(seen):
    # the same table: r, alpha, s, beta and the log likelihood
    found = fit(ParetoNbd, seen, ParetoNbd.prior(seen).unknowing)
    np.testing.assert_allclose(found.parameters, [0.553, 10.578, 0.606, 11.669], rtol=1e-3)
    assert found.log_likelihood == pytest.approx(-9595.0, abs=0.05)


def test_bg_nbd_agrees_with_pymc_marketing(seen):
    # pymc-marketing 0.19.2 with pymc 5.28.5, run on 2026-11-22: MAP under flat priors on the same table, and chances to
    # be alive and purchases in the next 39 weeks of its first ten customers
    found = BgNbd(*fit(BgNbd, seen, BgNbd.prior(seen).unknowing).parameters)
    assert [round(each, 3) for each in (found.alpha, found.a, found.b, found.r)] == [4.414, 0.793, 2.426, 0.243]
    alive = [0.72660256, 0.21222862, 1, 1, 1, 0.64178116, 0.31491944, 1, 0.78480195, 1]
    bought = [
        1.22588764, 0.20325074, 0.1947815, 0.1947815, 0.1947815, 3.3370718, 0.30159745, 0.1947815, 1.32407875, 0.1947815
    ]  # fmt: skip
    first = seen.pick(np.arange(10))
    np.testing.assert_allclose(found.alive(first), alive, atol=2e-4)
    np.testing.assert_allclose(found.expected(first, 39), bought, rtol=2e-3)


def test_pareto_nbd_agrees_with_pymc_marketing(seen):
    # the same run: r, alpha, s, beta
    found = fit(ParetoNbd, seen, ParetoNbd.prior(seen).unknowing).parameters
    np.testing.assert_allclose(found, [0.553, 10.578, 0.606, 11.668], rtol=1e-3)


def test_beta_geometric_bernoulli_of_donations_is_that_of_the_paper():
    # Fader, Hardie, Shang 2010: alpha 1.204, beta 0.750, gamma 0.657, delta 2.783, log likelihood -33225.6
    table = load_donations()
    seen = Purchases(*(table[name].to_numpy(float) for name in ("frequency", "recency", "periods")))
    weight = table["weights"].to_numpy(float)
    found = most_likely(
        lambda shapes: float((weight * BetaGeometricBernoulli(*shapes.tolist()).log_likelihood(seen)).sum()),
        Prior.around([1, 1, 1, 3], 1).unknowing,
    )
    np.testing.assert_allclose(found.parameters, [1.204, 0.750, 0.657, 2.783], atol=1e-3)
    assert found.log_likelihood == pytest.approx(-33225.6, abs=0.1)
    fitter = lifetimes.BetaGeoBetaBinomFitter()
    fitter.params_ = dict(zip(("alpha", "beta", "gamma", "delta"), found.parameters, strict=True))
    law = BetaGeometricBernoulli(*found.parameters)
    alive = fitter.conditional_probability_alive(0, seen.repeats, seen.last, seen.age)
    np.testing.assert_allclose(law.alive(seen), alive, atol=1e-9)
    bought = fitter.conditional_expected_number_of_purchases_up_to_time(5, seen.repeats, seen.last, seen.age)
    np.testing.assert_allclose(law.expected(seen, 5), bought, rtol=1e-8)


def test_gamma_gamma_of_cdnow_is_that_of_lifetimes(cdnow):
    count, _, _, mean = cdnow
    again = count > 0
    fitter = lifetimes.GammaGammaFitter()
    fitter.fit(count[again], mean[again])
    found = fit_gamma_gamma(mean[again], count[again], Prior.around([3, 4, 20], 1).unknowing)
    np.testing.assert_allclose(found.parameters, fitter.params_.to_numpy(), rtol=1e-3)
    expected = fitter.conditional_expected_average_profit(count, mean)
    np.testing.assert_allclose(GammaGamma(*fitter.params_.tolist()).expected(mean, count), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("counts", "alpha", "beta", "later"),
    [  # Fader, Hardie 2007: two segments, seven renewals fitted, and the share projected for the twelfth
        ([1000, 631, 468, 382, 326, 289, 262, 241], 0.704, 1.182, 0.170),
        ([1000, 869, 743, 653, 593, 551, 517, 491], 0.668, 3.806, 0.378),
    ],
    ids=["regular", "high end"],
)
def test_shifted_beta_geometric_is_that_of_the_paper(counts, alpha, beta, later):
    law, _ = fit_shifted_beta_geometric(np.array(counts), Prior.around([1, 4], 1).unknowing)
    assert (round(law.alpha, 3), round(law.beta, 3)) == (alpha, beta)
    assert law.surviving(np.array(12)) == pytest.approx(later, abs=5e-4)


@pytest.mark.parametrize(("repeats", "last", "age"), [(0, 0, 90), (3, 20, 90), (500, 80.5, 90), (5000, 89.9, 90)])
def test_pareto_nbd_integrates_over_the_time_of_death_even_of_the_busiest(repeats, last, age):
    law = ParetoNbd(0.7, 3.0, 0.6, 50.0)

    def of_death(at):
        buys = (law.alpha + last) / (law.alpha + at)
        return buys ** (law.r + repeats) * law.s * (law.beta + last) ** law.s / (law.beta + at) ** (law.s + 1)

    dead = quad(of_death, last, age, epsrel=1e-11, epsabs=0, limit=500)[0]
    living = of_death(age) * (law.beta + age) / law.s
    seen = Purchases(*(np.array([each], dtype=float) for each in (repeats, last, age)))
    assert law.alive(seen)[0] == pytest.approx(living / (living + dead), rel=1e-9)
