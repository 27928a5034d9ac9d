"""Engine time: seconds of a step, and of a run of steps that differ by nothing but the growth of their contexts."""

import numpy as np

from pertoken.serving.engine_compiled import compiled

# signatures are numba's
# ruff: noqa: ANN001, ANN201, PLR0917


@compiled
def decode_time(room, rules, running, context):  # type: ignore[no-untyped-def]
    """Reckon a step without prompts.

    Args:
        room: What the loops work on.
        rules: Times of steps.
        running: Sequences.
        context: Tokens in all their caches together.
    """
    near = min(np.float64(context), running * rules.window)
    read = rules.context * context + rules.near_context * near
    return room.answers[running] + read


@compiled
def mixed_time(room, rules, running, context, prompt, pairs, near_pairs):  # type: ignore[no-untyped-def]
    """Reckon a step with prompts in it.

    Args:
        room: What the loops work on.
        rules: Times of steps.
        running: Sequences that get a token each.
        context: Tokens in all their caches together.
        prompt: Tokens of prompts.
        pairs: Pairs of tokens that attention in these prompts looks at.
        near_pairs: Those of them within the window.
    """
    alone = decode_time(room, rules, running, context) if running > 0 else room.prompts[0]
    products = room.prompts[running + rules.stages * prompt] - room.prompts[running]
    attention = rules.pairs * pairs + rules.near_pairs * near_pairs
    return alone + rules.uneven / rules.stages * (products + rules.token * prompt + attention)


@compiled
def growth(rules, running, context):  # type: ignore[no-untyped-def]
    """Say how much longer each next step lasts, and for how many steps that holds."""
    below = running * rules.window - context
    if rules.near_context > 0 and below > 0:
        return (rules.context + rules.near_context) * running, np.int64(np.ceil(below / running))
    return rules.context * running, np.int64(1 << 40)


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
    steps = np.int64(np.ceil(2 * gap / (half + np.sqrt(half * half + 2 * slope * gap))))
    steps = np.int64(1) if steps < 1 else steps
    while steps > 1 and lasted(first, slope, steps - 1) >= gap:
        steps -= 1
    while steps < most and lasted(first, slope, steps) < gap:
        steps += 1
    return min(steps, most)
