"""Make the daily tokens of 100 beta users: hobbyists who come and go, and teams who build on it and work on weekdays.

Sizes are heavy-tailed, some users fall silent for good, and all days swing together a little. The seed is fixed: the
same file each time.

    python examples/beta/make_beta.py beta.csv 30
"""

import csv
import sys
from pathlib import Path

import numpy as np

USERS, TEAMS = 100, 28
START = np.datetime64("2026-09-01")
LONGEST = 90


def made(days: int, seed: int = 11) -> list[tuple[str, str, int, int]]:
    """Draw rows of (day, customer, input_tokens, output_tokens); the first days are the same however many are asked."""
    rng = np.random.default_rng(seed)
    team = np.arange(USERS) >= USERS - TEAMS
    level = np.exp(np.where(team, rng.normal(12.6, 1.1, USERS), rng.normal(9.6, 1.0, USERS)))
    active = np.where(team, rng.beta(18, 2, USERS), rng.beta(2, 5, USERS))
    joined = np.where(rng.random(USERS) < 0.75, 0, rng.integers(1, 28, USERS))
    gone = joined + 1 + rng.geometric(np.where(team, 0.001, 0.006), USERS)
    shared = np.cumsum(rng.normal(0, 0.012, LONGEST))
    day = np.arange(LONGEST)
    weekend = (day + int(START.astype(int)) + 3) % 7 >= 5
    growth = np.where(team, 0.10, 0.02)[:, None] * day / 30.4
    week = np.where(team[:, None] & weekend, 0.25, 1.0)
    use = level[:, None] * np.exp(growth + shared) * week * rng.lognormal(0, 0.5, (USERS, LONGEST))
    use *= (rng.random((USERS, LONGEST)) < active[:, None]) & (day >= joined[:, None]) & (day < gone[:, None])
    use[np.arange(USERS), joined] = np.maximum(use[np.arange(USERS), joined], level / 4)  # who joins tries it
    output = rng.beta(6, 18, USERS)[:, None] * use
    return [
        (str(START + d), f"user-{i:03}", int(use[i, d] - output[i, d]), int(output[i, d]))
        for d in range(min(days, LONGEST))
        for i in range(USERS)
        if use[i, d] >= 1
    ]


def write(path: Path, days: int) -> None:
    """Write the log as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["day", "customer", "input_tokens", "output_tokens"])
        writer.writerows(made(days))


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "beta.csv"), int(sys.argv[2]) if len(sys.argv) > 2 else 30)
