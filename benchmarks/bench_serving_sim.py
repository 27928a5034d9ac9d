"""A day of traffic through a simulated replica: time a request against NumPy's sort of the same day, and a whole week.

Floor: to sort the arrivals of the day and to draw its lengths again; no simulation could do with less. At full size,
the week of 16 requests a second (9.7 million) is noted with its rate.
"""

from time import process_time

import numpy as np
import pytest

from pertoken.catalog.machines import find_gpu
from pertoken.connect.engines import book
from pertoken.connect.machines import find_architecture, gpus
from pertoken.serving.arrivals import arrivals, lognormal, profile
from pertoken.serving.demand import demand
from pertoken.serving.precision import precision
from pertoken.serving.scheduler import Scheduler
from pertoken.serving.simulated import simulate
from pertoken.serving.sizes import sizes
from pertoken.serving.spread import Parallel, spread

MODEL = sizes(find_architecture("llama-3.1-8b"))
ON = spread(find_gpu(gpus(), "h100"), precision("fp8"), Parallel())
ENGINE = book().engine("vllm").profile()
RATE, OUTPUT = 16.0, 256


def traffic(days, seed=1, rate=RATE):
    rng = np.random.default_rng(seed)
    come = arrivals(profile(rate, days=days, swing=0.5, weekend=0.6), width=300.0, rng=rng)
    prompts = lognormal(500, cv=0.7, size=len(come), rng=rng, most=8000)
    return demand(come, prompts, lognormal(OUTPUT, cv=0.7, size=len(come), rng=rng, most=4000))


@pytest.fixture
def day(full):
    return traffic(1, rate=RATE if full else 0.01)


def test_a_day_of_traffic(day, race, note, full):
    rng = np.random.default_rng(1)

    def floor():
        return np.sort(rng.permutation(day.arrival)), lognormal(OUTPUT, cv=0.7, size=2 * len(day), rng=rng)

    seen = simulate(day, MODEL, ON, ENGINE, bin_seconds=300.0)
    assert np.isfinite(seen.done).all()
    race(
        "a day at 16 requests/s, against a sort", lambda: simulate(day, MODEL, ON, ENGINE), floor, target=None, rounds=3
    )
    if full:
        begun = process_time()
        simulate(day, MODEL, ON, ENGINE)
        rate = len(day) / (process_time() - begun)
        note(f"a day: {rate:,.0f} simulated requests a second and core; target 200,000 {said(rate >= 200_000)}")


def test_a_week_of_traffic(full, note):
    if not full:
        return
    begun = process_time()
    seen = simulate(traffic(7), MODEL, ON, ENGINE, bin_seconds=300.0)
    spent = process_time() - begun
    note(f"a week: {len(seen):,} requests, drawn and simulated in {spent:.0f} s; target 60 s {said(spent <= 60)}")


@pytest.mark.parametrize("policy", ["chunked", "blocking", "batch"])
def test_every_policy(policy, full, note):
    load = traffic(1, rate=4.0 if full else 0.01)
    rules = Scheduler(policy=policy, most=64, patience=1.0)
    begun = process_time()
    seen = simulate(load, MODEL, ON, ENGINE, rules)
    assert np.isfinite(seen.done).all()
    if full:
        note(f"{policy}: {len(seen) / (process_time() - begun):,.0f} simulated requests a second and core")


def said(met):
    return "met" if met else "MISSED"
