"""Steady state: what a replica gives at a load that stays, from the times of its steps."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.serving.layout import Layout
from pertoken.serving.profile import Profile
from pertoken.serving.sizes import Sizes
from pertoken.serving.steptime import WIDE, pace, step

WORKING = 1.5e9
"""Memory of a GPU that an engine works in, beside weights and cache. [byte]"""

LAYERS = 64
"""Layers of the model that the cost of a request is stated for."""

ROUNDS = 40
"""Halvings of the search for how many sequences an open load keeps running."""


@dataclass(frozen=True, slots=True, eq=False)
class Steady:
    """A replica under load; arrays of one shape.

    Args:
        running: Sequences that are served at once.
        rate: Requests a second.
        first: Time to the first token. [s]
        each: Time of each later token. [s]
        prompt_time: Time that the prompt of one request adds to the steps. [s]
        step_time: Time of a step that has no prompt. [s]
    """

    running: Values
    rate: Values
    first: Values
    each: Values
    prompt_time: Values
    step_time: Values


def stored(model: Sizes, on: Layout) -> Values:
    """Memory of the weights of a replica, with every copy of them. [byte]"""
    routed = model.expert_layers * model.experts * model.expert
    embedded = model.stored - routed - (model.dense - model.head)
    plain = model.dense - model.head + model.attention * (on.apart - 1)
    return routed * on.expert_weight + plain * on.weight + embedded * WIDE


def room(model: Sizes, on: Layout, *, spare: Values = 0.9) -> Values:
    """Memory of a replica that is left to the cache; below 0 where the weights don't fit. [byte]

    Args:
        model: The model.
        on: How it lies on its GPUs.
        spare: Share of the memory that the engine takes for itself.
    """
    return on.gpus * (spare * on.memory - WORKING) - stored(model, on)


def held(model: Sizes, on: Layout, length: Values) -> Values:
    """Memory that a sequence of a length takes of the cache of a replica. [byte]"""
    numbers = model.kv * length + model.kv_windowed * np.minimum(length, model.window)
    return numbers * on.kv * on.tensor / np.minimum(on.tensor, model.kv_heads)


def fits(model: Sizes, on: Layout, length: Values, *, spare: Values = 0.9) -> Values:
    """Sequences of a length that memory has room for. [sequence]"""
    return room(model, on, spare=spare) / held(model, on, length)


def starting(model: Sizes, on: Layout, engine: Profile) -> Values:
    """Time that a request needs before its first step, longer for what has more and more complex layers. [s]"""
    layers = model.layers + engine.slower * model.expert_layers
    return engine.request * layers / LAYERS * pace(on, engine)


def prompt_time(model: Sizes, on: Layout, engine: Profile, running: Values, context: Values, length: Values) -> Values:
    """Time that a prompt adds to the steps that take it, in chunks, beside running sequences. [s]"""
    chunks = np.maximum(np.ceil(length / engine.chunk), 1)
    size = length / chunks
    alone = step(model, on, engine, running, context).total
    mixed = step(model, on, engine, running, context, size, (chunks - 1) / 2 * size).total
    return chunks * (mixed - alone) * np.where(on.apart > 1, engine.uneven, 1.0)


def closed(  # noqa: PLR0917  what a load has
    model: Sizes,
    on: Layout,
    engine: Profile,
    running: Values,
    input_tokens: Values,
    output_tokens: Values,
    wait: Values | None = None,
) -> Steady:
    """Serve so many clients, each of which asks again when it has its answer.

    Args:
        model: The model.
        on: How it lies on its GPUs.
        engine: Constants of the engine.
        running: Clients.
        input_tokens: Length of a prompt.
        output_tokens: Length of an answer.
        wait: Share of others' prompts that a request waits for before its first token: near 1 where clients start
            together, near 0 where they come one by one; that of the engine if None.
    """
    share = engine.wait if wait is None else wait
    context = input_tokens + output_tokens / 2
    others = np.maximum(running - 1, 0)
    alone = step(model, on, engine, np.maximum(running, 1), context).total
    added = prompt_time(model, on, engine, others, context, input_tokens)
    # a prompt comes in the middle of a step, and its own last step runs beside the others
    own = added + alone * np.where(running > 1, 1.5, 1.0) + starting(model, on, engine)
    ahead = np.minimum(share * others**engine.thinning, others)
    first = own + ahead * added
    later = np.maximum(output_tokens - 1, 1)
    each = alone + (others - ahead) * added / later
    rate = running / (first + (output_tokens - 1) * each)
    return Steady(running=running, rate=rate, first=first, each=each, prompt_time=added, step_time=alone)


def opened(  # noqa: PLR0917  what a load has
    model: Sizes,
    on: Layout,
    engine: Profile,
    rate: Values,
    most: Values,
    input_tokens: Values,
    output_tokens: Values,
) -> Steady:
    """Serve requests that come at a rate of their own, by Little's law; at most as many at once as `most`.

    Bisects for how many run: rate times the time that each stays. Where even `most` are served slower than they come,
    the load is saturated and the state is that of `most` clients.
    """
    shape = np.broadcast_shapes(*map(np.shape, (rate, most, input_tokens, output_tokens, on.gpus, model.layers)))
    low, high = np.full(shape, 1e-3), np.broadcast_to(np.asarray(most, float), shape).copy()
    for _ in range(ROUNDS):
        middle = np.sqrt(low * high)
        state = closed(model, on, engine, middle, input_tokens, output_tokens, 0.0)
        enough = state.rate >= rate
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return closed(model, on, engine, high, input_tokens, output_tokens, 0.0)
