"""Training: GPU-hours of a run from its arithmetic, the share of peak that it reaches, and the time that it loses."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.lines import Key, Usage
from pertoken.core.money import Values

Method = Literal["full", "recompute", "adapter", "forward"]

PASSES: dict[Method, int] = {"forward": 2, "adapter": 4, "full": 6, "recompute": 8}
"""FLOPs for each weight that a token goes through: 2 forward, 2 back to a layer's inputs, 2 back to its weights.

Adapters (LoRA) leave frozen weights without the last. Where activations are reckoned again to save memory, the forward
pass is paid twice. Sources: Kaplan et al. 2020, arXiv:2001.08361, section 2.1; Narayanan et al. 2021,
arXiv:2104.04473, section 5.1.
"""

TERA = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A training or fine-tuning run.

    Args:
        params: Weights that a token goes through: of a mixture of experts, the active ones.
        tokens: Tokens that it is trained on, over all epochs. [token]
        method: `full`, `recompute` (full, activations reckoned again), `adapter` (LoRA), or `forward` (scoring).
        adapter_params: Weights of the adapter itself, which are trained in full.
        attention: Layers times heads times width of a head, for the products within sequences; 0 leaves them out.
        sequence: Length of a sequence, for the same. [token]
    """

    params: float
    tokens: float
    method: Method = "full"
    adapter_params: float = 0.0
    attention: float = 0.0
    sequence: float = 0.0


def flops(run: Run) -> float:
    """Reckon the floating-point operations of a run.

    Attention of every token with half of its sequence is twice two products (scores, values) of that length, forward;
    back to their inputs each is done twice more, whether weights are frozen or not.

    >>> f"{flops(Run(params=405.85e9, tokens=15.6e12)):.2g}"  # Llama 3.1 405B: "3.8 x 10^25"
    '3.8e+25'

    Raises:
        InputError: A size below 0.
    """
    if min(run.params, run.tokens, run.adapter_params, run.attention, run.sequence) < 0 or run.method not in PASSES:
        raise InputError(f"a run of {run}; expected sizes of 0 or more and one of {', '.join(PASSES)}")
    passes = PASSES[run.method]
    within = max(passes // 2, 1) if run.method != "adapter" else 3
    attention = within * 2 * run.attention * run.sequence
    return run.tokens * (passes * run.params + PASSES["full"] * run.adapter_params + attention)


def gpu_hours(
    operations: Values | float, peak_tflops: Values | float, *, mfu: Values | float, lost_share: Values | float = 0.0
) -> Values:
    """Turn operations into GPU-hours.

    Args:
        operations: Floating-point operations.
        peak_tflops: Peak rate of a GPU in the precision that is trained in. [TFLOP/s]
        mfu: Share of the peak that counts for the model while it runs (model FLOPs utilisation).
        lost_share: Share of the paid time in which nothing is trained: failures, restarts, work done again.

    Raises:
        InputError: Shares that can't be.

    >>> megatron = flops(Run(params=175e9, tokens=300e9, method="recompute"))
    >>> float((gpu_hours(megatron, 312.0, mfu=140 / 312) / 24 / 1024).round())  # "34 days" on 1,024 A100
    34.0
    """
    peak, share, lost = (np.asarray(each, dtype=float) for each in (peak_tflops, mfu, lost_share))
    if not ((peak > 0) & (share > 0) & (share <= 1) & (lost >= 0) & (lost < 1)).all():
        raise InputError(f"peak {peak} TFLOP/s, MFU {share}, lost {lost}; expected a peak above 0 and shares to 1")
    hours: Values = np.asarray(operations, dtype=float) / (peak * TERA * share * 3600 * (1 - lost))
    return hours


def training_usage(hours: Values | float, *, month: str, labels: dict[str, str]) -> Usage:
    """State GPU-hours of a run as usage, which cards for GPU-hours rate like that of serving.

    Args:
        hours: GPU-hours, `(*batch,)`. [h]
        month: When.
        labels: What the card asks for: the GPU as `model`, `provider`, `tolerates_preemption`.

    >>> used = training_usage(6250.0, month="2027-01", labels={"model": "H100-80GB-SXM"})
    >>> used.records()
    [{'meter': 'gpu_hours', 'month': '2027-01', 'model': 'H100-80GB-SXM', 'quantity': 6250.0}]
    """
    keys = {"meter": "gpu_hours", "month": month, **labels}
    quantity = np.asarray(hours, dtype=float)[..., None]
    return Usage({name: Key.constant(label, 1) for name, label in keys.items()}, {"quantity": quantity})
