"""A second opinion on a load from AIConfigurator, which interpolates times of kernels measured on each GPU."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from math import isfinite
from typing import Any

from pertoken.core.errors import InputError, nearest
from pertoken.serving.asked import Asked
from pertoken.serving.precision import EIGHT, FOUR
from pertoken.serving.steady import seats

MODELS = {
    "llama-3.1-8b": "meta-llama/Meta-Llama-3.1-8B",
    "llama-3.3-70b": "meta-llama/Meta-Llama-3.1-70B",
    "llama-3.1-405b": "meta-llama/Meta-Llama-3.1-405B",
    "mixtral-8x7b": "mistralai/Mixtral-8x7B-v0.1",
    "mixtral-8x22b": "mistralai/Mixtral-8x22B-v0.1",
    "qwen3-8b": "Qwen/Qwen3-8B",
    "qwen3-32b": "Qwen/Qwen3-32B",
    "qwen3-30b-a3b": "Qwen/Qwen3-30B-A3B",
    "qwen3-235b-a22b": "Qwen/Qwen3-235B-A22B",
    "deepseek-v3": "deepseek-ai/DeepSeek-V3",
    "minimax-m2.5": "MiniMaxAI/MiniMax-M2.5",
    "kimi-k2": "moonshotai/Kimi-K2-Instruct",
    "gpt-oss-20b": "openai/gpt-oss-20b",
    "gpt-oss-120b": "openai/gpt-oss-120b",
}
"""Models that both know: its name by ours."""

SYSTEMS = {
    "A100-80GB-SXM": "a100_sxm",
    "L40S-48GB": "l40s",
    "H100-80GB-SXM": "h100_sxm",
    "H200-141GB-SXM": "h200_sxm",
    "B200-180GB": "b200_sxm",
    "B300-288GB": "b300_sxm",
    "GB200-186GB": "gb200",
    "RTXPRO6000-96GB": "rtx_pro_6000_server",
}
"""GPUs that it has measured kernels of: its name by ours."""

KINDS = {EIGHT: "fp8", FOUR: "nvfp4"}
"""Its names for numbers that are multiplied."""

VERSION = "current"
"""Version of the engine: its word for the newest that it has measured whole; looking for it costs seconds each time."""

CHUNK = 8192
"""Tokens of prompts in a step; its own default, the length of one prompt, is off by up to ten times for short ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What AIConfigurator says of a load.

    Args:
        output_tokens_per_second: Of all replicas.
        ttft_seconds: Time to the first token.
        tpot_seconds: Time of each later token.
        engine: Engine and version that its kernels were measured with.
    """

    output_tokens_per_second: float
    ttft_seconds: float
    tpot_seconds: float
    engine: str


def opinion(asked: Asked) -> Opinion:
    """Ask AIConfigurator about a load of clients in a closed loop.

    Args:
        asked: The load.

    Raises:
        InputError: It is not installed, doesn't know the model, the GPU or such a load, or has no data for it.
    """
    if isfinite(asked.rate):
        raise InputError("AIConfigurator knows clients in a closed loop, not requests a second; say concurrency")
    model, system = _its(MODELS, asked.shape, "model"), _its(SYSTEMS, asked.gpu, "GPU")
    estimate = _estimate()
    try:
        said = estimate(model, system, **_words(asked))
    except Exception as error:
        raise InputError(f"AIConfigurator has no answer for {asked.model} on {asked.gpu}: {error}") from error
    return Opinion(
        output_tokens_per_second=float(said.raw["tokens/s/gpu"]) * asked.how.gpus * asked.replicas,
        ttft_seconds=float(said.ttft) / 1e3,
        tpot_seconds=float(said.tpot) / 1e3,
        engine=f"{said.backend_name} {said.backend_version}",
    )


def _words(asked: Asked) -> dict[str, Any]:
    """Say a load in its words."""
    room = float(seats(asked.sizes, asked.layout, asked.settings, asked.input_tokens + asked.output_tokens / 2))
    clients = min(asked.clients / asked.replicas, room) / asked.how.apart
    words: dict[str, Any] = {
        "backend_name": asked.engine.era.name.partition("-")[0],
        "backend_version": VERSION,
        "isl": round(asked.input_tokens),
        "osl": round(asked.output_tokens),
        "batch_size": max(int(clients), 1),
        "ctx_tokens": CHUNK,
        "tp_size": asked.how.tensor,
        "pp_size": asked.how.pipeline,
        "attention_dp_size": asked.how.apart,
        "prefix": round(asked.input_tokens * float(asked.aids.prefix_share)),
    }
    if asked.sizes.experts > 1:
        words |= {"moe_ep_size": asked.how.expert, "moe_tp_size": max(asked.how.gpus // asked.how.expert, 1)}
    if (kind := int(asked.layout.activation)) in KINDS and asked.layout.weight < 2:  # noqa: PLR2004  bytes of 16 bits
        words |= {"gemm_quant_mode": KINDS[kind]} | ({"moe_quant_mode": KINDS[kind]} if "moe_ep_size" in words else {})
    return words


def _its(names: dict[str, str], name: str, what: str) -> str:
    if name not in names:
        raise InputError(f"AIConfigurator's {what} for {name!r} is not known; {nearest(name, names)}")
    return names[name]


def _estimate() -> Callable[..., Any]:
    try:
        found: Callable[..., Any] = import_module("aiconfigurator.cli.api").cli_estimate
    except ImportError as error:
        raise InputError(
            "AIConfigurator is not installed; it is an extra of 120 MB: pip install 'pertoken[aiconfigurator]'"
        ) from error
    return found
