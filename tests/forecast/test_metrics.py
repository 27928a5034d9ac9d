"""Metrics of retention against worked examples that others have published, and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pertoken.forecast import metrics
from pertoken.forecast.metrics import movement

EVERYBODY = np.ones(5, dtype=bool)


def moved(said, new=0.0):
    """Five customers of whom one expands, one contracts, one leaves, one stays and one is new."""
    start, expansion, contraction, churn = said
    each = start / 4
    then = np.array([each, each, churn, start - 2 * each - churn, 0.0])
    now = np.array([each + expansion, each - contraction, 0.0, start - 2 * each - churn, new])
    return movement(then, now, then > 0)


@pytest.mark.parametrize(
    ("said", "net"),
    [
        ((200_000, 20_000, 4_000, 6_000), 1.05),  # dnoise.online, NRR: (200,000 - 6,000 - 4,000 + 20,000) / 200,000
        ((100_000, 15_000, 3_000, 5_000), 1.07),  # pitchkit.net, NDR: (100 + 15 - 3 - 5) / 100
    ],
)
def test_net_retention_of_contracts_is_as_published_and_new_customers_are_not_in_it(said, net):
    assert float(metrics.contract_retention(moved(said))) == pytest.approx(net)
    assert float(metrics.contract_retention(moved(said, new=1e6))) == pytest.approx(net)


@pytest.mark.parametrize(
    ("said", "new", "ratio"),
    [
        ((10_000, 1_000, 350, 900), 4_000, 4.0),  # getolune.com: (4,000 + 1,000) / (900 + 350)
        ((100_000, 20_000, 5_000, 10_000), 50_000, 4.67),  # adlega.com: (50,000 + 20,000) / (5,000 + 10,000)
    ],
)
def test_the_quick_ratio_is_as_published(said, new, ratio):
    assert float(metrics.quick_ratio(moved(said, new))) == pytest.approx(ratio, abs=0.005)


def test_the_magic_number_is_as_published():
    """xlslides.com: 480,000 more a quarter on 1,800,000 spent is 1.07."""
    assert float(metrics.magic_number(0, 480_000, 1_800_000)) == pytest.approx(1.07, abs=0.005)


def test_reactivation_is_told_from_new():
    then, now = np.array([10.0, 0, 0]), np.array([10.0, 4, 3])
    made = movement(then, now, np.array([True, True, False]))
    assert (float(made.reactivation), float(made.new)) == (4, 3)
    assert float(metrics.contract_retention(made)) == pytest.approx(1.4)  # (10 + 4) / 10


def test_gross_retention_counts_nobody_for_more_than_before():
    """15 of 10 counts 10, 4 of 10 counts 4, 0 of 10 counts 0: 14 of 30."""
    assert float(metrics.gross_retention(np.array([10.0, 10, 10, 0]), np.array([15.0, 4, 0, 9]))) == pytest.approx(
        14 / 30
    )


def test_consumption_retention_is_the_second_year_over_the_first_of_those_who_used_in_its_first_month():
    """A uses 1 a month, then 2; B came in month 2 and does not count; C stops after a year: (24 + 0) / (12 + 12)."""
    a, b, c = np.r_[np.ones(12), 2 * np.ones(12)], np.r_[0, 5 * np.ones(23)], np.r_[np.ones(12), np.zeros(12)]
    assert float(metrics.consumption_retention(np.stack([a, b, c]))) == pytest.approx(1.0)
    assert float(metrics.consumption_retention(np.stack([a, b]))) == pytest.approx(2.0)


def test_consumption_retention_needs_two_halves():
    with pytest.raises(ValueError, match="even"):
        metrics.consumption_retention(np.ones((2, 3)))


def test_retention_by_chance_lies_between_counting_the_silent_out_and_counting_them_in():
    then, rate = np.array([10.0, 10]), np.array([10.0, 10])
    assert float(metrics.alive_retention(then, rate, np.array([1.0, 0.25]))) == pytest.approx(0.625)


def test_ratios_to_nothing_are_not_numbers():
    none = movement(np.zeros(2), np.ones(2), np.zeros(2, dtype=bool))
    assert np.isnan(metrics.contract_retention(none))
    assert np.isnan(metrics.quick_ratio(none))
    assert np.isnan(metrics.formula_value(10, 0.5, 0.0))


AMOUNTS = arrays(np.float64, (3, 7), elements=st.floats(0, 1e6).map(lambda x: round(x, 2)))


@given(AMOUNTS, AMOUNTS, arrays(np.bool_, (3, 7)))
def test_what_moved_leads_from_the_start_to_the_end(then, now, before):
    made = movement(then, now, before | (then > 0))
    assert made.end == pytest.approx(now.sum(axis=-1), abs=1e-6)
    assert (np.stack([made.new, made.expansion, made.reactivation, made.contraction, made.churn]) >= 0).all()


@given(AMOUNTS, AMOUNTS)
def test_gross_retention_is_at_most_one_and_at_most_net(then, now):
    gross = metrics.gross_retention(then, now)
    net = metrics.contract_retention(movement(then, now, np.ones(then.shape, dtype=bool)))
    known = ~np.isnan(gross)
    assert (gross[known] <= 1 + 1e-12).all()
    assert (gross[known] <= net[known] + 1e-9).all()


@given(arrays(np.float64, 7, elements=st.floats(0.01, 1e6)))
def test_customers_are_as_concentrated_as_at_most_all_and_at_least_one(value):
    assert 1 - 1e-9 <= float(metrics.effective_count(value)) <= 7 + 1e-9
    assert 1 / 7 - 1e-9 <= float(metrics.largest_share(value)) <= 1
