"""Waits under loads that come by chance: textbook queues, and the simulation beside the formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pertoken as pt
from pertoken.connect.loads import read_load
from pertoken.serving.opening import opening
from pertoken.serving.percentiles import Load, at_work
from pertoken.serving.seating import seating

GRID = [
    ("llama-3.1-8b", "h100", 1, 200, 200, 0.6), ("llama-3.1-8b", "h100", 1, 4000, 100, 0.3),
    ("llama-3.3-70b", "h100", 4, 1000, 1000, 0.6), ("qwen3-32b", "a100-80gb", 2, 4000, 100, 0.6),
]  # fmt: skip
"""Model, GPU, how many, prompt, answer, share of the full rate."""


@pytest.mark.parametrize(("seats", "running", "chance"), [(1.0, 0.7, 0.7), (10.0, 8.0, 0.4092), (2.0, 1.0, 1 / 3)])
def test_who_waits_for_a_seat_is_what_erlang_says(seats, running, chance):
    # M/M/1: the share of time it works; M/M/2 at one erlang: 1/3; ten seats at eight: tables of Erlang C
    assert float(seating(running, seats, 1.0).chance) == pytest.approx(chance, abs=5e-4)


@given(st.floats(0.1, 500), st.floats(0.01, 0.99), st.floats(0.1, 100))
def test_fewer_seats_make_longer_waits(seats, share, stay):
    few, many = seating(seats * share, seats, stay), seating(seats * share, seats * 1.2, stay)
    assert 0 <= many.chance <= few.chance <= 1
    assert many.mean <= few.mean
    assert few.quantile(0.99) >= few.quantile(0.5) >= 0


def test_the_mean_wait_for_a_seat_is_that_of_its_quantiles():
    found = seating(18.0, 20.0, 30.0)
    shares = (np.arange(20_000) + 0.5) / 20_000
    assert np.mean([found.quantile(share) for share in shares[::20]]) == pytest.approx(float(found.mean), rel=0.02)


@given(st.floats(1e-6, 1e-3), st.floats(0.001, 0.1), st.floats(0.001, 0.1))
def test_a_request_that_finds_an_idle_engine_takes_its_prompt_and_a_step(rate, step, prompt):
    found = opening(rate, 1e-9, step, prompt, 1.0, 0.0, np.float64(0.0))
    assert float(found.fixed + found.mean) == pytest.approx(step + prompt, rel=1e-3)


@pytest.mark.parametrize("case", GRID)
def test_percentiles_are_those_of_the_simulation(case):
    model, gpu, count, prompt, answer, share = case
    asked = read_load(
        {"model": model, "gpu": gpu, "count": count, "input_tokens": prompt, "output_tokens": answer, "engine": "vllm"}
    )
    load = Load(input_tokens=float(prompt), output_tokens=float(answer))
    running = np.geomspace(0.1, 250, 400)
    means = at_work(asked.sizes, asked.layout, asked.settings, load, running, None)
    tails = at_work(asked.sizes, asked.layout, asked.settings, load, running, 0.99)
    where = int(np.searchsorted(means.rate, share * means.rate[-1]))
    rate = float(means.rate[where])
    come = pt.arrivals(np.array([rate]), width=8000 / rate, rng=np.random.default_rng(5))
    seen = pt.simulate_serving(pt.demand(come, prompt, answer), model, gpu, count, "vllm")
    late = seen.between(800 / rate)
    assert float(means.first[where]) == pytest.approx(seen.ttft(late).mean, rel=0.08)
    assert float(means.each[where]) == pytest.approx(seen.tpot(late).mean, rel=0.05)
    assert float(tails.first[where]) == pytest.approx(seen.ttft(late).p99, rel=0.2)
    assert float(tails.each[where]) == pytest.approx(seen.tpot(late).p99, rel=0.2)
