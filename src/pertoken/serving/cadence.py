"""Cadence: the time of a step of one configuration as a table and a few coefficients, for loops that need it often."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pertoken.serving.layout import Layout
from pertoken.serving.profile import Profile
from pertoken.serving.sizes import Sizes
from pertoken.serving.steptime import step
from pertoken.serving.values import Values

FAR = 1e9
"""A context beyond any window. [token]"""


class Cadence(NamedTuple):
    """What `step` says of one configuration; compiled loops read it.

    The time of a step with sequences that run and prompts in it is

        tokens[running + stages x prompt] + fixed + sequence x running + token x prompt
        + context x (tokens in their caches) + near_context x (those of them within the window)
        + pairs x (pairs of tokens in prompts) + near_pairs x (those of them within the window)

    In a pipeline, sequences go through the stages in as many parts as there are stages, and the stages work on
    prompts at the same time: what prompts add holds others up for that much shorter.

    Args:
        tokens: Products, exchanges and waiting for the host by the number of tokens in the step, in parts of a token if
            there are stages. [s]
        fixed: Cost of every step. [s]
        sequence: Cost of a running sequence. [s]
        token: Cost of a token of a prompt. [s]
        context: Cost of reading a token of the cache, in layers that look at the whole context. [s]
        near_context: The same in layers with a window. [s]
        window: How far these look back. [token]
        pairs: Cost of attention for a pair of tokens of a prompt. [s]
        near_pairs: The same in layers with a window. [s]
        uneven: How many times as long prompts take where attention runs apart.
        stages: Stages of the pipeline.
    """

    tokens: Values
    fixed: float
    sequence: float
    token: float
    context: float
    near_context: float
    window: float
    pairs: float
    near_pairs: float
    uneven: float
    stages: int


def cadence(model: Sizes, on: Layout, engine: Profile, *, most_tokens: int) -> Cadence:
    """Ask `step` what it takes to know the time of any step.

    Args:
        model: The model.
        on: How it lies on its GPUs.
        engine: Constants of the engine.
        most_tokens: Tokens that a step has at most, sequences and prompts together.
    """
    bare = replace(model, window=np.float64(FAR))
    full = replace(bare, kv_windowed=np.float64(0), score_windowed=np.float64(0))
    near = replace(bare, kv=np.float64(0), score=np.float64(0))
    stages = int(on.pipeline)
    tokens = step(model, on, engine, np.arange(most_tokens * stages + 1.0), 0.0)
    none, one, asked = (step(model, on, engine, d, 0.0, p) for d, p in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
    return Cadence(
        tokens=np.ascontiguousarray(
            np.broadcast_to(tokens.products + tokens.exchange + tokens.idle, most_tokens * stages + 1), dtype=float
        ),
        fixed=float(none.overhead),
        sequence=float(one.overhead - none.overhead),
        token=float(asked.overhead - none.overhead),
        context=float(step(full, on, engine, 1.0, 1.0).cache),
        near_context=float(step(near, on, engine, 1.0, 1.0).cache),
        window=float(model.window),
        pairs=float(step(full, on, engine, 0.0, 0.0, 1.0, 0.5).prompt),
        near_pairs=float(step(near, on, engine, 0.0, 0.0, 1.0, 0.5).prompt),
        uneven=float(engine.uneven) if float(on.apart) > 1 else 1.0,
        stages=stages,
    )
