"""Make half a year of daily usage on three plans: free, pro and enterprise, with new customers and changes of plan.

Free users are stopped at their limit by the product; some of them become pro when they reach it. Two enterprises have
contracts (`contracts.csv`). The seed is fixed: the same file each time.

    python examples/growth/make_growth.py growth.csv
"""

import csv
import sys
from pathlib import Path

import numpy as np

START, DAYS = np.datetime64("2026-05-01"), 184
FREE, PRO, ENTERPRISE = 0, 1, 2
PLANS = ("free", "pro", "enterprise")
THERE = (150, 26, 6)
NEW_A_DAY = (0.9, 0.05, 0.012)
LEVEL = ((8.2, 1.0), (13.6, 0.9), (18.3, 0.7))
ACTIVE = (0.25, 0.85, 0.98)
GONE_A_DAY = (0.004, 0.0009, 0.0)
FREE_LIMIT = 20_000
UPGRADE = 0.004
"""Chance a day of a free user at the limit to become pro."""


def made(seed: int = 5) -> list[tuple[str, str, str, int, int]]:
    """Draw rows of (day, customer, plan, input_tokens, output_tokens)."""
    rng = np.random.default_rng(seed)
    shared = np.exp(np.cumsum(rng.normal(0, 0.01, DAYS)))
    rows: list[tuple[str, str, str, int, int]] = []
    number = 0
    for plan in (FREE, PRO, ENTERPRISE):
        arrivals = [0] * THERE[plan] + [d for d in range(1, DAYS) for _ in range(rng.poisson(NEW_A_DAY[plan]))]
        for first in arrivals:
            rows += _life(rng, f"{'user' if plan == FREE else 'team'}-{number:03}", plan, first, shared)
            number += 1
    return sorted(rows)


def _life(
    rng: np.random.Generator, name: str, plan: int, first: int, shared: np.ndarray
) -> list[tuple[str, str, str, int, int]]:
    """One customer's days."""
    level = rng.lognormal(*LEVEL[plan])
    growth = rng.normal((0.0, 0.04, 0.05)[plan], 0.03) / 30.4
    output = rng.beta(6, 20)
    rows = []
    for day in range(first, DAYS):
        if rng.random() < GONE_A_DAY[plan]:
            break
        rest = (day + int(START.astype(int)) + 3) % 7 >= 5
        if rng.random() >= ACTIVE[plan] * (0.4 if rest and plan else 1.0) and day > first:
            continue
        tokens = level * np.exp(growth * (day - first)) * shared[day] * rng.lognormal(0, 0.45)
        if plan == FREE:
            if tokens > FREE_LIMIT and rng.random() < UPGRADE * 30:
                plan, level = PRO, level * 20  # a team behind a free user shows its real size
            tokens = min(tokens, FREE_LIMIT) if plan == FREE else tokens
        asked = max(int(tokens * (1 - output)), 1)
        rows.append((str(START + day), name, PLANS[plan], asked, int(tokens * output)))
    return rows


def write(path: Path) -> None:
    """Write the log as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["day", "customer", "plan", "input_tokens", "output_tokens"])
        writer.writerows(made())


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "growth.csv"))
