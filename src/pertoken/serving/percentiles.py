"""Percentiles: how latencies spread about their means while a replica serves requests that come by chance."""

from dataclasses import dataclass

import numpy as np

from pertoken.serving.aids import PLAIN, Aids
from pertoken.serving.layout import Layout
from pertoken.serving.opening import opening
from pertoken.serving.profile import Profile
from pertoken.serving.seating import seating
from pertoken.serving.sizes import Sizes
from pertoken.serving.steady import Steady, flowing, seats
from pertoken.serving.values import Values

NEAR = 1.05
"""How many times as many are taken to be at work to see how the rate rises with them."""

ROUGH = 0.85
"""Share of the full rate above which queues are no longer those of these formulas."""

FEW, CROWDED = 30, 0.5
"""Seats below which requests wait for memory longer than these formulas say, above this share of the full rate."""


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

    @property
    def length(self) -> Values:
        """Tokens that a sequence holds on average over its life."""
        return self.input_tokens + np.asarray(self.output_tokens) / 2

    @property
    def fresh(self) -> Values:
        """Tokens of a prompt that are read, since no cache has them."""
        return self.input_tokens - self.cached

    @property
    def cached(self) -> Values:
        """Tokens of it that the cache has."""
        return self.input_tokens * np.asarray(self.aids.prefix_share)

    @property
    def shared(self) -> Values:
        """Tokens of these that all requests have in common."""
        return self.aids.shared(self.input_tokens)


@dataclass(frozen=True, slots=True, eq=False)
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
    state = _flowing(model, on, engine, load, running)
    room = seats(model, on, engine, load.length, load.shared)
    seated = seating(state.running, room, state.running / state.rate)
    mean_first = state.first + seated.mean
    if share is None:
        return Latency(state.running, state.rate, mean_first, state.each, state.prompt_time)
    from scipy.special import gammaincinv  # noqa: PLC0415  slow to load

    filled = np.minimum(load.input_tokens * (1 - load.aids.prefix_share) / engine.chunk, 1.0)
    spread = np.asarray(load.spread, dtype=float)
    seen = opening(state.rate, state.running, state.step_time, state.prompt_time, on.pipeline, filled, spread)
    sure = state.prompt_time / on.pipeline * np.maximum(1 - spread, 0)
    mean = np.maximum(seen.mean - sure, 1e-12)
    chance = gammaincinv(mean**2 / seen.variance, share) * seen.variance / mean - mean
    first = mean_first + _beside(chance, seated.quantile(share) - seated.mean)
    nearby = _flowing(model, on, engine, load, np.asarray(running) * NEAR)
    each = _each(state, nearby, load, on.pipeline, share)
    return Latency(state.running, state.rate, first, each, state.prompt_time)


def _each(state: Steady, nearby: Steady, load: Load, stages: Values, share: float) -> Values:
    """Time of each later token at a percentile: prompts of others that delay an answer, and those at work beside it.

    The time that prompts take of an answer is the busy period that its d seconds of work begin, with the variance
    d rate E[p^2] / (1 - r)^3; it is taken as a gamma. Where the rate rises with the number at work by a power e, that
    number has the variance B / e, births and deaths near their balance; it varies over a stay and is averaged by it.
    """
    from scipy.special import gammaincinv, ndtri  # noqa: PLC0415  slow to load

    later, prompt, whole = np.maximum(load.output_tokens - 1, 1e-9), state.prompt_time / stages, 1 + load.spread**2
    plain = state.step_time / load.aids.accepted
    left = np.maximum(1 - state.rate * prompt, 1e-6)
    met = np.maximum(state.each - plain, 1e-12)
    work = state.each * left  # of an answer, and of the prompts that came before its first token
    variance = np.maximum(work * state.rate * prompt**2 * whole / left**3 / later, 1e-30)
    by_prompts = gammaincinv(met**2 / variance, share) * variance / met - met
    power = np.clip(np.log(nearby.rate / state.rate) / np.log(nearby.running / state.running), 0.02, 1.0)
    crowd = np.sqrt(state.running * whole / power * (1 - power / 3))
    slope = (nearby.step_time - state.step_time) / (nearby.running - state.running) / load.aids.accepted / left
    by_crowd = ndtri(share) * crowd * slope
    more = _beside(by_prompts, by_crowd)
    return np.where(np.asarray(load.output_tokens) > 1, np.maximum(state.each + more, plain), plain)


def _beside(one: Values, other: Values) -> Values:
    """Put two distances from their means together that have nothing to do with each other, at a high percentile."""
    return np.where((one > 0) & (other > 0), np.hypot(one, other), one + other)


def _flowing(model: Sizes, on: Layout, engine: Profile, load: Load, running: Values) -> Steady:
    return flowing(model, on, engine, running, load.input_tokens, load.output_tokens, load.aids, load.spread)
