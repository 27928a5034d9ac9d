"""Crossings of an API and fleets: found all, by a scan; a change of sign at each, to the request and to the cent."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.serving.autoscale import Autoscale
from pertoken.serving.bought import Pace, bought
from pertoken.serving.breakeven import ABOVE, crossed, crossings, stretches
from pertoken.serving.percentiles import Load
from pertoken.serving.rented import Rented
from pertoken.serving.stairs import MONTH, SECONDS, Own, beaten, last, lowest, stairs
from pertoken.serving.traffic import Traffic, pattern

STEADY = Autoscale(headroom=0.0, hold_seconds=0.0, start_seconds=0.0)
DAY = pattern("diurnal").rates[:288]


def fleet(rate=1.0, price=1.0, fixed=0.0, shape=None, policy=STEADY, committed=np.inf):  # noqa: PLR0917  what is drawn
    return Own(name="own", rate=rate, price=price, fixed=fixed, shape=np.ones(1) if shape is None else shape,
               policy=policy, committed=committed)  # fmt: skip


def test_crossings_of_one_steady_machine_after_the_other_are_those_by_hand():
    """The n-th machine begins at (n - 1) x 2,628,000 requests; n machines cost 730 n, which 1,825,000 n calls cost."""
    found = crossings(fleet(), 0.0004)
    assert [(round(each.volume), each.cheaper) for each in found] == [
        (1_825_000, "own"), (2_628_000, "api"), (3_650_000, "own"), (5_256_000, "api"), (5_475_000, "own")
    ]  # fmt: skip
    assert found[0].utilisation == pytest.approx(1_825_000 / SECONDS)
    assert found[1].machines == 2


POLICIES = st.builds(
    Autoscale, headroom=st.floats(0, 0.5), minimum=st.integers(0, 2), spare=st.integers(0, 1),
    hold_seconds=st.sampled_from([0.0, 900.0]),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.floats(0.5, 20), st.floats(0.5, 10), st.floats(0, 5000), st.floats(1.15, 4), POLICIES, st.booleans())
def test_every_crossing_is_a_change_of_sign_checked_on_both_sides_and_none_is_missed(  # noqa: PLR0917  what is drawn
    rate, price, fixed, dearer, policy, daily
):
    own = fleet(rate, price, fixed, DAY if daily else None, policy)
    per_request = dearer * price * MONTH / (SECONDS * rate) * (1 + policy.headroom) * (1.35 if daily else 1)
    found = crossings(own, per_request)
    for each in found:
        near = np.array([each.volume * (1 - 1e-7), each.volume * (1 + 1e-7)])
        below, above = (per_request * near - own.cost(near)).tolist()
        assert (below < 0 < above) if each.cheaper == "own" else (above < 0 < below + 1e-6 * each.cost)
        if not each.step:
            assert per_request * each.volume == pytest.approx(float(own.cost(each.volume)[0]), abs=0.005)
    sides = [each.cheaper for each in found]
    assert all(one != other for one, other in pairwise(sides))
    scan = np.linspace(1, last(own, per_request), 3001)
    cheaper = per_request * scan > own.cost(scan)
    turned = np.flatnonzero(cheaper[1:] != cheaper[:-1])
    volumes = np.array([each.volume for each in found])
    for k in turned.tolist():
        assert ((volumes >= scan[k]) & (volumes <= scan[k + 1])).any()


OWNS = st.builds(
    fleet, st.floats(0.5, 20), st.floats(0.5, 10), st.sampled_from([0.0, 900.0]), st.sampled_from([None, DAY]),
    POLICIES, st.sampled_from([np.inf, 0.4, 2.0]),
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.lists(OWNS, min_size=1, max_size=4), st.floats(1e-4, 1e-2))
def test_the_lower_envelope_is_the_cheapest_at_every_volume_and_its_crossings_are_priced_on_both_sides(owns, price):
    """Direct pricing of every fleet, just below and just above, to the cent; and a scan that finds no other."""
    high = 40 * SECONDS
    found = lowest([stairs(own, high) for own in owns])
    at = np.unique(np.concatenate([np.linspace(1, high, 401), found.edges[1:-1] * ABOVE]))
    best = np.min([own.cost(at) for own in owns], axis=0)
    place = np.minimum(np.searchsorted(found.edges, at) - 1, len(found.costs) - 1)
    assert found.costs[place] == pytest.approx(best, abs=0.005)
    turns = crossed(found, owns, price)
    for each in turns:
        near = np.array([each.volume * (2 - ABOVE), each.volume * ABOVE])
        below, above = (price * near - np.min([own.cost(near) for own in owns], axis=0)).tolist()
        assert (below <= 0.005 <= above + 0.01) if each.cheaper == "own" else (above <= 0.005 and below >= -0.005)
        assert owns[each.which].cost(each.volume * (ABOVE if each.step else 1))[0] == pytest.approx(
            float(np.min([own.cost(each.volume * (ABOVE if each.step else 1)) for own in owns])), abs=0.005
        )
    signs = price * at > best
    volumes = np.array([each.volume for each in turns])
    for k in np.flatnonzero(signs[1:] != signs[:-1]).tolist():
        assert ((volumes >= at[k] * (2 - ABOVE)) & (volumes <= at[k + 1] * ABOVE)).any()


@settings(max_examples=20, deadline=None)
@given(st.lists(OWNS, min_size=1, max_size=3), st.floats(1e-4, 1e-2))
def test_stretches_follow_each_other_and_name_who_is_the_cheapest_in_their_middle(owns, price):
    high = 15 * SECONDS
    found = stretches(lowest([stairs(own, high) for own in owns]), price)
    assert (found[0].low, found[-1].high) == (0.0, high)
    for one, other in pairwise(found):
        assert one.high == other.low
        assert one.which != other.which
    for each in found:
        middle = (each.low + each.high) / 2
        costs = [float(own.cost(middle)[0]) for own in owns]
        taken = price * middle if each.which < 0 else costs[each.which]
        assert taken == pytest.approx(min(*costs, price * middle), abs=0.005)


SPOT = Autoscale(away_share=0.01, hold_seconds=0.0)


@settings(max_examples=30, deadline=None)
@given(OWNS, OWNS, st.floats(1, 30), st.booleans())
def test_a_fleet_that_is_beaten_from_a_volume_on_is_dearer_at_every_volume_above(own, other, machines, spot):
    own = replace(own, policy=SPOT) if spot else own
    volume = machines * SECONDS * own.rate
    if beaten(own, other, volume):
        above = volume * np.geomspace(1, 300, 60)
        assert (own.cost(above) > other.cost(above)).all()


def test_a_fleet_of_half_the_price_beats_another_as_soon_as_whole_machines_matter_less():
    dear, cheap = fleet(price=2.0), fleet(price=1.0)
    assert not beaten(cheap, dear, 1e9)
    assert [beaten(dear, cheap, n * SECONDS) for n in (1, 10)] == [False, True]


@settings(max_examples=20, deadline=None)
@example(mean=1.0, share=1.0, policy=Autoscale(headroom=0.0, minimum=0, hold_seconds=0.0), name="diurnal")  # both alike
@given(
    mean=st.floats(0.3, 3),
    share=st.floats(0.2, 1.0),
    policy=POLICIES,
    name=st.sampled_from(["flat", "diurnal", "office"]),
)
def test_a_committed_fleet_costs_what_buying_it_for_that_load_costs(mean, share, policy, name):
    """Two ways to the same bill: the newsvendor's plan of one load, bin by bin, and the stairs over all volumes."""
    week = pattern(name, mean=mean)
    one = Rented(purchase="reserved_1y", provider="p", instance="i", region="", gpus=1, replicas=1,
                 usd_per_hour=2 * share, beside=2.0)  # fmt: skip
    pace = Pace(best=0.7, full=0.9, prompt_seconds=0.2)
    (way,) = bought([one], pace, Load(input_tokens=100.0, output_tokens=10.0), week, policy)
    shape = week.rates / mean
    own = Own(name="own", rate=0.7, price=2.0, committed=2 * share, fixed=0.0, shape=shape, policy=policy)
    volume = mean * SECONDS
    assert float(own.cost(volume)[0]) == pytest.approx(way.monthly, abs=0.005)
    assert float(own.machines(volume)[0]) == pytest.approx(way.machines)
    assert float(own.committed_machines(volume)[0]) == pytest.approx(way.committed)
    assert float(own.utilisation(volume)[0]) == pytest.approx(way.utilisation)


def test_half_a_day_of_two_machines_is_committed_for_one_and_bought_by_the_hour_for_the_other():
    """By hand: loads 1 and 2 for half of the time each; 0.6 of the price is less than always, more than half of it."""
    own = fleet(shape=np.array([2 / 3, 4 / 3]), committed=0.6)
    assert own.cost(1.5 * SECONDS).tolist() == [pytest.approx(MONTH * (0.6 + 0.5))]
    assert own.committed_machines(1.5 * SECONDS).tolist() == [1.0]


def test_uses_of_a_commitment_add_up_with_its_unused_hours_in_them():
    day = Traffic(rates=np.repeat([1.0, 9.0], 144))
    one = Rented(purchase="reserved_3y", provider="p", instance="i", region="", gpus=1, replicas=1, usd_per_hour=1.0)
    pace = Pace(best=1.0, full=1.0, prompt_seconds=0.5)
    (way,) = bought([one], pace, Load(input_tokens=9.0, output_tokens=9.0), day, STEADY)
    assert way.machines == way.committed == 9.0
    assert way.utilisation == pytest.approx(5 / 9)
    assert sum(way.hours.values()) == pytest.approx(9 * MONTH)
    assert way.monthly == pytest.approx(9 * MONTH)


def test_an_api_below_the_cost_of_a_full_machine_is_never_beaten():
    assert crossings(fleet(fixed=100.0), 0.9 * MONTH / SECONDS) == ()


def test_an_api_for_nothing_is_refused():
    with pytest.raises(InputError, match="above 0"):
        crossings(fleet(), 0.0)
