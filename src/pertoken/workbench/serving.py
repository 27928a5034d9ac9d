"""What serving an open model on GPUs of one's own gives: tokens a second and latencies, with their bands."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pertoken.catalog.machines import Gpu
from pertoken.catalog.models import Architecture
from pertoken.connect import engines
from pertoken.connect.aiconfigurator_opinion import Opinion, opinion
from pertoken.connect.loads import find_machine, read_load
from pertoken.core.errors import InputError
from pertoken.serving.asked import Range, ServingEstimate, reckon
from pertoken.serving.book import Engine
from pertoken.serving.lack import lacking

__all__ = ["Opinion", "Range", "ServingEstimate", "estimate_serving", "estimate_servings", "second_opinion"]


def estimate_serving(
    model: str | Path | Architecture,
    gpu: str | Gpu,
    count: int = 1,
    engine: str | Engine = "vllm",
    *,
    input_tokens: float,
    output_tokens: float,
    engine_version: str = "",
    precision: str = "",
    kv_precision: str = "",
    concurrency: float | str | None = None,
    rate: float | None = None,
    tensor: int | None = None,
    pipeline: int | None = None,
    expert: int | None = None,
    attention_groups: int | None = None,
    **more: float,
) -> ServingEstimate:
    """Estimate what a model served on GPUs gives under a load: tokens and requests a second, TTFT, TPOT.

    >>> import pertoken as pt
    >>> found = pt.estimate_serving(
    ...     "llama-3.3-70b", "H100", 2, engine="trtllm", precision="fp8", input_tokens=1000, output_tokens=1000
    ... )
    >>> found.output_tokens_per_second.p10 < 4205 < found.output_tokens_per_second.p90  # published: TensorRT-LLM 1.0
    True

    Args:
        model: The model: a name, the path of its `config.json`, or its shape.
        gpu: The GPU: a name as clouds or benchmarks write it (`H100-SXM-80GB`), or its data.
        count: How many GPUs.
        engine: `vllm`, `trtllm`, `sglang`, `tgi`, another name, or a profile of your own: its file, or its record.
        input_tokens: Length of a prompt. [token]
        output_tokens: Length of an answer. [token]
        engine_version: Version of the engine; the newest known if empty.
        precision: Of the weights: `bf16`, `fp8`, `int8`, `int4` (AWQ, GPTQ), `fp4`, `mxfp4`; if empty, as named.
        kv_precision: Of the cache: `bf16`, `fp8`; what the engine does with such weights if empty.
        concurrency: Clients in a closed loop; `max`, or None without a rate, for all there is room for; `rate:8`.
        rate: Requests that come whatever is answered, as `rate:8` says too. [1/s]
        tensor: GPUs that share each matrix; all if not said. With fewer, a dense model has replicas, and one with
            experts runs attention apart on each group, with experts over all GPUs.
        pipeline: Stages one after the other.
        expert: GPUs that whole experts are spread over.
        attention_groups: Groups that run attention on sequences of their own.
        more: `prefix_share` of each prompt that is in the cache, of which memory holds the `common_share` of all
            requests once (1 if not said); tokens `drafted` for a sequence in a step, those `accepted`, the share of a
            step that `drafting` takes, and that LoRA `adapters` add; `max_sequences`, `max_chunk`, `memory_share`.

    Returns:
        The estimate, each number with what one in ten lies below and above, from errors on runs that were held out.

    Raises:
        InputError: An unknown name, a number that can't be, or a model that does not fit; with what would.
    """
    load = {name: said for name, said in locals().items() if name != "more"} | more
    (found,) = estimate_servings([load])
    if found.binds == "memory":
        raise InputError(lacking(read_load(load), find_machine(gpu)))
    return found


def estimate_servings(loads: Iterable[Mapping[str, Any]]) -> list[ServingEstimate]:
    """Estimate many loads at once, each said by the names that `estimate_serving` takes.

    One that does not fit comes back as NaN, with a note.

    Raises:
        InputError: An unknown name, or a number that can't be; with the place in the list.
    """
    asked = []
    for place, load in enumerate(loads):
        try:
            asked.append(read_load(load))
        except InputError as error:
            raise InputError(f"load {place + 1}: {error}" if place else str(error), error.faults) from error
    return reckon(asked, engines.book()) if asked else []


def second_opinion(
    model: str | Path | Architecture, gpu: str | Gpu, count: int = 1, engine: str | Engine = "vllm", **load: object
) -> Opinion:
    """Ask AIConfigurator, an extra, about a load that `estimate_serving` takes.

    Args:
        model: The model.
        gpu: The GPU.
        count: How many GPUs.
        engine: The engine; AIConfigurator has measured kernels of `vllm`, `trtllm` and `sglang`.
        load: The load, by the names that `estimate_serving` takes; clients in a closed loop.

    Raises:
        InputError: It is not installed, or has no answer.
    """
    return opinion(read_load({"model": model, "gpu": gpu, "count": count, "engine": engine, **load}))
