"""Training and inference on GPUs: hours on demand, reserved, on spot and idle, month by month, by hand."""

import calendar
import math

import pytest

import pertoken as pt
from tests.examples.model_run import compiled, months, total

HOURS = [calendar.monthrange(2027 + month // 12, month % 12 + 1)[1] * 24 for month in range(24)]
SEASON = [2.2, 0.4, 0.4] * 8
ON_DEMAND, SPOT, RESERVED = 10.9791, 6.571, 7.673


def plan(*, reserved=8, on_spot=0.5, peak=2.2):
    """Hours and money of each month in the base case."""
    rows = []
    for month, hours in enumerate(HOURS):
        runs = 4_000 * SEASON[month]
        tokens = 20_000_000 * 1.04**month * 1_200
        serving_mean = tokens / 9_000_000
        gpus = math.ceil(serving_mean * peak / hours)
        firm = gpus * hours + runs * (1 - on_spot)
        burst = max(firm - reserved * hours, 0)
        unused = max(reserved * hours - firm, 0)
        spot = runs * on_spot * 1.12
        rows.append(
            {
                "burst_hours": burst,
                "spot_hours": spot,
                "idle_hours": gpus * hours - serving_mean + unused,
                "cost.burst": burst * ON_DEMAND,
                "cost.spot": spot * SPOT,
                "costs.reserved": reserved * hours * RESERVED,
                "costs.storage": 3_500,
                "costs.engineering": 3.5 * 190_000 / 12,
                "costs.data": 120_000 if month == 0 else 0,
                "costs.move": 45_000 if month == 1 else 0,
            }
        )
    return rows


def cost(rows):
    return sum(amount for row in rows for name, amount in row.items() if name.startswith("cost"))


SCENARIOS = {
    "base": plan(),
    "none_reserved": plan(reserved=0),
    "reserved_14": plan(reserved=14),
    "no_spot": plan(on_spot=0),
    "assumed_busy": plan(peak=1),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_line_of_every_month_is_the_sum_made_by_hand(scenario):
    rows = SCENARIOS[scenario]
    for name in rows[0]:
        assert months("training", name, scenario) == pytest.approx([row[name] for row in rows], rel=1e-9, abs=1e-6), (
            name
        )


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_total_cost_of_ownership_is_the_sum_of_all_lines_over_24_months(scenario):
    assert total("training", "total_cost", scenario) == pytest.approx(cost(SCENARIOS[scenario]), abs=0.01)


def test_14_reserved_gpus_are_cheapest_as_each_of_them_is_needed_in_69_9_percent_of_months():
    """The newsvendor's rule: reserve the k-th GPU if it is needed for more than reserved / on demand of the time."""
    assert min(range(40), key=lambda reserved: cost(plan(reserved=reserved))) == 14
    needed = [(row["burst_hours"] / hours) for row, hours in zip(plan(reserved=0), HOURS, strict=True)]
    share = [sum(gpus >= each for gpus in needed) / 24 for each in (14, 15)]
    assert share[0] > RESERVED / ON_DEMAND > share[1]
    assert total("training", "total_cost", "reserved_14") < total("training", "total_cost", "base")


@pytest.mark.parametrize(
    ("name", "purchase"),
    [("price.on_demand", "on_demand"), ("price.spot", "spot"), ("price.reserved", "reserved_1y")],
)
def test_prices_are_those_of_the_shipped_list(name, purchase):
    said = compiled("training").inputs[name]
    offer = next(
        each
        for each in pt.gpus("h100", provider="gcp", purchase=purchase).offers
        if each.instance == "a3-highgpu-1g" and each.purchase == purchase
    )
    assert float(said.value) == pytest.approx(float(offer.usd_per_gpu_hour))
    assert said.as_of == (offer.as_of or offer.seen)
