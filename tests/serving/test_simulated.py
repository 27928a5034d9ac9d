"""What simulated engines do, held against queueing theory, the steady state, and what must hold whatever they do."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.serving.aids import Aids
from pertoken.serving.arrivals import arrivals, lognormal
from pertoken.serving.cadence import cadence
from pertoken.serving.demand import demand
from pertoken.serving.memory import fits, held, room
from pertoken.serving.scheduler import Scheduler
from pertoken.serving.simulated import SLICE, run, simulate
from pertoken.serving.steady import closed, opened, starting
from pertoken.serving.steptime import step
from tests.serving.engines import EIGHT_SIZES, WINDOWED_SIZES, layout, profile

ON, ENGINE = layout(), profile()
BEAT = cadence(EIGHT_SIZES, ON, ENGINE, most_tokens=8192)
ALONE = Scheduler(most=1, budget=4096)


def chance(seed=7):
    return np.random.default_rng(seed)


def poisson(rate, count, seed=7):
    return arrivals(np.array([rate]), width=count / rate, rng=chance(seed))


def service_time(prompt, answer):
    """A request that nothing disturbs: its prompt in one step, then a step for each token."""
    ask = float(step(EIGHT_SIZES, ON, ENGINE, 0.0, 0.0, float(prompt)).total)
    contexts = prompt + np.arange(1.0, answer)
    return ask + float(step(EIGHT_SIZES, ON, ENGINE, 1.0, contexts).total.sum())


# --- queueing theory -------------------------------------------------------------------------------------------------


def test_one_at_a_time_each_waits_for_the_one_before():
    """Lindley's recursion says each moment exactly."""
    times, answers = poisson(1.0, 211), chance().integers(1, 300, 211)
    times, answers = times[: len(answers)], answers[: len(times)]
    told = run(demand(times, 700, answers), BEAT, ALONE, capacity_tokens=1e5)
    done, expected = 0.0, []
    for come, answer in zip(times, answers, strict=True):
        done = max(done, come) + service_time(700, int(answer))
        expected.append(done)
    np.testing.assert_allclose(told.done, expected, rtol=1e-12)


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_one_at_a_time_and_all_alike_the_wait_is_that_of_m_d_1(load):
    """Pollaczek and Khinchine: load x service time / (2 (1 - load))."""
    each = service_time(500, 40)
    told = run(demand(poisson(load / each, 200_000), 500, 40), BEAT, ALONE, capacity_tokens=1e5)
    assert told.e2e().mean - each == pytest.approx(load * each / (2 * (1 - load)), rel=0.05)
    assert told.busy_share == pytest.approx(load, rel=0.01)


def test_one_at_a_time_with_mixed_answers_the_wait_is_that_of_m_g_1():
    """Pollaczek and Khinchine: rate x mean square of the service time / (2 (1 - load))."""
    answers = chance().choice([5, 50, 300], 200_000)
    served = {n: service_time(300, n) for n in (5, 50, 300)}
    mean, square = (np.mean([s**power for s in served.values()]) for power in (1, 2))
    rate = 0.6 / mean
    times = poisson(rate, 190_000)
    told = run(demand(times, 300, answers[: len(times)]), BEAT, ALONE, capacity_tokens=1e5)
    assert told.e2e().mean - mean == pytest.approx(rate * square / (2 * (1 - 0.6)), rel=0.05)


def test_the_number_inside_is_rate_times_stay():
    """Little's law, of those that run and of those that wait; the loops count the former step by step."""
    times = poisson(8.0, 20_000)
    rng = chance()
    lengths = (
        lognormal(600, cv=1.0, size=len(times), rng=rng, most=4000),
        lognormal(150, cv=1.0, size=len(times), rng=rng),
    )
    told = simulate(demand(times, *lengths), EIGHT_SIZES, ON, ENGINE, bin_seconds=60.0)
    inside = (told.series()["running"] + told.series()["waiting"]) @ np.diff([*told.series()["begin"], told.done.max()])
    assert inside == pytest.approx((told.done - told.arrival).sum(), rel=1e-9)
    running = told.bins["running"].sum()
    queued = float(starting(EIGHT_SIZES, ON, ENGINE)) * len(told)
    assert running + queued == pytest.approx((told.done - told.arrival).sum(), rel=0.03)
    assert running + queued < (told.done - told.arrival).sum()


# --- the steady state ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [EIGHT_SIZES, WINDOWED_SIZES], ids=["dense", "experts and windows"])
@pytest.mark.parametrize(("prompt", "answer"), [(128, 128), (1000, 250), (500, 500)])
@pytest.mark.parametrize("clients", [1, 16])
def test_clients_in_a_loop_are_served_as_in_the_steady_state(model, prompt, answer, clients):
    told = simulate(demand(np.zeros(40 * clients), prompt, answer), model, ON, ENGINE, clients=clients)
    said = closed(model, ON, ENGINE, float(clients), prompt, answer, 0.0)
    ended = np.sort(told.done)
    few, many = 8 * clients, 36 * clients
    assert (many - few) / (ended[many] - ended[few]) == pytest.approx(float(said.rate), rel=0.05)
    assert told.tpot().mean == pytest.approx(float(said.each), rel=0.10)


@pytest.mark.parametrize("model", [EIGHT_SIZES, WINDOWED_SIZES], ids=["dense", "experts and windows"])
@pytest.mark.parametrize("load", [0.2, 0.5, 0.8])
def test_a_stable_open_load_is_served_as_in_the_steady_state(model, load):
    rate = load * float(closed(model, ON, ENGINE, 64.0, 1000, 250, 0.0).rate)
    times = poisson(rate, 4000)
    told = simulate(demand(times, 1000, 250), model, ON, ENGINE)
    said = opened(model, ON, ENGINE, rate, 64.0, 1000, 250)
    inner = told.between(times[400], times[-400])
    assert told.rate == pytest.approx(len(times) / times[-1], rel=0.02)
    assert told.tpot(inner).mean == pytest.approx(float(said.each), rel=0.10)


SPARED = {
    "drafts": Aids(drafted=3.0, accepted=2.2, drafting=0.15),
    "adapters": Aids(adapters=0.3),
    "both": Aids(drafted=1.0, accepted=1.7, drafting=0.05, adapters=0.2),
}


@pytest.mark.parametrize("aids", SPARED.values(), ids=SPARED)
def test_drafts_and_adapters_change_a_loop_of_clients_as_they_do_the_steady_state(aids):
    told = simulate(demand(np.zeros(640), 500, 250), EIGHT_SIZES, ON, ENGINE, clients=16, aids=aids)
    said = closed(EIGHT_SIZES, ON, ENGINE, 16.0, 500, 250, 0.0, aids)
    ended = np.sort(told.done)
    assert 448 / (ended[576] - ended[128]) == pytest.approx(float(said.rate), rel=0.05)
    assert told.tpot().mean == pytest.approx(float(said.each), rel=0.10)


@pytest.mark.parametrize("aids", SPARED.values(), ids=SPARED)
@pytest.mark.parametrize("load", [0.2, 0.7])
def test_drafts_and_adapters_change_an_open_load_as_they_do_the_steady_state(aids, load):
    rate = load * float(closed(EIGHT_SIZES, ON, ENGINE, 64.0, 1000, 250, 0.0, aids).rate)
    times = poisson(rate, 4000)
    told = simulate(demand(times, 1000, 250), EIGHT_SIZES, ON, ENGINE, aids=aids)
    said = opened(EIGHT_SIZES, ON, ENGINE, rate, 64.0, 1000, 250, aids)
    assert told.tpot(told.between(times[400], times[-400])).mean == pytest.approx(float(said.each), rel=0.10)


# --- batches ---------------------------------------------------------------------------------------------------------


def batch_time(size, prompt=300, answer=20):
    """A batch of requests that are alike: all prompts in one step, then a step for each further token."""
    steps = [step(EIGHT_SIZES, ON, ENGINE, float(size), float(prompt + made)).total for made in range(1, answer)]
    return float(step(EIGHT_SIZES, ON, ENGINE, 0.0, 0.0, 0.0).total) + float(np.sum(steps)) + prompts_time(size, prompt)


def prompts_time(size, prompt):
    """What prompts add to a step that has no sequences: products of all, attention of each for itself."""
    whole = step(EIGHT_SIZES, ON, ENGINE, 0.0, 0.0, float(size * prompt))
    none = step(EIGHT_SIZES, ON, ENGINE, 0.0, 0.0, 0.0)
    attention = size * float(step(EIGHT_SIZES, ON, ENGINE, 0.0, 0.0, float(prompt)).prompt)
    return float(whole.total - whole.prompt - none.total) + attention


def test_a_batch_goes_when_its_first_request_has_waited_as_long_as_its_patience():
    """Three requests come within the patience, two after it; once none is to come any more the rest go at once."""
    rules = Scheduler(policy="batch", most=8, budget=8192, patience=2.0)
    told = run(demand([0.0, 0.5, 1.9, 10.0, 10.1], 300, 20), BEAT, rules, capacity_tokens=1e5)
    np.testing.assert_allclose(told.done, [2.0 + batch_time(3)] * 3 + [10.1 + batch_time(2)] * 2, rtol=1e-12)


def test_a_batch_goes_at_once_when_it_is_full():
    rules = Scheduler(policy="batch", most=2, budget=8192, patience=60.0)
    told = run(demand([0.0, 0.5, 0.6, 1.7, 9.0], 300, 20), BEAT, rules, capacity_tokens=1e5)
    second = max(0.5 + batch_time(2), 1.7)
    expected = [0.5 + batch_time(2)] * 2 + [second + batch_time(2)] * 2
    np.testing.assert_allclose(told.done[:4], expected, rtol=1e-12)
    assert told.done[4] == pytest.approx(9.0 + batch_time(1), rel=1e-12)  # no more requests come: it need not wait


def test_patience_trades_a_wait_for_fuller_batches():
    """With half the patience more batches go for the same requests, and each request waits less."""
    times = poisson(4.0, 4000)
    seen = [
        run(
            demand(times, 300, 20), BEAT, Scheduler(policy="batch", most=27, budget=8192, patience=patience),
            capacity_tokens=1e6,
        )
        for patience in (1.0, 0.5)
    ]  # fmt: skip
    batches = [len(np.unique(each.done)) for each in seen]
    gap = 1.0 / 4.0
    # a batch lasts from its first request to the end of its patience, and the next begins with the next request
    for each, count, patience in zip(seen, batches, (1.0, 0.5), strict=True):
        assert count == pytest.approx(times[-1] / (patience + gap), rel=0.05)
        assert each.ttft().mean > patience / 2
    assert seen[0].ttft().mean > seen[1].ttft().mean
    assert seen[0].busy_share < seen[1].busy_share


def test_an_overloaded_replica_gives_what_its_clients_would_get():
    times = poisson(1000.0, 4000)
    told = simulate(demand(times, 500, 200), EIGHT_SIZES, ON, ENGINE)
    said = closed(EIGHT_SIZES, ON, ENGINE, 64.0, 500, 200, 0.0)
    ended = np.sort(told.done)
    assert 2500 / (ended[3000] - ended[500]) == pytest.approx(float(said.rate), rel=0.08)
    assert told.busy_share == pytest.approx(1.0, abs=0.01)


# --- what must hold --------------------------------------------------------------------------------------------------

SCHEDULERS = st.builds(
    Scheduler,
    policy=st.sampled_from(["chunked", "blocking", "batch"]),
    most=st.integers(1, 20),
    budget=st.integers(20, 800),
    reserve=st.booleans(),
    patience=st.floats(0, 3),
    router=st.sampled_from(["round_robin", "least_loaded", "prefix"]),
    imbalance=st.integers(0, 9),
)


@settings(max_examples=60, deadline=None)
@given(SCHEDULERS, st.integers(1, 5), st.integers(0, 99), st.integers(600, 4000), st.booleans())
def test_every_token_is_served_once_and_memory_is_never_overdrawn(rules, replicas, seed, tokens, shared):
    rng = chance(seed)
    times = np.cumsum(rng.exponential(0.03, 53))
    prompts, answers = 1 + rng.integers(0, 400, 53), 1 + rng.integers(0, 60, 53)
    known = [[j * (k % 3 + 1) for j in range(20)] for k in range(53)] if shared else None
    requests = demand(times, prompts, answers, prefixes=known, per_id=32)
    told = run(requests, BEAT, rules, capacity_tokens=tokens, replicas=replicas, bin_seconds=0.5)
    assert (told.first > told.arrival).all()
    assert (told.done >= told.first).all()
    assert (told.done[answers > 1] > told.first[answers > 1]).all()
    assert told.prompted + told.found >= prompts.sum()
    if told.preempted == 0:
        assert told.prompted + told.found == prompts.sum()
    if rules.policy != "batch":
        # a request sent back gets a token by its second prompt
        assert told.bins["made"].sum() == pytest.approx(answers.sum())
    assert (told.series()["memory_share"] <= 1 + 1e-9).all()
    assert (told.series()["busy_share"] <= 1 + 1e-9).all()
    assert set(told.place) <= set(range(replicas))
    assert told.series()["arrived"].sum() == told.series()["answered"].sum() == 53


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99), st.sampled_from(["round_robin", "least_loaded"]))
def test_what_prompts_and_answers_take_adds_up_to_the_time_that_replicas_work(seed, router):
    times = poisson(10.0, 200, seed)
    rules = Scheduler(most=16, budget=512, router=router)
    told = run(demand(times, 300, 20), BEAT, rules, capacity_tokens=1e5, replicas=2, bin_seconds=3.0)
    spent = told.bins["prompt"].sum() + told.bins["output"].sum()
    assert spent == pytest.approx(told.busy_share * 2 * told.span, rel=1e-12)
    each = service_time(300, 20)
    assert 0 < spent < each * len(times)


def test_the_width_of_bins_changes_no_total_and_no_moment():
    times = poisson(6.0, 2000)
    one, two = (simulate(demand(times, 400, 90), EIGHT_SIZES, ON, ENGINE, bin_seconds=w) for w in (np.inf, 7.0))
    assert (one.done[:-50] == two.done[:-50]).all()
    for name, found in one.bins.items():
        assert two.bins[name].sum() == pytest.approx(found.sum(), rel=1e-9)


def test_the_same_bits_come_however_many_requests_follow():
    """Requests that come later change nothing of those that have been answered."""
    times = poisson(5.0, 3000)
    requests = demand(times, 400, 90)
    whole = run(requests, BEAT, Scheduler(), capacity_tokens=1e5)
    part = run(requests[:1000], BEAT, Scheduler(), capacity_tokens=1e5)
    before = part.done < times[1000]
    assert before.sum() > 900
    assert (part.done[before] == whole.done[:1000][before]).all()


def test_progress_is_told_and_ends_at_one():
    told: list[float] = []
    run(demand(np.arange(2 * SLICE) * 10.0, 10, 2), BEAT, ALONE, capacity_tokens=1e4, progress=told.append)
    assert told == [0.5, 1.0]


# --- schedulers ------------------------------------------------------------------------------------------------------


def test_prompts_in_pieces_disturb_answers_less_than_whole_ones():
    times = poisson(4.0, 2000)
    slow = {
        policy: run(demand(times, 3000, 100), BEAT, Scheduler(policy=policy, most=64, budget=512), capacity_tokens=3e5)
        for policy in ("chunked", "blocking")
    }
    assert slow["chunked"].tpot().p99 < slow["blocking"].tpot().p99
    assert slow["chunked"].ttft().p50 > slow["blocking"].ttft().p50


def test_a_batch_waits_for_its_last_request_and_ends_with_its_longest_answer():
    rules = Scheduler(policy="batch", most=3, budget=4096)
    told = run(demand([0.0, 1.0, 2.0], 100, [5, 10, 40]), BEAT, rules, capacity_tokens=1e5)
    begin = 2.0 + float(step(EIGHT_SIZES, ON, ENGINE, 0.0, 0.0, 300.0).total) - float(
        step(EIGHT_SIZES, ON, ENGINE, 0.0, 0.0, 300.0).prompt
    ) + 3 * float(step(EIGHT_SIZES, ON, ENGINE, 0.0, 0.0, 100.0).prompt)  # fmt: skip
    assert told.first == pytest.approx([begin] * 3, rel=1e-12)
    answers = float(step(EIGHT_SIZES, ON, ENGINE, 3.0, 100 + np.arange(1.0, 40)).total.sum())
    assert told.done == pytest.approx([begin + answers] * 3, rel=1e-12)


def test_a_batch_that_is_not_full_goes_when_its_patience_ends():
    rules = Scheduler(policy="batch", most=3, budget=4096, patience=0.25)
    told = run(demand([0.0, 1.0], 100, 5), BEAT, rules, capacity_tokens=1e5)
    assert told.first[0] == pytest.approx(0.25 + float(step(EIGHT_SIZES, ON, ENGINE, 0.0, 0.0, 100.0).total), rel=1e-12)


def test_work_that_is_there_at_once_is_done_faster_by_larger_batches():
    spans = [
        run(demand(np.zeros(1024), 200, 100), BEAT, Scheduler(most=most), capacity_tokens=1e6).span
        for most in (1, 4, 16, 64, 256)
    ]
    assert all(later < earlier for earlier, later in pairwise(spans))


def test_a_prompt_that_all_share_is_computed_once_and_kept_once():
    times = poisson(3.0, 500)
    plain = run(demand(times, 1000, 50), BEAT, Scheduler(), capacity_tokens=1e5)
    known = run(demand(times, 1000, 50, common=800), BEAT, Scheduler(), capacity_tokens=1e5)
    assert known.prompted == 200 * len(times)
    assert known.found == 800 * len(times)
    assert known.ttft().p50 < plain.ttft().p50
    assert known.bins["memory"].sum() < 0.35 * plain.bins["memory"].sum()


@pytest.mark.parametrize("shared", [0, 800])
def test_a_replica_has_room_for_as_many_at_once_as_the_formula_of_memory_says(shared):
    tokens = 26_000.0
    told = run(demand(np.zeros(3000), 1000, 100, common=shared), BEAT, Scheduler(), capacity_tokens=tokens)
    running = told.bins["running"].sum() / told.span
    one, all_of_it = float(held(EIGHT_SIZES, ON, 1.0)), float(room(EIGHT_SIZES, ON, spare=ENGINE.spare))
    small = replace(ON, memory=ON.memory - (all_of_it - tokens * one) / ENGINE.spare)
    assert fits(EIGHT_SIZES, small, 1050.0, spare=ENGINE.spare, shared=shared) == pytest.approx(running, rel=0.08)


def test_a_prefix_is_found_again_where_the_router_keeps_it():
    talks = [[100 * k + j for j in range(10)] for k in range(8)] * 40
    requests = demand(np.arange(320) * 0.5, 340, 20, prefixes=talks, per_id=32)
    found = {
        router: run(requests, BEAT, Scheduler(router=router), capacity_tokens=4000, replicas=4).found
        for router in ("round_robin", "prefix")
    }
    assert found["prefix"] >= 312 * 320
    assert found["round_robin"] == 312 * 320  # eight talks in turn to four replicas: each has its own
    one = run(requests, BEAT, Scheduler(), capacity_tokens=400, replicas=1).found
    assert one == 0  # memory for one talk only


def test_the_least_loaded_replica_shortens_the_tail():
    times, rng = poisson(12.0, 5000), chance()
    answers = lognormal(200, cv=1.5, size=len(times), rng=rng, most=3000)
    tails = {
        router: run(
            demand(times, 300, answers), BEAT, Scheduler(most=8, router=router), capacity_tokens=1e5, replicas=4
        ).ttft().p99
        for router in ("round_robin", "least_loaded")
    }  # fmt: skip
    assert tails["least_loaded"] < tails["round_robin"]


def test_memory_by_default_is_what_the_steady_state_has():
    told = simulate(demand(poisson(1.0, 50), 1000, 100), EIGHT_SIZES, ON, ENGINE)
    tokens = float(fits(EIGHT_SIZES, ON, 1050.0, spare=ENGINE.spare)) * 1050
    assert told.capacity == int(tokens // 16)


# --- bad input -------------------------------------------------------------------------------------------------------


def test_a_request_that_never_fits_is_refused_with_both_numbers():
    with pytest.raises(InputError, match=r"holds 1,600 tokens, the longest request 5,104"):
        run(demand([0.0], 5000, 100), BEAT, ALONE, capacity_tokens=1600)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (([1.0, 0.5], 10, 10), "sort them"),
        (([0.0], 0, 10), "at least 1 token"),
        (([0.0], 10.5, 10), "whole numbers"),
        (([], 10, 10), "columns of one length"),
    ],
)
def test_requests_that_cannot_be_are_refused(columns, said):
    with pytest.raises(InputError, match=said):
        demand(*columns)


@pytest.mark.parametrize(
    "wrong", [{"policy": "magic"}, {"most": 0}, {"most": 300, "budget": 200}, {"margin_share": 1.0}]
)
def test_schedulers_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError, match=r"expected|needs"):
        Scheduler(**wrong)


def test_times_of_too_short_steps_are_refused():
    short = cadence(EIGHT_SIZES, ON, ENGINE, most_tokens=100)
    with pytest.raises(InputError, match=r"up to 100 tokens; expected up to 4,096"):
        run(demand([0.0], 10, 10), short, ALONE, capacity_tokens=1e4)


def test_clients_in_a_loop_need_one_replica():
    with pytest.raises(InputError, match="1 client of 1 replica"):
        run(demand([0.0], 10, 10), BEAT, ALONE, capacity_tokens=1e4, clients=2, replicas=2)
