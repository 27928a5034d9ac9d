"""A thousand candidate cards of five graduated tiers over one history.

Floor: for each card its normal form written by hand in NumPy on the same quantities, `k = searchsorted(bounds, q);
a[k] + b[k] * q`, and a sum for each customer; it has no keys, asks nobody who prices what, and reads no card. Bounds
and rates of each card differ. Target: twice the floor, for 1,000 cards x 120,000 customer-months; with rounding the
hand-written side rounds each month to the cent too. Both hold one candidate at a time. The sweep is below its floor,
since it sorts the quantities once: then a tier is a stretch of them.
"""

from dataclasses import replace
from decimal import Decimal
from tracemalloc import get_traced_memory, start, stop

import numpy as np
import pytest

from benchmarks.bench_rate import CURVE, by_hand, card, usage
from pertoken.books.sweep import contracts, sweep
from pertoken.rating.curve import normal_form
from pertoken.rating.rate import rate

MONTHS = 12


def candidates(count, rounding):
    """The same five tiers, each candidate with bounds and rates of its own."""
    plan = card(rounding)
    for i in range(count):
        by = 1 + Decimal(i) / count
        tiers = tuple(replace(t, up_to=t.up_to and t.up_to * by, rate=t.rate / by) for t in CURVE.tiers)
        yield (replace(plan, prices={"output": replace(plan.prices["output"], curve=replace(CURVE, tiers=tiers))}),)


def forms(cards):
    for (plan,) in cards:
        form = normal_form(plan.prices["output"].curve)
        yield tuple(np.array([float(x) for x in numbers]) for numbers in (form.up_to, form.a, form.b))


def floor(q, made, rounding, starts):
    """Charge by hand, and sum for each customer."""
    total = 0.0
    for bounds, a, b in made:
        k = np.searchsorted(bounds, q)
        money = a[k] + b[k] * q
        if rounding is not None:
            money = np.floor(money * (100 * (1 + 2.0**-50)) + 0.5) / 100
        total += np.add.reduceat(money, starts).sum()
    return total


def ours(lines, cards):
    rows = contracts(lines, ("customer",))
    return sum(charged.billed.sum() for charged in sweep(lines, cards, rows))


@pytest.mark.parametrize("rounding", [None, 2])
def test_a_sweep_costs_little_more_than_its_arithmetic(rounding, race, note, size, full):
    customers, count = size(smoke=11, full=10_000), size(smoke=3, full=1_000)
    lines = usage(customers, MONTHS)
    q, starts = lines.values["quantity"], np.arange(0, customers * MONTHS, MONTHS)
    cards = list(candidates(count, rounding))
    made = list(forms(cards))
    hand = floor(q, made, rounding, starts)
    np.testing.assert_allclose(ours(lines, cards), hand, rtol=1e-9)
    np.testing.assert_allclose(ours(lines, cards[:1]), rate(lines, cards[0], exact=False).ledger.values["amount"].sum())
    assert by_hand(q, rounding)[0].shape == q.shape
    what = f"sweep {count:,} cards x {len(lines):,} lines"
    race(
        f"{what}{'' if rounding is None else ', rounded'}",
        lambda: ours(lines, cards),
        lambda: floor(q, made, rounding, starts),
        target=2.0,
        rounds=3,
    )
    if full:
        start()
        ours(lines, cards[:20])
        note(f"{'its peak memory beside the usage':<44} {get_traced_memory()[1] / 1e6:>8.1f} MB")
        stop()
