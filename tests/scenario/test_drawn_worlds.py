"""Shares of a design as values of inputs and months of events."""

from decimal import Decimal

import numpy as np
import pytest

from pertoken.core.distribution import mean, points, support
from pertoken.scenario.drawn_worlds import distribution, happens, moved
from pertoken.scenario.spec import Assumption, Event, Spread

SHARES = np.linspace(0.0005, 0.9995, 1000)
MONTHS = ("2027-01", "2027-02", "2027-03", "2027-04")


def said(value, kind="p10_p90", **parameters):
    numbers = {n: tuple(map(Decimal, x)) if isinstance(x, list) else Decimal(str(x)) for n, x in parameters.items()}
    return Assumption(name="a", value=Decimal(str(value)), spread=Spread(kind=kind, parameters=numbers))


def test_the_value_is_the_median_and_a_range_above_zero_stays_there():
    own = said(1000, p10=300, p90=4000)
    assert points(distribution(own)) == pytest.approx((300, 1000, 4000))
    values = moved(own, 1000, SHARES)
    assert values.min() > 0
    assert support(distribution(own)) == (0, np.inf)


def test_a_range_around_zero_has_no_bounds():
    assert support(distribution(said(0, p10=-2, p90=2))) == (-np.inf, np.inf)


def test_other_kinds_are_read_with_their_lists():
    own = distribution(said(2, "discrete", values=["1", "3"], shares=["0.25", "0.75"]))
    assert mean(own) == 2.5


def test_a_range_moves_with_the_value_of_a_case():
    """Above zero by the factor, a share by its odds, all else by the difference."""
    assert np.median(moved(said(10, p10=5, p90=20), 30, SHARES)) == pytest.approx(30, rel=1e-3)
    np.testing.assert_allclose(
        moved(said(10, p10=5, p90=20), 30, SHARES), 3 * moved(said(10, p10=5, p90=20), 10, SHARES)
    )
    share = moved(said(0.2, p10=0.1, p90=0.4, low=0, high=1), 0.9, SHARES)
    assert np.median(share) == pytest.approx(0.9, rel=1e-3)
    assert share.max() < 1
    np.testing.assert_allclose(moved(said(0, p10=-2, p90=2), 5, SHARES), moved(said(0, p10=-2, p90=2), 0, SHARES) + 5)


def test_an_event_happens_as_often_as_it_is_likely_and_each_month_alike():
    event = Event(name="cut", probability=said(0.4), first="2027-02", last="2027-04")
    month = happens(event, SHARES, np.full(SHARES.shape, 0.4), MONTHS)
    found, often = np.unique(month, return_counts=True)
    assert found.tolist() == [0, 2, 3, 4]
    np.testing.assert_allclose(often / len(SHARES), [0.6, 0.4 / 3, 0.4 / 3, 0.4 / 3], atol=0.002)


def test_a_share_that_a_case_moves_to_the_whole_is_the_whole_in_every_world():
    own = said(50, p10=30, p90=70, low=0, high=100)
    assert moved(own, 100, SHARES) == pytest.approx(100)
    assert moved(own, 0, SHARES) == pytest.approx(0)


def test_beyond_its_bounds_a_range_moves_by_its_factor():
    own = said(5, "uniform", low=0, high=10)
    np.testing.assert_allclose(moved(own, 12, SHARES), 2.4 * moved(own, 5, SHARES))
    cases = said(3, "discrete", values=["0", "3"], shares=["0.25", "0.75"])
    assert np.unique(moved(cases, 1, SHARES)).tolist() == pytest.approx([0, 1])


def test_a_range_from_zero_up_whose_value_is_zero_moves_by_the_difference():
    own = said(0, "uniform", low=0, high=10)
    np.testing.assert_allclose(moved(own, 5, SHARES), moved(own, 0, SHARES) + 5)
