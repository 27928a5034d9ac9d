"""Models, layouts and engines of round numbers, and the slow twin fed with the time of `step`."""

import numpy as np

from pertoken.catalog.models import Architecture, Experts
from pertoken.serving.layout import Layout
from pertoken.serving.profile import Profile
from pertoken.serving.scheduler import Scheduler
from pertoken.serving.sizes import sizes
from pertoken.serving.steptime import step
from tests.serving.slow_engine import Seen, SlowEngine

EIGHT = Architecture(name="eight", layers=32, hidden=4096, heads=32, kv_heads=8, head_dim=128, ffn=14336, vocab=128256)
WINDOWED = Architecture(
    name="windowed", layers=24, hidden=2048, heads=16, kv_heads=4, head_dim=128, ffn=0, vocab=32000, window=128,
    windowed_layers=12, experts=Experts(count=32, active=4, ffn=1024, layers=24),
)  # fmt: skip


def layout(gpus=1, pipeline=1):
    values = {
        "gpus": gpus * pipeline, "tensor": gpus, "pipeline": pipeline, "expert": 1, "apart": 1, "bandwidth": 3.35e12,
        "peak": 989e12, "peak16": 989e12, "link": 450e9, "pcie": 0, "memory": 80e9, "weight": 2, "expert_weight": 2,
        "kv": 2, "activation": 0, "four_bits": 0,
    }  # fmt: skip
    return Layout(**{name: np.float64(value) for name, value in values.items()})


def profile(**changed):
    values = {
        "knee": 3.0, "weights": 0.9, "steeper": 0.1, "cache": 0.85, "compute": [0.7, 0.6, 0.5], "attention": 0.5,
        "unpacked": 0.9, "routed": 1.3, "crowded": 1.2, "skew": 1.0, "hop": [5e-6, 2e-5], "growth": 0.3,
        "wire": [0.6, 0.5], "layer": 3e-5, "expert": 2e-5, "fused": 0.7, "newer": 0.5, "launch": 0,
        "step": 5e-4, "sequence": 5e-6, "token": 2e-7,
        "request": 0.01, "slower": 1.0, "turns": 1.5, "wait": 0.5, "uneven": 1.0, "most": 64,
        "chunk": 2048, "spare": 0.9, "blocking": 0,
    } | changed  # fmt: skip
    return Profile(**{name: np.asarray(value, dtype=float) for name, value in values.items()})


def seconds(model, on, engine):
    """Make a function that says how long a step lasts, by `step` itself."""

    def of(contexts, chunks):
        running, prompt = float(len(contexts)), float(sum(count for count, _ in chunks))
        mean = sum(contexts) / running if contexts else 0.0
        whole = step(model, on, engine, running, mean, prompt)
        attention = sum(float(step(model, on, engine, 0.0, 0.0, float(c), float(b)).prompt) for c, b in chunks)
        return float(whole.total - whole.prompt) + attention

    return of


def slowly(demand, model, on, engine, rules: Scheduler, *, blocks, delay=0.0):
    """Serve a demand by the slow twin."""
    requests, arrived = [], {}
    for i in range(len(demand)):
        ids = tuple(demand.ids[demand.begin[i] : demand.begin[i + 1]].tolist())
        ready = float(demand.arrival[i]) + delay
        arrived[i] = ready
        requests.append((ready, Seen(i, int(demand.input[i]), int(demand.output[i]), ids)))
    engine_ = SlowEngine(
        seconds=seconds(model, on, engine), policy=rules.policy, most=rules.most, budget=rules.budget,
        block=rules.block, capacity=blocks, margin=int(rules.margin_share * blocks),
        reserve=rules.reserve or rules.policy == "batch", patience=rules.patience,
        ratio=demand.per_id // rules.block, arrived=arrived,
    )  # fmt: skip
    first, done = engine_.serve(requests)
    order = range(len(demand))
    return np.array([first[i] for i in order]), np.array([done[i] for i in order]), engine_


EIGHT_SIZES, WINDOWED_SIZES = sizes(EIGHT), sizes(WINDOWED)
