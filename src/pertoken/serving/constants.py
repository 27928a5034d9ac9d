"""Constants: what is fitted of a profile, within which physical bounds, and where it is thought to lie beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pertoken.serving.profile import Profile


@dataclass(frozen=True, slots=True)
class Constant:
    """One number that is fitted, as its logarithm.

    Args:
        start: Where it is thought to lie.
        low: Least that physics allows.
        high: Most that physics allows.
        spread: Standard deviation of its logarithm beforehand.
        apart: Standard deviation of the logarithm of an engine's own about that of all; 0 if all engines share it.
    """

    start: float
    low: float
    high: float
    spread: float
    apart: float = 0.0


TABLE = {
    "knee": Constant(2.0, 1.0, 8.0, 0.4),
    "weights": Constant(0.88, 0.6, 0.95, 0.05, 0.07),
    "steeper": Constant(0.1, 0.01, 0.5, 0.5),
    "cache": Constant(0.8, 0.4, 1.0, 0.2, 0.15),
    "compute16": Constant(0.7, 0.3, 0.95, 0.2, 0.15),
    "compute8": Constant(0.62, 0.3, 0.95, 0.2, 0.2),
    "compute4": Constant(0.5, 0.2, 0.95, 0.3, 0.15),
    "attention": Constant(0.45, 0.1, 0.8, 0.3),
    "unpacked": Constant(0.7, 0.3, 1.0, 0.3, 0.3),
    "routed": Constant(1.2, 1.0, 3.0, 0.3, 0.15),
    "crowded": Constant(1.4, 1.0, 4.0, 0.4, 0.2),
    "skew": Constant(0.5, 0.01, 1.5, 0.7),
    "hop": Constant(6e-6, 1e-6, 3e-5, 0.5, 0.4),
    "hop_pcie": Constant(15e-6, 3e-6, 1e-4, 0.4, 1.0),
    "growth": Constant(0.3, 0.02, 2.0, 0.7),
    "wire": Constant(0.55, 0.15, 1.0, 0.3, 0.3),
    "wire_pcie": Constant(0.5, 0.1, 1.0, 0.2, 1.0),
    "layer": Constant(4e-5, 3e-6, 2e-4, 0.6, 0.4),
    "expert": Constant(2e-5, 1e-6, 2e-4, 0.7, 0.4),
    "fused": Constant(0.5, 0.05, 1.0, 0.5),
    "newer": Constant(0.4, 0.02, 1.0, 0.5),
    "launch": Constant(3e-5, 5e-6, 1e-4, 0.5, 0.7),
    "step": Constant(1e-3, 2e-5, 2e-2, 0.8, 0.8),
    "sequence": Constant(5e-6, 1e-7, 3e-4, 0.8, 0.8),
    "token": Constant(3e-7, 1e-9, 1e-5, 0.8, 0.8),
    "request": Constant(2e-2, 1e-3, 2e-1, 0.7, 0.6),
    "slower": Constant(1.0, 0.05, 10.0, 0.7),
    "turns": Constant(1.5, 0.5, 15.0, 0.5, 0.5),
    "wait": Constant(0.3, 0.02, 1.0, 0.5, 0.5),
    "uneven": Constant(1.3, 1.0, 4.0, 0.4),
}
"""What is fitted. [s] where it is a time."""

SHARES = ("weights", "cache", "unpacked", "wire", "wire_pcie", "wait")
"""Constants that can't pass 1, whatever an engine's own deviation."""

TIED = {
    "compute16": "compute",
    "compute4": "compute",
    "hop": "hop",
    "hop_pcie": "hop_pcie",
    "wire": "wire",
    "wire_pcie": "wire_pcie",
}
"""Constants that deviate together: an engine's kernels are good or bad at all of them."""

DEVIATIONS = {TIED.get(name, name): constant.apart for name, constant in TABLE.items() if constant.apart}
"""What an engine has of its own, and how far from 0 the logarithm of its ratio is thought to lie."""

DRIFT = {("vllm-0.7", "step"): 10.0, ("tgi", "launch"): 10.0}
"""Times that an era's constant is thought to be that of the era that followed, or of all where none did: before its
scheduler was written anew in 2025, vLLM spent 3 to 4 ms of each step in Python, and some tenths of a millisecond after
that; TGI 1 launched each layer kernel by kernel, from Python."""

WIDEST = 2.5
"""Most that the logarithm of such a ratio may be."""


def profile(
    constants: Mapping[str, float], *, most: float, chunk: float, spare: float, blocking: bool = False
) -> Profile:
    """Make a profile of constants by name, and of what the engine is set to.

    Args:
        constants: Those of `TABLE`; one that a file of an earlier day lacks is taken as it is thought beforehand.
        most: Sequences that it runs at once at most.
        chunk: Tokens of prompts that a step takes at most.
        spare: Share of the memory that it takes for itself.
        blocking: Whether answers stand still while prompts are read.
    """
    whole = {
        name: np.float64(constants.get(name, TABLE[name].start))
        for name in TABLE
        if not name.startswith(("compute", "hop", "wire"))
    }
    return Profile(
        **whole,
        compute=np.array([constants[f"compute{bits}"] for bits in (16, 8, 4)]),
        hop=np.array([constants["hop"], constants["hop_pcie"]]),
        wire=np.array([constants["wire"], constants["wire_pcie"]]),
        most=np.float64(most),
        chunk=np.float64(chunk),
        spare=np.float64(spare),
        blocking=np.float64(blocking),
    )
