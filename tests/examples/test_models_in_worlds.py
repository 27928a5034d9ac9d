"""Worlds drawn at random: what a model comes to in all of them at once is what is made by hand in each."""

from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest

from pertoken.scenario.run import run
from pertoken.scenario.worlds import of_inputs
from tests.examples.model_run import compiled

NORMAL = NormalDist()
WORLDS = 29


def drawn(name, ranges):
    """Draw inputs evenly between two ends, and reckon the model in all worlds at once."""
    rng = np.random.default_rng(7)
    said = {each: rng.uniform(low, high, WORLDS) for each, (low, high) in ranges.items()}
    found = run(compiled(name), of_inputs(compiled(name), said))
    return [{each: float(values[i]) for each, values in said.items()} for i in range(WORLDS)], found


CHATBOT = {
    "queries": (50_000, 200_000),
    "queries.growth": (0, 9),
    "question": (300, 800),
    "answer": (200, 900),
    "repeated": (5, 40),
    "easy": (20, 90),
    "price.input": (0.005, 0.02),
    "price.output": (0.01, 0.05),
    "price.small.input": (0.1, 0.5),
    "price.small.output": (0.4, 2),
    "levers.cache.on": (0, 1),
    "levers.cheaper.on": (0, 1),
}


def chatbot(said):
    """Cost of the chatbot by month; a lever that is partly on acts on that part."""
    cache = said["levers.cache.on"] * said["repeated"] / 100
    small = said["levers.cheaper.on"] * said["easy"] / 100
    lengths = said["question"], said["answer"]
    large_price = (lengths[0] * said["price.input"] + lengths[1] * said["price.output"]) / 1e3
    small_price = (lengths[0] * said["price.small.input"] + lengths[1] * said["price.small.output"]) / 1e6
    each = (1 - cache) * ((1 - small) * large_price + small * small_price)
    return [said["queries"] * (1 + said["queries.growth"] / 100) ** month * each for month in range(12)]


def test_a_chatbot_costs_in_each_world_what_is_made_by_hand():
    worlds, found = drawn("chatbot", CHATBOT)
    assert found.values["cost.chat"] == pytest.approx(np.array([chatbot(said) for said in worlds]), rel=1e-9)


TIERS = {
    "signups": (800, 2_000),
    "signups.growth": (0, 8),
    "upgrade": (0.1, 0.4),
    "grow_up": (0.3, 2),
    "churn.free": (4, 13),
    "churn.pro": (1, 5),
    "churn.enterprise": (0.2, 2),
    "queries.pro": (30_000, 90_000),
    "queries.enterprise": (1e6, 4e6),
    "queries.enterprise.growth": (0, 4),
    "input": (1_000, 2_000),
    "output": (200, 500),
    "price.pro.per_1k": (0.0005, 0.002),
    "segments.pro.sizes.spread": (0.3, 1.2),
    "segments.enterprise.sizes.spread": (0.3, 1.5),
    "plans.pro.base.flat": (300, 700),
    "plans.enterprise.tokens.tier_1.up_to": (500_000, 2e6),
    "plans.enterprise.tokens.tier_1.rate": (0.0009, 0.0012),
    "plans.enterprise.tokens.tier_2.rate": (0.0007, 0.0009),
    "plans.enterprise.tokens.tier_3.rate": (0.0004, 0.0007),
    "plans.enterprise.minimum": (500, 3_000),
}


def classes(spread, count=5):
    edges = [NORMAL.inv_cdf(k / count) - spread for k in range(1, count)]
    below = [0.0, *(NORMAL.cdf(edge) for edge in edges), 1.0]
    return [count * (high - low) for low, high in pairwise(below)]


def enterprise_bill(said, tokens):
    used, first = tokens / 1000, said["plans.enterprise.tokens.tier_1.up_to"]
    price = (
        min(used, first) * said["plans.enterprise.tokens.tier_1.rate"]
        + max(min(used, 10e6) - first, 0) * said["plans.enterprise.tokens.tier_2.rate"]
        + max(used - 10e6, 0) * said["plans.enterprise.tokens.tier_3.rate"]
    )
    return max(price, said["plans.enterprise.minimum"])


def tiers(said):
    """Revenue of Pro and Enterprise by month."""
    free, pro, enterprise = 6_000.0, 60.0, 4.0
    rows = []
    for month in range(12):
        upgraded, grown = free * said["upgrade"] / 100, pro * said["grow_up"] / 100
        free += (
            said["signups"] * (1 + said["signups.growth"] / 100) ** month - upgraded - free * said["churn.free"] / 100
        )
        pro += upgraded - grown - pro * said["churn.pro"] / 100
        enterprise += grown - enterprise * said["churn.enterprise"] / 100
        length = said["input"] + said["output"]
        asked = said["queries.enterprise"] * (1 + said["queries.enterprise.growth"] / 100) ** month * length
        pro_bill = said["plans.pro.base.flat"] + said["queries.pro"] * length / 1000 * said["price.pro.per_1k"]
        bills = [enterprise_bill(said, asked * size) for size in classes(said["segments.enterprise.sizes.spread"])]
        rows.append((pro * pro_bill, enterprise * sum(bills) / 5))
    return rows


def test_tiers_bill_in_each_world_what_is_made_by_hand():
    worlds, found = drawn("tiers", TIERS)
    by_hand = np.array([tiers(said) for said in worlds])
    for column, name in enumerate(("revenue.pro", "revenue.enterprise")):
        # a bill is in whole cents: up to half a cent for the fee and half for each class of tokens
        assert found.values[name] == pytest.approx(by_hand[..., column], rel=2e-5), name
