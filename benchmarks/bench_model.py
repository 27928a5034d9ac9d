"""Worlds of a model of three tiers over 24 months, against the same arithmetic by hand in NumPy; and their memory.

By hand: customers month by month, five sizes of two plans, graduated tiers with a minimum, a commitment with its
true-up, rounding to the cent, the vendor's bill with a chance of lower prices, the statement, and P10, P50 and P90 of
the same rows by month and in total. Both sides draw their inputs by the same functions, in the same blocks.
"""

import resource
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from pertoken.connect.models import read_model
from pertoken.core.money import round_half_up
from pertoken.scenario.compile import compiled
from pertoken.scenario.drawn_worlds import drawn
from pertoken.scenario.simulate import Draws, plan_of, shares_of, simulate

MONTHS = 24
ROWS = (
    "customers", "revenue", "cost_of_revenue", "gross_margin", "acquisition", "contribution", "operating", "one_off",
    "total_cost", "operating_result",
)  # fmt: skip
LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def tiers():
    """Read the example of three tiers, stretched to two years."""
    text = (files("pertoken") / "examples" / "tiers.yaml").read_text()
    assert text.count("months: 12") == 1
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tiers.yaml"
        path.write_text(text.replace("months: 12", f"months: {MONTHS}"))
        return compiled(read_model(path))


def customers(g, new):
    """Customers of each segment at the end of each month, month by month."""
    upgrade, grow_up = g["upgrade"] / 100, g["grow_up"] / 100
    leaving = {name: g[f"churn.{name}"] / 100 for name in ("free", "pro", "enterprise")}
    free, pro, big = (np.broadcast_to(g[f"segments.{n}.start"], new[:, :1].shape) for n in leaving)
    found = np.empty((3, MONTHS, len(new), 1))
    for month in range(MONTHS):
        up, out = free * upgrade, pro * grow_up
        free = free - free * leaving["free"] - up + new[:, month : month + 1]
        pro = pro - pro * leaving["pro"] - out + up
        big = big - big * leaving["enterprise"] + out
        found[:, month] = free, pro, big
    return np.moveaxis(found[..., 0], 1, 2)


def sizes(spread):
    """Usage of one of each fifth of customers, in those of the mean; a lognormal spread."""
    ends = ndtr(ndtri(np.arange(1, 5) / 5) - spread)
    return 5 * np.diff(np.concatenate([[0.0], ends, [1.0]]))


def graduated(units, bounds, rates):
    charge = units * rates[0]
    for bound, below, above in zip(bounds, rates, rates[1:], strict=False):
        charge = charge + np.maximum(units - bound, 0) * (above - below)
    return charge


def statement(g):
    """Reckon the rows of all worlds."""
    turn = np.arange(MONTHS)
    new = g["signups.first"] * (1 + g["signups.growth"] / 100) ** turn
    free, pro, big = customers(g, new)
    each = g["input"] + g["output"]
    reach = np.log(g["free_limit"] / (g["wanted"] * each)) / g["free_spread"]
    half = g["free_spread"] / 2
    asked = {
        "free": g["wanted"] * ndtr(reach - half) + g["free_limit"] / each * (1 - ndtr(reach + half)),
        "pro": g["queries.pro"],
        "big": g["queries.enterprise.first"] * (1 + g["queries.enterprise.growth"] / 100) ** turn,
        "acme": g["queries.acme.first"] * (1 + g["queries.acme.growth"] / 100) ** turn,
    }
    revenue = np.zeros(new.shape)
    for size in sizes(g["segments.pro.sizes.spread"][0]):
        units = asked["pro"] * each * size / 1000
        revenue = revenue + pro / 5 * (500 + round_half_up(units * g["price.pro.per_1k"], 2))
    for size in sizes(g["segments.enterprise.sizes.spread"][0]):
        units = asked["big"] * each * size / 1000
        charge = round_half_up(graduated(units, (1e6, 1e7), (0.0010, 0.0008, 0.0006)), 2)
        revenue = revenue + big / 5 * np.maximum(charge, 1500)
    charge = round_half_up(graduated(asked["acme"] * each / 1000, (5e6,), (0.0008, 0.0005)), 2)
    years = charge.reshape(-1, MONTHS // 12, 12)
    years[..., -1] += np.maximum(84_000 - years.sum(axis=-1), 0)
    revenue = revenue + charge
    happened = (g["event.price_cut.month"] > 0) & (turn + 1 >= g["event.price_cut.month"])
    vendor = np.zeros(new.shape)
    for count, queries in ((free, asked["free"]), (pro, asked["pro"]), (big, asked["big"]), (1, asked["acme"])):
        for length, price in (("input", "input_tokens"), ("output", "output_tokens")):
            tokens = count * queries * g[length]
            vendor = vendor + tokens * (g[f"vendors.llm.gpt-5-mini.{price}"] / 1e6)
    vendor = vendor * (1 - g["cut"] / 100 * happened)
    cost = vendor + g["help.pro"] * pro + g["help.enterprise"] * big
    acquisition = g["bounty"] * new
    one_off = np.where(turn == 3, 18_000.0, 0.0)
    margin = revenue - cost
    contribution = margin - acquisition
    result = contribution - 45_000 - one_off
    found = (free + pro + big + 1, revenue, cost, margin, acquisition, contribution, np.full(MONTHS, 45_000.0), one_off,
             revenue - result, result)  # fmt: skip
    return {name: np.broadcast_to(own, new.shape) for name, own in zip(ROWS, found, strict=True)}


def by_hand(model, draws):
    """P10, P50 and P90 of each row, in total and by month."""
    plan = plan_of(model, draws)
    given = (drawn(model, shares_of(model, draws, plan, i)).given for i in range(plan.replicates))
    blocks = [statement(each) for each in given]
    found = {}
    for name in ROWS:
        months = np.concatenate([block[name] for block in blocks])
        total = months[:, -1] if name == "customers" else months.sum(axis=1)
        found[name] = np.quantile(total, list(LEVELS.values())), np.quantile(months, list(LEVELS.values()), axis=0)
    return found


def test_worlds_of_a_model_are_those_made_by_hand_to_the_cent(size, race):
    model = tiers()
    draws = Draws(count=size(smoke=210, full=10_000), seed=3)

    def ours():
        return simulate(model, draws, of=ROWS)

    def floor():
        return by_hand(model, draws)

    said, hand = ours(), floor()
    for name in ROWS:
        for place, level in enumerate(LEVELS):
            np.testing.assert_allclose(said.totals[name][level], hand[name][0][place], rtol=0, atol=0.005)
            np.testing.assert_allclose(said.months[name][level], hand[name][1][place], rtol=0, atol=0.005)
    race(f"{draws.count:,} worlds × 24 months of three tiers", ours, floor, target=3, rounds=5)


PEAK = """
import resource, sys
from bench_model import Draws, ROWS, simulate, tiers
simulate(tiers(), Draws(count=int(sys.argv[1])), of=ROWS)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(draws):
    """Peak memory of a process that draws so many worlds. [MB]"""
    command = [sys.executable, "-c", PEAK, str(draws)]
    said = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    return int(said.stdout) / 1024


@pytest.mark.skipif(not hasattr(resource, "RUSAGE_SELF"), reason="peak memory is asked of a Unix system")
def test_a_hundred_times_the_worlds_need_about_the_same_memory(size, note, full):
    few, many = size(smoke=2_000, full=10_000), size(smoke=8_000, full=1_000_000)
    one, two = peak(few), peak(many)
    assert two < 2 * one + 50
    if full:
        note(f"peak memory of {few:,} worlds {one:,.0f} MB, of {many:,} worlds {two:,.0f} MB")
