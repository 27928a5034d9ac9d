"""Step time: how long an engine takes for one forward pass, in closed form."""

from dataclasses import dataclass

import numpy as np

from pertoken.serving.layout import Layout
from pertoken.serving.precision import FOUR
from pertoken.serving.profile import Profile
from pertoken.serving.sizes import Sizes
from pertoken.serving.values import Values

WIDE = 2
"""Bytes of a number that GPUs exchange, and of a weight of the output embedding, which is not quantised."""

PACE = 3.35e12
"""Bandwidth of the GPU that fixed costs are stated for. [byte/s]"""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Where the time of a step goes, in seconds, each of the shape that was asked.

    Args:
        products: Products with the weights: streaming and multiplying, blended.
        cache: Reading keys and values of the running sequences.
        prompt: Attention within prompts.
        exchange: All-reduces and exchanges among GPUs.
        overhead: Launches, scheduling, sampling.
        idle: Waiting for the host, where it launches kernels slower than the GPU works them off.
        bound: Share of streaming in the products; above one half memory binds.
    """

    products: Values
    cache: Values
    prompt: Values
    exchange: Values
    overhead: Values
    idle: Values
    bound: Values

    @property
    def total(self) -> Values:
        """The whole step [s]."""
        return self.products + self.cache + self.prompt + self.exchange + self.overhead + self.idle


def step(  # noqa: PLR0917  what a step has
    model: Sizes,
    on: Layout,
    engine: Profile,
    running: Values,
    context: Values,
    prompt: Values = 0.0,
    behind: Values = 0.0,
) -> Step:
    """Reckon the time of steps.

    Args:
        model: The model.
        on: How it lies on its GPUs.
        engine: Constants of the engine.
        running: Sequences that get one token each.
        context: Tokens that each of these has in the cache, on average.
        prompt: Tokens of prompts in the step.
        behind: Tokens of the same prompts that earlier steps have done.

    Returns:
        Times of the shape that all of these broadcast to.
    """
    running = running / on.pipeline  # stages work on parts of the batch in turn
    tokens = running + prompt
    stream, multiply = _products(model, on, engine, tokens)
    products = (stream**engine.knee + multiply**engine.knee) ** (1 / engine.knee)
    exchange = _exchange(model, on, engine, tokens)
    launched = _launched(model, on, engine)
    return Step(
        products=products,
        cache=_cache(model, on, engine, running, context),
        prompt=_prompt(model, on, engine, prompt, behind),
        exchange=exchange,
        overhead=launched + engine.step + engine.sequence * running + engine.token * prompt,
        idle=np.maximum(engine.launch * model.layers - (products + exchange + launched), 0.0),
        bound=stream / np.maximum(stream + multiply, 1e-30),
    )


def distinct(model: Sizes, tokens: Values) -> Values:
    """How many experts of a layer tokens wake, if each chooses alike at random.

    E (1 - (1 - k/E)^n): the coupon collector's count with k of E drawn n times.
    """
    return model.experts * -np.expm1(tokens * np.log1p(-np.minimum(model.chosen / model.experts, 1 - 1e-12)))


def _products(model: Sizes, on: Layout, engine: Profile, tokens: Values) -> tuple[Values, Values]:
    """Seconds to stream the weights that a step needs, and to multiply with them."""
    left = np.where(on.four_bits > 0, engine.unpacked, 1.0)
    woken = distinct(model, tokens)
    kept = (model.dense - model.head + model.attention * (on.apart - 1)) * on.weight + model.head * WIDE
    fullest = np.minimum(woken * _crowding(engine, woken / on.expert, on.expert), model.experts)
    routed = model.expert_layers * model.expert * fullest * on.expert_weight * engine.routed
    reached = np.minimum(engine.weights * pace(on, engine.steeper), 1.0) * left
    stream = (kept + routed) / (on.group * on.bandwidth * reached)
    crowd = engine.crowded * _crowding(engine, tokens * model.chosen / on.expert, on.expert)
    peak = on.peak * _of(engine.compute, on.activation) * left
    work = model.dense + model.expert_layers * model.chosen * model.expert * crowd
    return stream, 2 * work * tokens / (on.group * peak)


def _crowding(engine: Profile, mean: Values, groups: Values) -> Values:
    """How many times the mean the fullest of groups has.

    With Poisson counts about 1 + sqrt(2 ln(groups) / mean); engines that place experts by load have less of it.
    """
    return np.minimum(1 + engine.skew * np.sqrt(2 * np.log(groups) / np.maximum(mean, 1e-9)), groups)


def _cache(model: Sizes, on: Layout, engine: Profile, running: Values, context: Values) -> Values:
    held = model.kv * context + model.kv_windowed * np.minimum(context, model.window)
    shards = on.apart * np.minimum(on.tensor, model.kv_heads)
    return running * held * on.kv / (shards * on.bandwidth * engine.cache)


def _prompt(model: Sizes, on: Layout, engine: Profile, prompt: Values, behind: Values) -> Values:
    pairs = prompt * (behind + prompt / 2)
    near = prompt * np.minimum(behind + prompt / 2, model.window)
    return 2 * (model.score * pairs + model.score_windowed * near) / (on.group * on.peak16 * engine.attention)


def _exchange(model: Sizes, on: Layout, engine: Profile, tokens: Values) -> Values:
    """Two all-reduces a layer among GPUs that share matrices; one exchange where attention runs apart."""
    hop, wire = _of(engine.hop, on.pcie) * pace(on, engine.newer), _of(engine.wire, on.pcie)
    group = on.group
    latency = hop * (1 + engine.growth * np.log2(np.maximum(group, 2) / 2))
    volume = tokens * model.hidden * WIDE * 2 * (group - 1) / group / (on.link * wire)
    return np.where(group > 1, model.layers * np.where(on.apart > 1, 1, 2) * (latency + volume), 0.0)


def pace(on: Layout, power: Values) -> Values:
    """How many times as long as on the GPU that it is stated for a cost lasts: shorter on one that reads faster."""
    return (on.bandwidth / PACE) ** -power


def _launched(model: Sizes, on: Layout, engine: Profile) -> Values:
    """What layers and routing to experts add on the GPU, however little there is to do."""
    routing = engine.expert * np.where(on.activation == FOUR, engine.fused, 1.0) * model.expert_layers
    return (engine.layer * model.layers + routing) * pace(on, engine.newer)


def _of(constants: Values, which: Values) -> Values:
    """Pick a constant by kind: the kinds are the first axis."""
    table = np.asarray(constants)
    index = np.asarray(which).astype(int)
    return table[index] if table.ndim == 1 else np.take_along_axis(table, index[None], axis=0)[0]
