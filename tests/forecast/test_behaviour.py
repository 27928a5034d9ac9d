"""Behaviour: hobbyists and production teams are told apart by what they do, or not at all."""

import numpy as np

from pertoken.forecast.behaviour import segmented
from tests.forecast.made import daily


def mixed(seed=7, hobby=70, teams=30, days=42):
    rng = np.random.default_rng(seed)
    weekend = (np.arange(days) % 7) >= 5  # 2026-01-05 is a Monday
    odd = rng.lognormal(6, 0.8, (hobby, 1)) * rng.lognormal(0, 0.5, (hobby, days)) * (rng.random((hobby, days)) < 0.3)
    work = rng.lognormal(10, 0.8, (teams, 1)) * rng.lognormal(0, 0.3, (teams, days)) * np.where(weekend, 0.2, 1.0)
    return daily(np.vstack([odd, work]), "2026-01-05"), hobby


def test_hobbyists_and_production_teams_are_told_apart():
    panel, hobby = mixed()
    found = segmented(panel).column()
    wrong = (found[:hobby] != "hobbyist").sum() + (found[hobby:] != "production").sum()
    assert wrong <= 2


def test_customers_who_are_alike_are_one_segment():
    rng = np.random.default_rng(3)
    panel = daily(rng.lognormal(6, 1, (100, 1)) * rng.lognormal(0, 0.4, (100, 30)))
    assert segmented(panel).labels == ("all",)


def test_a_handful_is_not_told_apart():
    panel, _ = mixed(hobby=6, teams=6)
    assert segmented(panel).labels == ("all",)


def test_how_deeply_they_are_integrated_tells_where_usage_does_not():
    rng = np.random.default_rng(4)
    panel = daily(rng.lognormal(6, 0.5, (80, 1)) * rng.lognormal(0, 0.4, (80, 30)))
    depth = np.r_[np.ones(40), np.full(40, 60.0)] * rng.lognormal(0, 0.2, 80)
    found = segmented(panel, depth=depth).column()
    assert {*found[:40]} == {"hobbyist"}
    assert {*found[40:]} == {"production"}


def test_who_came_late_or_has_left_is_no_other_kind_of_customer():
    # no look-ahead through survival: were they a segment of their own, all leaving would be theirs
    rng = np.random.default_rng(5)
    value = rng.lognormal(8, 1, (90, 1)) * rng.lognormal(0, 0.4, (90, 90))
    value[:20, 40:] = 0.0  # gone after 40 days
    since = np.r_[np.zeros(70, dtype=int), np.full(20, 75)]
    assert segmented(daily(value, since=since)).labels == ("all",)


def test_who_stayed_from_monday_to_thursday_is_not_told_by_having_no_weekend():
    rng = np.random.default_rng(7)
    teams = rng.lognormal(8, 0.5, (40, 1)) * rng.lognormal(0, 0.3, (40, 42)) * np.where(np.arange(42) % 7 >= 5, 0.2, 1)
    trials = np.zeros((40, 42))
    for row, start in zip(trials, rng.integers(0, 38, 40), strict=True):
        row[start : start + 4] = rng.lognormal(5, 0.5) * rng.lognormal(0, 0.3, 4)
    found = segmented(daily(np.vstack([teams, trials]), "2026-01-05")).column()
    assert (found[:40] == "production").all()
    assert (found[40:] == "hobbyist").mean() > 0.9
