"""Deciding: verdicts, thresholds that part winning from losing worlds, and whom to spare."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pertoken.forecast.migration.decide import signal, spared, verdict, verdicts
from pertoken.forecast.migration.offer import Offer
from pertoken.forecast.migration.simulate import migrate
from tests.forecast.migration.made import Hybrid, drawn, plain, setting, used


def test_a_verdict_by_hand():
    found = verdict("revenue", np.array([-6.0, -2.0, 0.0, 1.0, 7.0]), np.array([90.0, 100.0, 110.0]))
    assert (found.wins, found.loss, found.mean, found.middle, found.old) == (0.4, 4.0, 0.0, 0.0, 100.0)


def test_margin_is_judged_where_usage_costs():
    usage = used(5, 17)
    assert [each.name for each in verdicts(migrate(setting(usage), drawn(17)))] == ["revenue", "margin"]
    assert [each.name for each in verdicts(migrate(setting(usage, cost=0.0), drawn(17)))] == ["revenue"]


def youden(value, won, cut):
    above = value > cut
    return abs(above[won].mean() - above[~won].mean())


@settings(max_examples=60)
@given(arrays(float, 43, elements=st.integers(0, 9).map(float)), arrays(bool, 43))
def test_no_other_threshold_parts_the_worlds_better(value, won):
    found = signal("x", value, won)
    if found.threshold is None:
        chance = 1.36 * np.sqrt(1 / max(won.sum(), 1) + 1 / max((~won).sum(), 1))
        assert won.all() or not won.any() or max(youden(value, won, v) for v in value) < chance
        return
    best = youden(value, won, found.threshold)
    assert all(best >= youden(value, won, cut) - 1e-12 for cut in value)
    above = value > found.threshold
    assert found.wins_above == pytest.approx(won[above].mean())
    assert found.wins_below == pytest.approx(won[~above].mean())
    assert found.above == (above[won].mean() > above[~won].mean())


def test_a_signal_that_is_never_seen_says_nothing():
    found = signal("x", np.full(5, np.nan), np.array([True, False, True, False, True]))
    assert found.threshold is None
    assert np.isnan(found.expected)


def test_a_perfect_signal_parts_them_wholly():
    value = np.array([1.0, 2.0, 2.0, 1.0, np.nan, 5.0, 6.0, 7.0, 8.0])
    found = signal("x", value, np.arange(9) > 3)
    assert (found.threshold, found.above, found.wins_above, found.wins_below) == (3.5, True, 1.0, 0.0)


def test_chance_alone_is_no_signal():
    """Of numbers that know nothing of the end, about one in twenty is taken for a signal."""
    rng = np.random.default_rng(1)
    told = [signal("x", rng.random(211), rng.random(211) < 0.4).threshold is not None for _ in range(307)]
    assert np.mean(told) < 0.1


def test_those_are_spared_whose_leaving_costs_more_than_their_rise_earns():
    """A flat 100 for who paid 90, very angry: the tenth more is not worth the chance that they leave; for 30 it is."""
    usage = np.broadcast_to(np.array([90.0, 30.0, 200.0])[:, None], (5, 3, 11)).copy()
    made = setting(usage, Offer(notice=0), new=Hybrid(100.0, 0.0, 0.0, 0.0), leave=0.05)
    people = migrate(made, plain(5, no_notice=1.5)).customers
    assert people.worth[0] < 0 < people.worth[1]
    assert spared(people).tolist() == [0]
    assert people.lost[2] == 0  # pays less


def test_a_few_cents_make_no_exception():
    """A hundredth of a year of bills of 90 is 10.80."""
    usage = np.broadcast_to(np.array([90.0, 30.0, 200.0])[:, None], (5, 3, 11)).copy()
    people = migrate(setting(usage, Offer(notice=0), new=Hybrid(100.0, 0.0, 0.0, 0.0), leave=0.05), plain(5)).customers
    worth = np.array([-10.79, 1.0, 1.0])
    assert spared(replace(people, worth=worth)).tolist() == []
    assert spared(replace(people, worth=worth - 0.02)).tolist() == [0]
