"""Usage rated on a card of five graduated tiers.

Floor: the card's normal form written by hand in NumPy, `k = searchsorted(bounds, q); a[k] + b[k] * q`, which has no
keys, asks nobody who prices what, and makes no ledger. Target: twice the floor, for 120,000 customer-months and for
10,000 draws of 1,000 lines. With rounding the hand-written side also finds what rounding to the cent adds; ours makes a
second ledger line of it, so that there are twice as many lines to write down.

In exact mode the floor is a plain loop over `Decimal`: bisect, multiply, add, and quantize where money is rounded.
"""

from bisect import bisect_left
from decimal import Decimal, localcontext

import numpy as np
import pytest

from pertoken.core.exact import CONTEXT
from pertoken.core.lines import Key, Usage
from pertoken.rating.card import Card, Charge, Curve, Measure, Tier
from pertoken.rating.curve import normal_form
from pertoken.rating.rate import rate

TIERS = ((10**5, "0.00002"), (10**6, "0.000015"), (10**7, "0.00001"), (10**8, "0.000008"), (None, "0.000005"))
CURVE = Curve(
    mode="marginal",
    tiers=tuple(Tier(up_to=None if up_to is None else Decimal(up_to), rate=Decimal(each)) for up_to, each in TIERS),
)
FORM = normal_form(CURVE)
CENTS = 100 * (1 + 2.0**-50)  # a tie in decimals that its float misses by a hair is a tie
BOUNDS, A, B = (np.array([float(x) for x in numbers]) for numbers in (FORM.up_to, FORM.a, FORM.b))


def card(rounding):
    charge = Charge(curve=CURVE, measure=Measure(sum="output_tokens"))
    return Card(name="plan", party="customer", scope=("customer",), prices={"output": charge}, rounding=rounding)


def usage(customers, months, draws=None):
    size = customers * months
    shape = (size,) if draws is None else (draws, size)
    customer = Key(np.repeat(np.arange(customers, dtype=np.int32), months), tuple(f"c{i:05}" for i in range(customers)))
    month = Key(np.tile(np.arange(months, dtype=np.int32), customers), tuple(f"2025-{i + 1:02}" for i in range(months)))
    keys = {"customer": customer, "month": month, "meter": Key.constant("output_tokens", size)}
    return Usage(keys, {"quantity": np.floor(np.random.default_rng(7).lognormal(13, 2, size=shape))})


def by_hand(q, rounding):
    k = np.searchsorted(BOUNDS, q)
    money = A[k] + B[k] * q
    return (money,) if rounding is None else (money, np.floor(money * CENTS + 0.5) / 100 - money)


CASES = {
    "customer-months": ((11, 7, None), (10_000, 12, None), 51),
    "draws x lines": ((11, 7, 13), (250, 4, 10_000), 9),
}


@pytest.mark.parametrize("rounding", [None, 2])
@pytest.mark.parametrize("case", CASES)
def test_rating_costs_little_more_than_its_arithmetic(case, rounding, race, full):
    small, big, rounds = CASES[case]
    lines = usage(*(big if full else small))
    plan, q = card(rounding), lines.values["quantity"]
    ledger = rate(lines, plan, exact=False).ledger
    listed = ledger.where(stage="list").values["amount"]
    hand = by_hand(q, rounding)
    np.testing.assert_allclose(listed, hand[0], rtol=1e-12)
    np.testing.assert_allclose(ledger.values["amount"].sum(-1), sum(h.sum(-1) for h in hand), rtol=1e-12)
    what = f"rate {'10,000 draws x 1,000 lines' if big[2] else '120,000 customer-months'}"
    race(
        f"{what}{'' if rounding is None else ', rounded'}",
        lambda: rate(lines, plan, exact=False),
        lambda: by_hand(q, rounding),
        target=2.0,
        rounds=rounds,
    )


def by_loop(q, rounding):
    with localcontext(CONTEXT):
        money = [FORM.a[k] + FORM.b[k] * x for x in map(Decimal, q.tolist()) for k in (bisect_left(FORM.up_to, x),)]
        return money if rounding is None else [x.quantize(Decimal(1).scaleb(-rounding)) for x in money]


@pytest.mark.parametrize("rounding", [None, 2])
def test_exact_rating_costs_little_more_than_a_loop(rounding, race, full):
    lines = usage(*((10_000, 12) if full else (11, 7)))
    lines = Usage(lines.keys, {"quantity": lines.values["quantity"].astype(np.int64)})
    plan, q = card(rounding), lines.values["quantity"]
    ledger = rate(lines, plan).ledger
    assert ledger.values["amount"].sum() == sum(by_loop(q, rounding))
    race(
        f"rate 120,000 customer-months, exact{'' if rounding is None else ', rounded'}",
        lambda: rate(lines, plan),
        lambda: by_loop(q, rounding),
        target=2.0,
        rounds=9,
    )
