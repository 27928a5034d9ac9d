"""Layout: how one replica of a model is spread over GPUs, and the numbers that it is kept and multiplied in."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from pertoken.serving.values import Values


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One replica on its GPUs; each a scalar, or an array over configurations.

    Args:
        gpus: GPUs of the replica.
        tensor: GPUs that share each matrix (TP).
        pipeline: Stages one after the other (PP).
        expert: GPUs that the experts are spread over whole (EP); 1 where each expert is cut by `tensor`.
        apart: Groups that run attention on sequences of their own (attention DP).
        bandwidth: Memory bandwidth of a GPU. [byte/s]
        peak: Matrix products of a GPU in the numbers that it multiplies. [FLOP/s]
        peak16: The same in 16 bits, which attention uses. [FLOP/s]
        link: Link between GPUs, in one direction. [byte/s]
        pcie: 1 where that link is PCIe, 0 for NVLink and the like.
        memory: Memory of a GPU. [byte]
        weight: Bytes of a weight outside of experts.
        expert_weight: Bytes of a weight of an expert.
        kv: Bytes of a number in the cache.
        activation: Which rate of compute holds: 0 for 16 bits, 1 for 8, 2 for 4.
        four_bits: 1 where weights of four bits are multiplied in sixteen (AWQ, GPTQ), 0 otherwise.
    """

    gpus: Values
    tensor: Values
    pipeline: Values
    expert: Values
    apart: Values
    bandwidth: Values
    peak: Values
    peak16: Values
    link: Values
    pcie: Values
    memory: Values
    weight: Values
    expert_weight: Values
    kv: Values
    activation: Values
    four_bits: Values

    @property
    def group(self) -> Values:
        """GPUs that work on one step: those of a stage."""
        return self.gpus / self.pipeline


def numbers(on: Layout, gpu: str, kind: str) -> str:
    """Say in which bits a GPU of some family keeps and multiplies the weights of a kind of model.

    Args:
        on: The layout of one replica.
        gpu: Name of the GPU, which its family begins.
        kind: `dense` or `experts`.
    """
    kept = 16 if on.expert_weight > 1 else 8 if on.expert_weight == 1 else 4
    return f"{gpu.partition('-')[0]} {kind} {kept} in {16 >> int(on.activation)}"


def stacked(each: Sequence[Layout]) -> Layout:
    """Stack layouts, one configuration after the other."""
    return Layout(**{f.name: np.array([getattr(one, f.name) for one in each]) for f in fields(Layout)})
