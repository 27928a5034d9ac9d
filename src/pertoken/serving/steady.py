"""Steady state: what a replica gives at a load that stays, from the times of its steps."""

from dataclasses import dataclass

import numpy as np

from pertoken.serving.aids import PLAIN, Aids
from pertoken.serving.layout import Layout
from pertoken.serving.memory import fits
from pertoken.serving.profile import Profile
from pertoken.serving.sizes import Sizes
from pertoken.serving.steptime import pace, step
from pertoken.serving.values import Values

LAYERS = 64
"""Layers of the model that the cost of a request is stated for."""

ROUNDS = 24
"""Halvings of the search for how many sequences an open load keeps running."""

FEWEST = 1e-3
"""Sequences that the least load keeps running, on average."""


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


def prompt_time(  # noqa: PLR0917  what a prompt meets
    model: Sizes,
    on: Layout,
    engine: Profile,
    running: Values,
    context: Values,
    length: Values,
    aids: Aids = PLAIN,
) -> Values:
    """Time that a prompt adds to the steps that take it, in chunks, beside running sequences [s]."""
    fresh = length * (1 - aids.prefix_share)
    chunks = np.maximum(np.ceil(fresh / engine.chunk), 1)
    size = fresh / chunks
    alone = step(model, on, engine, running, context).total
    mixed = step(model, on, engine, running, context, size, (chunks - 1) / 2 * size + length - fresh).total
    return chunks * (mixed - alone) * np.where(on.apart > 1, engine.uneven, 1.0)


def starting(model: Sizes, on: Layout, engine: Profile) -> Values:
    """Time that a request needs before its first step, longer for what has more and more complex layers [s]."""
    layers = model.layers + engine.slower * model.expert_layers
    return engine.request * layers / LAYERS * pace(on, engine.newer)


def closed(  # noqa: PLR0917  what a load has
    model: Sizes,
    on: Layout,
    engine: Profile,
    running: Values,
    input_tokens: Values,
    output_tokens: Values,
    wait: Values | None = None,
    aids: Aids = PLAIN,
) -> Steady:
    """Serve so many clients, each of which asks again when it has its answer.

    Args:
        model: The model.
        on: How it lies on its GPUs.
        engine: Constants of the engine.
        running: Clients.
        input_tokens: Length of a prompt.
        output_tokens: Length of an answer.
        wait: Share of another's prompt that a request waits for before its first token: near 1 where clients start
            together, near 0 where they come one by one; that of the engine if None.
        aids: What spares the engine work.
    """
    context = input_tokens + output_tokens / 2
    others = np.maximum(running - 1, 0)
    batch = np.maximum(running, 1)
    checked = step(model, on, engine, batch, context, batch * aids.drafted).total
    alone = checked * (1 + aids.drafting) * (1 + aids.adapters)
    added = prompt_time(model, on, engine, others, context, input_tokens, aids)
    # a prompt comes in the middle of a step, and its own last step runs beside the others
    own = added + alone * np.where(running > 1, engine.turns, 1.0) + starting(model, on, engine)
    ahead = (engine.wait if wait is None else wait) * others
    first = own + ahead * added / on.pipeline
    each = alone / aids.accepted + (others - ahead) * added / on.pipeline / np.maximum(output_tokens - 1, 1)
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
    aids: Aids = PLAIN,
) -> Steady:
    """Serve requests that come at a rate of their own, by Little's law; at most as many at once as `most`.

    Bisects for how many run: rate times the time that each stays. Where even `most` are served slower than they come,
    the load is saturated and the state is that of `most` clients. A prompt waits for those before it as in a queue
    with one server and equal times.
    """
    shape = np.broadcast_shapes(*map(np.shape, (rate, most, input_tokens, output_tokens, on.gpus, model.layers)))
    low = np.full(shape, np.log(FEWEST))
    high = np.broadcast_to(np.log(np.maximum(most, FEWEST)), shape).copy()
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        state = closed(model, on, engine, np.exp(middle), input_tokens, output_tokens, 0.0, aids)
        enough = state.rate >= rate
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    state = closed(model, on, engine, np.exp(high), input_tokens, output_tokens, 0.0, aids)
    busy = np.clip(state.rate * state.prompt_time / on.pipeline, 0, 1 - 1 / np.maximum(state.running, 2))
    queued = state.prompt_time * busy / (2 * (1 - busy))
    return Steady(
        running=state.running,
        rate=np.minimum(state.rate, rate),
        first=state.first + queued,
        each=state.each,
        prompt_time=state.prompt_time,
        step_time=state.step_time,
    )


def serve(  # noqa: PLR0917  what a load has
    model: Sizes,
    on: Layout,
    engine: Profile,
    input_tokens: Values,
    output_tokens: Values,
    clients: Values,
    rate: Values,
    aids: Aids = PLAIN,
) -> Steady:
    """Serve a load of either kind within memory and the limits of the engine.

    Args:
        model: The model.
        on: How it lies on its GPUs.
        engine: Constants of the engine.
        input_tokens: Length of a prompt.
        output_tokens: Length of an answer.
        clients: Clients in a closed loop; infinite for as many as there is room for. Those without room wait outside.
        rate: Requests a second of an open load; infinite where `clients` says the load.
        aids: What spares the engine work.
    """
    most = seats(model, on, engine, input_tokens + output_tokens / 2)
    inside = np.minimum(clients, most)
    found = closed(model, on, engine, inside, input_tokens, output_tokens, aids=aids)
    outside = np.where(np.isfinite(clients) & (clients > inside), (clients - inside) / found.rate, 0.0)
    state = Steady(
        running=found.running,
        rate=found.rate,
        first=found.first + outside,
        each=found.each,
        prompt_time=found.prompt_time,
        step_time=found.step_time,
    )
    if not np.any(np.isfinite(rate)):
        return state
    flowing = opened(model, on, engine, rate, inside, input_tokens, output_tokens, aids)
    return Steady(
        **{
            name: np.where(np.isfinite(rate), getattr(flowing, name), getattr(state, name))
            for name in Steady.__dataclass_fields__
        }
    )


def seats(model: Sizes, on: Layout, engine: Profile, length: Values) -> Values:
    """Sequences of a length that run at once at most: what memory has room for, and what the engine allows."""
    return np.minimum(fits(model, on, length, spare=engine.spare), engine.most)
