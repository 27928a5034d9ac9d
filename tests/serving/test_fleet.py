"""Fleets over time: slow twins of scaling and waiting, laws, and hours that add up."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pertoken.core.errors import InputError
from pertoken.core.lines import Usage, table
from pertoken.serving.autoscale import Autoscale, away_share, fixed, paid_on_average, replicas, reserve
from pertoken.serving.cost import unit_costs
from pertoken.serving.fleet import run
from pertoken.serving.traffic import PATTERNS, Traffic, logged, pattern, typical_week

RATES = st.lists(st.floats(0, 40), min_size=5, max_size=31).map(np.array)
POLICIES = st.builds(
    Autoscale,
    headroom=st.floats(0, 1),
    minimum=st.integers(0, 3),
    spare=st.integers(0, 2),
    start_seconds=st.sampled_from([0.0, 200.0, 600.0]),
    hold_seconds=st.sampled_from([0.0, 300.0, 900.0]),
    foreseen=st.booleans(),
)


def stepwise(rates, best, policy, width=300.0):
    """Scale bin by bin: order what lacks, give back the newest once fewer have sufficed for long enough."""
    start, hold = (int(np.ceil(each / width)) for each in (policy.start_seconds, policy.hold_seconds))
    need = [max(int(np.ceil((1 + policy.headroom) * rate / best * (1 - 1e-9))), policy.minimum) for rate in rates]
    need = [n + (policy.spare if n else 0) for n in need]
    known = [max(need[t : t + start + 1]) if policy.foreseen else need[t] for t in range(len(need))]
    orders, paid, ready = [-start - 1] * need[0], [], []
    for t in range(len(need)):
        wanted = max(known[max(t - hold, 0) : t + 1])
        orders = orders[:wanted] + [t] * (wanted - len(orders))
        paid.append(len(orders))
        ready.append(sum(t - at >= start for at in orders))
    return paid, ready


@given(RATES, POLICIES)
def test_replicas_are_those_of_scaling_step_by_step(rates, policy):
    found = replicas(Traffic(rates=rates, repeats=False), 4.0, policy)
    paid, ready = stepwise(rates, 4.0, policy)
    assert found.paid.tolist() == paid
    start = int(np.ceil(policy.start_seconds / 300)) if policy.foreseen else 0
    assert found.ready[start:].tolist() == ready[start:]  # before, a fleet that foresees has begun to start


@given(RATES, POLICIES, st.floats(0.1, 9))
def test_loads_of_one_shape_pay_on_average_what_they_pay_bin_by_bin(shape, policy, load):
    found = paid_on_average(np.array([load, 2 * load]), shape, policy)
    slow = [replicas(Traffic(rates=shape * each), 1.0, policy).paid.mean() for each in (load, 2 * load)]
    assert found.tolist() == pytest.approx(slow)


@given(RATES, POLICIES, st.floats(0, 1))
def test_more_headroom_never_lowers_replicas(rates, policy, more):
    few = replicas(Traffic(rates=rates), 4.0, policy)
    many = replicas(Traffic(rates=rates), 4.0, replace(policy, headroom=policy.headroom + more))
    assert (many.paid >= few.paid).all()
    assert (many.ready >= few.ready).all()


@given(RATES, POLICIES)
def test_a_fleet_that_foresees_is_never_short(rates, policy):
    found = run(Traffic(rates=rates), 4.0, replace(policy, foreseen=True))
    assert (found.replicas.ready >= found.replicas.needed).all()
    assert float(found.waiting.max()) == 0


@given(RATES, POLICIES, st.sampled_from(["waits", "lost"]), st.floats(0.3, 1))
def test_paid_hours_and_requests_add_up(rates, policy, overflow, latency):
    found = run(Traffic(rates=rates, repeats=False), 4.0 * latency, policy, full_rate=4.0, overflow=overflow)
    assert sum(found.hours.values()) == pytest.approx(float(found.paid_hours))
    assert min(float(hours) for hours in found.hours.values()) >= -1e-9
    kept = found.served.sum() + found.waiting[-1] + found.lost.sum()
    assert kept == pytest.approx(found.traffic.requests.sum())
    assert found.hours["work"] == pytest.approx(found.busy_hours * latency)


@given(RATES)
def test_what_waits_is_what_a_queue_holds(rates):
    found = run(Traffic(rates=rates, repeats=False), 4.0, fixed(3))
    queue, queues = 0.0, []
    for rate in rates.tolist():
        queue = max(queue + 300 * rate - 3 * 4 * 300, 0)
        queues.append(queue)
    assert found.waiting.tolist() == pytest.approx(queues, abs=1e-6)


def test_an_even_load_has_the_closed_form():
    # 10 requests a second, 4 a replica, 20 % more: 3 replicas of which 2.5 are busy, all week
    found = run(pattern("flat", mean=10.0), 4.0, Autoscale(headroom=0.2))
    assert set(found.replicas.paid.tolist()) == {3}
    assert float(found.utilisation) == pytest.approx(2.5 / 3)
    assert float(found.hours["headroom"]) == pytest.approx(0.5 * 168)


def test_worlds_are_each_as_if_alone():
    means = np.array([1.0, 7.0, 30.0])
    rates = np.array([2.0, 4.0, 6.0])
    found = run(pattern("office", mean=means), rates, Autoscale(foreseen=False))
    for k in range(3):
        alone = run(pattern("office", mean=means[k]), rates[k], Autoscale(foreseen=False))
        assert found.replicas.paid[k].tolist() == alone.replicas.paid.tolist()
        assert float(found.wait_seconds[k]) == pytest.approx(float(alone.wait_seconds))


def test_scaling_to_nothing_makes_the_first_requests_wait_for_a_start():
    # 20 bins of silence, then 1 request a second: 300 wait for the start of 10 minutes, then 600, then they are served
    spike = Traffic(rates=np.repeat([0.0, 1.0], [20, 20]), repeats=False)
    found = run(spike, 4.0, Autoscale(minimum=0, start_seconds=600, foreseen=False))
    assert found.replicas.paid[:22].tolist() == [0] * 20 + [1] * 2
    assert found.waiting[19:24].tolist() == [0, 300, 600, 0, 0]


def test_seeing_late_loses_what_comes_before_the_start():
    spike = Traffic(rates=np.array([4.0, 4.0, 12.0, 12.0, 4.0]), repeats=False)
    found = run(spike, 4.0, Autoscale(headroom=0.0, foreseen=False), overflow="lost")
    assert found.lost.tolist() == [0, 0, 2400, 0, 0]
    assert float(found.lost_share) == pytest.approx(2400 / (36 * 300))


@pytest.mark.parametrize(("needed", "away"), [(1, 0.12), (8, 0.02), (40, 0.05), (200, 0.01)])
def test_a_reserve_is_the_least_that_binomial_chance_asks_for(needed, away):
    found = reserve(needed, away)
    assert binom.cdf(needed - 1, needed + found, 1 - away) <= 1e-3
    assert found == 0 or binom.cdf(needed - 1, needed + found - 1, 1 - away) > 1e-3


def test_spot_machines_are_away_for_their_replacement():
    # simulated: up for an exponential time of 20 hours on average, away for ten minutes
    up = np.random.default_rng(5).exponential(20, 40_000)
    assert away_share(1 / 20, 600) == pytest.approx((1 / 6) / (up.mean() + 1 / 6), rel=0.02)


def test_spot_pays_for_reserves_and_still_serves():
    steady = run(pattern("flat", mean=32.0), 4.0, Autoscale(headroom=0.0, away_share=0.05))
    assert set(steady.replicas.paid.tolist()) == {8 + reserve(8, 0.05)}
    assert float(steady.hours["starting"]) == pytest.approx(0.05 * float(steady.paid_hours))
    assert float(steady.waiting.max()) == 0


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_pattern_keeps_its_mean(name):
    assert pattern(name, mean=3.0).rates.mean() == pytest.approx(3)
    assert pattern(name).rates.shape == (7 * 24 * 12,)


def test_a_log_by_hour_is_read_in_the_time_of_its_place():
    # 23:00 UTC of 3 January is midnight of Monday, 4 January, in Berlin
    lines = table(
        ["hour", "meter"], ["quantity"], [("2027-01-03T23", "requests", 7200), ("2027-01-04T08", "requests", 3600)]
    )
    found = logged(Usage(lines.keys, lines.values), zone="Europe/Berlin")
    assert found.rates.shape == (24,)
    assert (found.rates[0], found.rates[9], found.rates.sum()) == (2.0, 1.0, 3.0)


def test_a_log_by_day_is_spread_and_keeps_its_sum():
    rows = [(f"2027-01-{day:02}", "requests", 86_400.0 * day) for day in range(4, 18)]
    lines = table(["day", "meter"], ["quantity"], rows)
    found = logged(Usage(lines.keys, lines.values), within="office")
    assert found.rates.reshape(14, 24).mean(axis=1).tolist() == pytest.approx(list(range(4, 18)))
    assert found.rates[10] > found.rates[0]
    week = typical_week(found)
    assert week.rates.reshape(7, 24).mean(axis=1).tolist() == pytest.approx([7.5 + day for day in range(7)])


def test_a_week_begins_on_monday_whenever_its_log_does():
    rows = [(f"2027-01-{day:02}", "requests", 86_400.0 * (day == 4)) for day in range(1, 15)]  # the fourth is a Monday
    lines = table(["day", "meter"], ["quantity"], rows)
    found = logged(Usage(lines.keys, lines.values))
    assert found.first_day == 4
    assert typical_week(found).rates.reshape(7, 24).mean(axis=1).tolist() == [0.5, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("keys", "row", "message"),
    [
        (["month", "meter"], ("2027-01", "requests", 1), "expected lines by hour or by day"),
        (["day", "meter"], ("2027-01-04", "seats", 1), "no requests in this usage"),
        (["day", "meter"], ("", "requests", 1), "a line of requests has no day"),
    ],
)
def test_a_log_that_is_no_traffic_is_refused(keys, row, message):
    lines = table(keys, ["quantity"], [row])
    with pytest.raises(InputError, match=message):
        logged(Usage(lines.keys, lines.values))


def test_less_than_a_week_is_no_typical_one():
    with pytest.raises(InputError, match="1 days of traffic"):
        typical_week(Traffic(rates=np.ones(24), width=3600.0))


COUNTS = st.floats(1, 1e7)


SECONDS = st.floats(0.001, 99)


@given(st.floats(0.01, 1e6), st.tuples(COUNTS, COUNTS, COUNTS), SECONDS, SECONDS, st.floats(0, 50))
def test_tokens_at_their_prices_add_up_to_the_bill(bill, counts, prompt, decode, idle):
    requests, asked, answered = counts
    found = unit_costs(
        bill,
        {"work": 7.0, "latency": 2.0, "idle": idle},
        requests=requests,
        input_tokens=asked,
        output_tokens=answered,
        prompt_seconds=prompt,
        decode_seconds=decode,
    )
    whole = (found.input_per_million * asked + found.output_per_million * answered) * requests / 1e6
    alone = (found.input_alone * asked + found.output_alone * answered) * requests / 1e6
    assert float(whole) == pytest.approx(bill)
    assert float(sum(found.uses.values())) == pytest.approx(bill)
    assert float(alone + found.uses["idle"]) == pytest.approx(bill)
    assert float(found.per_request * requests) == pytest.approx(bill)


def test_published_throughput_has_its_published_price():
    # Llama-3.3-70B in FP8 on two H100: 4,205 tokens a second; at 3.49 an hour that is 0.46 a million
    served = 3600 * 4.205
    found = unit_costs(
        2 * 3.49, {"work": 1.0}, requests=served, input_tokens=1, output_tokens=1000, prompt_seconds=0, decode_seconds=1
    )
    assert float(found.output_per_million) == pytest.approx(0.46, abs=0.005)


def test_a_replica_that_serves_nothing_is_refused():
    with pytest.raises(InputError, match="serves no request within the targets"):
        run(pattern("flat"), 0.0, Autoscale())


def test_a_policy_that_can_not_be_is_refused():
    with pytest.raises(InputError, match="a maximum that is not below the minimum"):
        Autoscale(minimum=5, maximum=3)
    with pytest.raises(InputError, match="expected a share from 0 to 1"):
        Autoscale(away_share=1.0)


@given(RATES, st.integers(1, 12))
def test_a_week_that_repeats_begins_with_what_waits_at_its_end(rates, most):
    policy = replace(fixed(most), hold_seconds=0.0)
    week = run(Traffic(rates=rates), 4.0, policy)
    weeks = run(Traffic(rates=np.tile(rates, 4), repeats=False), 4.0, policy)
    last = slice(3 * len(rates), None)
    if rates.mean() <= 4.0 * most * (1 - 1e-9):
        np.testing.assert_allclose(week.waiting, weeks.waiting[last], atol=1e-6)
        np.testing.assert_allclose(week.served, weeks.served[last], atol=1e-6)
        assert week.served.sum() == pytest.approx(rates.sum() * 300, abs=1e-6)
    else:
        assert week.waiting[-1] > 0
