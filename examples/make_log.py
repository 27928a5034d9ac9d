"""Make a small, realistic request log: 60 customers on three plans, three models, a quarter of traffic.

Lengths are log-normal, volume per customer is heavy-tailed, business customers work in office hours, and part of each
prompt is read from a cache. The seed is fixed: the same file each time.

    python examples/make_log.py demo/log.parquet
"""

import sys
from pathlib import Path

import duckdb
import numpy as np

CUSTOMERS = 60
REQUESTS = 60_000
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5")
START = np.datetime64("2026-07-01T00:00:00")
DAYS = 92


def customers(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Give each customer a share of the traffic (heavy-tailed) and a plan by its size."""
    share = np.sort(rng.pareto(1.1, CUSTOMERS) + 0.02)[::-1]
    share /= share.sum()
    plan = np.where(share > 0.05, "enterprise", np.where(share > 0.006, "pro", "free"))
    return share, plan


def times(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw times of day around early afternoon, four fifths of them on weekdays, rising over the quarter."""
    day = np.floor(DAYS * rng.beta(1.4, 1.0, size)).astype(int)
    weekend = (day + 2) % 7 >= 5
    day = np.where(weekend & (rng.random(size) < 0.6), np.maximum(day - 2, 0), day)
    second = np.clip(rng.normal(13.5 * 3600, 3.2 * 3600, size), 0, 86399).astype(int)
    when: np.ndarray = START + (day * 86400 + second).astype("timedelta64[s]")
    return when


def make(seed: int = 7) -> dict[str, np.ndarray]:
    """Draw the log, column by column."""
    rng = np.random.default_rng(seed)
    share, plan = customers(rng)
    who = rng.choice(CUSTOMERS, REQUESTS, p=share)
    taste = rng.dirichlet((2.0, 4.0, 1.5), CUSTOMERS)
    model = np.array([rng.choice(3, p=taste[c]) for c in who])
    prompt = np.minimum(np.exp(rng.normal(8.2, 0.9, REQUESTS)), 190_000).astype(int) + 20
    cached = np.where(rng.random(REQUESTS) < 0.35, (prompt * rng.beta(5, 2, REQUESTS)).astype(int), 0)
    completion = np.exp(rng.normal(6.0, 0.8, REQUESTS)).astype(int) + 1
    when = np.sort(times(rng, REQUESTS))
    return {
        "timestamp": when,
        "request_id": np.array([f"req-{i:06d}" for i in range(REQUESTS)], dtype=object),
        "customer": np.array([f"customer-{c:02d}" for c in who], dtype=object),
        "plan": plan[who].astype(object),
        "model": np.array(MODELS, dtype=object)[model],
        "feature": np.array(["chat", "search", "summary"], dtype=object)[rng.choice(3, REQUESTS, p=(0.6, 0.25, 0.15))],
        "prompt_tokens": prompt,
        "cached_tokens": cached,
        "completion_tokens": completion,
    }


def write(path: Path) -> None:
    """Write the log as Parquet or CSV, by the ending of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.register("log", make())
        con.execute("COPY (SELECT * FROM log ORDER BY timestamp, request_id) TO '" + str(path).replace("'", "''") + "'")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "demo/log.parquet"))
