"""From metered prices to a fee and a bundle: who moves, what rolls over, and what it brings, by hand."""

from itertools import pairwise
from math import exp
from statistics import NormalDist

import pytest

from tests.examples.model_run import months, total

NORMAL = NormalDist()
MONTHS = range(24)
SIZES = ("small", "large")
START = {"small": 900.0, "large": 40.0}
USE = {"small": 20e6, "large": 400e6}  # tokens of the mean metered customer
SPREAD = {"small": (1.0, 0.8), "large": (0.9, 0.7)}  # metered, hybrid
BUNDLE = {  # fee, tokens, their price, price for 1K beyond
    "small": (10, 25e6, 28, 0.0015),
    "large": (100, 400e6, 480, 0.0014),
}
BASE = {"launch": 1, "small": 0.05, "large": 0.08, "takers": 0.70, "selection": 0.5}
SCENARIOS = {
    "base": BASE,
    "stay": BASE | {"launch": 0},
    "slow": BASE | {"small": 0.02, "large": 0.03, "takers": 0.50},
    "fast": BASE | {"small": 0.09, "large": 0.14, "takers": 0.85},
    "by_chance": BASE | {"selection": 0.0},
}


def classes(spread, count=5):
    """Usage by the mean usage in equally large classes of a lognormal spread: the mean within each class."""
    edges = [NORMAL.inv_cdf(k / count) - spread for k in range(1, count)]
    below = [0.0, *(NORMAL.cdf(edge) for edge in edges), 1.0]
    return [count * (high - low) for low, high in pairwise(below)]


def customers(size, said):
    """Metered and hybrid customers at the end of each month."""
    metered, hybrid = START[size], 0.0
    rows = []
    for month in MONTHS:
        opened = said["launch"] * (month >= 3)
        new = 45 * 1.02**month if size == "small" else 1.5
        moved = metered * said[size] * opened
        metered = metered * (1 - 0.045) - moved + new * (1 - said["takers"] * opened)
        hybrid = hybrid * (1 - 0.018) + moved + new * said["takers"] * opened
        rows.append((metered, hybrid))
    return rows


def movers(share, selection):
    """Mean use of the share who move by the mean of all, if the largest of a lognormal spread are the first to move."""
    return NORMAL.cdf(selection - NORMAL.inv_cdf(1 - share)) / share if share else 1.0


def hybrid_bills(size, used):
    """Revenue of one customer over the months: half of what is left of a month's grant is there for one more month.

    What is carried on is earned in the month after, whether it is used then or lapses.
    """
    fee, grant, price, beyond = BUNDLE[size]
    rolled, bills = 0.0, []
    for tokens in used:
        from_old = min(tokens, rolled)
        from_new = min(tokens - from_old, grant)
        carried = min(0.5 * (grant - from_new), grant)
        earned = price * (grant - carried + rolled) / grant
        bills.append(fee + earned + round((tokens - from_old - from_new) / 1000 * beyond, 2))
        rolled = carried
    return bills


def books(scenario):
    """Revenue of each segment and cost, by month."""
    said = SCENARIOS[scenario]
    rows = {name: [0.0] * 24 for name in ("small", "small_hybrid", "large", "large_hybrid", "cost")}
    for size in SIZES:
        counts = customers(size, said)
        shares = [hybrid / (metered + hybrid) for metered, hybrid in counts]
        factors = [movers(share, said["selection"]) for share in shares]
        hybrid_use = [USE[size] * factor * 1.12 for factor in factors]
        metered_use = [
            USE[size] * (1 - share * factor) / (1 - share) for share, factor in zip(shares, factors, strict=True)
        ]
        spread_metered, spread_hybrid = SPREAD[size]
        by_class = [hybrid_bills(size, [use * factor for use in hybrid_use]) for factor in classes(spread_hybrid)]
        for month, (metered, hybrid) in enumerate(counts):
            bills = [round(metered_use[month] * factor / 1000 * 0.002, 2) for factor in classes(spread_metered)]
            rows[size][month] = metered * sum(bills) / 5
            rows[f"{size}_hybrid"][month] = hybrid * sum(bill[month] for bill in by_class) / 5
            tokens = metered * metered_use[month] + hybrid * hybrid_use[month]
            rows["cost"][month] += tokens * 0.70 / 1e6 * (1 - 0.01 * month)
    return rows


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_customers_move_from_month_to_month(scenario):
    for size in SIZES:
        counts = customers(size, SCENARIOS[scenario])
        assert months("hybrid", f"customers.{size}", scenario) == pytest.approx([row[0] for row in counts], rel=1e-12)
        assert months("hybrid", f"customers.{size}_hybrid", scenario) == pytest.approx(
            [row[1] for row in counts], rel=1e-12
        )


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_segment_pays_what_its_customers_are_billed(scenario):
    rows = books(scenario)
    for name in ("small", "small_hybrid", "large", "large_hybrid"):
        assert months("hybrid", f"revenue.{name}", scenario) == pytest.approx(rows[name], rel=1e-5, abs=1e-9), name


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_token_is_served(scenario):
    assert months("hybrid", "cost.api", scenario) == pytest.approx(books(scenario)["cost"], rel=1e-9)


@pytest.mark.parametrize("spread", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("share", [0.03, 0.4, 0.9])
def test_movers_use_what_the_largest_customers_use(spread, share):
    """A slow twin: customers in order of their use, the largest share of them averaged."""
    points = 20_001
    used = [exp(spread * NORMAL.inv_cdf((k + 0.5) / points) - spread**2 / 2) for k in range(points)]
    largest = used[round(points * (1 - share)) :]
    assert movers(share, spread) == pytest.approx(sum(largest) / len(largest), rel=2e-3)


def test_who_moves_decides_what_the_move_brings():
    """An adoption share alone gets it wrong: the same shares, with movers like all others, bring another sum."""
    stay, base, alike = (total("hybrid", "revenue", name) for name in ("stay", "base", "by_chance"))
    by_hand = {
        name: sum(sum(books(name)[segment]) for segment in ("small", "small_hybrid", "large", "large_hybrid"))
        for name in ("stay", "base", "by_chance")
    }
    assert (stay, base, alike) == pytest.approx(tuple(by_hand.values()), rel=1e-5)
    assert base - stay != pytest.approx(alike - stay, rel=0.05)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_move_pays_if_it_goes_fast_enough(scenario):
    def result(name):
        rows = books(name)
        earned = sum(sum(rows[each]) for each in ("small", "small_hybrid", "large", "large_hybrid"))
        return earned - sum(rows["cost"]) - SCENARIOS[name]["launch"] * (15_000 + 21 * 1_200)

    found = total("hybrid", "operating_result", scenario)
    assert found == pytest.approx(result(scenario), rel=1e-5)
    if scenario != "stay":
        assert (found > total("hybrid", "operating_result", "stay")) == (scenario != "slow")
