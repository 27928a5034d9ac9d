"""The curve: its normal form against the reckoning on paper, and the laws of a cumulative price."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.rating.card import Convert, Curve, Tier
from pertoken.rating.curve import convert, evaluate, normal_form, per_unit, tier_of
from pertoken.rating.walk import walk
from tests.made import exact

D = Decimal
rates = st.decimals(0, 9, places=4)
flats = st.sampled_from([D(0), D(0), D("0.01"), D(7)])
quantities = st.one_of(st.integers(0, 2000).map(Decimal), st.decimals(0, 2000, places=3))


@st.composite
def curves(draw, mode=None):
    bounds = sorted(draw(st.lists(st.decimals(1, 1000, places=2), unique=True, max_size=4)))
    tiers = tuple(Tier(up_to=end, rate=draw(rates), flat=draw(flats)) for end in [*bounds, None])
    return Curve(tiers=tiers, mode=mode or draw(st.sampled_from(["marginal", "all"])), flat_on_zero=draw(st.booleans()))


def price(curve, *quantity):
    return evaluate(normal_form(curve), exact(*quantity)).tolist()


def at_bounds(curve, quantity):
    return [quantity, *(tier.up_to for tier in curve.tiers if tier.up_to is not None)]


def close(one, two):
    return abs(float(one) - float(two)) <= 1e-9 * max(abs(float(two)), 1e-3)


@given(curves(), quantities)
def test_the_normal_form_charges_what_paper_charges(curve, quantity):
    for q in at_bounds(curve, quantity):
        on_paper = sum((part.amount for part in walk(curve, q)), D(0))
        assert price(curve, q) == [on_paper]


@given(curves(), quantities)
def test_floats_charge_the_same_to_a_billionth(curve, quantity):
    asked = at_bounds(curve, quantity)
    fast = evaluate(normal_form(curve), np.array([float(q) for q in asked])).tolist()
    assert all(close(one, two) for one, two in zip(fast, price(curve, *asked), strict=True))


@given(curves(), quantities)
def test_worlds_are_priced_as_if_each_were_alone(curve, quantity):
    asked = np.array([[float(quantity), 0.0, 13.5], [7.0, float(quantity) / 3, 1000.0]])
    together = evaluate(normal_form(curve), asked)
    assert together.tolist() == [evaluate(normal_form(curve), each).tolist() for each in asked]


@given(curves(mode="marginal"), quantities, quantities)
def test_a_graduated_price_never_falls(curve, one, two):
    low, high = price(curve, min(one, two), max(one, two))
    assert low <= high


def test_a_volume_price_may_fall():
    curve = Curve(tiers=(Tier(up_to=D(10), rate=D(2)), Tier(rate=D(1))), mode="all")
    assert price(curve, 10, 11) == [20, 11]


@given(curves(mode="marginal"))
def test_a_graduated_price_jumps_by_the_flats_alone(curve):
    step = D("1e-12")
    for one, two in pairwise(curve.tiers):
        at, above = price(curve, one.up_to, one.up_to + step)
        assert above - at == two.flat + two.rate * step


@given(curves(), quantities)
def test_both_modes_pick_the_same_tier(curve, quantity):
    for q in at_bounds(curve, quantity):
        if q > 0:
            graduated = walk(replace(curve, mode="marginal"), q)[-1]
            volume = walk(replace(curve, mode="all"), q)[-1]
            assert (graduated.rate, graduated.begin) == (volume.rate, volume.begin)


@given(curves(), quantities)
def test_fast_and_slow_pick_the_same_tier(curve, quantity):
    form = normal_form(curve)
    tiers = [t for t in curve.tiers if t.up_to is not None]
    for q in at_bounds(curve, quantity):
        begun = sum(q > t.up_to for t in tiers)
        zero_is_its_own = len(form.a) > len(curve.tiers)
        expected = begun + 1 if zero_is_its_own and q > 0 else begun
        assert tier_of(form, exact(q)).tolist() == [expected]
        assert tier_of(form, np.array([float(q)])).tolist() == [expected]


@pytest.mark.parametrize("mode", ["marginal", "all"])
def test_a_bound_belongs_to_the_tier_below_and_what_is_above_to_the_next(mode):
    curve = Curve(tiers=(Tier(up_to=D(100), rate=D(3)), Tier(up_to=D(200), rate=D(2)), Tier(rate=D(1))), mode=mode)
    last = {q: walk(curve, D(q))[-1].rate for q in ("99.5", "100", "100.5", "200", "200.000001")}
    assert list(last.values()) == [3, 3, 2, 2, 1]


def test_a_float_that_is_a_hair_above_a_bound_is_the_bound():
    """1.1 × 3 is 3.3 on paper and 3.3000000000000003 in floats; a volume price would fall off a cliff between."""
    form = normal_form(Curve(tiers=(Tier(up_to=D("3.3"), rate=D(2)), Tier(rate=D(1))), mode="all"))
    above = 1.1 * 3
    assert above != float("3.3")
    assert evaluate(form, np.array([above])).tolist() == [pytest.approx(6.6)]


@given(rates, st.lists(quantities, min_size=1, max_size=7))
def test_with_a_single_rate_the_parts_add_up_to_the_whole(rate, parts):
    curve = Curve(tiers=(Tier(rate=rate),))
    assert normal_form(curve).additive
    assert sum(price(curve, *parts), D(0)) == price(curve, sum(parts, D(0)))[0]


@pytest.mark.parametrize(
    "curve",
    [
        Curve(tiers=(Tier(up_to=D(5), rate=D(1)), Tier(rate=D(2))), mode="marginal"),
        Curve(tiers=(Tier(rate=D(1), flat=D(3)),), flat_on_zero=True),
        Curve(tiers=(Tier(rate=D(1), flat=D(3)),), flat_on_zero=False),
    ],
)
def test_tiers_and_flats_are_not_additive(curve):
    assert not normal_form(curve).additive
    assert price(curve, 7, 7) != [x / 2 for x in price(curve, 14) * 2]


@pytest.mark.parametrize("mode", ["marginal", "all"])
@pytest.mark.parametrize(("flat_on_zero", "at_zero"), [(True, 7), (False, 0)])
def test_the_price_of_nothing_is_the_first_flat_only_where_the_card_says_so(mode, flat_on_zero, at_zero):
    """Trap "flat fee at zero usage": Lago changed its answer (lago-api#5760), so a card must say it."""
    tiers = (Tier(up_to=D(5), rate=D(2), flat=D(7)), Tier(rate=D(1), flat=D(11)))
    curve = Curve(tiers=tiers, mode=mode, flat_on_zero=flat_on_zero)
    assert price(curve, 0, D("0.5")) == [at_zero, 8]
    assert sum(part.amount for part in walk(curve, D(0))) == at_zero


@given(st.integers(1, 10**6))
def test_a_rate_of_a_billionth_survives(quantity):
    """Trap "rate rounded before multiplying": a small rate must never become 0."""
    curve = Curve(tiers=(Tier(rate=D("1e-9")),))
    assert price(curve, quantity) == [D(quantity) / 10**9]
    assert evaluate(normal_form(curve), np.array([quantity])).tolist() == [pytest.approx(quantity * 1e-9, rel=1e-12)]


@given(curves(), quantities, st.sampled_from([1, 7, 1000, 1_000_000]))
def test_a_price_per_thousand_is_the_price_of_thousandths(curve, quantity, per):
    restated = evaluate(per_unit(normal_form(curve), D(per)), exact(quantity * per))
    assert abs(restated[0] - price(curve, quantity)[0]) < D("1e-18")


CONVERTED = [
    # 1400 at 1000 is 1.4 priced units; half a unit free
    (1400, "up", "0.5", True, "1"),  # ceil(1.4 - 0.5) = ceil(0.9) = 1
    (1400, "up", "0.5", False, "1.5"),  # ceil(1.4) - 0.5 = 2 - 0.5 = 1.5, "deliberately not ceil(1.4 - 0.5)"
    (1400, "up", "1", True, "1"),  # ceil(0.4) = 1
    (1400, "up", "1", False, "1"),  # 2 - 1 = 1
    (1900, "down", "0.95", True, "0"),  # floor(0.95) = 0
    (1900, "down", "0.95", False, "0.05"),  # 1 - 0.95
    (1500, "half_up", "0.1", True, "1"),  # round(1.4) = 1
    (1500, "half_up", "0.1", False, "1.9"),  # 2 - 0.1
    (400, "up", "2", True, "0"),  # never below nothing
    (400, "up", "2", False, "0"),
    (0, "up", "0", None, "0"),
    (1000, "up", "0", None, "1"),
    (1001, "up", "0", None, "2"),
    (1000, "down", "0", None, "1"),
    (999, "down", "0", None, "0"),
    (1400, None, "0.5", None, "0.9"),
]


@pytest.mark.parametrize(("counted", "rounding", "free", "free_first", "priced"), CONVERTED)
def test_free_units_and_whole_packages_follow_the_order_that_the_card_says(counted, rounding, free, free_first, priced):
    """OpenMeter converts, rounds, then subtracts; Lago subtracts first. Both orders, in both kinds of number."""
    how = Convert(per=D(1000), round=rounding, free=D(free), free_first=free_first)
    assert convert(exact(counted), how).tolist() == [D(priced)]
    assert convert(np.array([float(counted)]), how).tolist() == [pytest.approx(float(priced))]


@given(st.integers(0, 10**7), st.sampled_from([1, 3, 7, 1000]), st.sampled_from(["up", "down", "half_up"]))
def test_floats_and_decimals_count_the_same_packages_of_tenths(tenths, per, rounding):
    how = Convert(per=D(per) / 10, round=rounding)
    (fast,), (slow,) = convert(np.array([0.1 * tenths]), how).tolist(), convert(exact(D(tenths) / 10), how).tolist()
    assert fast == slow
