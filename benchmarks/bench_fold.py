"""A log of 20 million events, folded to customer x month x model.

Floor: DuckDB's own `SELECT ... GROUP BY ALL` on the same files, in the same configuration, fetched as NumPy columns.
We also check every row, split the meters, code the keys and sort the lines. Target: 1.25 times the floor; at most 3 GB
at the peak, of 20 million events and of 100 million (the same files five times, with `--full-100m`).
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pytest

from pertoken.engines.duckdb import fold, opened
from pertoken.usage.question import Question

QUESTION = Question(("customer", "month", "model"))
MOST_GB = 3.0

# customers: 10,000, of whom the first few have most of the events; times: a year, in order, as a log has them
EVENTS = """COPY (
    SELECT TIMESTAMP '2025-01-01' + to_seconds(i * 365 * 86400 // {n}) AS timestamp,
        'cust-' || lpad(CAST(CAST(floor(10000 * pow(hash(i, 1) % 1000003 / 1000003, 3)) AS INTEGER) AS VARCHAR), 5, '0')
            AS customer,
        'model-' || (hash(i, 2) % 12) AS model,
        CAST(100 + hash(i, 3) % 3000 AS INTEGER) AS prompt_tokens,
        CAST(hash(i, 4) % (100 + hash(i, 3) % 3000) AS INTEGER) AS cached_tokens,
        CAST(20 + hash(i, 5) % 800 AS INTEGER) AS completion_tokens
    FROM range({n}) AS t(i)
) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"""

BARE = """SELECT customer, date_trunc('month', timestamp) AS month, model, sum(prompt_tokens) AS prompt,
    sum(cached_tokens) AS cached, sum(completion_tokens) AS completion, count(*) AS requests
    FROM read_parquet('{path}/*.parquet') GROUP BY ALL"""

CHILD = """import resource, sys
from pertoken.engines.duckdb import fold, opened
from pertoken.usage.question import Question
with opened(sys.argv[1]) as log:
    usage, report = fold(log, Question(("customer", "month", "model")))
print(report.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, file=sys.stderr)"""


def events(n: int, times: int = 1) -> Path:
    """Make a folder of events, once; several times the same file where asked."""
    folder = Path(tempfile.gettempdir()) / "pertoken-bench" / f"events-{n}x{times}"
    if not folder.exists():
        partial = Path(tempfile.mkdtemp(prefix=f".events-{n}-", dir=_made(folder.parent)))
        if times == 1:
            duckdb.sql(EVENTS.format(n=n, path=partial / "0.parquet"))
        for i in range(times if times > 1 else 0):
            os.link(events(n) / "0.parquet", partial / f"{i}.parquet")
        partial.rename(folder)
    return folder


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def ours(folder):
    with opened(folder) as log:
        return fold(log, QUESTION)


def bare(folder):
    with duckdb.connect(config={"memory_limit": "2GB", "preserve_insertion_order": False}) as con:
        return con.execute(BARE.format(path=folder)).fetchnumpy()


def by_group(usage, name):
    """Our lines of one meter, as a dictionary."""
    lines = usage.where(meter=name)
    keys = zip(*(lines.keys[k].column() for k in QUESTION.keys), strict=True)
    return dict(zip(keys, lines.values["quantity"].tolist(), strict=True))


def bare_group(found, numbers):
    months = np.datetime_as_string(np.asarray(found["month"]), unit="M")
    keys = zip(found["customer"], map(str, months), found["model"], strict=True)
    return {key: int(n) for key, n in zip(keys, numbers, strict=True) if n}


def test_a_fold_agrees_with_bare_sql():
    folder = events(20011)
    usage, report = ours(folder)
    found = bare(folder)
    assert report.rows == 20011
    for name, numbers in {
        "requests": found["requests"],
        "cache_read_tokens": found["cached"],
        "input_tokens": found["prompt"] - found["cached"],
        "output_tokens": found["completion"],
    }.items():
        assert by_group(usage, name) == bare_group(found, numbers)


def test_a_fold_costs_little_more_than_bare_sql(race, size):
    folder = events(size(smoke=1009, full=20_000_000))
    race("fold 20M events", lambda: ours(folder), lambda: bare(folder), target=1.25, rounds=9)


@pytest.mark.parametrize("times", [1, 5])
def test_a_fold_needs_little_memory(times, size, note, full, request):
    if full and times > 1 and not request.config.getoption("--full-100m"):
        pytest.skip("asked for with --full-100m")
    n = size(smoke=1009, full=20_000_000)
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(events(n, times))], capture_output=True, text=True, check=True
    )
    rows, gigabytes = run.stderr.split()  # DuckDB may draw its bar on the other stream
    assert int(rows) == n * times
    if full:
        verdict = "met" if float(gigabytes) <= MOST_GB else "MISSED"
        what = f"fold {n * times // 10**6}M events, peak memory"
        note(f"{what:<44} {float(gigabytes):>7.2f}GB  at most {MOST_GB} GB: {verdict}")
