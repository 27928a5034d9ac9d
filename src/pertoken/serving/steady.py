"""Steady state: what a replica gives at a load that stays, from the times of its steps."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.serving.layout import Layout
from pertoken.serving.profile import Profile
from pertoken.serving.sizes import Sizes
from pertoken.serving.steptime import step

CHUNK = 8192
"""Tokens of prompts that a step takes at most."""


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


def room(model: Sizes, on: Layout, *, spare: float = 0.9, working: float = 1.5e9) -> Values:
    """Tokens that the cache of a replica has room for; below 0 where the weights don't fit. [token]

    Windowed layers are counted whole; see `held` for what a sequence takes of it.
    """
    weights = model.stored * on.weight
    weights = weights + model.attention * on.weight * (on.apart - 1)
    free = on.gpus * (spare * on.memory - working) - weights
    return free


def fits(model: Sizes, on: Layout, length: Values) -> Values:
    """Sequences of a length that memory has room for. [sequence]"""
    held = (model.kv * length + model.kv_windowed * np.minimum(length, model.window)) * on.kv
    copies = on.tensor / np.minimum(on.tensor, model.kv_heads)
    return room(model, on) / (held * copies)


def prompt_time(model: Sizes, on: Layout, engine: Profile, running: Values, context: Values, length: Values) -> Values:
    """Time that a prompt adds to the steps that take it, in chunks, beside running sequences. [s]"""
    chunks = np.maximum(np.ceil(length / CHUNK), 1)
    size = length / chunks
    alone = step(model, on, engine, running, context).total
    mixed = step(model, on, engine, running, context, size, (chunks - 1) / 2 * size).total
    return chunks * (mixed - alone)


def closed(  # noqa: PLR0917  what a load has
    model: Sizes,
    on: Layout,
    engine: Profile,
    running: Values,
    input_tokens: Values,
    output_tokens: Values,
    waves: Values,
) -> Steady:
    """Serve so many clients, each of which asks again when it has its answer.

    Args:
        model: The model.
        on: How it lies on its GPUs.
        engine: Constants of the engine.
        running: Clients.
        input_tokens: Length of a prompt.
        output_tokens: Length of an answer.
        waves: Share of others' prompts that a request waits for before its first token: near 1 where clients start
            together, near 0 where they come one by one.
    """
    context = input_tokens + output_tokens / 2
    alone = step(model, on, engine, running, context).total
    added = prompt_time(model, on, engine, np.maximum(running - 1, 0), context, input_tokens)
    own = step(model, on, engine, np.maximum(running - 1, 0), context, np.minimum(input_tokens, CHUNK)).total
    own = np.maximum(added, own) + engine.request
    others = np.maximum(running - 1, 0) * added
    first = own + waves * others
    later = np.maximum(output_tokens - 1, 1)
    each = alone + (1 - waves) * others / later
    rate = running / (first + (output_tokens - 1) * each)
    return Steady(running=running, rate=rate, first=first, each=each, prompt_time=added, step_time=alone)
