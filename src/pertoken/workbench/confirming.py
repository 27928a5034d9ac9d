"""Confirm a way to serve: let requests through the simulation at the rate that formulas gave, and find its own best."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pertoken.catalog.models import Architecture
from pertoken.core.errors import InputError
from pertoken.serving.arrivals import arrivals, lognormal
from pertoken.serving.book import Engine
from pertoken.serving.capacity import Targets
from pertoken.serving.demand import demand
from pertoken.serving.search import Choice
from pertoken.serving.simulated import Latency, Simulated
from pertoken.serving.sized import Sized
from pertoken.workbench.simulating import simulate_serving

__all__ = ["Confirmed", "confirm"]

WARM = 0.1
"""Share of the requests at the begin, while a replica fills, that are not looked at."""

FEWEST = 1000
"""Requests at least: ten of them lie beyond the 99th percentile."""

HALVINGS = 7
"""Steps of the search for the best rate, to one in a hundred of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What the simulation says of a way to serve.

    Args:
        choice: The way, with the rate and latencies of the formulas.
        ttft: Time to the first token at the best rate of the formulas. [s]
        tpot: Time of each later token there. [s]
        holds: Whether the targets hold there.
        best: Best rate at which they hold in the simulation, up to the full rate; 0 where at none. [1/s]
        requests: How many requests were simulated each time.
        seed: Of their arrivals and lengths.
    """

    choice: Choice
    ttft: Latency
    tpot: Latency
    holds: bool
    best: float
    requests: int
    seed: int


def confirm(
    found: Sized,
    model: str | Path | Architecture,
    *,
    choice: Choice | None = None,
    engine: str | Engine = "vllm",
    requests: int = 20_000,
    seed: int = 1,
    **more: float | str,
) -> Confirmed:
    """Simulate a way to serve that was found by formulas: one replica under requests that come by chance.

    Args:
        found: What `size` found.
        model: The model, as `size` was told.
        choice: Which of its ways; the cheapest if None.
        engine: The engine, as `size` was told.
        requests: How many requests; percentiles of fewer are less sure.
        seed: Of their arrivals and lengths.
        more: What else `size` was told of how it is served: `kv_precision`, `engine_version`, `prefix_share`.

    Raises:
        InputError: The way serves nothing, too few requests, or what is not simulated.

    >>> import pertoken as pt
    >>> sized = pt.size("llama-3.1-8b", ["h100"], rate=12, input_tokens=1200, output_tokens=250, tpot=0.04, max_gpus=1)
    >>> told = confirm(sized, "llama-3.1-8b", requests=5_000)
    >>> 0.8 < told.best / told.choice.best < 1.2
    True
    """
    one, targets = choice or found.best, found.wanted.targets
    if not one.best > 0:
        raise InputError(f"{one.gpus} x {one.gpu} serves nothing within the targets; expected a way that does")
    if requests < FEWEST:
        raise InputError(f"{requests} requests; expected at least {FEWEST:,}, of which ten lie beyond the 99th percent")
    load, rng = found.wanted.load, np.random.default_rng(seed)
    come = arrivals(np.ones(1), width=float(requests), rng=rng)
    prompts = lognormal(load.input_tokens, cv=float(load.spread), size=len(come), rng=rng)
    how: dict[str, Any] = {
        "model": model, "gpu": one.gpu, "count": one.gpus, "precision": one.precision, "engine": engine, **more,
        "attention_groups": one.apart,
    }  # fmt: skip

    def at(rate: float) -> Simulated:
        return simulate_serving(demand(come / rate, prompts, max(round(float(load.output_tokens)), 1)), **how)

    seen = at(one.best)
    warm = _warm(seen)
    return Confirmed(
        choice=one, ttft=seen.ttft(warm), tpot=seen.tpot(warm), holds=_within(seen, targets),
        best=_best(at, one, targets), requests=len(come), seed=seed,
    )  # fmt: skip


def _warm(seen: Simulated) -> slice:
    return slice(int(WARM * len(seen)), None)


def _within(seen: Simulated, targets: Targets) -> bool:
    """Tell whether so many requests as the targets say wait no longer."""
    warm = _warm(seen)
    first = seen.first[warm] - seen.arrival[warm]
    later = np.maximum(seen.output[warm] - 1, 1)
    each = (seen.done[warm] - seen.first[warm]) / later
    at_most = [float(np.quantile(times, targets.share)) for times in (first, each)]
    return at_most[0] <= targets.first and at_most[1] <= targets.each


def _best(at: Any, one: Choice, targets: Targets) -> float:  # noqa: ANN401  the simulation at a rate
    """Halve between rates that hold and that don't: latencies rise with the rate."""
    low, high = 0.0, one.full
    if _within(at(high), targets):
        return high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(at(middle), targets) else (low, middle)
    return low
