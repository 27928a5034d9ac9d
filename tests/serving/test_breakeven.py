"""Crossings of an API and a fleet: found all, by a scan; a change of sign at each, to the request."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.serving.autoscale import Autoscale
from pertoken.serving.breakeven import crossings
from pertoken.serving.stairs import MONTH, SECONDS, Own, last
from pertoken.serving.traffic import pattern

STEADY = Autoscale(headroom=0.0, hold_seconds=0.0, start_seconds=0.0)
DAY = pattern("diurnal").rates[:288]


def fleet(rate=1.0, price=1.0, fixed=0.0, shape=None, policy=STEADY):
    return Own(name="own", rate=rate, price=price, fixed=fixed, shape=np.ones(1) if shape is None else shape,
               policy=policy)  # fmt: skip


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


def test_an_api_below_the_cost_of_a_full_machine_is_never_beaten():
    assert crossings(fleet(fixed=100.0), 0.9 * MONTH / SECONDS) == ()


def test_an_api_for_nothing_is_refused():
    with pytest.raises(InputError, match="above 0"):
        crossings(fleet(), 0.0)
