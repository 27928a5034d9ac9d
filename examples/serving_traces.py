"""Real traces through simulated engines: what users wait for, how bursts hurt, and what a prefix cache finds.

python examples/serving_traces.py
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np

import pertoken as pt
from examples.servegen import traces
from pertoken.serving.demand import Demand
from pertoken.serving.scheduler import Router
from pertoken.serving.simulated import Simulated

MODEL, GPU = "llama-3.1-8b", "h100"
AZURE = "azure_llm_2023_conv.parquet"
MOONCAKE = "mooncake_conversation_0_30min.parquet"
SERVEGEN = "servegen_mlarge_client_10min_days00_10.parquet"
WINDOW, WINDOWS = 600, 144
"""Width of ServeGen's windows [s], and how many a day has."""
CUSTOMER = 148
"""A customer that sends 24 requests a second at most, in bursts."""
ROUTERS: tuple[Router, ...] = ("round_robin", "least_loaded", "prefix")


def azure(folder: Path) -> Demand:
    """Read an hour of chat, request by request."""
    asked = f"SELECT epoch_ms(timestamp) / 1e3, input_tokens, output_tokens FROM '{folder / AZURE}' ORDER BY timestamp"
    times, prompts, answers = np.array(duckdb.connect().execute(asked).fetchall()).T
    return pt.demand(times - times[0], prompts, answers)


def mooncake(folder: Path) -> Demand:
    """Read half an hour of chat with the blocks of its prompts."""
    asked = f"SELECT timestamp_ms / 1e3, input_tokens, output_tokens, hash_ids FROM '{folder / MOONCAKE}' ORDER BY ALL"
    times, prompts, answers, blocks = zip(*duckdb.connect().execute(asked).fetchall(), strict=True)
    return pt.demand(times, prompts, answers, prefixes=blocks, per_id=512)


def bursts(folder: Path) -> dict[str, Demand]:
    """Draw a day of one of ServeGen's customers: by chance, and in bursts as uneven as it sends them."""
    asked = f"""
        SELECT t_start_s // {WINDOW}, rate_rps, iat_cv FROM '{folder / SERVEGEN}'
        WHERE client_id = {CUSTOMER} AND t_start_s < {WINDOW * WINDOWS} ORDER BY ALL
    """
    window, rate, cv = np.array(duckdb.connect().execute(asked).fetchall(), dtype=float).T
    rates = np.zeros(WINDOWS)
    rates[window.astype(int)] = rate
    uneven = float(np.average(cv, weights=rate))
    drawn = {}
    for name, variation in (("by chance", 1.0), (f"in bursts of variation {uneven:.1f}", uneven)):
        rng = np.random.default_rng(1)
        come = pt.arrivals(rates, width=WINDOW, rng=rng, cv=variation)
        drawn[name] = pt.demand(come, *(pt.lognormal(n, cv=0.8, size=len(come), rng=rng) for n in (1200, 250)))
    return drawn


def rows(folder: Path) -> Iterator[tuple[str, Demand, Simulated]]:
    """Simulate each of them."""
    hour, talk = azure(folder), mooncake(folder)
    yield "Azure, 1 GPU", hour, pt.simulate_serving(hour, MODEL, GPU)
    for name, day in bursts(folder).items():
        spread = pt.Scheduler(router="least_loaded")
        yield f"ServeGen, {name}, 3 GPUs", day, pt.simulate_serving(day, MODEL, GPU, replicas=3, scheduler=spread)
    for router in ROUTERS:
        many = pt.simulate_serving(talk, MODEL, GPU, replicas=8, scheduler=pt.Scheduler(router=router))
        yield f"Mooncake, 8 GPUs, {router}", talk, many


def main() -> None:
    """Print a line for each."""
    print(f"{'':<48}{'requests':>9}{'TTFT p50':>10}{'p99':>8}{'TPOT p50':>10}{'p99':>8}{'found':>8}")
    for name, requests, seen in rows(traces()):
        first, each = seen.ttft(), seen.tpot()
        found = seen.found / requests.input.sum(dtype=np.int64)
        print(
            f"{name:<48}{len(seen):>9,}{first.p50:>9.2f}s{first.p99:>7.2f}s"
            f"{1e3 * each.p50:>8.1f}ms{1e3 * each.p99:>6.1f}ms{100 * found:>7.1f}%"
        )


if __name__ == "__main__":
    main()
