"""Engine time: seconds of a step, and of a run of steps that differ by nothing but the growth of their contexts."""

import numpy as np

from pertoken.serving.engine_compiled import compiled

# signatures are numba's
# ruff: noqa: ANN001, ANN201, PLR0917


@compiled
def decode_time(cadence, running, context):  # type: ignore[no-untyped-def]
    """Reckon a step without prompts.

    Args:
        cadence: Coefficients.
        running: Sequences.
        context: Tokens in all their caches together.
    """
    near = min(np.float64(context), running * cadence.window)
    read = cadence.context * context + cadence.near_context * near
    return cadence.tokens[running] + cadence.fixed + cadence.sequence * running + read


@compiled
def mixed_time(cadence, running, context, prompt, pairs, near_pairs):  # type: ignore[no-untyped-def]
    """Reckon a step with prompts in it.

    Args:
        cadence: Coefficients.
        running: Sequences that get a token each.
        context: Tokens in all their caches together.
        prompt: Tokens of prompts.
        pairs: Pairs of tokens that attention in these prompts looks at.
        near_pairs: Those of them within the window.
    """
    alone = decode_time(cadence, running, context)
    products = cadence.tokens[running + prompt] - cadence.tokens[running]
    attention = cadence.pairs * pairs + cadence.near_pairs * near_pairs
    return alone + cadence.uneven * (products + cadence.token * prompt + attention)


@compiled
def growth(cadence, running, context):  # type: ignore[no-untyped-def]
    """Say how much longer each next step lasts, and for how many steps that holds."""
    below = running * cadence.window - context
    if cadence.near_context > 0 and below > 0:
        return (cadence.context + cadence.near_context) * running, np.int64(np.ceil(below / running))
    return cadence.context * running, np.int64(1 << 40)


@compiled
def lasted(first, slope, steps):  # type: ignore[no-untyped-def]
    """Sum the times of steps, of which each lasts longer than the one before by the same."""
    return steps * first + slope * (0.5 * steps * (steps - 1))


@compiled
def steps_until(first, slope, gap, most):  # type: ignore[no-untyped-def]
    """Count the steps that it takes to fill a gap of time, at least one and at most `most`."""
    if lasted(first, slope, most) < gap:
        return most
    half = first - 0.5 * slope
    steps = max(np.int64(np.ceil(2 * gap / (half + np.sqrt(half * half + 2 * slope * gap)))), 1)
    while steps > 1 and lasted(first, slope, steps - 1) >= gap:
        steps -= 1
    while steps < most and lasted(first, slope, steps) < gap:
        steps += 1
    return min(steps, most)
