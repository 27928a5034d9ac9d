"""Growth, swings and arrivals of panels whose law is known."""

from dataclasses import replace

import numpy as np
import pytest

from pertoken.core.keys import Key
from pertoken.forecast.arrivals import ArrivalPrior, arrived
from pertoken.forecast.growth import GrowthPrior, ahead, grown, weekdays
from pertoken.forecast.swings import SwingPrior, swung
from tests.forecast.made import daily, growing


def alike(panel):
    return Key.constant("all", len(panel))


def of(panel, **more):
    return grown(panel, alike(panel), prior=GrowthPrior(), rng=np.random.default_rng(0), **more)


@pytest.mark.parametrize("rate", [-0.1, 0.0, 0.12])
def test_growth_of_a_long_panel_is_found(rate):
    found = of(growing(rate))
    assert found.rate[0] == pytest.approx(rate, abs=3 * found.error[0])
    assert found.error[0] < 0.05
    assert found.data_share[0] > 0.7


def test_with_two_weeks_the_prior_speaks():
    found = of(growing(0.5, days=14))
    assert found.rate[0] == GrowthPrior().rate
    assert found.data_share[0] == 0


def test_a_week_in_which_a_segment_rests_leaves_the_prior_to_speak():
    panel = growing(0.1, customers=5)
    rested = panel.quantity.copy()
    rested[:, :, 49:63] = 0.0
    found = of(replace(panel, quantity=rested))
    assert found.rate[0] == GrowthPrior().rate
    assert found.data_share[0] == 0
    assert np.isfinite(found.error).all()


def test_more_history_makes_the_rate_surer():
    panel = growing(0.1, days=30)
    assert of(panel, more=3.0).error[0] < of(panel, more=2.0).error[0] < of(panel).error[0]


def test_the_rate_lies_within_its_errors_as_often_as_it_says():
    inside = [
        abs(of(growing(0.05, seed=seed, days=60)).rate[0] - 0.05)
        < 1.2816 * of(growing(0.05, seed=seed, days=60)).error[0]
        for seed in range(40)
    ]
    assert np.mean(inside) > 0.7  # 80 % wanted, and more where a rate may turn


def test_a_pattern_of_the_week_is_found_from_three_weeks_on():
    week = np.array([1.3, 1.3, 1.3, 1.3, 1.3, 0.25, 0.25])
    first = np.datetime64("2026-01-05")  # a Monday
    value = np.tile(week, (30, 6)) * np.random.default_rng(2).lognormal(5, 1, (30, 1))
    np.testing.assert_allclose(weekdays(daily(value, str(first))), week, rtol=1e-9)
    np.testing.assert_array_equal(weekdays(daily(value[:, :14], str(first))), np.ones(7))


def test_days_that_were_not_watched_move_neither_growth_nor_swings_nor_weekdays():
    panel = growing(0.05, days=112)
    holed = panel.quantity.copy()
    holed[:, :, 59:63] = np.nan
    seen, whole = (of(replace(panel, quantity=quantity)) for quantity in (holed, panel.quantity))
    assert seen.rate[0] == pytest.approx(whole.rate[0], abs=0.01)
    assert seen.shock == pytest.approx(whole.shock, rel=0.1)
    np.testing.assert_allclose(seen.weekday, whole.weekday, rtol=0.03)


def test_months_ahead_have_their_length_and_growth_that_is_damped():
    growth = of(growing(0.1))
    flat = growth.__class__(
        np.zeros(1),
        growth.error,
        growth.damping,
        growth.lasting,
        0.0,
        0.0,
        0.0,
        np.zeros(12),
        np.ones(7),
        growth.data_share,
    )
    _, calendar = ahead(flat, ("2026-02", "2026-03"), np.datetime64("2026-01-31"))
    np.testing.assert_allclose(np.exp(calendar) * 30.4375, [28, 31])
    grows, _ = ahead(growth, tuple(f"2027-{m:02}" for m in range(1, 13)), np.datetime64("2026-12-31"))
    total = growth.rate[0] / -np.log(growth.damping)  # the sum of a damped rate without end
    assert grows[0, -1] < total
    assert grows[0, -1] == pytest.approx(total, rel=0.05)


def test_what_stays_is_told_from_what_is_gone():
    rng = np.random.default_rng(5)
    windows, people = 13, 400
    walk = rng.normal(0, 0.2, (people, windows)).cumsum(axis=1)
    noise = rng.normal(0, 0.3, (people, windows))
    monthly = np.exp(5 + walk + noise)
    found = swung(daily(np.repeat(monthly, 28, axis=1)), Key.constant("all", people), prior=SwingPrior())
    assert found.noise[0] == pytest.approx(0.3 * np.sqrt(28 / 30.4375), rel=0.1)
    assert found.walk[0] == pytest.approx(0.2 * np.sqrt(30.4375 / 28), rel=0.15)


def test_a_late_first_use_of_who_seldom_uses_is_no_arrival():
    rng = np.random.default_rng(3)
    value = (rng.random((200, 90)) < 0.05) * 10.0
    since = np.argmax(value > 0, axis=1)
    found = arrived(daily(value, since=since), Key.constant("all", 200), np.ones(200), prior=ArrivalPrior())
    assert (since >= 7).sum() > 100
    assert found.seen[0] < 0.12 * 200  # one in ten has not come by day 45, where all are old


def test_newcomers_are_counted_after_the_first_week():
    since = np.r_[np.zeros(20, dtype=int), np.full(10, 30)]
    panel = daily(np.ones((30, 67)), since=since)
    found = arrived(panel, alike(panel), np.ones(30), prior=ArrivalPrior(months=0.0))
    assert found.seen.tolist() == [10]
    assert found.rate[0] == pytest.approx(10 / (60 / 30.4375))


def test_a_heavy_tail_is_found_where_many_customers_show_it():
    sizes = np.random.default_rng(3).pareto(1 / 0.5, 4000) + 1  # shape 0.5
    panel = daily(np.ones((4000, 8)))
    found = arrived(panel, alike(panel), sizes, prior=ArrivalPrior())
    assert found.tail[0] == pytest.approx(0.5, abs=0.08)
