"""Make the log of an API with a metered plan: 60 customers, 120 days, one line a customer and day.

Sizes are log-normal, so that few customers make most of the usage; most grow a little, some rest at weekends, and a few
come later than the others. The seed is fixed: the same file each time.

    python examples/migration/make_metered.py metered.csv
"""

import csv
import sys
from pathlib import Path

import numpy as np

CUSTOMERS, DAYS = 60, 120
FIRST = np.datetime64("2026-07-01")


def rows(seed: int = 11) -> list[tuple[str, str, int, int]]:
    """Draw the log: time, customer, tokens in, tokens out."""
    rng = np.random.default_rng(seed)
    days = FIRST + np.arange(DAYS)
    weekend = (days.astype("datetime64[D]").view("int64") + 3) % 7 >= 5
    level = np.sort(rng.lognormal(np.log(400_000), 1.0, CUSTOMERS))[::-1]
    growth = rng.normal(0.015, 0.02, CUSTOMERS) / 30
    rest = np.where(rng.random(CUSTOMERS) < 0.4, 0.3, 1.0)
    since = np.where(rng.random(CUSTOMERS) < 0.2, rng.integers(1, 60, CUSTOMERS), 0)
    made = []
    for i in range(CUSTOMERS):
        used = level[i] * np.exp(growth[i] * np.arange(DAYS)) * rng.lognormal(-0.08, 0.4, DAYS)
        used = np.where(weekend, rest[i], 1.0) * used
        for day, tokens in zip(days[since[i] :], used[since[i] :], strict=True):
            made.append((f"{day}T23:50:00Z", f"customer-{i:02d}", int(tokens * 0.8), int(tokens * 0.2)))
    return made


if __name__ == "__main__":
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "metered.csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["timestamp", "customer", "input_tokens", "output_tokens"])
        out.writerows(rows())
