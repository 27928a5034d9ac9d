"""Steady state: what a replica gives at a load that stays, from the times of its steps."""

from dataclasses import dataclass, replace

import numpy as np

from pertoken.serving.aids import PLAIN, Aids
from pertoken.serving.layout import Layout
from pertoken.serving.memory import fits
from pertoken.serving.opening import opening
from pertoken.serving.profile import Profile
from pertoken.serving.seating import seating
from pertoken.serving.sizes import Sizes
from pertoken.serving.steptime import pace, step
from pertoken.serving.values import Values

LAYERS = 64
"""Layers of the model that the cost of a request is stated for."""

ROUNDS = 24
"""Halvings of the search for how many sequences an open load keeps running."""

TURNS = 12
"""Rounds that find how long a request waits, and how many come meanwhile."""

FULL = 0.999
"""Share of the seats from which on all are taken."""

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
    beside = running * (1 - engine.blocking)
    without = step(model, on, engine, beside, context).total * (1 - engine.blocking)
    read = step(model, on, engine, beside, context, size, (chunks - 1) / 2 * size + length - fresh).total
    return chunks * (read - without) * np.where(on.apart > 1, engine.uneven, 1.0)


def _checked(  # noqa: PLR0917  what a step has
    model: Sizes, on: Layout, engine: Profile, batch: Values, context: Values, aids: Aids
) -> Values:
    """Time of a step that checks drafted tokens with the next one: more rows, over the same caches, read once [s]."""
    rows = 1 + aids.drafted
    return step(model, on, engine, batch * rows, context / rows).total


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
    checked = _checked(model, on, engine, batch, context, aids)
    alone = checked * (1 + aids.drafting) * (1 + aids.adapters)
    added = prompt_time(model, on, engine, others, context, input_tokens, aids)
    # a prompt comes in the middle of a step, and its own last step runs beside the others
    own = added + alone * np.where(running > 1, engine.turns, 1.0) + starting(model, on, engine)
    ahead = (engine.wait if wait is None else wait) * others
    first = own + ahead * added / on.pipeline
    each = alone / aids.accepted + (others - ahead) * added / on.pipeline / np.maximum(output_tokens - 1, 1)
    rate = running / (first + (output_tokens - 1) * each)
    return Steady(running=running, rate=rate, first=first, each=each, prompt_time=added, step_time=alone)


def flowing(  # noqa: PLR0917  what a load has
    model: Sizes,
    on: Layout,
    engine: Profile,
    running: Values,
    input_tokens: Values,
    output_tokens: Values,
    aids: Aids = PLAIN,
    spread: Values = 0.0,
) -> Steady:
    """Serve requests that come by chance, as many as keep so many running on average.

    Prompts have precedence over answers. With r their share of the time, and f the time to the first token without what
    is fixed of it, prompts of the time r f come meanwhile and are read before the answer goes on; an answer that takes
    d alone takes (d + r f) / (1 - r), the busy period that so much work begins. By Little's law rate times stay is how
    many run. Who comes finds that many, and is one more.

    Args:
        model: The model.
        on: How it lies on its GPUs.
        engine: Constants of the engine.
        running: Requests at work, on average.
        input_tokens: Length of a prompt.
        output_tokens: Length of an answer.
        aids: What spares the engine work.
        spread: Standard deviation of the length of prompts, as a share of their mean.
    """
    context, batch = input_tokens + output_tokens / 2, running + 1
    checked = _checked(model, on, engine, batch, context, aids)
    alone = checked * (1 + aids.drafting) * (1 + aids.adapters)
    added = prompt_time(model, on, engine, running, context, input_tokens, aids)
    later, prompt = (output_tokens - 1) * alone / aids.accepted, added / on.pipeline
    begin, filled = starting(model, on, engine), np.minimum(input_tokens * (1 - aids.prefix_share) / engine.chunk, 1.0)
    still, first = begin + alone, begin + alone + prompt
    for _ in range(TURNS):
        share = _share(running * prompt, first, still, later)
        found = opening(share / prompt, running, alone, added, on.pipeline, filled, np.asarray(spread))
        still = begin + found.fixed
        first = (first + still + found.mean) / 2
    behind = share * (first - still)
    several = output_tokens > 1
    answer = (later + np.where(several, behind, 0.0)) / (1 - share) / np.maximum(output_tokens - 1, 1e-9)
    each, rate = np.where(several, answer, alone / aids.accepted), share / prompt
    return Steady(running=running, rate=rate, first=first, each=each, prompt_time=added, step_time=alone)


def _share(work: Values, first: Values, still: Values, later: Values) -> Values:
    """Find the share s of the time that prompts take, where so many run, by Little's law.

    With f = first and c = f - still, the part of it in which others come whose prompts are read before the answer goes
    on, it solves s (f + (later + s c) / (1 - s)) = work, running times the time of a prompt: a quadratic.
    """
    middle = first + later + work
    return 2 * work / (middle + np.sqrt(np.maximum(middle**2 - 4 * still * work, 0.0)))


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

    Bisects for how many run, see `flowing`; who comes may wait for a seat. Where even `most` are served slower than
    they come, the load is saturated and the state is that of `most` without the queue outside, which only grows.
    """
    shape = np.broadcast_shapes(*map(np.shape, (rate, most, input_tokens, output_tokens, on.gpus, model.layers)))
    low = np.full(shape, np.log(FEWEST))
    high = np.broadcast_to(np.log(np.maximum(most, FEWEST)), shape).copy()
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        enough = flowing(model, on, engine, np.exp(middle), input_tokens, output_tokens, aids).rate >= rate
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    state = flowing(model, on, engine, np.exp(high), input_tokens, output_tokens, aids)
    room = seats(model, on, engine, input_tokens + output_tokens / 2, aids.shared(input_tokens))
    seated = seating(state.running, room, state.running / state.rate).mean
    served = np.exp(high) < most * FULL
    return replace(state, rate=np.minimum(state.rate, rate), first=state.first + np.where(served, seated, 0.0))


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
    most = seats(model, on, engine, input_tokens + output_tokens / 2, aids.shared(input_tokens))
    inside = np.minimum(clients, most)
    found = closed(model, on, engine, inside, input_tokens, output_tokens, aids=aids)
    outside = np.where(np.isfinite(clients) & (clients > inside), (clients - inside) / found.rate, 0.0)
    state = replace(found, first=found.first + outside)
    if not np.any(np.isfinite(rate)):
        return state
    flows = opened(model, on, engine, rate, inside, input_tokens, output_tokens, aids)
    return Steady(
        **{
            name: np.where(np.isfinite(rate), getattr(flows, name), getattr(state, name))
            for name in Steady.__dataclass_fields__
        }
    )


def seats(model: Sizes, on: Layout, engine: Profile, length: Values, shared: Values = 0.0) -> Values:
    """Sequences of a length that run at once at most: what memory has room for, and what the engine allows.

    Where attention runs apart each group has a scheduler of its own, with a limit of its own.
    """
    return np.minimum(fits(model, on, length, spare=engine.spare, shared=shared), engine.most * on.apart)
