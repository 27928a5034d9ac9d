"""A kept monthly roll-up, rated on both sides: what it costs on a vendor's rates, what it earns on tiers.

10,000 customers x 12 months x 12 models x two length bands, of which as many stand in the roll-up as make 1.4 million
rows (a row for each meter). Ours opens the file, checks it, codes the keys, and rates both sides to the parts of two
ledgers, invoice lines rounded to the cent; a ledger as one table is made when it is asked for.

Floor: DuckDB's own `SELECT ... GROUP BY ALL` on the same file, in the same configuration, fetched as NumPy columns, to
what the cost lines are by: customer, month, model, band and meter. Target: twice that. The second floor, without a
target, sums the same rows to what only the customers' side needs: customer, month and meter.
"""

import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pytest

from pertoken.catalog.prices import Rate
from pertoken.core.lines import Key, Usage
from pertoken.engines.duckdb import fold, keep, opened
from pertoken.rating.card import Card, Charge, Curve, Measure, Tier
from pertoken.rating.needs import question
from pertoken.rating.rate import rate

MODELS, BANDS = 12, (0, 200_000)
METERS = ("cache_read_tokens", "input_tokens", "output_tokens", "requests")
USD = {"cache_read_tokens": "0.1", "input_tokens": "1", "output_tokens": "5"}
TIERS = ((10**5, "0.00002"), (10**6, "0.000015"), (10**7, "0.00001"), (10**8, "0.000008"), (None, "0.000005"))

VENDOR = Card(
    name="vendor",
    party="vendor",
    rates=tuple(
        Rate(model=f"model-{m:02}", meter=meter, price=(m + 1) * Decimal(usd) * times, per=Decimal(10**6), above=above)
        for m in range(MODELS)
        for above, times in zip(BANDS, (1, 2), strict=True)
        for meter, usd in USD.items()
    ),
)
CURVE = Curve(
    mode="marginal",
    tiers=tuple(Tier(up_to=None if up_to is None else Decimal(up_to), rate=Decimal(each)) for up_to, each in TIERS),
)
PLAN = Card(
    name="plan",
    party="customer",
    scope=("customer",),
    prices={"tokens": Charge(curve=CURVE, measure=Measure(sum="total_tokens"))},
)
QUESTION = question([VENDOR, PLAN])

BARE = "SELECT {keys}, sum(quantity) AS quantity FROM read_parquet('{path}') GROUP BY ALL"
ALL_KEYS = "customer, month, model, prompt_tokens_above, meter"
FEWER_KEYS = "customer, month, meter"

CHILD = """import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from bench_rollup import both
kept = both(sys.argv[1])
status = Path("/proc/self/status").read_text().split()
print(int(status[status.index("VmHWM:") + 1]) / 2**20, file=sys.stderr)"""


def rollup(customers, groups):
    """Keep a roll-up once: all customers and months, some of their models and bands, a row for each meter."""
    path = Path(tempfile.gettempdir()) / "pertoken-bench" / f"rollup-{customers}-{groups}.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        keep(usage(customers, groups), QUESTION, path)
    return path


def usage(customers, groups):
    rng = np.random.default_rng(5)
    each = len(BANDS) * MODELS * 12
    at = np.sort(rng.choice(customers * each, groups, replace=False))
    columns = {
        "customer": (at // each, [f"cust-{i:05}" for i in range(customers)]),
        "model": (at // 24 % MODELS, [f"model-{i:02}" for i in range(MODELS)]),
        "month": (at // 2 % 12, [f"2025-{i + 1:02}" for i in range(12)]),
        "prompt_tokens_above": (at % 2, [str(bound) for bound in BANDS]),
    }
    size = groups * len(METERS)
    keys = {name: Key(np.tile(code.astype(np.int32), len(METERS)), tuple(own)) for name, (code, own) in columns.items()}
    keys |= {"batch": Key.constant("false", size), "service_tier": Key.constant("standard", size)}
    keys["meter"] = Key(np.repeat(np.arange(len(METERS), dtype=np.int32), groups), METERS)
    return Usage(keys, {"quantity": np.floor(rng.lognormal(11, 2, size=size)).astype(np.int64) + 1})


def both(path):
    with opened(path) as log:
        lines, _ = fold(log, QUESTION)
    return rate(lines, VENDOR, exact=False), rate(lines, PLAN, exact=False)


def bare(path, keys):
    with duckdb.connect(config={"memory_limit": "2GB", "preserve_insertion_order": False}) as con:
        return con.execute(BARE.format(keys=keys, path=path)).fetchnumpy()


def listed(rated):
    return sum(part.lines.values["amount"].sum() for part in rated.parts if part.stage == "list")


@pytest.mark.parametrize("floor", [ALL_KEYS, FEWER_KEYS], ids=["cost lines", "customer-month"])
def test_rating_both_sides_costs_little_more_than_the_sum(floor, race, full):
    path = rollup(*((10_000, 350_000) if full else (11, 1009)))
    cost, revenue = both(path)
    found = bare(path, ALL_KEYS)
    prices = {(r.model, str(r.above), r.meter): float(r.unit_price) for r in VENDOR.rates}
    names = zip(found["model"], found["prompt_tokens_above"], found["meter"], strict=True)
    each = np.array([prices.get(name, 0.0) for name in names])
    assert listed(cost) == pytest.approx((each * found["quantity"].astype(float)).sum(), rel=1e-9)
    assert listed(revenue) == pytest.approx(by_hand(found).sum(), rel=1e-9)
    race(
        f"rate a roll-up of 1.4M rows on both sides, {'its' if floor == ALL_KEYS else 'fewer'} keys",
        lambda: both(path),
        lambda: bare(path, floor),
        target=2.0 if floor == ALL_KEYS else None,
        rounds=9,
    )


def by_hand(found):
    """Five tiers on the tokens of each customer and month."""
    tokens = found["meter"] != "requests"
    who = np.array([f"{c} {m}" for c, m in zip(found["customer"][tokens], found["month"][tokens], strict=True)])
    q = np.bincount(np.unique(who, return_inverse=True)[1], weights=found["quantity"][tokens].astype(float))
    edges = np.array([0, *(bound for bound, _ in TIERS[:-1]), np.inf])
    within = np.clip(q[:, None] - edges[:-1], 0, np.diff(edges))
    return within @ np.array([float(each) for _, each in TIERS])


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel for the peak")
def test_rating_both_sides_needs_little_memory(size, note, full):
    path = rollup(size(smoke=11, full=10_000), size(smoke=1009, full=350_000))
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), str(Path(__file__).parent)], capture_output=True, text=True, check=True
    )
    gigabytes = float(run.stderr.split()[-1])  # DuckDB may draw its bar on the same stream
    assert gigabytes > 0
    if full:
        note(f"{'the same, peak memory':<44} {gigabytes:>7.2f}GB")
