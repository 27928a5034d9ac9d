"""Lack: by how much a model does not fit into memory, and what would."""

from collections.abc import Iterator
from dataclasses import replace

from pertoken.catalog.machines import Gpu
from pertoken.serving.asked import Asked
from pertoken.serving.memory import WORKING, held, room, stored
from pertoken.serving.precision import PRECISIONS
from pertoken.serving.spread import spread

COUNTS = (1, 2, 4, 8, 16, 32, 64)
"""GPUs that are tried."""

SMALLER = ("fp8", "int4")
"""Precisions that are tried."""


def lacking(asked: Asked, gpu: Gpu) -> str:
    """Say by how much a load does not fit, and what would: more GPUs, fewer bits, a shorter context.

    Args:
        asked: The load.
        gpu: The GPU that it was asked for.
    """
    weights, one = float(stored(asked.sizes, asked.layout)), float(held(asked.sizes, asked.layout, _length(asked)))
    spare = float(asked.settings.spare)
    free = asked.how.gpus * (spare * gpu.memory_gb * 1e9 - WORKING)
    what = f"{asked.model} in {asked.precision}: {weights / 1e9:.1f} GB of weights and {one / 1e9:.1f} GB of cache"
    found = f"{what} for one sequence on {asked.how.gpus} x {gpu.name}, which has {max(free, 0) / 1e9:.1f} GB for both"
    ways = [*_more(asked, gpu), *_smaller(asked, gpu), *_shorter(asked)]
    mend = f"; would fit: {', or '.join(ways)}" if ways else ""
    return f"{found}: does not fit by {(weights + one - free) / 1e9:.1f} GB{mend}"


def _more(asked: Asked, gpu: Gpu) -> Iterator[str]:
    for count in COUNTS:
        tensor = count // (asked.how.pipeline * asked.how.apart)
        if tensor > asked.how.tensor:
            how = replace(asked.how, tensor=tensor)
            layout = replace(asked.layout, gpus=how.gpus, tensor=how.tensor)
            if _fits(replace(asked, how=how, layout=layout)):
                yield f"{how.gpus} x {gpu.name}"
                return


def _smaller(asked: Asked, gpu: Gpu) -> Iterator[str]:
    for name in SMALLER:
        layout = spread(gpu, PRECISIONS[name], asked.how, kv=float(asked.layout.kv))
        if float(layout.expert_weight) < float(asked.layout.expert_weight) and _fits(replace(asked, layout=layout)):
            yield name
            return


def _shorter(asked: Asked) -> Iterator[str]:
    left = float(room(asked.sizes, asked.layout, spare=asked.settings.spare))
    tokens = left / float(held(asked.sizes, asked.layout, 1.0)) if left > 0 else 0.0
    if tokens > 1:
        yield f"at most {int(tokens):,} tokens of context"


def _fits(asked: Asked) -> bool:
    left = room(asked.sizes, asked.layout, spare=asked.settings.spare)
    return bool(left >= held(asked.sizes, asked.layout, _length(asked)))


def _length(asked: Asked) -> float:
    """Context that a sequence holds on average over its life."""
    return asked.input_tokens + asked.output_tokens / 2
