"""Adoption and revenue from above, held to the closed form, to published fits and to plain integration."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import curve_fit
from scipy.stats import nbinom

from pertoken.core.distribution import Distribution, mean
from pertoken.core.errors import InputError
from pertoken.forecast import topdown as module
from pertoken.forecast.bass import PRIORS, Analog, adopted, peak, priors
from pertoken.forecast.market import Belief, Market
from pertoken.forecast.topdown import ceiling, log_chance, posterior, topdown

MONTHS = tuple(f"2026-{month:02}" for month in range(7, 13))


def market(adopters=None, **more):
    """A market in which all is certain but what `more` says."""
    certain = {"size": 10_000, "reach": 0.5, "ceiling": 0.4, "p": 0.03, "q": 0.38, "churn": 0.0, "growth": 0.0,
               "usage": 100, "price": 0.25}  # fmt: skip
    beliefs = {name: Belief(name=name, value=value) for name, value in certain.items()}
    beliefs |= {
        name: Belief(name=name, value=0.0, spread=said) if isinstance(said, Distribution)
        else Belief(name=name, value=said)
        for name, said in more.items()
    }  # fmt: skip
    return Market(name="m", launch="2026-01", beliefs=beliefs, adopters=adopters or {})


def rng(seed=1):
    return np.random.default_rng(seed)


@given(p=st.floats(0.001, 0.1), q=st.floats(0, 0.9))
def test_the_closed_form_solves_the_differential_equation(p, q):
    years = np.array([0.5, 3.0, 11.0])
    solved = solve_ivp(lambda _, f: (p + q * f) * (1 - f), (0, 11), [0.0], t_eval=years, rtol=1e-9, atol=1e-12)
    assert adopted(np.array(p), np.array(q), years) == pytest.approx(solved.y[0], rel=1e-6)


@pytest.mark.parametrize(
    ("p", "q", "years"),
    [  # F. M. Bass 1969: room air conditioners, clothes dryers, record players, power lawn mowers
        (0.010399, 0.41861, 8.6),
        (0.017206, 0.35688, 8.1),
        (0.024796, 0.65410, 4.8),
        (0.0091837, 0.33790, 10.3),
    ],
)
def test_most_adopt_when_bass_predicted_it(p, q, years):
    assert peak(p, q) == pytest.approx(years, abs=0.15)
    times = np.linspace(0, 20, 20_001)
    rate = np.diff(adopted(np.array(p), np.array(q), times))
    assert times[rate.argmax()] == pytest.approx(peak(p, q), abs=0.01)


def test_video_recorders_are_fitted_as_by_other_software():
    # sales of 1979 to 1988; R's nls on the density gives m 68,000, p 0.00659, q 0.638
    sales = np.array([840, 1470, 2110, 4000, 7590, 10950, 10530, 9470, 7790, 5890], dtype=float)
    years = np.arange(1, 11)

    def density(t, m, p, q):
        step = 1e-5
        return m * (adopted(p, q, t + step) - adopted(p, q, t - step)) / (2 * step)

    (m, p, q), _ = curve_fit(density, years, sales, p0=(60_630, 0.03, 0.38))
    assert (m, p, q) == pytest.approx((68_000, 0.00659, 0.638), rel=3e-3)


def test_the_priors_have_the_published_means():
    assert mean(PRIORS["p"]) == pytest.approx(0.03, rel=0.02)
    assert mean(PRIORS["q"]) == pytest.approx(0.38, rel=0.02)


def test_analogs_move_the_middle_and_more_of_them_narrow_the_range():
    def one(q):
        return Analog(name="a", p=0.01, q=q)

    few, many = priors([one(0.8)]), priors([one(0.8)] * 12)
    assert few["q"].parameters["median"] == pytest.approx(0.8)
    assert many["p"].parameters["median"] == pytest.approx(0.01)
    own = np.log(0.6 / 0.2) / (2 * 1.2815515655446004)
    assert few["q"].parameters["sigma"] == pytest.approx((own**2 * 2) ** 0.5)  # 1 + 1 / 1
    assert many["q"].parameters["sigma"] == pytest.approx((2 * own**2 / 13 * 13 / 12) ** 0.5)
    with pytest.raises(InputError, match="expected both above 0"):
        one(0.0)


def test_a_certain_market_is_the_closed_form_times_what_one_pays():
    found = topdown(market(), MONTHS, draws=20_011, rng=rng())
    expected = 2_000 * adopted(np.array(0.03), np.array(0.38), np.arange(7, 13) / 12)
    assert found.adopters.mean(axis=0) == pytest.approx(expected, rel=0.01)
    assert found.active == pytest.approx(found.adopters)
    assert found.usage == pytest.approx(100 * found.active)
    assert found.revenue == pytest.approx(25 * found.active)
    assert found.reachable.tolist() == [5_000] * 20_011
    assert found.potential[0].tolist() == [125_000] * 6
    assert found.effective is None


def test_who_leaves_is_gone_and_usage_grows_by_the_year():
    seen = {"2026-06": 100.0}
    still = market(seen, p=1e-9, q=1e-9, churn=0.1, growth=0.21)
    found = topdown(still, (*MONTHS, "2027-07"), draws=7, rng=rng())
    # nobody joins any more: 100 x 0.9 a month; 25 each, and a year after the first month 21 % more
    assert found.active[0, :2] == pytest.approx([90, 81])
    assert found.adopters[0].tolist() == [100] * 7
    assert found.revenue[0, [0, 6]] == pytest.approx([90 * 25, 100 * 0.9**13 * 25 * 1.21])


def test_observed_months_that_are_far_apart_count_the_months_between_as_churn():
    seen = {"2026-02": 100.0, "2026-05": 150.0}
    found = topdown(market(seen, p=1e-9, q=1e-9, churn=0.1), MONTHS[:1], draws=5, rng=rng())
    assert found.active[0, 0] == pytest.approx((100 * 0.9**3 + 50) * 0.9**2)


def test_nobody_adopts_before_the_launch():
    late = replace(market(), launch="2026-09")
    found = topdown(late, MONTHS, draws=501, rng=rng())
    assert found.adopters[:, :2].max() == 0
    expected = 2_000 * adopted(np.array(0.03), np.array(0.38), np.array(1 / 12))
    assert found.adopters[:, 2].mean() == pytest.approx(expected, rel=0.1)


def test_adoption_never_passes_the_ceiling():
    small = market(size=100, p=2.0, q=2.0)
    found = topdown(small, MONTHS, draws=997, rng=rng())
    assert found.adopters.max() <= 100 * 0.5 * 0.4 + 1e-9
    assert (np.diff(found.adopters, axis=-1) >= 0).all()


def test_the_chance_of_a_count_is_the_negative_binomial():
    counts, means = np.array([0.0, 3, 17]), np.array([2.0, 2.5, 30])
    size = 5.0
    assert log_chance(counts, means, size) == pytest.approx(nbinom.logpmf(counts, size, size / (size + means)))


def test_observed_adopters_move_p_as_plain_integration_says():
    seen = {"2026-01": 4.0, "2026-02": 9.0, "2026-03": 21.0, "2026-04": 30.0, "2026-05": 48.0}
    unsure = market(seen, p=PRIORS["p"], q=PRIORS["q"])
    found = topdown(unsure, MONTHS, draws=20_011, rng=rng(7))
    shares = (np.arange(400) + 0.5) / 400
    p, q = (unsure.beliefs[name].at(shares) for name in "pq")
    risen = adopted(p[:, None, None], q[None, :, None], np.arange(6) / 12)
    likely = log_chance(np.diff(list(seen.values()), prepend=0.0), 2_000 * np.diff(risen, axis=-1)).sum(axis=-1)
    weights = np.exp(likely - likely.max())
    weights /= weights.sum()
    assert found.inputs["p"].mean() == pytest.approx((weights.sum(axis=1) * p).sum(), rel=0.02)
    assert found.inputs["q"].mean() == pytest.approx((weights.sum(axis=0) * q).sum(), rel=0.02)
    expected = (weights.sum(axis=1) * p**2).sum() - ((weights.sum(axis=1) * p).sum()) ** 2
    assert found.inputs["p"].std() == pytest.approx(expected**0.5, rel=0.05)


def test_the_posterior_of_a_normal_is_the_normal():
    # a score observed as 2 with standard deviation 0.5: mean 2 / (1 + 0.25) = 1.6, variance 0.25 / 1.25
    scores, effective = posterior(lambda z: -((z[:, 0] - 2) ** 2) / 0.5, 2, 20_011, rng(3))
    assert scores.mean(axis=0) == pytest.approx([1.6, 0], abs=0.03)
    assert scores.std(axis=0) == pytest.approx([0.2**0.5, 1], abs=0.03)
    assert effective > 5_000


def test_truth_lies_in_the_range_as_often_as_it_says(monkeypatch):
    """Markets drawn from the beliefs, half a year of adopters seen: 80 % of the later totals lie inside P10 to P90."""
    believed = {"p": PRIORS["p"], "q": PRIORS["q"]}
    inside, tries = 0, 120
    monkeypatch.setattr(module, "TRIED", 2_000)
    months = tuple(f"2026-{month:02}" for month in range(1, 13))
    for seed in range(tries):
        truth = topdown(market(**believed), months, draws=2, rng=rng(1_000 + seed)).adopters[0]
        seen = dict(zip(months[:6], truth[:6].tolist(), strict=True))
        found = topdown(market(seen, **believed), months[6:], draws=499, rng=rng(seed)).adopters[:, -1]
        low, high = np.quantile(found, [0.1, 0.9])
        inside += bool(low <= truth[-1] <= high)
    assert 0.70 <= inside / tries <= 0.90  # three standard errors are 0.11


def test_more_adopters_than_the_market_has_are_refused():
    with pytest.raises(InputError, match="more customers have adopted than the market has in any world"):
        topdown(market({"2026-06": 2_001.0}), MONTHS, draws=7, rng=rng())


def test_months_that_were_observed_are_refused():
    with pytest.raises(InputError, match="adopters are known up to 2026-07"):
        topdown(market({"2026-07": 5.0}), MONTHS, draws=7, rng=rng())


def test_a_market_that_leaves_something_out_is_refused():
    with pytest.raises(InputError, match="says nothing of ceiling"):
        Market(name="m", launch="2026-01", beliefs={k: v for k, v in market().beliefs.items() if k != "ceiling"})
    with pytest.raises(InputError, match="fall from month to month"):
        market({"2026-02": 5.0, "2026-03": 4.0})


def test_a_forecast_is_held_against_all_that_the_market_could_pay():
    top = topdown(market(), MONTHS, draws=11, rng=rng())  # 125,000 a month
    found = ceiling(np.array([[62_500.0] * 6, [62_500.0] * 5 + [250_000.0]] * 50), top)
    assert found.share[1, 0] == 0.5
    assert found.beyond == 0.5
    assert "in 50% of worlds it is more than the market" in found.says
