"""10,000 steady states of a replica, as arrays and through the front door.

Floor of the arrays: a bare roofline in NumPy, `max(bytes / bandwidth, FLOPs / peak)` for a step and for a prompt, and
the cycle of a closed loop. It is off by half; ours adds attention, experts, links and fixed costs, and finds who waits.
Floor of the front door, which reads names and makes a record of each estimate: the same states as arrays.
"""

import numpy as np
import pytest

import pertoken as pt
from pertoken.catalog.machines import find_gpu
from pertoken.connect.engines import book
from pertoken.connect.machines import find_architecture, gpus
from pertoken.serving.precision import precision
from pertoken.serving.sizes import sizes
from pertoken.serving.spread import Parallel, spread
from pertoken.serving.steady import serve

MODEL = sizes(find_architecture("llama-3.1-8b"))
ON = spread(find_gpu(gpus(), "h100"), precision("bf16"), Parallel())
ENGINE = book().engine("vllm").profile()
OUTPUT = 200.0


@pytest.fixture
def lengths(size):
    return 100.0 + np.arange(size(smoke=11, full=10_000)) % 8000


def by_hand(lengths, clients=64.0):
    step = np.maximum(MODEL.dense * 2 / ON.bandwidth, 2 * MODEL.dense * clients / ON.peak)
    step = step + clients * (lengths + OUTPUT / 2) * MODEL.kv * 2 / ON.bandwidth
    prompt = 2 * MODEL.dense * lengths / ON.peak
    return clients / (OUTPUT * step + clients * prompt)


def state(lengths):
    return serve(MODEL, ON, ENGINE, lengths, OUTPUT, 64.0, np.inf).rate


def through_the_door(lengths):
    load = {"model": "llama-3.1-8b", "gpu": "h100", "engine": "vllm", "output_tokens": OUTPUT, "concurrency": 64}
    return np.array(
        [e.requests_per_second.p50 for e in pt.estimate_servings(load | {"input_tokens": n} for n in lengths)]
    )


def test_steady_states_as_arrays(lengths, race):
    assert np.all(state(lengths) < by_hand(lengths))  # nothing beats physics
    race("10,000 steady states, arrays", lambda: state(lengths), lambda: by_hand(lengths), target=60.0, rounds=21)


def test_estimates_through_the_front_door(lengths, race):
    np.testing.assert_allclose(through_the_door(lengths), state(lengths), rtol=1e-9)
    race("10,000 estimates, records", lambda: through_the_door(lengths), lambda: state(lengths), target=None, rounds=5)
