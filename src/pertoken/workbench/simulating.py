"""What requests see that come one by one to a model on GPUs of one's own: percentiles, by simulation."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pertoken.catalog.machines import Gpu
from pertoken.catalog.models import Architecture
from pertoken.connect.loads import read_load, refuse_unfit
from pertoken.core.errors import InputError
from pertoken.serving.asked import Asked
from pertoken.serving.book import Engine
from pertoken.serving.demand import Demand
from pertoken.serving.profile import Profile
from pertoken.serving.scheduler import Scheduler
from pertoken.serving.simulated import Simulated, simulate

RESERVING = ("trtllm", "tgi")
"""How the names of engines begin that give a request memory for its whole answer before it starts."""


def simulate_serving(
    requests: Demand,
    model: str | Path | Architecture,
    gpu: str | Gpu,
    count: int = 1,
    engine: str | Engine = "vllm",
    *,
    scheduler: Scheduler | None = None,
    replicas: int = 1,
    clients: int | None = None,
    bin_seconds: float = np.inf,
    progress: Callable[[float], None] | None = None,
    **more: Any,  # noqa: ANN401  as `estimate_serving` takes them
) -> Simulated:
    """Simulate a model on GPUs, step by step, under requests that come at their times.

    >>> import pertoken as pt
    >>> rng = np.random.default_rng(1)
    >>> come = pt.arrivals(np.array([4.0]), width=300.0, rng=rng)
    >>> seen = pt.simulate_serving(pt.demand(come, 1000, 200), "llama-3.1-8b", "h100")
    >>> seen.ttft().p50 < seen.ttft().p99 < 1
    True

    Args:
        requests: The requests, see `demand`.
        model: The model: a name, the path of its `config.json`, or its shape.
        gpu: The GPU.
        count: How many GPUs.
        engine: The engine, or a profile of your own.
        scheduler: How the engine schedules; as that engine does by default if None.
        replicas: How many times all that stands there.
        clients: Clients that ask in a loop, in place of the times of `requests`; for one replica.
        bin_seconds: Width of the bins of time that `Simulated.series` tells. [s]
        progress: Told how much is done, 0 to 1.
        more: What `estimate_serving` takes besides: precision, how GPUs share the work, `prefix_share`, drafted tokens,
            adapters, settings.

    Returns:
        What each request saw, and what replicas did.

    Raises:
        InputError: An unknown name, or a model or a request that does not fit.
    """
    asked = _asked(requests, {"model": model, "gpu": gpu, "count": count, "engine": engine, **more})
    return simulate(
        _with_prefix(requests, float(asked.aids.prefix_share)),
        asked.sizes,
        asked.layout,
        asked.settings,
        scheduler or default_scheduler(asked.engine.name, asked.settings, asked.how.apart),
        replicas=asked.replicas * replicas,
        clients=clients,
        bin_seconds=bin_seconds,
        aids=asked.aids,
        progress=progress,
    )


def _asked(requests: Demand, load: Mapping[str, Any]) -> Asked:
    """Read what serves the requests, and check that a replica has room for one."""
    mean = {"input_tokens": float(requests.input.mean()), "output_tokens": float(requests.output.mean())}
    asked = read_load({**load, **mean})
    if float(asked.aids.common_share) < 1:
        found = f"common_share {asked.aids.common_share:g} in a simulation"
        raise InputError(f"{found}; expected 1; say prefixes that requests have in part in common by `demand`")
    refuse_unfit(asked, load["gpu"])
    return asked


def _with_prefix(requests: Demand, share: float) -> Demand:
    """Let a share of each prompt be in the cache already."""
    if share == 0:
        return requests
    return replace(requests, common=np.floor(requests.input * share).astype(np.int32))


def default_scheduler(engine: str, settings: Profile, groups: int = 1) -> Scheduler:
    """Say how an engine schedules if it is not told.

    Args:
        engine: Its name.
        settings: Its constants, with the sequences and tokens that it takes at most.
        groups: Groups that run attention apart, each with as many sequences.
    """
    most = int(settings.most) * groups
    return Scheduler(
        policy="blocking" if settings.blocking else "chunked",
        most=most,
        budget=max(int(settings.chunk), most),
        reserve=engine.startswith(RESERVING),
    )
