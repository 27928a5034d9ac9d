"""The compiled loops and the slow twin serve alike: the same times, the same memory, the same requests sent back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.serving.cadence import cadence
from pertoken.serving.demand import demand
from pertoken.serving.scheduler import Scheduler
from pertoken.serving.simulated import run
from tests.serving.engines import EIGHT_SIZES, WINDOWED_SIZES, layout, profile, slowly

ON, ENGINE = layout(), profile()


def load(rng, count, rate, *, prompt=300, answer=40, prefixes=False):
    times = np.cumsum(rng.exponential(1 / rate, count))
    lengths = 1 + rng.integers(0, 2 * prompt, count), 1 + rng.integers(0, 2 * answer, count)
    known = None
    if prefixes:  # conversations: each goes on with what it said before, or another begins
        talks = [list(range(100 * k, 100 * k + 30)) for k in range(5)]
        known = [talks[rng.integers(5)][: rng.integers(1, 30)] for _ in range(count)]
        lengths = (np.array([32 * len(each) for each in known]) + rng.integers(0, 90, count), lengths[1])
    return demand(times, *lengths, prefixes=known, per_id=32)


def alike(requests, model, rules, blocks, delay=0.0):
    longest = int((requests.input.astype(int) + requests.output).max())
    beat = cadence(model, ON, ENGINE, most_tokens=max(rules.budget, longest, rules.most))
    fast = run(requests, beat, rules, capacity_tokens=blocks * rules.block, delay=delay)
    first, done, slow = slowly(requests, model, ON, ENGINE, rules, blocks=blocks, delay=delay)
    np.testing.assert_allclose(fast.first, first, rtol=1e-10)
    np.testing.assert_allclose(fast.done, done, rtol=1e-10)
    assert fast.preempted == slow.preempted
    np.testing.assert_allclose(fast.bins["prompt"] + fast.bins["output"], slow.busy, rtol=1e-9)
    assert slow.peak <= blocks
    return fast


@pytest.mark.parametrize("model", [EIGHT_SIZES, WINDOWED_SIZES], ids=["dense", "experts and windows"])
@pytest.mark.parametrize("policy", ["chunked", "blocking", "batch"])
def test_with_memory_to_spare_the_loops_serve_as_the_twin_does(model, policy):
    rules = Scheduler(policy=policy, most=13, budget=512, patience=0.7)
    alike(load(np.random.default_rng(7), 101, 20.0), model, rules, blocks=2000, delay=0.02)


@pytest.mark.parametrize("policy", ["chunked", "blocking"])
@pytest.mark.parametrize("reserve", [False, True])
def test_short_of_memory_the_loops_serve_as_the_twin_does(policy, reserve):
    rules = Scheduler(policy=policy, most=17, budget=256, block=8, reserve=reserve, margin_share=0.02)
    fast = alike(load(np.random.default_rng(7), 101, 50.0, prompt=100, answer=80), EIGHT_SIZES, rules, blocks=131)
    assert (fast.preempted == 0) == reserve


@pytest.mark.parametrize("blocks", [140, 300, 3000])
@pytest.mark.parametrize("policy", ["chunked", "blocking"])
def test_with_prefixes_the_loops_serve_as_the_twin_does(blocks, policy):
    rules = Scheduler(policy=policy, most=11, budget=700)
    fast = alike(load(np.random.default_rng(7), 101, 30.0, prefixes=True), EIGHT_SIZES, rules, blocks)
    assert fast.found > 0


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    policy=st.sampled_from(["chunked", "blocking"]),
    most=st.integers(1, 9),
    budget=st.integers(9, 400),
    block=st.sampled_from([1, 3, 16]),
    blocks=st.integers(0, 60),
    margin=st.floats(0, 0.2),
)
def test_whatever_the_scheduler_the_loops_serve_as_the_twin_does(seed, policy, most, budget, block, blocks, margin):  # noqa: PLR0917
    requests = load(np.random.default_rng(seed), 23, 40.0, prompt=60, answer=15)
    rules = Scheduler(policy=policy, most=most, budget=budget, block=block, margin_share=margin)
    least = int((requests.input.astype(int) + requests.output).max())
    alike(requests, EIGHT_SIZES, rules, blocks=-(-least // block) + blocks)
