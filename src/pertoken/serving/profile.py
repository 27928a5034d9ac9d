"""Profiles: what an engine adds to physics, as constants fitted to measured runs, dated."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from pertoken.serving.values import Values


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The constants of the step-time model; each a scalar, or an array over configurations.

    Args:
        knee: Exponent of the blend of streaming and multiplying: the sharper the roofline, the higher.
        weights: Share of the memory bandwidth that streams weights, on a GPU that reads 3.35 TB/s.
        steeper: Power of the bandwidth that this share falls with: the faster memory is, the harder it is to fill.
        cache: Share of the memory bandwidth that reads the cache.
        compute: Shares of the peak that matrix products reach in 16, 8 and 4 bits, shape `(3,)` or `(3, n)`.
        attention: Share of the peak in 16 bits that attention over a prompt reaches.
        unpacked: Share of `weights` and `compute` left where weights of four bits are unpacked to sixteen.
        routed: How many times the bytes of their weights the products of experts take to stream.
        crowded: How many times the work of the dense the products of experts take to multiply.
        skew: How much of the crowding that chance makes among groups of experts is felt.
        hop: Latency of one all-reduce between two GPUs, on NVLink and on PCIe, shape `(2,)` or `(2, n)`. [s]
        growth: How much of `hop` each doubling of the group adds.
        wire: Shares of the link that an all-reduce gets, on NVLink and on PCIe.
        layer: Fixed cost of a layer in a step, on a GPU of that bandwidth. [s]
        expert: Fixed cost of the routing of a layer with experts, on such a GPU. [s]
        fused: Share of `expert` left where the GPU multiplies four bits itself, by kernels made for that.
        newer: Power of the bandwidth that these two shrink with: what is faster at reading launches faster too.
        launch: Time that the host takes to launch a layer, while the GPU works on earlier ones. [s]
        step: Fixed cost of a step. [s]
        sequence: Cost of a running sequence in a step. [s]
        token: Cost of a token of a prompt. [s]
        request: Cost of a request before its first token, with 64 dense layers. [s]
        slower: How much more a layer with experts adds to that.
        turns: Steps that pass before the first token, the one that gives it included, where others run.
        wait: Share of others' prompts that a request waits for before its first token, with clients in a closed loop.
        uneven: How many times as long prompts take where attention runs apart and one group waits for another.
        most: Sequences that it runs at once at most, in each group that runs attention on its own.
        chunk: Tokens of prompts that a step takes at most. [token]
        spare: Share of the memory that it takes for itself.
        blocking: 1 where prompts are read in steps of their own, in which answers stand still; else 0.
    """

    knee: Values
    weights: Values
    steeper: Values
    cache: Values
    compute: Values
    attention: Values
    unpacked: Values
    routed: Values
    crowded: Values
    skew: Values
    hop: Values
    growth: Values
    wire: Values
    layer: Values
    expert: Values
    fused: Values
    newer: Values
    launch: Values
    step: Values
    sequence: Values
    token: Values
    request: Values
    slower: Values
    turns: Values
    wait: Values
    uneven: Values
    most: Values
    chunk: Values
    spare: Values
    blocking: Values


def aligned(each: Sequence[Profile]) -> Profile:
    """Stack profiles, one configuration after the other on the last axis."""
    return Profile(
        **{f.name: np.stack([np.asarray(getattr(one, f.name)) for one in each], axis=-1) for f in fields(Profile)}
    )
