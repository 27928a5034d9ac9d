"""Tuned: what it costs to fine-tune a model again and again, on the cheapest of the GPUs for rent."""

from collections.abc import Sequence
from dataclasses import dataclass

from pertoken.catalog.machines import Gpu, Offer
from pertoken.core.errors import InputError
from pertoken.serving.training import Method, Run, flops, gpu_hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """How a model is fine-tuned.

    Args:
        tokens: Tokens of one run, over all epochs. [token]
        every_months: Months until it is done again.
        method: `full`, `recompute` (full, activations reckoned again) or `adapter` (LoRA).
        mfu: Share of the peak of the GPU that counts for the model.
    """

    tokens: float
    every_months: float = 12.0
    method: Method = "full"
    mfu: float = 0.35

    def __post_init__(self) -> None:
        """Refuse what can't be."""
        if not (self.tokens > 0 and self.every_months > 0):
            raise InputError(f"{self}; expected tokens and months above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What fine-tuning costs.

    Args:
        gpu: GPU that it is cheapest on.
        hours: GPU-hours of a run. [h]
        usd_per_gpu_hour: Price of one of them, on demand. [USD/h]
        every_months: Months until it is done again.
    """

    gpu: str
    hours: float
    usd_per_gpu_hour: float
    every_months: float

    @property
    def once(self) -> float:
        """Cost of a run [USD]."""
        return self.hours * self.usd_per_gpu_hour

    @property
    def monthly(self) -> float:
        """The same by the month [USD/month]."""
        return self.once / self.every_months


def tuned(tuning: Tuning, params: float, gpus: Sequence[Gpu], offers: Sequence[Offer]) -> Tuned:
    """Price fine-tuning on each GPU on demand, and take the cheapest.

    Args:
        tuning: How it is fine-tuned.
        params: Weights that a token goes through.
        gpus: GPUs that may be taken.
        offers: Machines for rent.

    Raises:
        InputError: None of the GPUs is sold on demand.
    """
    work = flops(Run(params=params, tokens=tuning.tokens, method=tuning.method))
    found = []
    for gpu in gpus:
        prices = [float(o.usd_per_gpu_hour) for o in offers if o.gpu == gpu.name and o.purchase == "on_demand"]
        if prices:
            hours = float(gpu_hours(work, gpu.tflops["fp16"], mfu=tuning.mfu))
            found.append(
                Tuned(gpu=gpu.name, hours=hours, usd_per_gpu_hour=min(prices), every_months=tuning.every_months)
            )
    if not found:
        names = ", ".join(gpu.name for gpu in gpus)
        raise InputError(f"no {names} for rent on demand to fine-tune on; allow more providers, or say prices")
    return min(found, key=lambda one: one.once)
