"""Cadence: the time of a step of one configuration as a table and a few coefficients, for loops that need it often."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pertoken.serving.aids import PLAIN, Aids
from pertoken.serving.layout import Layout
from pertoken.serving.profile import Profile
from pertoken.serving.sizes import Sizes
from pertoken.serving.steptime import step
from pertoken.serving.values import Values

FAR = 1e9
"""A context beyond any window. [token]"""


class Cadence(NamedTuple):
    """What `step` says of one configuration; compiled loops read it.

    The time of a step in which sequences run is

        answers[running] + context x (tokens in their caches) + near_context x (those of them within the window)

    or prompts[0] where none does, and prompts in it add

        prompts[running + stages x prompt] - prompts[running] + token x prompt
        + pairs x (pairs of tokens in prompts) + near_pairs x (those of them within the window)

    Where drafted tokens are checked, steps give a sequence several tokens; a step stands here for the part of it that
    gives one, on average.

    In a pipeline, sequences go through the stages in as many parts as there are stages, and the stages work on
    prompts at the same time: what prompts add holds others up for that much shorter.

    Args:
        prompts: Time of a step by the number of its tokens, in parts of a token if there are stages. [s]
        answers: Time of a step by the number of sequences that it gives a token, without prompts and caches. [s]
        token: Cost of a token of a prompt. [s]
        context: Cost of reading a token of the cache, in layers that look at the whole context. [s]
        near_context: The same in layers with a window. [s]
        window: How far these look back. [token]
        pairs: Cost of attention for a pair of tokens of a prompt. [s]
        near_pairs: The same in layers with a window. [s]
        uneven: How many times as long prompts take where attention runs apart.
        stages: Stages of the pipeline.
    """

    prompts: Values
    answers: Values
    token: float
    context: float
    near_context: float
    window: float
    pairs: float
    near_pairs: float
    uneven: float
    stages: int


def cadence(model: Sizes, on: Layout, engine: Profile, *, most_tokens: int, aids: Aids = PLAIN) -> Cadence:
    """Ask `step` what it takes to know the time of any step.

    Args:
        model: The model.
        on: How it lies on its GPUs.
        engine: Constants of the engine.
        most_tokens: Tokens that a step has at most, sequences and prompts together.
        aids: Drafted tokens and adapters.
    """
    bare = replace(model, window=np.float64(FAR))
    full = replace(bare, kv_windowed=np.float64(0), score_windowed=np.float64(0))
    near = replace(bare, kv=np.float64(0), score=np.float64(0))
    stages = int(on.pipeline)
    tokens = np.arange(most_tokens * stages + 1.0)
    alike, checked = step(model, on, engine, tokens, 0.0), step(model, on, engine, tokens * (1 + aids.drafted), 0.0)
    none, asked = (step(model, on, engine, 0.0, 0.0, p).overhead for p in (0.0, 1.0))
    longer = float((1 + aids.drafting) * (1 + aids.adapters) / aids.accepted)
    return Cadence(
        prompts=np.ascontiguousarray(alike.products + alike.exchange + alike.idle + none),
        answers=np.ascontiguousarray(checked.total * longer),
        token=float(asked - none),
        context=float(step(full, on, engine, 1.0, 1.0).cache) * longer,
        near_context=float(step(near, on, engine, 1.0, 1.0).cache) * longer,
        window=float(model.window),
        pairs=float(step(full, on, engine, 0.0, 0.0, 1.0, 0.5).prompt),
        near_pairs=float(step(near, on, engine, 0.0, 0.0, 1.0, 0.5).prompt),
        uneven=float(engine.uneven) if float(on.apart) > 1 else 1.0,
        stages=stages,
    )
