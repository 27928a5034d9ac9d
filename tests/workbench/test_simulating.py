"""Simulations through the front door, on published runs and real traces."""

import csv
from collections import defaultdict

import duckdb
import numpy as np
import pytest

import pertoken as pt
from examples.servegen import traces
from pertoken.core.errors import InputError
from pertoken.workbench.simulating import default_scheduler

POINTS = traces().parent / "serving" / "measured_points.csv"
METRICS = ("output_tps_total", "itl_mean", "ttft_mean")
needs_points = pytest.mark.skipif(not POINTS.exists(), reason="no measured points here: docs/how-to/real-traces.md")
needs_traces = pytest.mark.skipif(not traces().exists(), reason="no traces here: docs/how-to/real-traces.md")


def sweep():
    """Read the sweep of request rates that TensorRT-LLM's page prints: what was asked, and what was measured."""
    points: dict[tuple[str, int, int, int, str], dict[str, float]] = defaultdict(dict)
    with POINTS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["concurrency"].startswith("rate:") and row["engine"] == "TensorRT-LLM":
                asked = (row["model"], int(row["n_gpu"]), int(row["isl"]), int(row["osl"]), row["concurrency"][5:])
                points[asked][row["metric"]] = float(row["value"])
    return points


@needs_points
def test_the_published_sweep_of_request_rates_is_met():
    errors = []
    for (model, count, prompt, answer, said), measured in sweep().items():
        rate = float(said)
        if np.isinf(rate):
            continue
        come = pt.arrivals(np.array([rate]), width=700 / rate, rng=np.random.default_rng(1))[:500]
        seen = pt.simulate_serving(
            pt.demand(come, prompt, answer), model, "H100-SXM-80GB", count, "trtllm", engine_version="0.14.0"
        )
        found = (seen.output_rate, 1e3 * seen.tpot().mean, 1e3 * seen.ttft().mean)
        errors.append([abs(one / measured[name] - 1) for one, name in zip(found, METRICS, strict=True)])
    assert len(errors) == 23
    assert np.median(errors, axis=0) == pytest.approx([0.0, 0.0, 0.0], abs=0.20)
    assert np.mean(errors, axis=0)[1:] == pytest.approx([0.0, 0.0], abs=0.25)


@needs_traces
def test_conversations_are_found_in_the_cache_as_often_as_they_repeat():
    """With memory for all, what is found is what a plain look-back over the trace finds."""
    path = traces() / "mooncake_conversation_0_30min.parquet"
    rows = (
        duckdb.connect()
        .execute(f"SELECT timestamp_ms, input_tokens, output_tokens, hash_ids FROM '{path}' LIMIT 800")
        .fetchall()
    )
    times, prompts, answers, ids = zip(*rows, strict=True)
    requests = pt.demand(np.array(times) / 1e3, prompts, answers, prefixes=ids, per_id=512)
    scheduler = pt.Scheduler(most=1000, budget=1_000_000)
    told = pt.simulate_serving(requests, "llama-3.1-8b", "b200", 8, scheduler=scheduler)
    known, expected = set(), 0
    for prompt, blocks in zip(prompts, ids, strict=True):
        whole = blocks[: prompt // 512]
        count = next((k for k, block in enumerate(whole) if block not in known), len(whole))
        expected += min(512 * count, prompt - 1)
        known.update(whole)
    assert told.preempted == 0
    assert told.found == expected > 0
    assert told.prompted + told.found == sum(prompts)


def test_a_shared_prompt_is_read_once():
    requests = pt.demand(np.arange(50) * 0.5, 1000, 20)
    plain, shared = (pt.simulate_serving(requests, "llama-3.1-8b", "h100", prefix_share=p) for p in (0.0, 0.75))
    assert (plain.prompted, shared.prompted) == (50_000, 12_500)
    assert shared.ttft().mean < plain.ttft().mean


def test_each_group_that_runs_attention_apart_holds_a_shared_prompt():
    requests = pt.demand(np.arange(5) * 0.5, 4096, 20)
    plain, shared = (
        pt.simulate_serving(requests, "deepseek-r1", "h200", 8, attention_groups=8, prefix_share=p) for p in (0.0, 0.5)
    )
    assert plain.capacity - shared.capacity == 8 * 2048 // 16


def test_gpus_beyond_a_replica_are_replicas():
    requests = pt.demand(np.arange(80) * 0.1, 1000, 20)
    told = pt.simulate_serving(requests, "llama-3.1-8b", "h100", 4, tensor=2, replicas=3)
    assert told.replicas == 6
    assert set(told.place) == set(range(6))


@pytest.mark.parametrize(
    ("engine", "policy", "reserve"),
    [
        ("vllm", "chunked", False),
        ("vllm-0.7", "blocking", False),
        ("tgi", "blocking", True),
        ("trtllm-1.0", "chunked", True),
    ],
)
def test_engines_schedule_as_they_do_by_default(engine, policy, reserve):
    from pertoken.connect.engines import book  # noqa: PLC0415

    made = default_scheduler(engine, book().engine(engine).profile())
    assert (made.policy, made.reserve) == (policy, reserve)


def test_drafts_that_are_mostly_right_shorten_answers():
    requests = pt.demand([0.0], 100, 200)
    plain = pt.simulate_serving(requests, "llama-3.1-8b", "h100")
    drafted = pt.simulate_serving(requests, "llama-3.1-8b", "h100", drafted=3, accepted=3, drafting=0.1)
    said = pt.estimate_serving(
        "llama-3.1-8b", "h100", input_tokens=100, output_tokens=200, concurrency=1, drafted=3, accepted=3, drafting=0.1
    )
    assert drafted.tpot().mean == pytest.approx(said.tpot_seconds.p50, rel=0.01)
    assert drafted.tpot().mean < 0.5 * plain.tpot().mean


def test_a_model_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match=r"does not fit by .* GB; would fit"):
        pt.simulate_serving(pt.demand([0.0], 10, 10), "llama-3.1-70b", "l4")
