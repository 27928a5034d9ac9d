"""Work that may wait: the least rate against closed forms and all stretches, deadlines kept, hours that add up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.serving.autoscale import fixed
from pertoken.serving.fleet import run
from pertoken.serving.offline import always_on, least_rate, longest_wait, offline
from pertoken.serving.traffic import Traffic, pattern

RATES = st.lists(st.floats(0, 40), min_size=2, max_size=29).map(np.array).filter(lambda rates: rates.sum() > 0.01)


def every_stretch(rates, width, deadline, repeats):
    """Look at all stretches, over three times of what repeats."""
    came = np.concatenate([[0.0], np.cumsum(np.tile(rates, 3 if repeats else 1) * width)])
    n = len(came)
    each = [(came[t] - came[s]) / ((t - s) * width + deadline) for s in range(n) for t in range(s + 1, n)]
    return max([*each, *([rates.mean()] if repeats else [])])


@given(RATES, st.sampled_from([60.0, 700.0, 4000.0, 86_400.0]), st.booleans())
def test_the_least_rate_is_that_of_the_worst_of_all_stretches(rates, deadline, repeats):
    found = least_rate(Traffic(rates=rates, repeats=repeats), deadline)
    assert float(found) == pytest.approx(every_stretch(rates, 300.0, deadline, repeats), rel=1e-7)


@pytest.mark.parametrize(("deadline", "expected"), [(3600.0, 7200 / 7200), (3 * 3600.0, 7200 / 14_400)])
def test_an_hour_of_two_a_second_is_done_a_deadline_after_its_end(deadline, expected):
    day = np.zeros(288)
    day[:12] = 2.0
    assert float(least_rate(Traffic(rates=day, repeats=False), deadline)) == pytest.approx(expected)


def test_by_tomorrow_a_steady_load_needs_its_mean_and_peaks_of_a_day_hardly_more():
    assert float(least_rate(pattern("flat", mean=3.0), 86_400.0)) == pytest.approx(3.0)
    deadlines = (1.0, 3600.0, 43_200.0, 86_400.0, 1e9)
    rates = [float(least_rate(pattern("diurnal", mean=3.0), each)) for each in deadlines]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == pytest.approx(float(pattern("diurnal", mean=3.0).rates.max()), rel=0.02)
    assert rates[-1] == pytest.approx(3.0)


def test_worlds_are_looked_at_side_by_side():
    rates = np.random.default_rng(1).gamma(1.0, 5.0, size=(3, 7, 19))
    found = least_rate(Traffic(rates=rates), 900.0)
    assert found.shape == (3, 7)
    assert float(found[2, 5]) == pytest.approx(float(least_rate(Traffic(rates=rates[2, 5]), 900.0)))


@given(RATES, st.sampled_from([900.0, 3600.0, 30_000.0]), st.floats(0.5, 9), st.booleans())
def test_requests_are_served_by_their_deadline_and_hours_add_up(rates, deadline, rate, repeats):
    fleet = offline(Traffic(rates=rates, repeats=repeats), rate, deadline)
    assert longest_wait(fleet) <= deadline + fleet.traffic.width
    assert float(sum(fleet.hours.values())) == pytest.approx(float(fleet.paid_hours), abs=1e-7)
    assert min(float(hours) for hours in fleet.hours.values()) >= -1e-7
    assert float(fleet.served.sum()) == pytest.approx(rates.sum() * 300, rel=1e-6, abs=1e-6)
    assert float(fleet.hours["work"]) == pytest.approx(rates.sum() * 300 / rate / 3600, rel=1e-6, abs=1e-6)


def test_one_replica_less_would_be_late():
    week, deadline = pattern("office", mean=10.0), 6 * 3600.0
    count = int(always_on(week, 3.0, deadline).maximum)
    twice = Traffic(rates=np.tile(week.rates, 2), repeats=False)
    waits = [longest_wait(run(twice, 3.0, fixed(each))) for each in (count, count - 1)]
    assert waits[0] <= deadline + 300 < waits[1]


def test_a_job_of_one_night_is_paid_for_as_long_as_it_takes():
    job = Traffic(rates=np.array([1e6 / 300]), repeats=False)  # a million requests at once
    fleet = offline(job, 20.0, 12 * 3600.0)
    work = 1e6 / 20 / 3600
    assert work < float(fleet.paid_hours) < work * 1.05
    assert float(fleet.replicas.paid.max()) >= 2  # 13.9 hours of one would be too late


def test_gathering_beats_machines_that_wait_for_a_small_load():
    week = pattern("diurnal", mean=0.1)
    gathered, kept = offline(week, 2.0, 86_400.0), run(week, 2.0, always_on(week, 2.0, 86_400.0))
    assert float(gathered.paid_hours) < 0.1 * float(kept.paid_hours)
    assert float(gathered.hours["starting"]) == pytest.approx(14 * 300 / 3600)  # a start for each half day


def test_deadlines_and_rates_that_cannot_be_are_refused():
    for wrong in (0.0, -1.0, np.inf):
        with pytest.raises(InputError, match="expected a time above 0"):
            least_rate(pattern("flat"), wrong)
    with pytest.raises(InputError, match="expected a rate above 0"):
        always_on(pattern("flat"), 0.0, 60.0)
    with pytest.raises(InputError, match="expected one"):
        offline(pattern("flat", mean=np.ones(3)), 1.0, 60.0)
