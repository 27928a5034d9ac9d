"""Memory: what weights and cache take of a replica, and how many sequences it has room for."""

import numpy as np

from pertoken.serving.layout import Layout
from pertoken.serving.sizes import Sizes
from pertoken.serving.steptime import WIDE
from pertoken.serving.values import Values

WORKING = 1.5e9
"""Memory of a GPU that an engine works in, beside weights and cache [byte]."""


def stored(model: Sizes, on: Layout) -> Values:
    """Memory of the weights of a replica, with every copy of them [byte]."""
    routed = model.expert_layers * model.experts * model.expert
    embedded = model.stored - routed - (model.dense - model.head)
    plain = model.dense - model.head + model.attention * (on.apart - 1)
    return routed * on.expert_weight + plain * on.weight + embedded * WIDE


def room(model: Sizes, on: Layout, *, spare: Values = 0.9) -> Values:
    """Memory of a replica that is left to the cache; below 0 where the weights don't fit [byte].

    Args:
        model: The model.
        on: How it lies on its GPUs.
        spare: Share of the memory that the engine takes for itself.
    """
    return on.gpus * (spare * on.memory - WORKING) - stored(model, on)


def held(model: Sizes, on: Layout, length: Values) -> Values:
    """Memory that a sequence of a length takes of the cache of a replica [byte]."""
    numbers = model.kv * length + model.kv_windowed * np.minimum(length, model.window)
    return numbers * on.kv * on.tensor / np.minimum(on.tensor, model.kv_heads)


def fits(model: Sizes, on: Layout, length: Values, *, spare: Values = 0.9, shared: Values = 0.0) -> Values:
    """Sequences of a length that memory has room for [sequence].

    Args:
        model: The model.
        on: How it lies on its GPUs.
        length: Tokens of a sequence. [token]
        spare: Share of the memory that the engine takes for itself.
        shared: Tokens that all sequences begin with; each group that runs attention apart holds them once. [token]
    """
    left = room(model, on, spare=spare) - held(model, on, shared) * on.apart
    return left / held(model, on, length - shared)
