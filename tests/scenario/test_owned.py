"""Fleets in models: GPU-hours as the room of serving makes them, bills by hand, levers, worlds, energy, training."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.connect.models import model_from
from pertoken.core.errors import InputError
from pertoken.core.lines import Usage, table
from pertoken.core.nodes import Curve
from pertoken.scenario.compile import compiled
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.operations import replicas_on
from pertoken.scenario.run import run
from pertoken.scenario.simulate import Draws, simulate
from pertoken.scenario.whole import whole
from pertoken.scenario.worlds import named
from pertoken.serving.autoscale import Autoscale, paid_on_average, replicas
from pertoken.serving.energy import energy_kwh
from pertoken.serving.offline import least_rate
from pertoken.serving.reshape import Served, on_gpus
from pertoken.serving.traffic import PATTERNS, Traffic, pattern
from pertoken.serving.training import Run, flops, gpu_hours
from pertoken.workbench.machines import gpus
from pertoken.workbench.serving import estimate_serving

HOURS = (744, 672, 744)
"""Of January to March 2027."""

ON = {"vendor": "gpus", "labels": {"model": "h100"}}
FLEET = ON | {"hours": {"input": 0.01, "output": 0.16}, "traffic": "office", "headroom": "20%"}


def model(fleet=FLEET, **more):
    """A model of three months: 90 million questions of 1,000 and 250 tokens on a fleet."""
    said = {
        "model": "m",
        "calendar": {"start": "2027-01", "months": 3},
        "assumptions": {"chats": {"value": "90M", "unit": "request", "p10": "60M", "p90": "130M"}},
        "workloads": {"chat": {"requests": "chats", "tokens": {"input": 1000, "output": 250}, "served_on": "own"}},
        "fleets": {"own": fleet},
        "vendors": {
            "gpus": {
                "rates": [
                    {"model": "h100", "gpu_hours": 5},
                    {"model": "h100", "gpu_hours": 3, "service_tier": "reserved"},
                ]
            }
        },
    }
    return compiled(model_from(said | more))


def values(own, case="base"):
    """Rows by name, as lists."""
    found = run(own, named(own, case)).values
    return {name: np.broadcast_to(each, (3,)).tolist() for name, each in found.items()}


BUSY = 90e6 * (1000 * 0.01 + 250 * 0.16) / 1e6


def by_serving(policy, name="office"):
    """What the room of serving makes of the same usage: hours that wait, by month."""
    rows = [
        (month, "m", meter, 90e6 * tokens)
        for month in ("2027-01", "2027-02", "2027-03")
        for meter, tokens in (("input_tokens", 1000), ("output_tokens", 250))
    ]
    lines = table(["month", "model", "meter"], ["quantity"], rows)
    seconds = {"input_tokens": 0.01 * 3600 / 1e6, "output_tokens": 0.16 * 3600 / 1e6}
    served = Served(fleet="own", where={"model": "m"}, seconds=seconds, within=name, policy=policy)
    made = on_gpus(Usage(lines.keys, lines.values), [served])
    return [row["quantity"] for row in made.where(use="idle").records()]


@pytest.mark.parametrize("name", ["flat", "office", "diurnal"])
@pytest.mark.parametrize(("minimum", "spare"), [(0, 0), (1, 1), (9, 0)])
def test_a_fleet_of_a_model_waits_as_long_as_one_of_the_room_of_serving(name, minimum, spare):
    found = values(model(FLEET | {"traffic": name, "minimum": minimum, "spare": spare}))
    assert found["busy_hours.own"] == pytest.approx([BUSY] * 3)
    expected = by_serving(Autoscale(minimum=minimum, spare=spare), name)
    assert found["idle_hours.own"] == pytest.approx(expected, rel=1e-4)
    paid = [busy + idle for busy, idle in zip([BUSY] * 3, expected, strict=True)]
    assert found["utilisation.own"] == pytest.approx([BUSY / each for each in paid], rel=1e-4)


def test_weekends_are_rounded_up_to_fewer_heights_by_less_than_a_hundredth():
    found = values(model(FLEET | {"traffic": "weekly"}))
    expected = by_serving(Autoscale(), "weekly")
    assert all(0 <= own - one < 0.01 * (BUSY + one) for own, one in zip(found["idle_hours.own"], expected, strict=True))


def test_the_bill_is_busy_and_idle_hours_at_the_price():
    found = values(model())
    assert found["cost.chat"] == pytest.approx([5 * BUSY] * 3, abs=0.01)
    assert found["shared.gpus"] == pytest.approx([5 * idle for idle in found["idle_hours.own"]], abs=0.01)
    assert found["total_cost"] == pytest.approx([5 * each for each in found["paid_hours.own"]], abs=0.02)


def test_reserved_gpus_are_paid_in_every_hour_and_what_the_load_needs_above_on_demand():
    found = values(model(FLEET | {"reserved": 8, "spare": 1}))
    for month, hours in enumerate(HOURS):
        week = pattern("office", mean=BUSY / hours)
        paid = replicas(week, 1.0, Autoscale(spare=1)).paid
        above = np.maximum(paid - 8, 0).mean() * hours
        assert found["on_demand_hours.own"][month] == pytest.approx(above, rel=1e-4)
        assert found["total_cost"][month] == pytest.approx(5 * above + 3 * 8 * hours, rel=1e-4)
    assert found["cost.chat"][0] < 5 * BUSY


@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=23),
    st.floats(0, 40),
    st.integers(0, 5),
    st.floats(0, 30),
)
def test_hours_above_a_reservation_are_those_bin_by_bin(heights, load, spare, reserved):
    curve = Curve("c", tuple(heights), (1.0,) * len(heights))
    within = max(0.0, reserved - spare)
    above = float(replicas_on(load, within, curve)) - (reserved - spare)
    above = above if reserved > spare else float(replicas_on(load, 0.0, curve)) + spare - reserved
    needed = np.ceil(load * np.array(heights)) + spare
    assert above == pytest.approx(float(np.maximum(needed - reserved, 0).mean()), abs=1e-9)


@given(st.lists(st.floats(0.01, 3), min_size=2, max_size=31), st.floats(0.1, 50), st.integers(0, 9))
def test_replicas_on_a_curve_are_those_of_the_room_of_serving(shape, load, least):
    policy = Autoscale(headroom=0, minimum=least, start_seconds=0, hold_seconds=0)
    curve = Curve("c", tuple(shape), (1.0,) * len(shape))
    expected = float(paid_on_average(np.array([load]), np.array(shape), policy)[0])
    assert float(replicas_on(load * (1 - 1e-9), float(least), curve)) == pytest.approx(expected)


def test_a_fleet_without_work_costs_its_minimum_alone():
    nobody = {"chats": {"value": 0, "unit": "request"}}
    assert values(model(FLEET | {"spare": 1}, assumptions=nobody))["total_cost"] == [0, 0, 0]
    kept = values(model(FLEET | {"minimum": 2, "spare": 1}, assumptions=nobody))
    assert kept["total_cost"] == [5 * 3 * hours for hours in HOURS]


def test_work_by_a_deadline_needs_its_mean_where_it_is_even():
    fleet = ON | {"hours": FLEET["hours"], "deadline": "24 h", "traffic": "flat"}
    found = values(model(fleet))
    assert found["paid_hours.own"] == pytest.approx([np.ceil(BUSY / hours) * hours for hours in HOURS])
    office = values(model(fleet | {"traffic": "office"}))
    level = float(least_rate(pattern("office"), 86_400))
    assert 1 < level < float(pattern("office").rates.max())
    assert office["paid_hours.own"] == pytest.approx([np.ceil(BUSY / hours * level) * hours for hours in HOURS])


ROUTE = {"kind": "route", "workload": "chat", "share": "30%", "to": {"served_on": "other", "model": "x"}, "on": True}


def test_a_route_takes_hours_from_one_fleet_to_another():
    other = ON | {"hours": {"input": 0.005, "output": 0.08}, "headroom": 0}
    found = values(model(levers={"r": ROUTE}, fleets={"own": FLEET, "other": other}))
    assert found["busy_hours.own"] == pytest.approx([0.7 * BUSY] * 3)
    assert found["busy_hours.other"] == pytest.approx([0.15 * BUSY] * 3)
    assert found["cost.chat"] == pytest.approx([5 * 0.85 * BUSY] * 3, abs=0.02)


def test_a_route_to_an_api_is_paid_there_and_by_the_same_workload():
    vendors = {
        "gpus": {"rates": {"h100": {"gpu_hours": 5}}},
        "api": {"rates": {"big": {"input": 1, "output": 4}}},
    }
    route = {"kind": "route", "workload": "chat", "share": "25%", "to": {"vendor": "api", "model": "big"}, "on": True}
    found = values(model(levers={"r": route}, vendors=vendors))
    assert found["cost.chat.at.api"] == pytest.approx([0.25 * 90 * (1000 * 1 + 250 * 4)] * 3)
    assert found["cost.chat.at.gpus"] == pytest.approx([5 * 0.75 * BUSY] * 3, abs=0.01)
    assert found["cost.chat"] == pytest.approx(
        [a + b for a, b in zip(found["cost.chat.at.api"], found["cost.chat.at.gpus"], strict=True)]
    )
    assert found["total_cost"] == pytest.approx(
        [a + b for a, b in zip(found["cost.vendor.api"], found["cost.vendor.gpus"], strict=True)]
    )


def test_a_prompt_that_is_cached_takes_no_gpu_time():
    lever = {"kind": "prompt_cache", "workload": "chat", "prefix_share": "50%", "hit_share": "80%", "written_share": 0}
    found = values(model(levers={"c": lever | {"on": True}}))
    assert found["busy_hours.own"] == pytest.approx([90e6 * (1000 * 0.6 * 0.01 + 250 * 0.16) / 1e6] * 3)


def test_throughput_divides_and_gpus_of_a_replica_round_up():
    two = FLEET | {"gpus": 2, "traffic": "flat", "throughput": 1.25, "headroom": 0}
    found = values(model(two))
    assert found["busy_hours.own"] == pytest.approx([BUSY / 1.25] * 3)
    assert found["paid_hours.own"] == [2 * np.ceil(BUSY / 1.25 / 2 / hours) * hours for hours in HOURS]


def test_energy_is_that_of_the_room_of_serving():
    power = {"watts": 700, "busy_share": "90%", "idle_share": "15%", "pue": 1.3}
    found = values(model(FLEET | {"energy": power}))
    for busy, idle, energy in zip(
        *(found[f"{row}.own"] for row in ("busy_hours", "idle_hours", "energy")), strict=True
    ):
        expected = energy_kwh(busy, idle, 700, busy_share=0.9, idle_share=0.15, pue=1.3)
        assert energy == pytest.approx(float(expected))


def test_training_takes_the_hours_of_its_arithmetic():
    trains = {
        "params": "8B",
        "tokens": "2B token * in(2027-02)",
        "method": "full",
        "gpu": "h100",
        "utilisation": "40%",
        "lost": "10%",
    }
    found = values(model(workloads={"run": {"trains": trains, "vendor": "gpus", "model": "h100"}}))
    expected = float(gpu_hours(flops(Run(params=8e9, tokens=2e9)), 989.4, mfu=0.4, lost_share=0.1))
    assert found["served.run.gpu_hours"] == pytest.approx([0, expected, 0], rel=1e-3)
    assert found["cost.run"][1] == pytest.approx(5 * found["served.run.gpu_hours"][1], abs=0.01)


def test_worlds_are_those_of_each_world_by_itself():
    own = model(FLEET | {"reserved": 8, "throughput": {"value": 1, "p10": 0.8, "p90": 1.2}})
    drawn = simulate(own, Draws(count=11, seed=3))
    assert drawn.totals["total_cost"]["p10"] < drawn.totals["total_cost"]["p90"]
    volumes = np.array([[50e6], [90e6], [170e6]])
    worlds, row = named(own), own.entries["chats"]
    both = run(own, replace(worlds, given={**worlds.given, row: volumes}))
    for place, volume in enumerate(volumes):
        alone = run(own, replace(worlds, given={**worlds.given, row: volume}))
        for each in ("total_cost", "idle_hours.own", "utilisation.own"):
            together = np.broadcast_to(both.values[each], (3, 3))[place]
            assert together == pytest.approx(np.broadcast_to(alone.values[each], (3,)), rel=1e-9, abs=0.011)


@settings(max_examples=20)
@given(
    st.sampled_from(sorted(PATTERNS)),
    st.integers(0, 4),
    st.integers(0, 2),
    st.integers(0, 20),
    st.floats(0, 1),
    st.booleans(),
)
def test_rows_of_a_workbook_come_to_what_rating_comes_to(name, minimum, spare, reserved, share, spot):  # noqa: PLR0917  one of each
    more = (
        {"reserved": reserved, "energy": {"watts": 400}} if reserved else {"service_tier": "reserved"} if spot else {}
    )
    fleet = FLEET | {"traffic": name, "minimum": minimum, "spare": spare} | more
    other = ON | {"hours": {"input": 0.005, "output": 0.08, "cached": 0.001}, "deadline": "6 h"}
    lever = ROUTE | {"share": round(share, 3)}
    own = model(levers={"r": lever}, fleets={"own": fleet, "other": other})
    cells, found = evaluate(whole(own), named(own).given), run(own).values
    for row in found:
        cell, rated = np.broadcast_arrays(cells[row], found[row])
        np.testing.assert_allclose(cell, rated, rtol=1e-9, atol=1e-6, err_msg=row)


def test_gpu_time_is_that_of_the_estimate_within_targets():
    fleet = {
        "vendor": "gpus", "model": "llama-3.1-8b", "gpu": "h100", "precision": "fp8",
        "request": {"input": 1000, "output": 250}, "deadline": "24 h",
    }  # fmt: skip
    own = model(fleet, vendors={"gpus": {"rates": {"H100-80GB-SXM": {"gpu_hours": 5}}}})
    full = estimate_serving("llama-3.1-8b", "h100", precision="fp8", input_tokens=1000, output_tokens=250)
    flood = estimate_serving("llama-3.1-8b", "h100", precision="fp8", input_tokens=1000, output_tokens=250, rate=1e4)
    expected = 90e6 / flood.requests_per_second.p50 / 3600  # more than it can serve, by no clients who wait
    assert values(own)["busy_hours.own"] == pytest.approx([expected] * 3, rel=1e-3)
    band = own.inputs["fleets.own.throughput"].spread.parameters
    ratio = full.output_tokens_per_second
    assert float(band["p10"]) == pytest.approx(ratio.p10 / ratio.p50, rel=1e-3)
    aims = {**{k: v for k, v in fleet.items() if k != "deadline"}, "ttft": "1 s", "tpot": "15 ms"}
    tight = model(aims, vendors={"gpus": {"rates": {"H100-80GB-SXM": {"gpu_hours": 5}}}})
    assert values(tight)["busy_hours.own"][0] > expected


def test_usage_that_follows_from_its_own_fleet_is_refused():
    with pytest.raises(InputError, match="break the ring"):
        model(FLEET | {"minimum": "if(total(total_cost) > 5, 1 replica, 2 replica)"})


def test_traffic_is_told_where_it_is_not_known():
    assert Traffic(rates=np.ones(2)).hours == pytest.approx(2 * 300 / 3600)
    with pytest.raises(InputError, match="unknown traffic pattern 'ofice'; did you mean office"):
        model(FLEET | {"traffic": "ofice"})


def test_gpu_hours_of_the_list_of_offers_are_inputs_with_their_source():
    vendors = {"gpus": {"gpus": {"gpu": "h100", "provider": "gcp"}}}
    own = model(FLEET | {"labels": {}, "gpu": "h100", "reserved": 8, "reserved_tier": "reserved_1y"}, vendors=vendors)
    prices = {name: said for name, said in own.inputs.items() if name.startswith("vendors.gpus.")}
    offers = gpus("h100", provider="gcp").offers
    for purchase, tier in (("on_demand", ""), ("reserved_1y", ".reserved_1y"), ("spot", ".spot")):
        said = prices[f"vendors.gpus.H100-80GB-SXM.gpu_hours{tier}"]
        assert said.value == min(each.usd_per_gpu_hour for each in offers if each.purchase == purchase)
        assert said.source
    found = values(own)
    price = {tier: float(prices[f"vendors.gpus.H100-80GB-SXM.gpu_hours{tier}"].value) for tier in ("", ".reserved_1y")}
    expected = found["on_demand_hours.own"][0] * price[""] + found["reserved_hours.own"][0] * price[".reserved_1y"]
    assert found["total_cost"][0] == pytest.approx(expected, abs=0.02)


QUANTISE = {"kind": "quantise", "served_on": "own", "throughput_factor": 1.6}


def test_a_smaller_number_format_makes_a_fleet_faster_where_the_lever_is_on():
    own = model(FLEET | {"throughput": 1.25}, levers={"q": QUANTISE}, scenarios={"eight": {"levers.q.on": True}})
    for case, factor in (("base", 1.0), ("eight", 1.6)):
        assert values(own, case)["busy_hours.own"] == pytest.approx([BUSY / 1.25 / factor] * 3)
        cells, found = evaluate(whole(own), named(own, case).given), run(own, named(own, case)).values
        for row in found:
            cell, rated = np.broadcast_arrays(cells[row], found[row])
            np.testing.assert_allclose(cell, rated, rtol=1e-9, atol=1e-6, err_msg=row)


def test_the_factor_of_a_precision_is_that_of_two_fleets():
    fleet = {
        "vendor": "gpus", "model": "llama-3.1-8b", "gpu": "h100", "precision": "bf16",
        "request": {"input": 1000, "output": 250}, "ttft": "1 s", "tpot": "20 ms",
    }  # fmt: skip
    card = {"gpus": {"rates": {"H100-80GB-SXM": {"gpu_hours": 5}}}}
    lever = {"kind": "quantise", "served_on": "own", "precision": "fp8", "on": True}
    own = model(fleet, vendors=card, levers={"q": lever})
    other = model(fleet | {"precision": "fp8"}, vendors=card)
    assert values(own)["busy_hours.own"] == pytest.approx(values(other)["busy_hours.own"], rel=1e-3)
    assert "requests a second in fp8" in own.inputs["levers.q.throughput_factor"].source


@pytest.mark.parametrize(
    ("lever", "said"),
    [
        ({"precision": "fp8"}, "a precision for a fleet that says its hours; expected throughput_factor"),
        ({"precision": "fp8", "throughput_factor": 2}, "says a precision and throughput_factor"),
        ({"precision": "fp8", "served_on": "none"}, "says a precision and served_on: none"),
        ({}, "does not say its throughput_factor"),
        ({"throughput_factor": 2, "model": "x"}, "quantises a fleet for model alone; expected served_on alone"),
    ],
)
def test_a_number_format_without_a_factor_is_refused(lever, said):
    with pytest.raises(InputError, match=said):
        model(levers={"q": {"kind": "quantise", "served_on": "own"} | lever})
