"""Three workloads in six places: list prices by hand, and machines that are paid for at the peak."""

import math

import pytest

import pertoken as pt
from tests.examples.model_run import compiled, months, value

HOURS = 31 * 24  # January 2027
REQUESTS = {"chatbot": 8_000_000, "search": 30_000_000, "content": 2_000_000}
INPUT = {"chatbot": 900, "search": 1_800, "content": 1_200}
OUTPUT = {"chatbot": 250, "search": 150, "content": 2_500}

# USD for 1M tokens in and out, as the vendors' pages had them on 2026-11-20
LISTED = {
    "base": (0.25, 2.00),  # openai/gpt-5-mini
    "azure": (0.25, 2.00),  # the same model, at the same price
    "aws": (1.10, 5.50),  # Claude Haiku 4.5 in a region of Bedrock: a tenth more than at its maker's
    "nova": (0.06, 0.24),
    "anthropic": (1.00, 5.00),
    "google": (0.10, 0.40),  # gemini-2.5-flash-lite
}


@pytest.mark.parametrize("scenario", LISTED)
@pytest.mark.parametrize("workload", REQUESTS)
def test_the_first_month_costs_tokens_times_list_price(scenario, workload):
    price_in, price_out = LISTED[scenario]
    cost = REQUESTS[workload] * (INPUT[workload] * price_in + OUTPUT[workload] * price_out) / 1e6
    assert months("workloads", f"cost.{workload}", scenario)[0] == pytest.approx(cost, abs=0.005)


# A week of hours, each workload's traffic by hour in any measure: the busiest hour by the mean hour
WEEKS = {
    "chatbot": [1.0] * 45 + [0.15] * 75 + [0.04] * 48,  # 9 to 18 o'clock on five days, their nights, the weekend
    "search": [1.2] * 56 + [0.9] * 112,  # a third of the hours is a little busier
    "content": [12.4] * 10 + [0.315] * 158,  # ten hours of campaigns a week
}


@pytest.mark.parametrize(("workload", "said"), [("chatbot", 2.9), ("search", 1.2), ("content", 12.0)])
def test_peak_to_mean_is_counted_on_a_week_of_168_hours(workload, said):
    hours = WEEKS[workload]
    assert len(hours) == 168
    assert max(hours) / (sum(hours) / 168) == pytest.approx(said, abs=0.05)
    assert value("workloads", f"peak_to_mean.{workload}") == said


SPEED = 36_000_000  # tokens of one GPU in an hour
MEAN = {name: REQUESTS[name] * (INPUT[name] + OUTPUT[name]) / HOURS / SPEED for name in REQUESTS}  # GPUs at work
PEAK = {name: math.ceil(MEAN[name] * peak) for name, peak in (("chatbot", 2.9), ("search", 1.2), ("content", 12.0))}


@pytest.mark.parametrize(
    ("scenario", "owned"), [("own_all", ("chatbot", "search", "content")), ("own_search", ("search",))]
)
def test_own_machines_are_paid_for_at_the_peak_and_what_idles_is_a_line_of_its_own(scenario, owned):
    busy = sum(MEAN[name] for name in owned) * HOURS * 3.49
    paid = sum(PEAK[name] for name in owned) * HOURS * 3.49
    assert months("workloads", "costs.gpus_busy", scenario)[0] == pytest.approx(busy, abs=0.005)
    assert months("workloads", "costs.gpus_idle", scenario)[0] == pytest.approx(paid - busy, abs=0.005)
    assert months("workloads", "cost_of_revenue", scenario)[0] == pytest.approx(
        paid
        + 6_000
        + sum(
            REQUESTS[name] * (INPUT[name] * 0.25 + OUTPUT[name] * 2.00) / 1e6 for name in REQUESTS if name not in owned
        ),
        abs=0.005,
    )


def test_a_list_price_beats_own_machines_that_look_cheaper_when_assumed_busy():
    google = months("workloads", "cost.search", "google")[0]
    assert months("workloads", "costs.gpus_busy", "own_search")[0] < google
    assert months("workloads", "cost_of_revenue", "own_search")[0] > google + sum(
        months("workloads", f"cost.{name}", "base")[0] for name in ("chatbot", "content")
    )


def test_the_price_of_a_gpu_hour_is_that_of_the_shipped_list():
    said = compiled("workloads").inputs["gpu_price"]
    offers = {each.instance: each for each in pt.gpus("h100", provider="runpod", purchase="on_demand").offers}
    assert float(said.value) == float(offers["H100 SXM secure"].usd_per_gpu_hour)
    assert said.as_of == offers["H100 SXM secure"].as_of
