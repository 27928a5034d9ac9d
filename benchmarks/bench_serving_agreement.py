"""Formulas of open loads beside the simulation that they stand for, and both beside a published sweep of request rates.

No floor and no time: `--full` notes errors, as the page on the simulation tells them. Rates are shares of what a
replica serves at most; 20,000 requests come by chance, of which the first tenth is not looked at. The sweep is
TensorRT-LLM 0.14's on H100, of which only mean lengths are published; it is left out where the shared data are
absent.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

import pertoken as pt
from pertoken.connect.loads import read_load
from pertoken.serving.arrivals import lognormal
from pertoken.serving.busiest import seen_at
from pertoken.serving.percentiles import Load

PLACES = (
    ("llama-3.1-8b", "l4", 1, "fp8"),
    ("qwen2.5-7b", "a100-80gb", 1, "bf16"),
    ("llama-3.1-8b", "h100", 1, "fp8"),
    ("qwen3-32b", "h100", 2, "bf16"),
    ("llama-3.3-70b", "h200", 2, "fp8"),
    ("gpt-oss-120b", "h200", 1, "mxfp4"),
)
LENGTHS = ((200, 200, 0.0), (1000, 250, 0.5), (4000, 100, 0.0), (500, 1000, 0.5), (2000, 500, 0.0))
SHARES = (0.30, 0.60, 0.82)
TOLD = (("ttft", "mean"), ("ttft", "p99"), ("tpot", "mean"), ("tpot", "p99"))
POINTS = Path(__file__).parents[1] / ".." / "shared" / "data" / "serving" / "measured_points.csv"
SWEEP = "Online Serving Measurements (v0.14.0"


def both(place, lengths, share, requests):
    """What formulas say by what is simulated, of each latency that is told."""
    model, gpu, count, precision = place
    prompt, answer, spread = lengths
    how = {"model": model, "gpu": gpu, "count": count, "precision": precision}
    of = {"input_tokens": prompt, "output_tokens": answer}
    alone = pt.estimate_serving(**how, **of, concurrency="max")
    rate = share * alone.requests_per_second.p50
    rng = np.random.default_rng(7)
    come = pt.arrivals(np.ones(1), width=float(requests), rng=rng)
    prompts = lognormal(prompt, cv=spread, size=len(come), rng=rng)
    seen = pt.simulate_serving(pt.demand(come / rate, prompts, answer), **how)
    warm = slice(len(seen) // 10, None)
    load = Load(input_tokens=prompt, output_tokens=answer, spread=spread)
    said = dict(zip(("ttft", "tpot"), seen_at(read_load(how | of), load, rate, alone.running), strict=True))
    return [said[what][at] / getattr(getattr(seen, what)(warm), at) for what, at in TOLD]


def test_formulas_beside_the_simulation(full, note):
    places, lengths = (PLACES, LENGTHS) if full else (PLACES[2:3], LENGTHS[1:2])
    for share in SHARES:
        found = np.array([both(p, each, share, 20_000 if full else 2_000) for p in places for each in lengths]) - 1
        assert np.isfinite(found).all()
        low, middle, high = np.quantile(found, [0.1, 0.5, 0.9], axis=0)
        if full:
            each = zip(TOLD, low, middle, high, strict=True)
            words = ", ".join(f"{w} {a} {m:+.0%} ({lo:+.0%} to {hi:+.0%})" for (w, a), lo, m, hi in each)
            note(f"{share:.0%} of the full rate, {len(found)} loads: {words}")
        else:
            assert (np.abs(middle[[0, 2]]) < 0.25).all()


def sweep():
    """Points of the sweep: what they are of, and what was measured."""
    points: dict[tuple[str, ...], dict[str, float]] = {}
    with POINTS.open(newline="") as lines:
        for row in csv.DictReader(lines):
            if SWEEP in row["source"] and row["concurrency"].startswith("rate:") and "SUSPECT" not in row["notes"]:
                key = tuple(row[name] for name in ("model", "gpu", "n_gpu", "isl", "osl", "concurrency"))
                points.setdefault(key, {})[row["metric"]] = float(row["value"])
    return points


def measured_beside(key):
    """What is simulated, and what formulas say, of a point: tokens a second, later tokens, first token."""
    model, gpu, count, prompt, answer, come = key
    rate, requests = float(come.removeprefix("rate:")), 500
    how = {"gpu": gpu, "count": int(count), "engine": "trtllm", "engine_version": "0.14", "precision": "bf16"}
    runs = []
    for seed in range(5):
        times = pt.arrivals(np.ones(1), width=float(requests), rng=np.random.default_rng(seed)) / rate
        seen = pt.simulate_serving(pt.demand(times, int(prompt), int(answer)), model, **how)
        tokens = len(seen) * int(answer) / (float(np.max(seen.done)) - times[0])
        runs.append((tokens, seen.tpot().mean, seen.ttft().mean))
    said = pt.estimate_serving(model, **how, input_tokens=int(prompt), output_tokens=int(answer), rate=rate)
    steady = (said.output_tokens_per_second.p50, said.tpot_seconds.p50, said.ttft_seconds.p50)
    return np.mean(runs, axis=0), np.array(steady)


def test_a_published_sweep_of_rates(full, note):
    if not POINTS.is_file():
        pytest.skip("shared data are not beside the checkout")
    points = {key: told for key, told in sweep().items() if not key[-1].endswith("INF")}
    points = points if full else dict(list(points.items())[:1])
    of = [(each["output_tps_total"], each["itl_mean"] / 1000, each["ttft_mean"] / 1000) for each in points.values()]
    made = np.array([measured_beside(key) for key in points])
    off = np.abs(made / np.array(of)[:, None, :] - 1)
    assert off.shape == (len(points), 2, 3)
    for name, found in zip(("simulation", "steady state"), off.swapaxes(0, 1), strict=True):
        words = zip(("tokens/s", "TPOT", "TTFT"), found.mean(axis=0), np.median(found, axis=0), strict=True)
        if full:
            note(f"{name}, {len(points)} points: " + ", ".join(f"{w} {a:.0%} / {m:.0%}" for w, a, m in words))
        else:
            assert (found < 1).all()
