"""How much less a mean and a P90 vary from sample to sample when worlds are drawn by design, for the same draws.

The result is a monthly margin: users × queries × tokens, each lognormal, times a price less a cost. The floor in time
is NumPy's own generator, which neither stratifies nor gives each name a stream of its own.
"""

import numpy as np
import pytest

from pertoken.core.copula import correlate
from pertoken.core.design import design, whole_draws
from pertoken.core.distribution import Distribution, quantile
from pertoken.core.summary import summarise

INPUTS = {
    "users": Distribution("lognormal", {"p10": 50_000, "p90": 200_000}),
    "queries": Distribution("lognormal", {"p10": 5, "p90": 12}),
    "tokens": Distribution("lognormal", {"p10": 600, "p90": 1_500}),
    "price": Distribution("triangular", {"low": 10e-6, "mode": 12e-6, "high": 15e-6}),
    "cost": Distribution("lognormal", {"p10": 4e-6, "p90": 9e-6}),
}
NAMES = tuple(INPUTS)


def margin(u):
    users, queries, tokens, price, cost = (quantile(made, u[:, i]) for i, made in enumerate(INPUTS.values()))
    return users * queries * tokens * (price - cost)


def samples(kind, draws, times):
    """Mean and P90 of so many independent samples, shape `(times, 2)`."""
    worlds = (margin(design(NAMES, draws=draws, kind=kind, seed=1, replicate=r)) for r in range(times))
    return np.array([(world.mean(), np.quantile(world, 0.9)) for world in worlds])


@pytest.mark.parametrize("draws", [1024, 8192])
def test_designs_agree_and_vary_less_than_plain_draws(draws, size, note, full):
    times = size(smoke=11, full=400)
    plain = samples("random", draws if full else 64, times)
    for kind in ("lhs", "sobol"):
        found = samples(kind, draws if full else 64, times)
        apart = np.abs(found.mean(axis=0) - plain.mean(axis=0))
        assert (
            apart < 6 * np.hypot(found.std(axis=0), plain.std(axis=0)) / times**0.5 + 0.02 * plain.mean(axis=0)
        ).all()
        mean, p90 = plain.var(axis=0) / found.var(axis=0)
        assert mean > 1
        if full:
            note(f"{kind}, {draws:,} draws: variance of the mean {mean:,.0f} times less, of P90 {p90:,.1f} times less")


def test_a_design_costs_a_few_times_the_plain_generator(size, race):
    names = [f"input {i}" for i in range(size(smoke=3, full=31))]
    rng = np.random.default_rng(1)
    for kind in ("lhs", "sobol"):
        plan = whole_draws(kind, size(smoke=101, full=10_000))

        def ours(kind=kind, plan=plan):
            return [
                design(names, draws=plan.draws, kind=kind, seed=1, replicate=r).shape for r in range(plan.replicates)
            ]

        def floor(plan=plan):
            return [rng.random((plan.draws, len(names))).shape for _ in range(plan.replicates)]

        assert ours() == floor()
        race(f"10,000 draws of 31 inputs, {kind}", ours, floor, target=None, rounds=21)


def test_correlation_and_summary_cost_a_few_sorts(size, race):
    u = design(NAMES, draws=size(smoke=101, full=10_000), seed=1)
    pairs = {("users", "queries"): -0.3, ("tokens", "cost"): 0.5}
    moved = correlate(u, NAMES, pairs)
    np.testing.assert_array_equal(np.sort(moved, axis=0), np.sort(u, axis=0))
    race(
        "4 of 5 inputs correlated",
        lambda: correlate(u, NAMES, pairs),
        lambda: np.sort(u, axis=0),
        target=None,
        rounds=21,
    )
    months = np.tile(margin(u)[:, np.newaxis], size(smoke=2, full=24))
    np.testing.assert_allclose(summarise(months)["p90"], np.quantile(months, 0.9, axis=0))
    whole = summarise(months[: len(months) // 10 * 10], replicates=10)
    assert whole.replicates == 10
    race(
        "10,000 draws × 24 months summarised",
        lambda: summarise(months),
        lambda: np.sort(months, axis=0),
        target=None,
        rounds=9,
    )
