"""The parts of a prediction, each against an outside oracle or a slow twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from pertoken.forecast import seasonal
from pertoken.forecast.blended import blended
from pertoken.forecast.calibrated import margin, placed, replaced, trust, widened
from pertoken.forecast.cases import past
from pertoken.forecast.coupled import LOADINGS, TO_P90, Bond, at_shares, coupled, loading_for
from pertoken.forecast.dressed import PRIOR_WEIGHT, SHARES, Cases, dressed, likeness
from pertoken.forecast.peak import bounded
from pertoken.forecast.pooled import mean_law
from pertoken.forecast.smoothing import FACTORS, cycles, slope, smoothing
from pertoken.forecast.theta import theta
from pertoken.forecast.totals import mean_of, shift
from pertoken.forecast.tried import held


def test_the_pooled_mean_is_the_minimum_of_its_penalised_likelihood():
    """Oracle: SciPy's minimiser of the Poisson quasi-likelihood of the ratios, with next to no prior."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4001, 2))
    reference = np.full(4001, 5.0)
    actual = rng.poisson(5 * np.exp(0.2 + 0.3 * x[:, 0] - 0.1 * x[:, 1])).astype(float)
    law = mean_law(x, reference, actual, 1e6)
    z = np.column_stack([np.ones(4001), (x - x.mean(axis=0)) / x.std(axis=0)])
    fitted = optimize.minimize(lambda b: (np.exp(z @ b) - actual / 5 * (z @ b)).sum(), np.zeros(3)).x
    np.testing.assert_allclose(law.weight, fitted, atol=0.01)


def test_draws_held_by_quantiles_keep_their_mean_and_all_but_the_last_are_theirs():
    """Seldom buyers: 97 in 100 draws are zero, and a sum of such customers is all in what lies beyond P99.8."""
    draws = np.random.default_rng(2).poisson(np.linspace(0.005, 2, 503), (211, 503)) * 7.0
    kept = held(draws)
    np.testing.assert_array_equal(kept[:-1], np.quantile(draws, SHARES[:-1], axis=0))
    assert (kept[-1] >= kept[-2]).all()
    apart = kept[-1] > kept[-2]
    assert apart.mean() > 0.5
    np.testing.assert_allclose(mean_of(kept, SHARES)[apart], draws.mean(axis=0)[apart])
    assert mean_of(kept, SHARES).sum() == pytest.approx(draws.mean(axis=0).sum(), rel=0.01)


def test_quantiles_of_alike_cases_are_weighted_quantiles():
    rng = np.random.default_rng(1)
    ratio = np.exp(rng.standard_normal(2003))
    weights = np.ones((1, 2003), dtype=np.float32)
    np.testing.assert_allclose(
        dressed(weights, ratio)[3:-3, 0], np.quantile(ratio, SHARES[3:-3]), rtol=0.03, atol=10 * PRIOR_WEIGHT / 2003
    )


def test_cases_of_the_same_date_count_nothing_and_the_most_alike_count_most():
    traits = np.arange(100.0)[:, None]
    cases = Cases(np.arange(100), np.arange(100) % 2, traits)
    target = Cases(np.array([500]), np.array([1]), np.array([[40.0]]))
    weight = likeness(target, cases, near=10)[0]
    assert (weight[1::2] == 0).all()
    assert weight.argmax() == 40
    assert (weight > 0).sum() <= 11


def test_the_expert_that_tells_the_truth_has_the_weight():
    rng = np.random.default_rng(2)
    actual = rng.standard_normal(3001) + 10
    told = np.array([stats.norm(10 + off, 1).ppf(SHARES)[:, None].repeat(3001, axis=1) for off in (0.0, 2.0, 3.0)])
    assert blended(told, SHARES, actual, np.ones(3001), 1e6)[0] > 0.9
    np.testing.assert_allclose(blended(told, SHARES, actual, np.ones(3001), 1e-9), 1 / 3, atol=1e-3)


def test_ranges_that_were_half_as_wide_as_they_should_be_are_made_wider():
    rng = np.random.default_rng(3)
    actual = np.exp(0.2 * rng.standard_normal(5003))
    told = np.exp(0.1 * stats.norm.ppf(SHARES))[:, None].repeat(5003, axis=1)
    assert margin(told, SHARES, actual, np.arange(5003)) == pytest.approx(2, rel=0.1)
    wide, middle = widened(told, SHARES, 2.0)[:, 0], len(SHARES) // 2
    np.testing.assert_allclose(wide[:middle], np.exp(0.2 * stats.norm.ppf(SHARES[:middle])), rtol=1e-3)
    up = np.exp(0.1 * stats.norm.ppf(SHARES[middle:]))  # on the plain scale, so that a long tail does not explode
    np.testing.assert_allclose(wide[middle:], 1 + 2 * (up - 1), rtol=1e-3)


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 2.4))
def test_a_stretched_range_holds_its_median_and_rises(seed, factor):
    told = np.sort(np.random.default_rng(seed).gamma(0.3, 1, (len(SHARES), 7)), axis=0)
    wide = widened(told, SHARES, factor)
    np.testing.assert_allclose(wide[len(SHARES) // 2], told[len(SHARES) // 2])
    assert (np.diff(wide, axis=0) >= -1e-12).all()
    np.testing.assert_allclose(widened(told, SHARES, 1.0), told)


def test_places_of_a_forecast_that_is_right_are_its_shares_also_where_most_is_zero():
    """Oracle: SciPy's Poisson of mean 0.7, zero in half of the cases: what comes is drawn from what is forecast."""
    actual = stats.poisson(0.7).rvs(40_009, random_state=1) * stats.gamma(3).rvs(40_009, random_state=2)
    told = np.quantile(actual, SHARES)[:, None].repeat(len(actual), axis=1)
    np.testing.assert_allclose(placed(told, SHARES, actual), SHARES, atol=0.03)


def test_a_forecast_that_gave_up_half_of_those_who_came_back_is_put_right_by_its_places():
    """Oracle: SciPy's quantiles of the law that came, forecast with half the chance to be active."""
    rng = np.random.default_rng(4)

    def law(chance):
        at = np.maximum(SHARES - (1 - chance), 0) / chance
        return np.where(at > 0, stats.gamma(3).ppf(at), 0.0)[:, None]

    actual = np.where(rng.random(30_011) < 0.4, rng.gamma(3, 1, 30_011), 0.0)
    places = placed(law(0.2).repeat(30_011, axis=1), SHARES, actual)
    right = replaced(law(0.2), SHARES, places)[:, 0]
    inner = (SHARES > 0.65) & (SHARES < 0.96)
    np.testing.assert_allclose(right[inner], law(0.4)[inner, 0], rtol=0.12)
    assert (right[SHARES <= 0.55] == 0).all()


@given(st.integers(0, 2**32 - 1))
def test_a_forecast_without_anything_to_put_right_stays_as_it_is(seed):
    told = np.sort(np.random.default_rng(seed).gamma(0.3, 1, (len(SHARES), 7)), axis=0)
    np.testing.assert_allclose(replaced(told, SHARES, SHARES), told, rtol=1e-4, atol=1e-6)
    assert trust(0, 0, 1.0) == 0
    assert trust(100, 10, 1.0) < trust(100, 2, 2.0) < trust(10_000, 10, 10.0) < 1


def test_a_coupled_sum_is_as_wide_as_asked_and_customers_keep_their_own_distribution():
    told = np.exp(0.3 * stats.norm.ppf(SHARES))[:, None].repeat(101, axis=1)
    loading = loading_for(told, SHARES, 0.15, seed=1)
    samples = coupled(told, SHARES, draws=1000, bond=Bond.of_all(loading, 101), seed=1)
    assert np.log(samples.sum(axis=1)).std() == pytest.approx(0.15, rel=0.15)
    np.testing.assert_allclose(np.sort(samples, axis=0)[:, 0], np.sort(samples, axis=0)[:, 50], rtol=1e-6)
    np.testing.assert_allclose(at_shares(told, SHARES, SHARES), told)


@pytest.mark.parametrize("wanted", [0.0, 0.02, 0.1, 0.15, 0.29, 5.0])
def test_a_loading_is_that_of_a_search_over_all_of_them(wanted):
    told = np.exp(0.3 * stats.norm.ppf(SHARES))[:, None].repeat(101, axis=1)
    widths = []
    for loading in LOADINGS:
        bond = Bond.of_all(loading, 101)
        total = coupled(told, SHARES, draws=256, bond=bond, seed=1).sum(axis=1, dtype=np.float64)
        low, middle, high = np.quantile(total, [0.1, 0.5, 0.9])
        widths.append((high - low) / 2 / middle)
    twin = np.interp(TO_P90 * wanted, np.maximum.accumulate(widths), LOADINGS)
    assert loading_for(told, SHARES, wanted, seed=1) == twin


def test_theta_is_a_level_with_half_of_the_trend():
    """Hyndman and Billah (2003): simple exponential smoothing with a drift of half the slope of the trend line."""
    line = np.arange(1.0, 25.0)[None]
    assert theta(line, 0.01, 1)[0] == pytest.approx(24.5)
    assert theta(line, 0.01, 3)[0] == pytest.approx(25.0)


def test_a_profile_needs_three_cycles_and_then_tells_the_weekend():
    week = np.tile([2.0, 2, 2, 2, 2, 0.5, 0.5], (5, 4))
    assert (seasonal.profile(week[:, :20], 7) == 1).all()
    factors = seasonal.profile(week, 7)
    assert factors[0, 0] / factors[0, 6] == pytest.approx(4, rel=0.05)
    assert seasonal.found(week) == 7
    assert seasonal.found(np.random.default_rng(0).gamma(1, 1, (20, 80))) == 1


def test_growth_is_no_season():
    """Twelve quarters that grow by a tenth of the first each: phases are alike but for what a season adds."""
    grown = np.linspace(1.0, 2.1, 12)
    sizes = np.arange(1.0, 8.0)[:, None]
    np.testing.assert_allclose(seasonal.profile(sizes * grown, 4), 1, atol=1e-6)
    season = np.tile([1.2, 1.0, 0.7, 1.1], 3)
    np.testing.assert_allclose(
        seasonal.profile(sizes * grown * season, 4)[:, :], season[None, :4].repeat(7, 0), atol=0.05
    )


def test_two_cycles_are_enough_where_many_customers_share_them_and_not_where_they_are_an_accident():
    rng = np.random.default_rng(5)
    noise = rng.gamma(50, 1 / 50, (101, 14))
    week = np.tile([1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5], 2)
    np.testing.assert_allclose(seasonal.profile(week * noise, 7)[0], week[:7], atol=0.05)
    assert (seasonal.profile((week * noise)[:49], 7) == 1).all()
    shared = rng.gamma(4, 1 / 4, 14)  # what happens to all in a period is not a pattern
    assert np.abs(seasonal.profile(shared * noise, 7) - 1).max() < 0.5 * np.abs(shared - 1).max()


def test_no_customer_is_expected_far_beyond_the_most_they_ever_used():
    value = np.array([[0.0, 4, 6, 0], [1, 1, 1, 1]])
    told = np.array([[1.0, 1.0], [1e6, 1e6]])
    sparse = np.array([True, False])
    assert bounded(told, value, 2, sparse, dying=False).tolist() == [[1, 1], [30, 35]]  # the mean customer uses 3.5
    assert bounded(told, value, 2, sparse, dying=True)[1, 0] == 1e6


def test_a_date_of_which_few_customers_were_told_says_nothing_of_the_total():
    """Two dates and 40 customers: the first was told of one small customer only, and that is a hundred times off."""
    usage = np.full((40, 12), 10.0)
    before = past(usage, np.zeros(40, dtype=np.int64), 3, 1)
    judged, origin = before.judged, before.cases.like.origin[before.judged]
    told = before.cases.actual[judged].copy()
    right = shift(before, told, 0.1)
    told[(origin == 0) & (before.cases.like.customer[judged] > 0)] = np.nan
    told[(origin == 0) & (before.cases.like.customer[judged] == 0)] *= 100
    assert shift(before, told, 0.1).bias == right.bias == 0


def test_totals_are_shifted_by_what_all_dates_say_and_not_by_what_chance_brings():
    """Stein's factor, 1 - variance / (count mean^2), beside the belief in sums, which is worth one and a half dates."""
    before = past(np.full((40, 60), 10.0), np.zeros(40, dtype=np.int64), 3, 1)
    judged, origin = before.judged, before.cases.like.origin[before.judged]
    came, count = before.cases.actual[judged], len(np.unique(origin))
    assert before.periods / before.ahead - 1 > count  # dates apart
    once = np.where(origin % 2 == 0, 0.3, -0.3) + 0.02
    assert shift(before, came * np.exp(-once), 0.1).bias == 0
    off = 0.4 + 0.1 * (origin - origin.mean()) / count
    errors = np.array([off[origin == each][0] for each in np.unique(origin)])
    prior = (0.09 * 0.1**0.2) ** 2
    chance = (3 * prior + count * errors.var()) / (3 + count) / count
    stein = errors.mean() * count / (count + 1.5) * (1 - chance / errors.mean() ** 2)
    assert shift(before, came * np.exp(-off), 0.1).bias == pytest.approx(stein)


def test_what_ones_own_history_says_of_a_level_is_student_s_t_of_its_next_periods():
    """Oracle: SciPy's t for a sum of normal periods about an unknown mean; 300 customers agree that it is a level."""
    value = np.random.default_rng(0).normal(70, 6, (300, 40))
    shares = np.array([0.1, 0.5, 0.9])
    told = smoothing(value, 1, 6, shares)
    mean, spread = value.mean(axis=1), value.std(axis=1, ddof=1)
    wide = spread * np.sqrt(6 + 6**2 / 40)
    np.testing.assert_allclose(told[1].mean(), 6 * mean.mean(), rtol=0.005)
    np.testing.assert_allclose((told[1] / (6 * mean)).std(), 0, atol=0.03)
    np.testing.assert_allclose(np.median((told[2] - told[0]) / 2), stats.t(39).ppf(0.9) * np.median(wide), rtol=0.15)


def test_a_line_is_carried_on_by_half_of_its_slope_where_growth_is_expected():
    """Oracle: NumPy's line; the theta method carries half of it on (Hyndman and Billah 2003)."""
    rng = np.random.default_rng(1)
    value = np.arange(1.0, 41.0) * 5 + 500 + rng.normal(0, 1, (50, 40))
    np.testing.assert_allclose(slope(value)[0], [np.polyfit(np.arange(40), row, 1)[0] for row in value], rtol=1e-9)
    told = smoothing(value, 1, 4, np.array([0.5]), growing=True)[0]
    np.testing.assert_allclose(told, 4 * 700 + 2.5 * (1 + 2 + 3 + 4), rtol=0.02)
    assert max(FACTORS) < 1


def test_ranges_of_ones_own_history_hold_what_comes_of_a_random_walk():
    """Levels that wander, seen with noise: 80 % of ranges of the next ten periods hold their sum."""
    rng = np.random.default_rng(2)
    level = 1000 + np.cumsum(rng.normal(0, 10, (2003, 40)), axis=1)
    value = level + rng.normal(0, 15, level.shape)
    low, high = smoothing(value[:, :30], 1, 10, np.array([0.1, 0.9]))
    came = value[:, 30:].sum(axis=1)
    assert ((came >= low) & (came <= high)).mean() == pytest.approx(0.8, abs=0.04)


def test_whole_days_tell_of_a_week_of_hours_what_hours_do_not():
    """Hours have noise that a day does not have: ranges by whole days hold, and are not made of the noise of hours."""
    rng = np.random.default_rng(3)
    rhythm = np.tile(np.r_[np.zeros(12), np.full(12, 2.0)], 21)
    hours = rhythm * rng.gamma(0.5, 20, (211, 504))
    low, middle, high = smoothing(hours[:, :336], 24, 168, np.array([0.1, 0.5, 0.9]))
    came = hours[:, 336:].sum(axis=1)
    assert ((came >= low) & (came <= high)).mean() == pytest.approx(0.85, abs=0.06)
    np.testing.assert_allclose(middle.mean(), came.mean(), rtol=0.03)


def test_cycles_are_sums_of_whole_cycles_from_the_end():
    value = np.arange(17.0)[None]
    value[0, 5] = np.nan
    by_hand = [[(3 + 4 + 6 + 7 + 8 + 9) * 7 / 6, 10 + 11 + 12 + 13 + 14 + 15 + 16]]
    np.testing.assert_allclose(cycles(value, 7), by_hand)
