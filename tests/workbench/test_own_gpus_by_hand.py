"""Own GPUs from first principles: a fleet's size, its break-even and its place in a plan, with the arithmetic in sight.

Llama 3.1 8B by its published shape: 32 layers of width 4,096, 32 heads and 8 KV heads of 128, a vocabulary of 128,256
twice (in and out), 8.03 billion weights. H100 SXM by its datasheet: 80 GB, 3.35 TB/s, 1,979 TFLOP/s in FP8.
"""

import datetime as dt
from math import ceil, inf
from typing import Any

import numpy as np
import pytest

import pertoken as pt
from pertoken.connect.models import model_from
from pertoken.present.sheet import Table
from pertoken.present.sizing import sheet as laid_out
from pertoken.scenario.compile import compiled
from pertoken.scenario.run import run
from pertoken.scenario.worlds import named
from pertoken.serving.ownership import Staff

PROMPT, ANSWER = 1200, 250
EMBEDDED = 128_256 * 4096
WEIGHTS = 8.03e9 - 2 * EMBEDDED + 2 * 2 * EMBEDDED  # FP8, but both embeddings in 16 bits: 9.08 GB
STREAMED = WEIGHTS - 2 * EMBEDDED  # a prompt's embedding is looked up, not read whole
PER_TOKEN = 2 * 32 * 8 * 128 * 2  # keys and values of 32 layers and 8 heads in 16 bits: 131,072 bytes
HELD = (PROMPT + ANSWER / 2) * PER_TOKEN  # of a request in the middle of its answer: 174 MB
SEATS = (0.9 * 80e9 - 1.5e9 - WEIGHTS) / HELD  # what vLLM takes, less what it works in: 354
PREFILL = 2 * (8.03e9 - EMBEDDED) * PROMPT + 2 * (32 * 32 * 2 * 128) * PROMPT**2 / 2  # 18.4 TFLOP
MONTH = 730 * 3600
ONE: dict[str, Any] = {
    "input_tokens": PROMPT, "output_tokens": ANSWER, "tpot": 0.04, "max_gpus": 1, "precisions": ["fp8"],
    "providers": ["runpod"], "purchases": ["on_demand"],
}  # fmt: skip
HOURLY = 2.69


@pytest.fixture(scope="module")
def sized():
    return pt.size("llama-3.1-8b", ["h100"], rate=12, **ONE)


def test_a_sized_h100_has_the_memory_and_no_more_speed_than_its_datasheet_says(sized):
    best = sized.best
    assert best.seats == pytest.approx(SEATS, rel=2e-3)
    assert best.kv_fill == pytest.approx(best.running * HELD / (SEATS * HELD), rel=2e-3)
    # a step reads the weights once and each running request's cache: at 3.35 TB/s no token is faster
    read = (STREAMED + best.running * HELD) / 3.35e12
    prefill = PREFILL / 1979e12
    assert read < best.tpot["mean"] < 0.04
    # a second of the GPU holds the prompts of `best` requests and their share of the steps between
    busy = best.best * (prefill + (ANSWER - 1) * read / best.running)
    assert 0.45 < busy < 0.95  # engines reach half to nine tenths of what the datasheet says
    cycle = best.ttft["mean"] + (ANSWER - 1) * best.tpot["mean"]
    assert best.running == pytest.approx(best.best * cycle, rel=0.05)  # Little's law


def test_the_bill_of_a_sized_fleet_is_machines_times_hours_and_tokens_bear_all_of_it(sized):
    best, way = sized.best, sized.best.bought[0]
    machines = ceil(12 * 1.2 / best.best)
    assert way.monthly == pytest.approx(machines * HOURLY * 730)
    tokens = 12 * MONTH / 1e6 * np.array([PROMPT, ANSWER])
    prices = [float(way.costs.input_per_million), float(way.costs.output_per_million)]
    assert tokens @ prices == pytest.approx(way.monthly)
    assert tokens[0] * prices[0] == pytest.approx(way.prompt_share * way.monthly)
    prefill = PREFILL / 1979e12
    assert prefill * best.best < way.prompt_share < prefill * best.best / 0.3  # a third of the peak at the least
    assert way.utilisation == pytest.approx(12 / (machines * best.best))
    assert sum(way.hours.values()) == pytest.approx(machines * 730)


def test_the_share_of_the_cache_is_of_memory_where_the_engine_limits_how_many_run():
    few = pt.estimate_serving(
        "llama-3.1-8b", "h100", precision="fp8", input_tokens=PROMPT, output_tokens=ANSWER, max_sequences=64
    )
    assert (few.running, few.seats) == (64, 64)
    assert few.kv_fill == pytest.approx(64 / SEATS, rel=2e-3)


def crossings(staff, **more):
    return pt.build_or_buy(
        "llama-3.1-8b", ["h100"], api="gpt-4o-mini", rate=12, on=dt.date(2026, 11, 1), staff=staff, **ONE | more
    ).crossings


API = (PROMPT * 0.15 + ANSWER * 0.60) / 1e6  # 0.33 USD for 1,000 requests


def test_a_break_even_is_where_the_api_costs_what_people_and_one_machine_do(sized):
    staff = Staff(salary=180_000, engineering_months=3, amortised_months=12, operations=0.25)
    fixed = 180_000 / 12 * 3 / 12 + 180_000 / 12 * 0.25  # 3,750 + 3,750 USD a month
    whole = fixed + HOURLY * 730
    (only,) = crossings(staff)
    assert (only.cheaper, only.machines) == ("own", 1)
    assert only.volume == pytest.approx(whole / API)
    assert only.cost == pytest.approx(whole)
    assert only.utilisation == pytest.approx(only.volume / MONTH / sized.best.best)
    assert only.volume / MONTH * 1.2 < sized.best.best  # one machine does serve it


def test_crossings_below_and_between_whole_machines_are_those_of_a_search_by_hand(sized):
    # a fleet without people pays at 5.95 million requests; with an API at a sixth of the price, steps are crossed too
    rate, price = sized.best.best, HOURLY * 730
    (first, *_) = crossings(Staff(salary=0))
    assert first.volume == pytest.approx(price / API)
    assert first.machines == 1
    assert first.utilisation < 0.11  # far below what one machine serves, and still one is paid
    fixed = 40_000.0
    volumes = np.linspace(1e5, 6e8, 600_001)
    own = fixed + price * np.maximum(np.ceil(volumes / MONTH * 1.2 / rate), 1)
    by_hand = volumes[1:][np.diff((API * volumes > own).astype(int)) != 0]
    found = crossings(Staff(salary=0), lines={"data centre": fixed}, most=6e8)
    assert [each.volume for each in found] == pytest.approx(by_hand.tolist(), abs=1_000)


def plan(hours, traffic):
    said = {
        "model": "m",
        "calendar": {"start": "2027-01", "months": 3},
        "assumptions": {"chats": {"value": "90M", "unit": "request"}},
        "workloads": {"chat": {"requests": "chats", "tokens": {"input": PROMPT, "output": ANSWER}, "served_on": "own"}},
        "fleets": {
            "own": {"vendor": "gpus", "labels": {"model": "h100"}, "hours": hours, "traffic": traffic, "spare": 1}
        },
        "vendors": {"gpus": {"rates": [{"model": "h100", "gpu_hours": HOURLY}]}},
        "income": {"answers": {"formula": "0.0002 USD/request * chats"}},
        "costs": {"people": {"formula": "7_500", "counts_as": "cost_of_revenue"}},
    }
    own = compiled(model_from(said))
    found = run(own, named(own, "base")).values
    return {name: np.broadcast_to(each, (3,)) for name, each in found.items()}


def test_a_plan_with_a_fleet_earns_what_is_left_of_its_price_after_whole_machines_and_people():
    # 0.0047 and 0.0273 GPU-hours for a million tokens: 90 (1,200 x 0.0047 + 250 x 0.0273) = 1,122 hours
    found = plan({"input": 0.0047, "output": 0.0273}, "flat")
    busy = 90 * (PROMPT * 0.0047 + ANSWER * 0.0273)
    for month, hours in enumerate((744, 672, 744)):
        machines = ceil(1.2 * busy / hours) + 1  # headroom, and N+1
        paid = machines * hours
        assert found["busy_hours.own"][month] == pytest.approx(busy)
        assert found["paid_hours.own"][month] == pytest.approx(paid)
        assert found["cost.chat"][month] + found["shared.gpus"][month] == pytest.approx(paid * HOURLY, abs=0.02)
        assert found["cost.chat"][month] == pytest.approx(busy * HOURLY, abs=0.01)
        assert found["operating_result"][month] == pytest.approx(90e6 * 0.0002 - paid * HOURLY - 7_500, abs=0.02)


def test_without_targets_a_replica_serves_its_full_rate(sized):
    free = pt.size("llama-3.1-8b", ["h100"], rate=12, **ONE | {"tpot": inf})
    assert free.best.best == pytest.approx(free.best.full)
    assert free.best.full == pytest.approx(sized.best.full)
    assert free.best.binds in {"memory", "prefill", "decode"}


def test_a_commitment_of_nothing_is_no_way_to_buy_unless_it_is_all_that_is_asked_for():
    # an hour or two a day: a machine that is paid day and night at 4.86 USD costs more than a few hours at 10.98
    batch: dict[str, Any] = {
        "rate": 0.3, "input_tokens": PROMPT, "output_tokens": ANSWER, "max_gpus": 1, "precisions": ["fp8"],
        "providers": ["gcp"], "deadline": 86_400.0,
    }  # fmt: skip
    ways = pt.size("llama-3.1-8b", ["h100"], **batch).best.bought
    assert {way.rented.purchase for way in ways} == {"on_demand", "spot"}
    (only,) = pt.size("llama-3.1-8b", ["h100"], purchases=["reserved_3y"], **batch).best.bought
    assert only.committed == 0
    assert only.monthly == pytest.approx(next(w.monthly for w in ways if w.rented.purchase == "on_demand"))


def test_latencies_are_shown_at_the_percentile_that_the_targets_are_of():
    found = pt.size("llama-3.1-8b", ["h100"], rate=12, percentile=90, **ONE)
    assert found.best.tpot["aimed"] == pytest.approx(0.04)
    assert found.best.tpot["p50"] < found.best.tpot["aimed"] < found.best.tpot["p95"]
    ways = next(each for each in laid_out(found, brief=True).of(Table) if each.name == "ways")
    shown = dict(zip([column.name for column in ways.columns], ways.rows[0], strict=True))
    assert shown["tpot"] == pytest.approx(40.0)
    assert ways.note.startswith("Rate and P90 latencies")
