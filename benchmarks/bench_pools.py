"""A year of hourly reserved capacity for 1,000 contracts: 8.76 million windows, each with a grant of its own.

Floor: used, unused, on demand and their money written by hand in NumPy, which has no keys, no grants, no ledger, and
can't carry anything over. No target for the ratio; rating must take seconds, in at most 3 GB.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from pertoken.books.coverage import coverage
from pertoken.connect.cards import card_from
from pertoken.core.lines import Key, Usage
from pertoken.rating.rate import amount, rate

ROOT = Path(__file__).parents[1]
MOST_GB = 3.0
RESERVED, INSIDE, LIST = 64, 2.20, 3.50
CARD = {
    "card": "machines",
    "scope": ["customer"],
    "prices": {
        "hours": {"measure": {"sum": "gpu_hours", "window": "hour"}, "curve": [{"rate": "3.50"}]},
    },
    "pools": [
        {
            "id": "reserved",
            "unit": "gpu_hours",
            "grant": RESERVED,
            "every": "hour",
            "term": {"from": "2025-01-01", "to": "2026-01-01"},
            "inside": {"rate": "2.20"},
            "pay": [{"upfront_share": "0.5"}, {"every": "month"}],
            "eligible": ["hours"],
            "unused": "forfeit",
        }
    ],
}


def usage(contracts, hours):
    size = contracts * hours
    begin = np.datetime64("2025-01-01T00")
    labels = tuple(np.arange(begin, begin + hours).astype(str).tolist())
    keys = {
        "customer": Key(
            np.repeat(np.arange(contracts, dtype=np.int32), hours), tuple(f"c{i:05}" for i in range(contracts))
        ),
        "hour": Key(np.tile(np.arange(hours, dtype=np.int32), contracts), labels),
        "meter": Key.constant("gpu_hours", size),
    }
    return Usage(keys, {"quantity": np.floor(np.random.default_rng(7).uniform(0, 2 * RESERVED, size))})


def by_hand(q):
    used = np.minimum(q, RESERVED)
    return used, RESERVED - used, used * INSIDE, (RESERVED - used) * INSIDE, (q - used) * LIST


CHILD = """import resource, sys
from benchmarks.bench_pools import CARD, card_from, rate, usage
rate(usage(int(sys.argv[1]), int(sys.argv[2])), card_from(CARD), exact=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)"""


def test_a_year_of_reservations_needs_little_memory(note, full):
    """First of all, since what this process holds would count in the other."""
    contracts, hours = (1_000, 8_760) if full else (7, 53)
    words = [sys.executable, "-c", CHILD, str(contracts), str(hours)]
    run = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
    if full:
        verdict = "met" if float(run.stdout) <= MOST_GB else "MISSED"
        note(f"{'rate 8.76M hours, peak memory':<44} {float(run.stdout):>7.2f}GB  at most {MOST_GB} GB: {verdict}")


def test_a_year_of_reservations_is_rated_in_seconds(race, full):
    contracts, hours = (1_000, 8_760) if full else (7, 53)
    lines, card = usage(contracts, hours), card_from(CARD)
    used, unused, used_money, unused_money, beyond = (each.sum() for each in by_hand(lines.values["quantity"]))
    rated = rate(lines, card, exact=False)
    ours = coverage(rated, "month").fold(()).values
    found = [ours[n][0] for n in ("used", "unused", "used_amount", "unused_amount", "on_demand_amount")]
    np.testing.assert_allclose(found, [used, unused, used_money, unused_money, beyond], rtol=1e-12)
    effective = amount(rated.ledger, "effective").values["amount"].sum()
    np.testing.assert_allclose(effective, used_money + unused_money + beyond, rtol=1e-6)
    del rated, ours
    race(
        "rate 8.76M hours of reservations",
        lambda: rate(lines, card, exact=False),
        lambda: by_hand(lines.values["quantity"]),
        target=None,
        rounds=3,
    )
