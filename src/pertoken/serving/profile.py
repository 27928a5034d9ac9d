"""Profiles: what an engine adds to physics, as constants fitted to measured runs, dated."""

from dataclasses import dataclass

from pertoken.core.money import Values


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The constants of the step-time model; each a scalar, or an array over configurations.

    Args:
        weights: Share of the memory bandwidth that streams weights.
        cache: Share of the memory bandwidth that reads the cache.
        compute: Shares of the peak that matrix products reach in 16, 8 and 4 bits, shape `(3,)` or `(3, n)`.
        attention: Share of the peak in 16 bits that attention over a prompt reaches.
        unpacked: Share of `weights` left where weights of four bits are unpacked to sixteen.
        routed: How many times the work of the dense the products of experts take.
        hop: Latency of one all-reduce, on NVLink and on PCIe, shape `(2,)` or `(2, n)`. [s]
        wire: Shares of the link that an all-reduce gets, on NVLink and on PCIe.
        layer: Fixed cost of a layer in a step. [s]
        step: Fixed cost of a step. [s]
        sequence: Cost of a running sequence in a step. [s]
        token: Cost of a token of a prompt. [s]
        request: Cost of a request before its first token. [s]
    """

    weights: Values
    cache: Values
    compute: Values
    attention: Values
    unpacked: Values
    routed: Values
    hop: Values
    wire: Values
    layer: Values
    step: Values
    sequence: Values
    token: Values
    request: Values
