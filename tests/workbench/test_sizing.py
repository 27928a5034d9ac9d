"""Sizes of fleets and build or buy: laws of cost, bills that add up, messages, the commands."""

from datetime import date
from typing import Any

import numpy as np
import pytest

import pertoken as pt
from pertoken.connect.loads import read_load
from pertoken.core.errors import InputError
from pertoken.serving.ownership import Staff
from pertoken.serving.percentiles import Load, at_work
from pertoken.workbench.breaking_even import build_or_buy
from pertoken.workbench.sizing import size

LOAD: dict[str, Any] = {"rate": 12.0, "input_tokens": 1200, "output_tokens": 250}
PEOPLE = Staff(salary=180_000, engineering_months=3, amortised_months=24, operations=0.25)


@pytest.fixture(scope="module")
def sized():
    return size("llama-3.1-8b", ["h100", "a10g"], **LOAD, ttft=1, tpot=0.04, traffic="diurnal")


def test_ways_come_the_cheapest_first_and_meet_the_targets(sized):
    costs = [one.monthly for one in sized.choices if one.bought]
    assert costs == sorted(costs)
    assert all(one.tpot["p99"] <= 0.04 * 1.0001 and one.ttft["p99"] <= 1.0001 for one in sized.choices)


def test_tokens_and_uses_at_their_prices_add_up_to_the_bill(sized):
    for way in sized.best.bought:
        requests = LOAD["rate"] * 730 * 3600
        tokens = requests * (1200 * way.costs.input_per_million + 250 * way.costs.output_per_million) / 1e6
        assert float(tokens) == pytest.approx(way.monthly, rel=1e-6)
        assert float(way.costs.per_request) * requests == pytest.approx(way.monthly, rel=1e-6)
        assert float(sum(way.costs.uses.values())) == pytest.approx(way.monthly)


def test_more_gpus_never_lower_the_best_rate_as_they_may_be_split(sized):
    for gpu in ("H100-80GB-SXM", "A10G-24GB"):
        rates = [sized.best_rate(gpu, count) for count in range(1, 17)]
        assert rates == sorted(rates)


def test_looser_targets_never_raise_the_cost():
    costs = [
        size("llama-3.1-8b", ["h100"], **LOAD, ttft=first, tpot=each, max_gpus=2).best.monthly
        for first, each in ((0.3, 0.015), (0.3, 0.04), (2, 0.04), (9, 9))
    ]
    assert costs == sorted(costs, reverse=True)


def test_what_does_not_fit_says_by_how_much_and_what_would():
    found = size("llama-3.3-70b", ["a10g"], **LOAD, max_gpus=2)
    assert all(one.lacking for one in found.choices)
    with pytest.raises(InputError, match=r"does not fit by 32\.9 GB; would fit: 4 x A10G-24GB"):
        _ = found.best


def test_targets_out_of_reach_say_the_floor():
    found = size("llama-3.1-8b", ["a10g"], **LOAD, ttft=0.001)
    with pytest.raises(InputError, match=r"TTFT 0\.001 s at 99 % can't be reached at any load; the floors are TTFT"):
        _ = found.best


def test_where_nothing_is_rented_out_it_says_so():
    with pytest.raises(InputError, match="for rent among the offers"):
        _ = size("llama-3.1-8b", ["h100"], **LOAD, regions=["nowhere"]).best


def test_what_is_extrapolated_is_marked_in_the_sheet():
    found = size("llama-3.1-8b", ["mi300x"], **LOAD)
    assert "extrapolated: no measured run on MI300X-192GB" in str(pt.sheet(found))


def test_a_fleet_pays_at_high_volume_and_the_api_at_low_volume():
    made = [
        build_or_buy(
            "llama-3.1-8b", ["h100"], api="gpt-4o-mini", on=date(2026, 11, 1), staff=PEOPLE,
            **LOAD | {"rate": rate}, ttft=1, tpot=0.04,
        )
        for rate in (0.04, 40.0)
    ]  # fmt: skip
    assert [each.cheaper for each in made] == ["api", "own"]
    for each in made:
        fleet = each.fleets[0]
        assert float(fleet.monthly.total) == pytest.approx(float(fleet.own.cost(each.volume)[0]))
        first = fleet.crossings[0].volume
        assert (each.volume > first) == (each.cheaper == "own")


def test_a_fleet_at_the_volume_asked_for_costs_what_its_size_says():
    made = build_or_buy("llama-3.1-8b", ["l40s"], api="gpt-4o-mini", on=date(2026, 11, 1), **LOAD, traffic="office")
    fleet = made.fleets[0]
    assert float(fleet.monthly.lines["machines"][0]) == pytest.approx(fleet.bought.monthly, rel=1e-6)


def test_a_shared_prefix_is_cached_on_both_sides():
    plain, cached = (
        build_or_buy("llama-3.1-8b", ["h100"], api="gpt-4o-mini", on=date(2026, 11, 1), **LOAD, prefix_share=share)
        for share in (0.0, 0.5)
    )
    assert cached.per_request < plain.per_request
    assert cached.fleets[0].choice.best > plain.fleets[0].choice.best


def test_privacy_is_priced_as_what_it_costs_more():
    made = build_or_buy(
        "llama-3.1-8b", ["h100"], api="gpt-4o-mini", on=date(2026, 11, 1), staff=PEOPLE, private=True,
        **LOAD | {"rate": 0.04},
    )  # fmt: skip
    assert "the API is no choice" in str(pt.sheet(made))


@pytest.mark.parametrize("gpu", ["h100", "l40s"])
@pytest.mark.parametrize("running", [12.0, 40.0])
def test_percentiles_are_near_those_of_a_simulation_of_the_same_load(gpu, running):
    """Measured when written: TTFT at most 4 % off in the mean and 25 % low at P99, TPOT at most 7 % low."""
    one = read_load({"model": "llama-3.1-8b", "gpu": gpu, "input_tokens": 1200, "output_tokens": 250})
    told = {
        name: at_work(
            one.sizes, one.layout, one.settings, Load(input_tokens=1200.0, output_tokens=250.0), running, part
        )
        for name, part in (("mean", None), ("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    rate = float(told["mean"].rate)
    come = pt.arrivals(np.array([rate]), width=9000 / rate, rng=np.random.default_rng(3))
    seen = pt.simulate_serving(pt.demand(come, 1200, 250), "llama-3.1-8b", gpu)
    for name, each in told.items():
        near = {"mean": 0.1, "p50": 0.25, "p95": 0.2, "p99": 0.3}[name]
        assert float(each.first) == pytest.approx(getattr(seen.ttft(), name), rel=near)
        assert float(each.each) == pytest.approx(getattr(seen.tpot(), name), rel=0.1)
