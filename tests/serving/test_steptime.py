"""Times of steps: limits by hand, monotonicity, and the coupon collector simulated."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pertoken.catalog.machines import find_gpu
from pertoken.connect.engines import book
from pertoken.connect.machines import find_architecture, gpus
from pertoken.serving.aids import Aids
from pertoken.serving.memory import fits, held, room
from pertoken.serving.precision import precision
from pertoken.serving.sizes import sizes
from pertoken.serving.spread import Parallel, spread
from pertoken.serving.steady import closed, flowing, opened, prompt_time, seats
from pertoken.serving.steptime import PACE, distinct, step
from tests.serving.engines import EIGHT_SIZES, layout, profile

LLAMA, QWEN = (sizes(find_architecture(name)) for name in ("llama-3.1-8b", "qwen3-235b-a22b"))
ENGINE = book().engine("vllm").profile()
FREE = replace(
    ENGINE, knee=3.0, layer=0.0, launch=0.0, expert=0.0, step=0.0, sequence=0.0, token=0.0, request=0.0, weights=1.0,
    steeper=0.0, cache=1.0, compute=np.ones(3), attention=1.0, hop=np.zeros(2), wire=np.ones(2), skew=0.0, routed=1.0,
    crowded=1.0,
)  # fmt: skip
"""An engine that is nothing but physics."""

ONE = Parallel()
COUNTS = st.integers(1, 2000).map(float)
LENGTHS = st.integers(1, 30_000).map(float)
GPUS = st.sampled_from(["h100", "l4", "a100-80gb", "b200", "l40s"])


def laid(gpu="h100", bits="bf16", how=ONE):
    return spread(find_gpu(gpus(), gpu), precision(bits), how)


def test_one_sequence_takes_the_time_to_read_the_weights():
    # 7.50e9 weights x 2 bytes / 3.35e12 byte/s = 4.48 ms; compute is 0.02 ms and vanishes in the blend
    found = step(LLAMA, laid(), FREE, 1.0, 0.0)
    assert found.total == pytest.approx(2 * LLAMA.dense / 3.35e12, rel=1e-4)
    assert found.bound == pytest.approx(1, rel=1e-2)


def test_a_long_prompt_takes_the_time_to_multiply():
    # 2 x 7.50e9 x 8192 / 989.5e12 = 124 ms, and attention: 2 x 32 x 32 x 2 x 128 x 8192^2 / 2 / 989.5e12 = 17.8 ms
    found = step(LLAMA, laid(), FREE, 0.0, 0.0, 8192.0)
    assert found.products == pytest.approx(2 * LLAMA.dense * 8192 / 989.5e12, rel=1e-3)
    assert found.prompt == pytest.approx(2 * 32 * 32 * 2 * 128 * 8192**2 / 2 / 989.5e12, rel=1e-9)


def test_the_cache_is_read_once_a_step():
    found = step(LLAMA, laid(), FREE, 64.0, 1000.0)
    assert found.cache == pytest.approx(64 * 1000 * 131_072 / 3.35e12)  # 128 KiB a token


def test_two_all_reduces_a_layer_move_twice_the_stream_less_one_share():
    found = step(LLAMA, laid(how=Parallel(tensor=4)), FREE, 100.0, 0.0)
    assert found.exchange == pytest.approx(32 * 2 * 100 * 4096 * 2 * 2 * 3 / 4 / 450e9)


def test_attention_apart_needs_one_exchange_a_layer_and_a_copy_of_its_weights():
    tensor, apart = laid(bits="fp8", how=Parallel(tensor=8)), laid(bits="fp8", how=Parallel(apart=8, expert=8))
    assert step(QWEN, apart, FREE, 64.0, 0.0).exchange == step(QWEN, tensor, FREE, 64.0, 0.0).exchange / 2
    assert step(QWEN, apart, FREE, 1.0, 0.0).products > step(QWEN, tensor, FREE, 1.0, 0.0).products


def test_fixed_costs_are_stated_for_a_gpu_that_reads_3_35_tb_a_second():
    engine = replace(FREE, layer=1e-5, newer=0.5)
    slow = replace(laid(), bandwidth=PACE / 4)
    assert step(LLAMA, laid(), engine, 1.0, 0.0).overhead == pytest.approx(32e-5)
    assert step(LLAMA, slow, engine, 1.0, 0.0).overhead == pytest.approx(64e-5)  # (1/4) ** -0.5


def test_experts_woken_are_those_of_a_draw():
    # simulated: 37 tokens that each choose 8 of 128
    rng = np.random.default_rng(11)
    drawn = [len({e for _ in range(37) for e in rng.choice(128, 8, replace=False)}) for _ in range(300)]
    assert distinct(QWEN, 37.0) == pytest.approx(np.mean(drawn), rel=0.01)


@given(GPUS, COUNTS, LENGTHS, st.floats(1.01, 5))
def test_more_of_anything_takes_longer(gpu, running, context, more):
    on = laid(gpu)
    base = step(LLAMA, on, ENGINE, running, context, 100.0).total
    assert step(LLAMA, on, ENGINE, running * more, context, 100.0).total > base
    assert step(LLAMA, on, ENGINE, running, context * more, 100.0).total > base
    assert step(LLAMA, on, ENGINE, running, context, 100.0 * more).total > base
    assert (
        step(LLAMA, replace(on, bandwidth=on.bandwidth * more, peak=on.peak * more), ENGINE, running, context).total
        < base
    )


@given(COUNTS, st.integers(2, 8000).map(float), st.integers(2, 4000).map(float))
def test_a_request_takes_its_first_token_and_the_rest(running, prompt, answer):
    state = closed(LLAMA, laid(), ENGINE, running, prompt, answer)
    assert state.rate * (state.first + (answer - 1) * state.each) == pytest.approx(running)  # Little's law


@given(COUNTS, st.integers(2, 8000).map(float), st.integers(2, 4000).map(float))
def test_who_waits_does_not_change_the_work_done(running, prompt, answer):
    rates = [closed(LLAMA, laid(), ENGINE, running, prompt, answer, wait).rate for wait in (0.0, 0.5, 1.0)]
    np.testing.assert_allclose(rates, rates[0], rtol=1e-9)


@given(st.floats(0.01, 60), st.integers(10, 3000).map(float), st.integers(2, 1000).map(float))
def test_as_many_run_under_an_open_load_as_little_says(running, prompt, answer):
    state = flowing(LLAMA, laid(), ENGINE, running, prompt, answer)
    assert 0 < state.rate * state.prompt_time < 1
    assume(state.rate * state.prompt_time < 0.85)  # nearer to saturation the rounds have not met yet
    assert state.rate * (state.first + (answer - 1) * state.each) == pytest.approx(running, rel=0.03)


@given(st.floats(0.01, 8), st.integers(10, 3000).map(float), st.integers(10, 1000).map(float))
def test_an_open_load_is_served_at_its_rate_until_it_is_saturated(rate, prompt, answer):
    state = opened(LLAMA, laid(), ENGINE, rate, 64.0, prompt, answer)
    assert state.rate <= rate
    assert state.rate == pytest.approx(rate, rel=1e-3) or state.running == pytest.approx(64)


def test_a_load_beyond_what_is_served_is_saturated():
    state = opened(LLAMA, laid(), ENGINE, 1e6, 64.0, 500.0, 500.0)
    assert state.running == pytest.approx(64)
    assert state.rate == pytest.approx(flowing(LLAMA, laid(), ENGINE, 64.0, 500.0, 500.0).rate)
    # the same clients in a loop, none of whom waits for another's prompt, are served about as fast
    assert state.rate == pytest.approx(closed(LLAMA, laid(), ENGINE, 64.0, 500.0, 500.0, 0.0).rate, rel=0.02)


def test_aids_spare_work_and_adapters_add_to_it():
    plain, prefix, drafted, adapters = (
        closed(LLAMA, laid(), ENGINE, 8.0, 4000.0, 200.0, aids=aids)
        for aids in (Aids(), Aids(prefix_share=0.9), Aids(drafted=3, accepted=2.5), Aids(adapters=0.3))
    )
    assert prefix.first < plain.first
    assert drafted.each < plain.each < adapters.each
    assert drafted.step_time > plain.step_time  # checking four tokens takes longer than making one


def test_stages_of_a_pipeline_delay_a_token_and_not_the_throughput_of_many():
    whole, stages = laid(how=Parallel(tensor=2)), laid(how=Parallel(pipeline=2))
    one = [closed(LLAMA, on, FREE, 1.0, 100.0, 100.0) for on in (whole, stages)]
    assert one[1].each > 1.8 * one[0].each
    many = [closed(LLAMA, on, FREE, 512.0, 100.0, 500.0) for on in (whole, stages)]
    assert many[1].running / many[1].each == pytest.approx(many[0].running / many[0].each, rel=0.6)


# --- hosts and blocking engines --------------------------------------------------------------------------------------


def test_a_slow_host_sets_the_time_of_a_step_that_the_gpu_would_do_faster():
    """Launching runs beside the GPU: what lasts longer counts, and the step's own fixed cost comes on top."""
    on, slow = layout(), profile(launch=0.5e-3)
    quick, held = (step(EIGHT_SIZES, on, engine, 1.0, 0.0) for engine in (profile(), slow))
    assert float(held.total) == pytest.approx(32 * 0.5e-3 + float(slow.step + slow.sequence), rel=1e-12)
    assert float(quick.total) < float(held.total)
    many = [float(step(EIGHT_SIZES, on, engine, 0.0, 0.0, 8192.0).total) for engine in (profile(), slow)]
    assert many[0] == many[1]


def test_where_prompts_block_each_takes_a_step_of_its_own():
    on, engine = layout(), profile(blocking=1)
    whole = step(EIGHT_SIZES, on, engine, 0.0, 0.0, 1000.0).total
    assert float(prompt_time(EIGHT_SIZES, on, engine, 20.0, 900.0, 1000.0)) == pytest.approx(float(whole), rel=1e-12)
    beside = float(prompt_time(EIGHT_SIZES, on, profile(), 20.0, 900.0, 1000.0))
    assert beside < 0.9 * float(whole)


def test_each_group_that_runs_attention_apart_has_a_limit_of_its_own():
    on, engine = replace(layout(8), apart=np.float64(8), memory=np.float64(1e15)), profile()
    assert float(seats(EIGHT_SIZES, on, engine, 100.0)) == 8 * 64
    assert float(seats(EIGHT_SIZES, replace(on, apart=np.float64(1)), engine, 100.0)) == 64


def test_each_group_that_runs_attention_apart_holds_the_shared_beginning():
    on = layout(8)
    tensor, apart = (replace(on, tensor=np.float64(8 // n), apart=np.float64(n)) for n in (1, 8))
    for how, copies in ((tensor, 1), (apart, 8)):
        alone = room(EIGHT_SIZES, how) - copies * held(EIGHT_SIZES, how, 900.0)
        assert fits(EIGHT_SIZES, how, 1000.0, shared=900.0) == pytest.approx(alone / held(EIGHT_SIZES, how, 100.0))
