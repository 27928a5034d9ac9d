"""Choice, waves, response and leaving, each against what is known of it elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import kstest, norm

from pertoken.core.errors import InputError
from pertoken.forecast.migration import leaving
from pertoken.forecast.migration.adoption import WAVES, looked, moves, willing
from pertoken.forecast.migration.chance import luck
from pertoken.forecast.migration.choice import Appraisal, appraised, between, gain, logit, tastes
from pertoken.forecast.migration.offer import NEVER, Offer, PriceChange, Timetable, Wave
from pertoken.forecast.migration.priors import PRIORS, Prior, believed
from pertoken.forecast.migration.response import estimated, full_response, learned, price_change
from tests.forecast.migration import twin
from tests.forecast.migration.made import drawn, plain

TIMES = Timetable(announced=-1, start=0, sunset=NEVER, capped=0, size=24)


def seen(mean, spread=0.0, marginal=1.0, free=0.0):
    return Appraisal(*(np.array([each], dtype=float) for each in (mean, spread, marginal, free)))


def test_the_logit_is_scipys():
    value = np.linspace(-9, 9, 31)
    np.testing.assert_allclose(logit(value), expit(value), rtol=1e-12)


def test_tastes_are_standard_logistic():
    own = luck(np.arange(7), 4001, seed=1)
    assert kstest(own.taste.ravel(), "logistic").pvalue > 0.01
    assert kstest(own.patience.ravel(), "expon").pvalue > 0.01
    np.testing.assert_allclose(tastes(np.array([0.5, 0.75])), [0.0, np.log(3)])


def test_luck_is_each_customers_own():
    """Fewer worlds are the first of more, and nobody's chance moves when others are asked for."""
    every, some = luck(np.arange(5), 11, seed=1), luck(np.array([3, 1]), 7, seed=1)
    np.testing.assert_array_equal(every.taste[:7][:, [3, 1]], some.taste)


def test_worth_by_hand():
    """Bills of 20 and 10: saved over their logarithmic mean is log 2; a spread less by 4; a quarter more units free."""
    usual = 10 / np.log(2)
    made = gain(seen(20, 6), seen(10, 2, free=0.25), plain(3, scale=0.5, risk=0.3, free_units=0.1, taste=0.7))
    wanted = (10 + 0.3 * 4 + 0.1 * 0.25 * 20) / usual / 0.5 + 0.7
    np.testing.assert_allclose(made, np.full((3, 1), wanted))


@given(st.floats(0.01, 1e6), st.floats(0.01, 1e6))
def test_differences_are_held_against_a_mean(one, other):
    """The logarithmic mean lies between the geometric and the arithmetic mean (Carlson, 1972), the floor aside."""
    low, high = max(min(one, other), 0.1 * max(one, other)), max(one, other)
    found = between(np.array([one]), np.array([other]))[0]
    assert np.sqrt(low * high) * (1 - 1e-9) <= found <= (low + high) / 2 * (1 + 1e-9)


def test_a_plan_is_seen_by_its_bills():
    """Usage 40, 60 and 80 with 50 included at a price of 2 beyond: bills 0, 20, 60; one in ten more: 0, 32, 76."""
    usage = np.array([40.0, 60.0, 80.0])[:, None, None]
    bill, more = 2 * np.maximum(usage - 50, 0), 2 * np.maximum(1.1 * usage - 50, 0)
    found = appraised(bill, more, usage, np.array([1.0]))
    assert found.mean[0] == pytest.approx(80 / 3)
    assert found.marginal[0] == pytest.approx((12 + 16) / 18)
    assert found.free[0] == pytest.approx(1 / 3)


def test_choices_give_their_scale_back():
    """Who moves among 4,000 customers is a logit of what they save: its slope is one over the scale."""
    size, scale = 4001, 0.25
    rng = np.random.default_rng(1)
    old, new = rng.lognormal(3, 0.3, (2, size))
    flat = np.zeros(size)
    worth = gain(Appraisal(old, flat, flat, flat), Appraisal(new, flat, flat, flat), plain(1, scale=scale, taste=0.2))
    worth = worth + luck(np.arange(size), 1, seed=1).taste
    month, _ = moves(worth, np.full((1, size), -1), TIMES, plain(1, inertia=1e-9), asked=np.ones(size, bool),
                     kept=np.zeros(size, bool))  # fmt: skip
    chosen, saved = month[0] < NEVER, np.log(old / new)

    def loss(found):
        chance = expit(saved * found[0] + found[1])
        return -np.log(np.where(chosen, chance, 1 - chance)).sum()

    slope, taste = minimize(loss, [1.0, 0.0]).x
    assert 1 / slope == pytest.approx(scale, rel=0.1)
    assert taste == pytest.approx(0.2, abs=0.1)


def test_basss_wave_solves_his_equation():
    """Its share follows dF/dt = (p + q F)(1 - F)."""
    wave, months = Wave(kind="bass", p=0.03, q=0.38, reach=0.8), np.arange(1.0, 25)
    solved = solve_ivp(lambda _, f: (0.03 + 0.38 * f) * (1 - f), (0, 24), [0.0], t_eval=months, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(WAVES["bass"](wave, months), 0.8 * solved.y[0], rtol=1e-6)


@pytest.mark.parametrize("wave", [Wave(months=5, reach=0.7), Wave(kind="bass", p=0.1, q=0.3, reach=0.9)])
def test_as_many_look_as_the_wave_says(wave):
    month = looked(wave, TIMES, (np.arange(2003) + 0.5) / 2003)
    for m in range(24):
        assert (month <= m).mean() == pytest.approx(WAVES[wave.kind](wave, np.array([m + 2.0]))[0], abs=1e-3)


@given(st.floats(-3, 6), st.floats(0.1, 4), st.floats(0.5, 15), st.floats(0, 1))
def test_moves_are_those_of_the_slow_twin(value, inertia, settling, look):
    traits, wave = plain(1, inertia=inertia, settling=settling), Wave(months=4, reach=0.8)
    asked = np.ones(1, dtype=bool)
    month, _ = moves(
        np.array([[value]]), looked(wave, TIMES, np.array([[look]])), TIMES, traits, asked=asked, kept=~asked
    )
    slow, _ = twin.moved(value, look, wave, TIMES, type("Trait", (), {"inertia": inertia, "settling": settling}))
    assert (int(month[0, 0]) if month[0, 0] < NEVER else None) == slow


def test_reluctance_fades_by_half_each_settling():
    """A wish of 1 against 4 told in month -1, settling in 3 months: two halvings, six months, month 5."""
    assert willing(np.array([[1.0]]), TIMES, plain(1, inertia=4.0, settling=3.0)).tolist() == [[5]]


def test_usage_answers_the_marginal_price():
    """Half the marginal price at an elasticity of 0.3: usage times 2 ** 0.3; nothing where nothing changes."""
    traits = plain(1, elasticity=0.3, uplift=0.1)
    half = full_response(seen(1, marginal=2.0), seen(1, marginal=1.0), traits)
    assert np.exp(half)[0, 0] == pytest.approx(2**0.3)
    assert full_response(seen(1), seen(9), traits)[0, 0] == 0
    assert full_response(seen(1, free=0.2), seen(1, free=0.7), traits)[0, 0] == pytest.approx(0.05)


def test_a_price_of_nothing_is_not_extrapolated():
    assert np.exp(price_change(seen(1, marginal=3.0), seen(1, marginal=0.0)))[0] == pytest.approx(0.5)
    assert np.exp(price_change(seen(1, marginal=0.0), seen(1, marginal=3.0)))[0] == pytest.approx(4)
    assert price_change(seen(1, marginal=0.0), seen(1, marginal=0.0))[0] == 0


def test_an_elasticity_is_found_again_in_a_history():
    """Usage of 200 customers grows 2 % a month and answers a price that is 20 % higher from month 10 on."""
    rng = np.random.default_rng(1)
    months = np.arange(16)
    factor = np.where(months >= 9, 1.2**-0.4, 1.0) * 1.02**months
    value = rng.lognormal(5, 0.5, (199, 1)) * factor * np.exp(rng.normal(0, 0.1, (199, 16)))
    found, error = estimated(value, 9, 1.2, draws=199, rng=rng)
    assert abs(found - 0.4) < 2.5 * error
    assert error < 0.3
    assert error == pytest.approx(0.05 / np.log(1.2), rel=0.1)  # all may have moved together
    flat, _ = estimated(value / factor * np.exp(0.02 * months), 9, 1.2, draws=7, rng=rng)
    assert flat == pytest.approx(0, abs=0.2)


def test_too_little_history_says_nothing_of_a_price_change():
    with pytest.raises(InputError, match="7 months before it and 3 after"):
        estimated(np.ones((5, 9)), 3, 1.2, draws=7, rng=np.random.default_rng(1))
    with pytest.raises(InputError, match="1 customers use on both sides"):
        estimated(np.ones((1, 16)), 9, 1.2, draws=7, rng=np.random.default_rng(1))


def test_a_prior_and_an_estimate_are_multiplied_as_normals():
    prior = Prior(0.2, 0.8)
    found = learned(prior, 0.6, 0.1)
    middle, spread = prior.quantile(np.array([0.5]))[0], 0.3 / norm.ppf(0.9)
    grid = np.linspace(-2, 3, 200_001)
    density = norm.pdf(grid, middle, spread) * norm.pdf(grid, 0.6, 0.1)
    share = np.cumsum(density) / density.sum()
    assert found.low == pytest.approx(grid[np.searchsorted(share, 0.1)], abs=1e-3)
    assert found.high == pytest.approx(grid[np.searchsorted(share, 0.9)], abs=1e-3)


def test_as_many_stay_as_the_hazard_says():
    base = np.full((1, 24), 0.03)
    own = luck(np.arange(1), 20_001, seed=1)
    stays = leaving.stays(base, np.zeros((1, 1, 24)), own.patience, np.zeros(1))
    np.testing.assert_allclose(stays.mean(axis=(0, 1)), 0.97 ** np.arange(1, 25), atol=0.012)
    np.testing.assert_allclose(leaving.chance_to_stay(base, np.zeros((1, 1, 24)), np.zeros(1))[0, 0],
                               0.97 ** np.arange(1, 25))  # fmt: skip


def test_a_contract_binds_the_angry_too():
    base, angry = np.array([[0.0, 0.0, 0.02]]), np.full((1, 1, 3), 2.0)
    stay = leaving.chance_to_stay(base, angry, np.array([0.05]))[0, 0]
    assert stay[:2].tolist() == [1, 1]
    assert stay[2] == pytest.approx(0.98 * 0.95 ** (np.exp(2) - 1))


@pytest.mark.parametrize(
    ("old", "new", "on", "forced", "wanted"),
    [
        (10, 20, True, True, 2 * np.log(2) + 0.5),  # a doubled bill, no notice
        (10, 20, True, False, 0),  # chosen: flat-rate bias does not make customers leave
        (20, 10, True, True, 0),  # who saves is not angry
        (20, 10, False, False, 0.8 * np.log(2)),  # stays where pay-per-use costs more
        (10, 20, False, False, 0),
    ],
)
def test_pressure_to_leave_by_hand(old, new, on, forced, wanted):
    traits = plain(1, shock=2.0, no_notice=0.5, pay_per_use=0.8)
    times = Timetable(announced=0, start=0, sunset=0, capped=0, size=1)
    since = np.array([[[0 if on else -5]]])
    found = leaving.pressure(seen(old), seen(new), traits, times, since=since, forced=np.array([[forced]]))
    assert found[0, 0, 0] == pytest.approx(wanted)


def test_anger_fades():
    traits = plain(1, shock=1.0)
    since = np.arange(-2, 9)[None, None]
    found = leaving.pressure(seen(10), seen(20), traits, TIMES, since=since, forced=np.array([[True]]))[0, 0]
    assert found[:2].tolist() == [0, 0]
    assert found[2 + 4] == pytest.approx(found[2] / np.e)


def test_priors_hit_their_tenths_and_stay_in_bounds():
    made = drawn(4000)
    for name, prior in PRIORS.items():
        value = getattr(made, name)
        assert np.mean(value <= prior.high) == pytest.approx(0.9, abs=0.005), name
        assert np.mean(value <= prior.low) == pytest.approx(0.1, abs=0.005 if prior.low else 0.2), name
        assert (value >= prior.least).all(), name


def test_what_is_said_takes_the_place_of_a_prior():
    found = believed({"elasticity": Prior(0.2, 0.2, source="the offer")})
    assert (found["elasticity"].low, found["elasticity"].source) == (0.2, "the offer")
    assert found["elasticity"].unit == PRIORS["elasticity"].unit
    with pytest.raises(InputError, match="no prior 'elasticty'; did you mean elasticity"):
        believed({"elasticty": Prior(0.2, 0.2)})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Prior(2, 1), "its P10 first"),
        (lambda: Wave(reach=1.2), "a share from 0 to 1"),
        (lambda: Wave(months=0), "at least 1 month"),
        (lambda: PriceChange(month="2026-01", factor=1.0), "and not 1"),
        (lambda: Offer(notice=-1), "notice of the offer is -1"),
        (lambda: Offer(start="2027-03", sunset="2027-02"), "before the new one starts"),
    ],
)
def test_what_cannot_be_is_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        wrong()
