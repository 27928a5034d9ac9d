"""Worlds drawn at once are the worlds one by one; same seed, same digits; memory that does not grow with worlds."""

import gc
import tracemalloc
from typing import Any

import numpy as np
import pytest

from pertoken.core import summary as summed
from pertoken.core.design import whole_draws
from pertoken.core.errors import InputError
from pertoken.scenario import simulate as simulated
from pertoken.scenario.compare import compared
from pertoken.scenario.drawn_worlds import dimensions, drawn, together
from pertoken.scenario.run import run
from pertoken.scenario.simulate import Draws, shares_of, simulate
from pertoken.scenario.worlds import Worlds
from tests.scenario.small import made

RICH: dict[str, Any] = {
    "assumptions": {
        "signups": {
            "value": 40,
            "unit": "customer",
            "p10": 20,
            "p90": 80,
            "growth": {"value": "2%", "p10": "0%", "p90": "5%"},
        },
        "asks": {"value": 30, "unit": "request / customer", "p10": 20, "p90": 45, "walk": 0.1},
        "output": {"value": 300, "unit": "token / request", "p10": 200, "p90": 400},
    },
    "segments": {
        "pro": {"plan": "pro", "start": 50, "new": "signups", "churn": {"value": "4%", "p10": "2%", "p90": "7%"}}
    },
    "workloads": {
        "chat": {"each": {"pro": "asks"}, "tokens": {"input": 500, "output": "output"}, "vendor": "llm", "model": "m"}
    },
    "plans": {
        "pro": {
            "prices": {
                "fee": {"curve": [{"flat": {"value": 5, "p10": 4, "p90": 7}}]},
                "tokens": {
                    "measure": {"sum": "total_tokens"},
                    "convert": {"per": 1000},
                    "curve": {
                        "mode": "marginal",
                        "tiers": [{"up_to": 20, "rate": 0.01}, {"rate": {"value": 0.004, "p10": 0.003, "p90": 0.006}}],
                    },
                },
            }
        }
    },
    "vendors": {
        "llm": {
            "rates": {"m": {"input": 2, "output": {"value": 8, "p10": 5, "p90": 10}}},
            "change": "1 - 0.3 * event.cut",
        }
    },
    "levers": {
        "cache": {
            "kind": "exact_cache",
            "workload": "chat",
            "hit_share": {"value": "20%", "p10": "10%", "p90": "30%"},
            "on": True,
        }
    },
    "costs": {"ads": {"formula": 100, "counts_as": "acquisition"}},
    "events": {"cut": {"probability": "50%", "between": ["2027-01", "2027-03"]}},
    "correlations": [{"between": ["signups", "output"], "rank": 0.5}],
    "scenarios": {"dear": {"output": 350}},
    "checks": {"pays": "total(gross_margin) > 0"},
}
"""Everything that can be uncertain: inputs, growth, a walk, prices on both sides, a lever's parameter, an event."""

ROWS = ("revenue", "cost_of_revenue", "operating_result", "ltv")


@pytest.fixture(scope="module")
def model():
    return made(RICH, months=4)


def test_all_worlds_at_once_are_the_worlds_one_by_one(model):
    how = Draws(count=13, seed=5)
    worlds = drawn(model, shares_of(model, how, whole_draws("lhs", 13, 1), 0))
    whole = run(model, worlds).values
    for i in range(13):
        given = {name: value[i] if value.ndim > 1 else value for name, value in worlds.given.items()}
        alone = run(model, Worlds(given)).values
        for name in ROWS:
            here = np.broadcast_to(whole[name], (13, *alone[name].shape))[i]
            np.testing.assert_allclose(here, alone[name], rtol=1e-9)


def test_what_is_summarised_is_what_the_worlds_come_to(model):
    """A hundred worlds come in ten replicates of ten; quantiles and the worst tenth are those of all."""
    found = simulate(model, Draws(count=100, seed=3), margin_above=0.5)
    plan = whole_draws("lhs", 100, 10)
    shares = [shares_of(model, Draws(count=100, seed=3), plan, i) for i in range(10)]
    values = [run(model, drawn(model, each)).values for each in shares]
    totals = np.concatenate([v["operating_result"].sum(-1) for v in values])
    said = found.totals["operating_result"]
    np.testing.assert_allclose(said["p10"], np.quantile(totals, 0.1))
    np.testing.assert_allclose(said["shortfall"], np.sort(totals)[:10].mean())
    np.testing.assert_allclose(said["below 0"], (totals < 0).mean())
    np.testing.assert_allclose(found.kept["operating_result"], totals)
    margins = np.concatenate([v["gross_margin_share"] for v in values])
    whole = np.concatenate([v["gross_margin"].sum(-1) / v["revenue"].sum(-1) for v in values])
    assert found.above == pytest.approx((0.5, (whole > 0.5).mean(), (margins > 0.5).all(-1).mean()))
    holds = np.concatenate([v["gross_margin"].sum(-1) > 0 for v in values])
    assert found.held["checks.pays"] == pytest.approx(holds.mean())


def test_same_seed_same_digits_another_seed_others(model):
    one, two, other = (simulate(model, Draws(count=200, seed=seed)).kept["revenue"] for seed in (1, 1, 2))
    assert one.tolist() == two.tolist()
    assert not np.isclose(one, other).all()


@pytest.mark.parametrize("kind", ["lhs", "random"])
def test_another_input_moves_no_draws_of_others(model, kind):
    more = {**RICH["assumptions"], "extra": {"value": 1, "p10": 0, "p90": 3}}
    wider = made({**RICH, "assumptions": more}, months=4)
    plan = whole_draws(kind, 50, 1)
    before, after = (shares_of(each, Draws(count=50, kind=kind), plan, 0) for each in (model, wider))
    place = {name: i for i, name in enumerate(dimensions(wider))}
    kept = [place[name] for name in dimensions(model)]
    np.testing.assert_array_equal(before, after[:, kept])


def test_scenarios_share_their_worlds(model):
    """What a scenario leaves alone is the same number in each world; what it sets moves by its factor, 350 / 300."""
    shares = shares_of(model, Draws(count=20), whole_draws("lhs", 20, 1), 0)
    one, two = (drawn(model, shares, case).given for case in ("base", "dear"))
    for name, value in one.items():
        factor = 350 / 300 if name == "output" else 1
        np.testing.assert_allclose(two[name], value * factor)


def test_a_model_compared_with_itself_differs_in_no_world(model):
    found = compared(("a", model, "base"), ("b", model, "base"), draws=Draws(count=50))
    assert all(not np.nan_to_num(each).any() for each in found.differences.values())
    assert found.changed == ()


def test_memory_does_not_grow_with_the_number_of_worlds(model, monkeypatch):
    """In blocks of 128 worlds, of which 512 are kept: 80 blocks take about as much as 10."""
    for name, size in (("BLOCK", 128), ("CHUNK", 128), ("KEPT", 512)):
        monkeypatch.setattr(simulated, name, size)
    monkeypatch.setattr(summed, "KEPT", 512)

    def swept(*_):
        gc.collect()

    def peak(count):
        tracemalloc.start()
        simulate(model, Draws(count=count), of=("revenue",), watch=swept)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10 * 128)
    gc.freeze()  # what there was before is not looked through at each sweep
    try:
        assert peak(80 * 128) < 1.3 * peak(10 * 128)
    finally:
        gc.unfreeze()


def test_a_margin_is_not_asked_of_costs_alone():
    with pytest.raises(InputError, match="expected a model with revenue"):
        simulate(made(costs={"team": 100}), Draws(count=10), margin_above=0.5)


def test_correlated_inputs_move_together(model):
    how = Draws(count=2_000)
    shares = shares_of(model, how, whole_draws("lhs", 2_000, 1), 0)
    place = dimensions(model)
    ranks = shares[:, [place.index("signups"), place.index("output")]].argsort(0).argsort(0)
    assert np.asarray(np.corrcoef(ranks.T))[0, 1] == pytest.approx(0.5, abs=0.03)
    assert together(model, shares).shape == shares.shape
