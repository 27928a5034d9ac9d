"""Best rates: held against a search by hand; laws of targets, GPUs and percentiles."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.serving.capacity import Targets, capacity
from pertoken.serving.percentiles import Load, at_work
from tests.serving.engines import EIGHT_SIZES, layout, profile

LOAD = Load(input_tokens=1000.0, output_tokens=200.0)
ENGINE = profile(most=256, chunk=8192)


def best(targets=None, *, on=None, engine=ENGINE, load=LOAD):
    return capacity(EIGHT_SIZES, on or layout(), engine, load, targets or Targets())


def test_the_best_rate_is_the_highest_at_which_both_targets_hold():
    targets = Targets(first=0.5, each=0.02)
    found = best(targets)
    tried = np.linspace(0.5, 200, 2000)
    seen = at_work(EIGHT_SIZES, layout(), ENGINE, LOAD, tried, 0.99)
    inside = (seen.first <= targets.first) & (seen.each <= targets.each)
    assert float(found.best[0]) == pytest.approx(float(seen.rate[inside].max()), rel=5e-3)
    assert found.binds == ["TPOT"]


@settings(max_examples=20, deadline=None)
@given(st.floats(0.03, 2), st.floats(0.004, 0.2), st.floats(1, 3), st.floats(1, 3))
def test_looser_targets_never_lower_the_best_rate(first, each, more_first, more_each):
    tight, loose = best(Targets(first=first, each=each)), best(Targets(first=first * more_first, each=each * more_each))
    assert float(loose.best[0]) >= float(tight.best[0]) * (1 - 1e-9)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 2), st.floats(0.005, 0.2), st.floats(50, 98))
def test_a_higher_percentile_never_raises_the_best_rate(first, each, percentile):
    lax = best(Targets(first=first, each=each, percentile=percentile))
    strict = best(Targets(first=first, each=each, percentile=percentile + 1.9))
    assert float(strict.best[0]) <= float(lax.best[0]) * (1 + 1e-9)


def test_targets_below_the_floor_give_no_rate_and_the_floor_is_that_of_an_idle_engine():
    found = best(Targets(first=1e-3))
    alone = at_work(EIGHT_SIZES, layout(), ENGINE, LOAD, 1e-3, 0.99)
    assert found.best.tolist() == [0.0]
    assert found.binds == ["TTFT"]
    assert float(found.floor_first[0]) == pytest.approx(float(alone.first))


def test_the_target_that_the_lightest_load_breaks_is_what_binds():
    # a full replica breaks both; the first token alone is too slow for an idle one
    assert best(Targets(first=1e-3, each=0.02)).binds == ["TTFT"]
    assert best(Targets(first=1.0, each=1e-4)).binds == ["TPOT"]


def test_without_targets_the_seats_or_the_work_bind():
    small, large = best(engine=profile(most=4)), best(engine=profile(most=4096), load=replace(LOAD, input_tokens=1e4))
    assert small.binds == ["max sequences"]
    assert large.binds[0] in ("memory", "prefill")
    assert float(small.best[0]) == pytest.approx(float(small.full[0]))


def test_a_model_without_room_has_no_rate_and_does_not_disturb_others():
    on = layout()
    both = replace(on, memory=np.array([10e9, 80e9]), gpus=np.ones(2))
    found = capacity(EIGHT_SIZES, both, ENGINE, LOAD, Targets(each=0.02))
    assert np.isnan(found.best).tolist() == [True, False]
    assert found.binds[0] == "memory"
    assert float(found.best[1]) == pytest.approx(float(best(Targets(each=0.02)).best[0]))


def test_targets_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="above 0"):
        Targets(first=0)
    with pytest.raises(InputError, match="percentile 100"):
        Targets(percentile=100)
