"""Spread: lay a model out on the GPUs of a catalog, in one of the ways that engines offer."""

from dataclasses import dataclass

import numpy as np

from pertoken.catalog.machines import Gpu
from pertoken.serving.layout import Layout
from pertoken.serving.precision import FOUR, SIXTEEN, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel:
    """How the GPUs of a replica share the work.

    Args:
        tensor: GPUs that share each matrix.
        pipeline: Stages one after the other.
        expert: GPUs that whole experts are spread over; 1 where each expert is cut.
        apart: Groups that run attention on sequences of their own.
    """

    tensor: int = 1
    pipeline: int = 1
    expert: int = 1
    apart: int = 1

    @property
    def gpus(self) -> int:
        """GPUs of a replica."""
        return self.tensor * self.pipeline * self.apart


def spread(gpu: Gpu, numbers: Precision, how: Parallel, *, kv: float = 2.0) -> Layout:
    """Lay a replica out.

    A kind of numbers that the GPU can't multiply is multiplied in 16 bits, after unpacking.

    Args:
        gpu: The GPU.
        numbers: How the weights are kept and multiplied.
        how: How the GPUs share the work.
        kv: Bytes of a number in the cache.
    """
    rate = multiplied(gpu, numbers)
    words = ("fp16",) if rate == SIXTEEN else numbers.rates
    peak = max(value for word, value in gpu.tflops.items() if word in words)
    values = {
        "gpus": how.gpus,
        "tensor": how.tensor,
        "pipeline": how.pipeline,
        "expert": how.expert,
        "apart": how.apart,
        "bandwidth": gpu.bandwidth_gb_s * 1e9,
        "peak": peak * 1e12,
        "peak16": gpu.tflops["fp16"] * 1e12,
        "link": gpu.link_gb_s * 1e9,
        "pcie": gpu.link == "pcie",
        "memory": gpu.memory_gb * 1e9,
        "weight": 2.0 if numbers.scope == "experts" else numbers.weight,
        "expert_weight": numbers.weight,
        "kv": kv,
        "activation": rate,
        "four_bits": numbers.weight < 1 and rate < FOUR,
    }
    return Layout(**{name: np.float64(value) for name, value in values.items()})


def multiplied(gpu: Gpu, numbers: Precision) -> int:
    """Say which kind of numbers a GPU multiplies these weights in."""
    return numbers.kind if any(word in gpu.tflops for word in numbers.rates) else SIXTEEN
