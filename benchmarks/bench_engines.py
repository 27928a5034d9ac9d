"""One fold by several engines on the same Parquet file: by hand for DuckDB, through Ibis, on Spark by 1 and 2 workers.

No target: the ratios say what SQL by hand saves on files, and what a second worker brings. All must give one answer.
Spark runs in a process of its own for each number of workers, since a process has one cluster.
"""

import importlib.util
import json
import shutil
import subprocess
import sys
from contextlib import nullcontext

import pytest

from benchmarks.bench_fold import QUESTION, events, ours
from pertoken.engines.engine import engine
from tests.engines.places import quick_spark

CHILD = """import json, sys, time
from pertoken.engines.engine import engine
from pertoken.usage.question import Question
log, rounds = sys.argv[1], int(sys.argv[2])
chosen, times = engine(log), []
for _ in range(rounds + 1):
    with chosen.opened(log) as opened:
        start = time.perf_counter()
        usage, report = chosen.fold(opened, Question(("customer", "month", "model")))
        times.append(time.perf_counter() - start)
print(json.dumps({"rows": report.rows, "seconds": sorted(times[1:])[rounds // 2], "lines": len(usage),
    "sum": int(usage.values["quantity"].sum())}))"""


def through_ibis(folder):
    log = f"duckdb://::{folder}/*.parquet"
    chosen = engine(log)
    with chosen.opened(log) as opened:
        return chosen.fold(opened, QUESTION)


def test_ibis_folds_as_sql_by_hand_does(race, size):
    folder = events(size(smoke=1009, full=20_000_000))
    assert through_ibis(folder)[0].records() == ours(folder)[0].records()
    race("fold through Ibis on DuckDB", lambda: through_ibis(folder), lambda: ours(folder), target=None, rounds=5)


def in_child(log, rounds):
    run = subprocess.run([sys.executable, "-c", CHILD, log, str(rounds)], capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.xdist_group("spark")
def test_spark_folds_with_one_worker_and_with_two(size, full, note):
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("no Spark here (pyspark and Java 17); `make test-engines` installs it")
    folder = events(size(smoke=1009, full=20_000_000))
    rounds = 3 if full else 1
    expected = in_child(str(folder), rounds)
    for workers in (1, 2) if full else (2,):
        with nullcontext() if full else quick_spark():
            found = in_child(f"spark:local-cluster[{workers},1,1024]::{folder}", rounds)
        assert {**found, "seconds": 0} == {**expected, "seconds": 0}
        if full:
            ratio, speed = found["seconds"] / expected["seconds"], found["rows"] / found["seconds"]
            note(f"{f'fold on Spark, workers: {workers}':<44} {found['seconds']:>7.2f}s {expected['seconds']:>7.2f}s "
                 f"{ratio:>6.2f} {speed / 1e6:>8.2f}M rows/s")  # fmt: skip
