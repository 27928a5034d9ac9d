"""Opening: how long a request that comes by chance waits for its first token, by mean and variance."""

from typing import NamedTuple

import numpy as np

from pertoken.serving.values import Values


class Opening(NamedTuple):
    """Time to the first token, but for what a request takes before its first step.

    Args:
        fixed: What each request sees at least. [s]
        mean: Mean of the rest. [s]
        variance: Its variance. [s^2]
    """

    fixed: Values
    mean: Values
    variance: Values


def opening(  # noqa: PLR0917  what a request meets
    rate: Values,
    running: Values,
    step_time: Values,
    prompt_time: Values,
    stages: Values,
    filled: Values,
    spread: Values,
) -> Opening:
    """Say how long the first token takes.

    A request comes at a random moment of a step, waits for its end, and is read in the next one with all that came
    during the same step. Steps with prompts that came during the one before are branching: their length has the mean
    s / (1 - r) and the variance rate E[p^2] mean / (1 - r^2), with prompts of the time p and r = rate p. A request
    finds a long one more often than a short one; steps are taken as gammas for that. Where prompts fill a step, they
    wait longer, by Pollaczek and Khinchine.

    Args:
        rate: Requests a second.
        running: Requests at work, on average.
        step_time: Time of a step without prompts. [s]
        prompt_time: Time that a prompt adds to steps. [s]
        stages: Stages of the pipeline.
        filled: Share of a step's room for prompts that one takes, at most 1.
        spread: Standard deviation of the length of prompts, as a share of their mean.
    """
    prompt, whole = prompt_time / stages, 1 + spread**2
    busy = np.clip(rate * prompt, 0, 1 - 1e-6)
    found = -np.expm1(-running)  # an engine without work begins at once
    step = step_time / (1 - busy)
    scale = busy * prompt * whole / (1 - busy**2)
    length = found * (step + scale)
    variance = found * (step + scale) * scale
    square = found * (step + scale) * (step + 2 * scale)
    mean = length * (1 / 2 + busy) + prompt
    varied = square / 3 - length**2 / 4 + (busy**2 + busy) * variance
    varied = varied + busy * length * prompt * whole + prompt**2 * spread**2
    queued = _queue(rate, prompt + step_time * filled, whole) - _queue(rate, prompt, whole)
    queued = np.maximum(queued, 0.0)
    return Opening(step_time + (prompt_time - prompt), mean + queued, np.maximum(varied + queued**2, 1e-24))


def _queue(rate: Values, time: Values, whole: Values) -> Values:
    """Mean wait in a queue with one server."""
    return rate * time**2 * whole / (2 * np.maximum(1 - rate * time, 1e-3))
