"""A small model reckoned by hand, in plain Python without arrays, agrees with the engine to a billionth."""

import math
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest

from tests.scenario.small import base, made

PLAIN = NormalDist()


def twin(said, months):
    """Customers, usage by size, tiers, vendor's bill and statement, month by month, number by number."""
    rows = []
    here = float(said["start"])
    for month in range(months):
        new = said["new"] * (1 + said["growth"]) ** month
        here = here - here * said["churn"] + new
        tokens = cost = revenue = 0.0
        for part, size in classes(said["spread"], 5):
            requests = said["asks"] * size
            one = requests * (said["input"] + said["output"])
            revenue += part * here * bill(one / 1_000, said)
            tokens += part * here * one
            cost += part * here * requests * (said["input"] * 2 + said["output"] * 8) / 1e6
        cost *= 0.7 if month >= said["cut"] else 1
        rows.append((here, tokens, revenue, cost, revenue - cost - said["team"]))
    return rows


def classes(spread, count):
    """Equally many customers each; what lies between the edges of the distribution that is moved by its deviation."""
    edges = [-math.inf, *(PLAIN.inv_cdf(i / count) for i in range(1, count)), math.inf]
    below = [0.0 if edge == -math.inf else 1.0 if edge == math.inf else PLAIN.cdf(edge - spread) for edge in edges]
    return [(1 / count, count * (high - low)) for low, high in pairwise(below)]


def bill(units, said):
    """A fee and two tiers, each rounded to the cent, at least the minimum."""
    first = min(units, 20) * 0.01 + max(units - 20, 0) * said["rate"]
    return max(cents(said["fee"]) + cents(first), said["minimum"])


def cents(value):
    return math.floor(value * 100 + 0.5 + 1e-9) / 100


SAID = {"start": 120, "new": 30, "growth": 0.05, "churn": 0.06, "asks": 70, "input": 400, "output": 350, "spread": 0.8,
        "fee": 3, "rate": 0.004, "minimum": 4, "team": 500, "cut": 2}  # fmt: skip


def model(said):
    return made(
        assumptions={"joins": {"value": said["new"], "unit": "customer", "growth": said["growth"]}},
        segments={
            "pro": {
                "plan": "pro",
                "start": said["start"],
                "new": "joins",
                "churn": said["churn"],
                "sizes": {"spread": said["spread"], "classes": 5},
            },
        },
        workloads={
            "chat": {
                "each": {"pro": said["asks"]},
                "tokens": {"input": said["input"], "output": said["output"]},
                "vendor": "llm",
                "model": "m",
            },
        },
        plans={
            "pro": {
                "prices": {
                    "fee": {"curve": [{"flat": said["fee"]}]},
                    "tokens": {
                        "measure": {"sum": "total_tokens"},
                        "convert": {"per": 1000},
                        "curve": {"mode": "marginal", "tiers": [{"up_to": 20, "rate": 0.01}, {"rate": said["rate"]}]},
                    },
                },
                "clamp": {"min": said["minimum"]},
            }
        },
        vendors={"llm": {"rates": {"m": {"input": 2, "output": 8}}, "change": "1 - 0.3 * event.cut"}},
        events={"cut": {"probability": "50%", "in": "2027-03", "base": "2027-03"}},
        costs={"team": said["team"]},
        months=5,
    )


@pytest.mark.parametrize(
    "change",
    [{}, {"churn": 0}, {"churn": 1}, {"spread": 1.5, "minimum": 40}, {"fee": 0, "rate": 0, "minimum": 0}, {"asks": 0}],
)
def test_the_engine_agrees_with_a_slow_twin(change):
    said = {**SAID, **change}
    found = base(model(said)).values
    expected = np.array(twin(said, 5)).T
    for name, own in zip(
        ("customers", "tokens.chat", "revenue", "cost_of_revenue", "operating_result"), expected, strict=True
    ):
        np.testing.assert_allclose(np.broadcast_to(found[name], (5,)), own, rtol=1e-9, atol=1e-9)
