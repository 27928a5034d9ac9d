"""Percentiles: how latencies spread about their means while a replica serves requests that come by chance."""

from dataclasses import dataclass

import numpy as np

from pertoken.serving.aids import PLAIN, Aids
from pertoken.serving.layout import Layout
from pertoken.serving.profile import Profile
from pertoken.serving.sizes import Sizes
from pertoken.serving.steady import Steady, closed, starting
from pertoken.serving.values import Values

NEAR = 1.05
"""How many times as many are taken to be at work to see how the rate rises with them."""

ROUGH = 0.85
"""Share of the full rate above which queues are no longer those of these formulas."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Load:
    """What requests are; each a scalar, or an array over configurations.

    Args:
        input_tokens: Length of a prompt.
        output_tokens: Length of an answer.
        spread: Standard deviation of the length of prompts, as a share of their mean.
        aids: What spares the engine work.
    """

    input_tokens: Values
    output_tokens: Values
    spread: Values = 0.0
    aids: Aids = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Latency:
    """A replica with so many at work on average, and one percentile of its latencies; arrays of one shape.

    Args:
        running: Requests at work, on average.
        rate: Requests a second that keep so many at work. [1/s]
        first: Time to the first token. [s]
        each: Time of each later token. [s]
        prompt_time: GPU time that the prompt of a request takes. [s]
    """

    running: Values
    rate: Values
    first: Values
    each: Values
    prompt_time: Values


def at_work(  # noqa: PLR0917  what a load meets
    model: Sizes, on: Layout, engine: Profile, load: Load, running: Values, share: float | None
) -> Latency:
    """Say what requests see that keep so many at work, and at which rate they come.

    The time to the first token: see `_first`; what varies of it is taken as a gamma of its mean and variance. Later
    tokens: see `_crowd`.

    Args:
        model: The model.
        on: How it lies on its GPUs.
        engine: Constants of the engine.
        load: The requests.
        running: Requests at work, on average.
        share: Share of the requests that see no more, as 0.99; None for the mean.
    """
    state = _closed(model, on, engine, load, running)
    fixed, mean, variance = _first(state, on.pipeline, np.asarray(load.spread, dtype=float) ** 2)
    queued = _queued(state, on.pipeline, load, engine.chunk)
    fixed, mean, variance = fixed + starting(model, on, engine), mean + queued, variance + queued**2
    if share is None:
        first, each = fixed + mean, state.each
    else:
        from scipy.special import gammaincinv  # noqa: PLC0415  slow to load

        first = fixed + gammaincinv(mean**2 / variance, share) * variance / mean
        nearby = _closed(model, on, engine, load, np.asarray(running) * NEAR)
        more = _crowd(state, nearby, np.asarray(load.spread, dtype=float) ** 2, share)
        each = _closed(model, on, engine, load, more).each
    return Latency(running=state.running, rate=state.rate, first=first, each=each, prompt_time=state.prompt_time)


def _first(state: Steady, stages: Values, spread: Values) -> tuple[Values, Values, Values]:
    """Time to the first token: what is fixed of it, and the mean and variance of the rest.

    A request comes at a random moment of a step, waits for its end, and is read in the next one with all that came
    during the same step. Steps with prompts that came during the one before are branching: their length has the mean
    s / (1 - r) and the variance rate E[p^2] mean / (1 - r^2), with prompts of the time p and r = rate p. A request
    finds a long one more often than a short one; steps are taken as gammas for that.
    """
    prompt, whole = state.prompt_time / stages, 1 + spread
    busy = np.clip(state.rate * prompt, 0, 1 - 1e-6)
    found = -np.expm1(-state.running)  # an engine without work begins at once
    step = state.step_time / (1 - busy)
    scale = busy * prompt * whole / (1 - busy**2)
    length = found * (step + scale)
    variance = found * (step + scale) * scale
    square = found * (step + scale) * (step + 2 * scale)
    mean = length * (1 / 2 + busy) + prompt
    varied = square / 3 - length**2 / 4 + (busy**2 + busy) * variance
    varied = varied + busy * length * prompt * whole + prompt**2 * spread
    return state.step_time + (state.prompt_time - prompt), mean, np.maximum(varied, 1e-24)


def _queued(state: Steady, stages: Values, load: Load, chunk: Values) -> Values:
    """Wait longer where a step takes few prompts: by Pollaczek and Khinchine, with and without a share of the step."""
    whole = (1 + np.asarray(load.spread, dtype=float) ** 2) * state.rate / 2
    alone = state.prompt_time / stages
    taking = alone + state.step_time * np.minimum(load.input_tokens * (1 - load.aids.prefix_share) / chunk, 1.0)
    waits = [whole * time**2 / np.maximum(1 - state.rate * time, 1e-3) for time in (taking, alone)]
    return np.maximum(waits[0] - waits[1], 0.0)


def _crowd(state: Steady, nearby: Steady, spread: Values, share: float) -> Values:
    """Count those at work beside a request over its stay, at a percentile.

    Where the rate rises with the number at work by a power e, that number has the variance B / e: births and deaths
    near their balance. The prompts that come during a stay have that of Poisson, no less, and take most of what varies,
    so it is not averaged over the stay. The tail of Poisson is that of Cornish and Fisher to its skewness.
    """
    from scipy.special import ndtri  # noqa: PLC0415  slow to load

    power = np.clip(np.log(nearby.rate / state.rate) / np.log(nearby.running / state.running), 0.02, 1.0)
    z = ndtri(share)
    more = z * np.sqrt(state.running / power * (1 + spread)) + np.maximum(z**2 - 1, 0) / 6
    return state.running + np.maximum(more, 0.0)


def _closed(model: Sizes, on: Layout, engine: Profile, load: Load, running: Values) -> Steady:
    return closed(model, on, engine, running, load.input_tokens, load.output_tokens, 0.0, load.aids)
