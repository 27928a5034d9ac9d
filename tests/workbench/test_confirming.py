"""Ways to serve held against the simulation: targets that hold there, rates that follow them, messages."""

from dataclasses import replace

import numpy as np
import pytest

import pertoken as pt
from pertoken.core.errors import InputError
from pertoken.workbench.confirming import confirm


@pytest.fixture(scope="module")
def sized():
    return pt.size(
        "llama-3.1-8b", ["h100"], rate=12, input_tokens=1200, output_tokens=250, ttft=1, tpot=0.03, precisions=["fp8"]
    )


def test_the_best_rate_of_the_simulation_keeps_the_targets_and_a_higher_one_does_not(sized):
    told = confirm(sized, "llama-3.1-8b", requests=4000)
    assert 0.7 * told.choice.best < told.best < 1.3 * told.choice.best
    rng = np.random.default_rng(1)
    come = pt.arrivals(np.ones(1), width=4000.0, rng=rng)
    late = []
    for rate in (told.best, told.best * 1.1):
        seen = pt.simulate_serving(pt.demand(come / rate, 1200, 250), "llama-3.1-8b", "h100", precision="fp8")
        half = slice(len(come) // 10, None)
        late.append(seen.tpot(half).p99 > 0.03 or seen.ttft(half).p99 > 1)
    assert late == [False, True]


def test_percentiles_are_those_of_the_simulation_at_the_rate_of_the_formulas(sized):
    told = confirm(sized, "llama-3.1-8b", requests=4000, seed=3)
    assert told.tpot.p50 < told.tpot.p95 < told.tpot.p99
    assert told.holds == (told.tpot.p99 <= 0.03 and told.ttft.p99 <= 1)
    assert told.tpot.mean == pytest.approx(told.choice.tpot["mean"], rel=0.15)


def test_a_way_without_targets_reaches_its_full_rate():
    found = pt.size("llama-3.1-8b", ["l4"], rate=1, input_tokens=600, output_tokens=100, max_gpus=1)
    told = confirm(found, "llama-3.1-8b", requests=1500)
    assert told.holds
    assert told.best == told.choice.full


def test_what_cannot_be_confirmed_is_said(sized):
    with pytest.raises(InputError, match="serves nothing within the targets"):
        confirm(sized, "llama-3.1-8b", choice=replace(sized.best, best=0.0))
    with pytest.raises(InputError, match="expected at least 1,000"):
        confirm(sized, "llama-3.1-8b", requests=10)
