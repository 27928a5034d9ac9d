"""Simulated customers, charged in each path: time against NumPy's by month, memory, and how time grows with customers.

The standard problem is 10,240 paths of 24 months of 1,000 customers on a card of three tiers, with churn and arrivals.
The floor draws, moves and charges the same number of customer-months with NumPy, one month at a time, in single
precision; it has no design, no keyed streams, no newcomers.
"""

from resource import RUSAGE_SELF, getrusage
from time import process_time

import numpy as np
import pytest

from pertoken.forecast.sharded import simulate_sharded
from pertoken.forecast.simulate import simulate
from pertoken.forecast.tariff import tariffs
from tests.forecast.population import TIERS, population
from tests.made import card


def problem(customers, months, arrivals=1.0):
    model = population(customers, months, segments=1, groups=1, noise=0.0, arrivals=arrivals)
    return model, tariffs([card(TIERS)], model.cells, model.months)


def floor(customers, months, paths, rng):
    """Revenue by path and month."""
    level = rng.lognormal(12, 1.5, customers).astype(np.float32)
    out = np.zeros((paths, months))
    for first in range(0, paths, 256):
        block = min(256, paths - first)
        log = np.zeros((customers, block), dtype=np.float32)
        alive = np.ones((customers, block), dtype=bool)
        for month in range(months):
            log += np.float32(0.1) * rng.standard_normal(log.shape, dtype=np.float32)
            alive &= rng.random(log.shape, dtype=np.float32) > 0.02
            used = level[:, None] * np.exp(log) * alive / np.float32(1000)
            money = 0.005 * used - 0.001 * np.maximum(used - 100, 0) - 0.001 * np.maximum(used - 1000, 0)
            out[first : first + block, month] = money.sum(axis=0)
    return out


def test_the_standard_problem_against_numpy_by_month(size, race):
    customers, paths = size(smoke=11, full=1_000), size(smoke=40, full=10_240)
    months = size(smoke=3, full=24)
    model, priced = problem(customers, months)
    rng = np.random.default_rng(1)

    def ours():
        return simulate(model, priced, paths=paths, seed=1).paths > 0

    def theirs():
        return len(floor(customers, months, paths, rng)) > 0

    race("simulated and charged, against NumPy by month", ours, theirs, target=0.5, rounds=3)


def test_time_grows_with_customers(size, full, note):
    model, priced = problem(7, 3, arrivals=0.0)
    simulate_sharded(model, priced, paths=20, seed=1, jobs=1)
    last = 0.0
    for customers in size(smoke=[11, 110], full=[1_000, 10_000, 100_000, 1_000_000]):
        model, priced = problem(customers, size(smoke=3, full=24), arrivals=0.0)
        begun = process_time()
        found = simulate_sharded(model, priced, paths=size(smoke=20, full=1_280), seed=1, jobs=1)
        each = (process_time() - begun) / customers
        assert found.sums["driver"].shape[1] == len(model.months)
        if full:
            ns = 1e9 * each / found.paths / len(model.months)
            note(f"{customers:,} customers: {ns:.1f} ns a month and path, at most {memory():.0f} MB")
        last = each
    assert last > 0


def memory():
    """The most that the process has held. [MB]"""
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024


def test_bits_do_not_depend_on_threads(size):
    model, priced = problem(size(smoke=11, full=1_000), size(smoke=3, full=24))
    paths = size(smoke=40, full=10_240)
    one, two = (simulate(model, priced, paths=paths, seed=1, threads=n).money() for n in (1, 2))
    assert (one == two).all()


@pytest.mark.parametrize("of", [np.mean, lambda x: np.quantile(x, 0.9)])
def test_a_figure_is_known_as_well_as_it_says(size, of):
    model, priced = problem(size(smoke=11, full=300), size(smoke=3, full=24))
    paths = size(smoke=160, full=1_280)
    runs = [simulate(model, priced, paths=paths, seed=seed) for seed in range(size(smoke=4, full=20))]
    totals = [run.money().sum(axis=(1, 2)) for run in runs]
    spread = np.std([of(total) for total in totals], ddof=1)
    said = np.mean([run.error(of, total) for run, total in zip(runs, totals, strict=True)])
    assert 0.2 * spread < said < 5 * spread
