"""A step's folded coefficients say what `step` says."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.serving.aids import Aids
from pertoken.serving.cadence import cadence
from pertoken.serving.engine_compiled import entered
from pertoken.serving.engine_time import lasted, mixed_time, steps_until
from pertoken.serving.steptime import step
from tests.serving.engines import EIGHT_SIZES, WINDOWED_SIZES, layout, profile

MODELS = {"dense": EIGHT_SIZES, "experts and windows": WINDOWED_SIZES}
MOST = 3000
BEATS = {
    (name, gpus): cadence(model, layout(gpus), profile(), most_tokens=MOST)
    for name, model in MODELS.items()
    for gpus in (1, 4)
}


@entered
def twin(beat, running, context, prompt, pairs, near):  # noqa: PLR0917
    return mixed_time(beat, beat, running, context, prompt, pairs, near)


@entered
def steps(first, slope, gap, most):
    found = steps_until(first, slope, gap, most)
    return found, lasted(first, slope, found), lasted(first, slope, found - 1)


@given(
    st.sampled_from(sorted(BEATS)),
    st.integers(0, 1000),
    st.integers(1, 100_000),
    st.integers(0, 2000),
    st.integers(0, 50_000),
)
def test_the_loops_reckon_the_time_of_a_step_as_step_does(which, running, context, prompt, behind):
    name, gpus = which
    window = float(MODELS[name].window)
    reach = behind + prompt / 2
    found = twin(BEATS[which], running, running * context, prompt, prompt * reach, prompt * min(reach, window))
    said = step(MODELS[name], layout(gpus), profile(), float(running), float(context), float(prompt), float(behind))
    assert found == pytest.approx(float(said.total), rel=1e-12)


@given(st.floats(1e-4, 1), st.floats(0, 1e-3), st.floats(0, 100), st.integers(1, 10_000))
def test_as_many_steps_are_taken_as_fill_the_gap_and_no_more(first, slope, gap, most):
    count, time, before = steps(first, slope, gap, most)
    assert 1 <= count <= most
    assert time >= gap or count == most
    assert before < gap or count == 1


def test_steps_that_grow_longer_add_up():
    first, slope, count = 0.01, 0.0003, 57
    _, time, _ = steps(first, slope, np.inf, count)
    assert time == pytest.approx(sum(first + slope * k for k in range(count)), rel=1e-13)


def test_a_step_that_checks_drafts_counts_by_the_tokens_that_it_gives():
    """Three rows a sequence, over the same caches, longer by a tenth and by a twentieth, give two and a half tokens."""
    aids = Aids(drafted=2.0, accepted=2.5, drafting=0.1, adapters=0.05)
    beat = cadence(EIGHT_SIZES, layout(), profile(), most_tokens=MOST, aids=aids)
    checked = step(EIGHT_SIZES, layout(), profile(), 3 * 8.0, 500.0 / 3).total
    assert twin(beat, 8, 4000, 0, 0.0, 0.0) == pytest.approx(float(checked) * 1.1 * 1.05 / 2.5, rel=1e-12)
    plain = cadence(EIGHT_SIZES, layout(), profile(), most_tokens=MOST)
    assert twin(beat, 0, 0, 512, 512 * 256.0, 0.0) == twin(plain, 0, 0, 512, 512 * 256.0, 0.0)


def test_stages_of_a_pipeline_work_on_prompts_at_the_same_time():
    on = layout(2, pipeline=2)
    beat = cadence(EIGHT_SIZES, on, profile(), most_tokens=MOST)
    alone, whole = (float(step(EIGHT_SIZES, on, profile(), 6.0, 700.0, p).total) for p in (0.0, 512.0))
    assert twin(beat, 6, 4200, 0, 0.0, 0.0) == pytest.approx(alone, rel=1e-12)
    assert twin(beat, 6, 4200, 512, 512 * 256.0, 0.0) == pytest.approx(alone + (whole - alone) / 2, rel=1e-12)


def test_where_attention_runs_apart_prompts_take_longer():
    """One group waits for another: by what the engine's profile says."""
    apart = replace(layout(4), apart=np.float64(4))
    even, uneven = (cadence(EIGHT_SIZES, apart, profile(uneven=factor), most_tokens=MOST) for factor in (1.0, 1.5))
    alone = twin(even, 10, 5000, 0, 0.0, 0.0)
    added = twin(even, 10, 5000, 512, 512 * 256.0, 0.0) - alone
    assert twin(uneven, 10, 5000, 512, 512 * 256.0, 0.0) - alone == pytest.approx(1.5 * added, rel=1e-12)
