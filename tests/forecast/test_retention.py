"""Retention: leaving by age and who is alive, from little history, silence and a stated prior."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.forecast.retention import RetentionPrior, retained

MONTH = 365.25 / 12


def simulated(customers, days, *, churn, seed=1):
    """Make customers who come over two thirds of the time, are active by a chance of their own, and leave.

    Returns:
        Usage by day, first days, and who is still there.
    """
    rng = np.random.default_rng(seed)
    active = rng.beta(1.5, 1.5, customers)
    leaving = rng.gamma(1.5, churn / 1.5, customers) / MONTH
    since = rng.integers(0, days * 2 // 3, customers)
    life = rng.exponential(1 / leaving)
    day = np.arange(days)
    usage = (rng.random((customers, days)) < active[:, None]).astype(float)
    usage[day >= (since + 1 + life)[:, None]] = 0
    usage[np.arange(customers), since] = 1
    usage[day < since[:, None]] = np.nan
    return usage, since, life > days - since


def first_month(churn):
    """Chance to leave in the first month where monthly rates are gamma of shape 1.5 and this mean: Lomax."""
    return 1 - (1 + churn / 1.5) ** -1.5


@pytest.mark.parametrize("churn", [0.03, 0.1, 0.3])
def test_leaving_is_found_again(churn):
    usage, since, alive = simulated(1009, 90, churn=churn)
    found = retained(usage, since, periods_per_month=MONTH)
    truth = first_month(churn)
    odds = np.log(found.leave[0] / (1 - found.leave[0])) - np.log(truth / (1 - truth))
    assert abs(odds) < 3 * found.error + 0.1
    assert found.alive.sum() == pytest.approx(alive.sum(), rel=0.04)
    assert found.alive[alive].mean() > found.alive[~alive].mean() + 0.5


@pytest.mark.parametrize(("customers", "days"), [(30, 30), (30, 90), (101, 60)])
def test_little_history_gives_a_range_about_the_truth(customers, days):
    near = 0
    for seed in range(7):
        usage, since, _ = simulated(customers, days, churn=0.1, seed=seed)
        found = retained(usage, since, periods_per_month=MONTH)
        odds = np.log(found.leave[0] / (1 - found.leave[0]))
        truth = np.log(first_month(0.1) / (1 - first_month(0.1)))
        near += abs(odds - truth) < 2 * found.error
    assert near >= 5


def test_without_history_the_prior_is_what_is_known():
    prior = RetentionPrior(churn=0.08, strength=50)
    found = retained(np.ones((3, 2)), np.zeros(3, dtype=np.int64), periods_per_month=MONTH, prior=prior)
    assert found.leave[0] == pytest.approx(0.08, rel=0.05)
    assert 0.5 * prior.error < found.error <= prior.error  # of the first year; the log odds of later months differ less
    assert found.back == pytest.approx(prior.back, rel=0.01)


def test_more_customers_leave_less_open():
    usage, since, _ = simulated(400, 60, churn=0.1)
    few, many = (retained(usage[:rows], since[:rows], periods_per_month=MONTH).error for rows in (25, 400))
    assert many < 0.7 * few


def test_a_silence_means_more_of_a_customer_who_was_busy():
    busy, seldom = np.zeros((2, 84))
    busy[:63] = 1
    seldom[[0, 28, 56]] = 1
    usage = np.concatenate([np.ones((20, 84)), [busy, seldom]])
    found = retained(usage, np.zeros(22, dtype=np.int64), periods_per_month=MONTH)
    assert found.alive[20] < 0.3 < found.alive[21]


@settings(max_examples=15, deadline=None)
@given(last=st.integers(1, 9), later=st.integers(1, 2))
def test_the_longer_silent_the_less_alive(last, later):
    usage = np.ones((11, 84))
    usage[:2] = 0
    usage[:2, 0] = 1
    usage[0, 7 * last] = usage[1, 7 * (last + later)] = 1
    alive = retained(usage, np.zeros(11, dtype=np.int64), periods_per_month=MONTH).alive
    assert 0 <= alive[0] < alive[1] <= 1


def test_who_said_goodbye_is_gone_whatever_the_last_days_were():
    usage, gone = np.ones((10, 60)), np.zeros(10, dtype=bool)
    gone[:3] = True
    found = retained(usage, np.zeros(10, dtype=np.int64), periods_per_month=MONTH, gone=gone)
    silent = retained(usage, np.zeros(10, dtype=np.int64), periods_per_month=MONTH)
    assert found.alive[:3].tolist() == [0, 0, 0]
    assert found.leave[0] > silent.leave[0]


def test_those_who_come_back_are_noticed():
    usage = np.ones((60, 120))
    usage[:40, 30:] = 0
    never = retained(usage, np.zeros(60, dtype=np.int64), periods_per_month=MONTH).back
    usage[:20, 110:] = 1
    back = retained(usage, np.zeros(60, dtype=np.int64), periods_per_month=MONTH).back
    assert back > 2 * never


def test_the_chance_to_come_back_is_that_of_a_month():
    usage = np.ones((400, 300))
    usage[:300, 30:] = 0
    usage[:90, 200:] = 1  # 90 of the 300 who are gone come back within the five months of the second half
    found = retained(usage, np.zeros(400, dtype=np.int64), periods_per_month=MONTH).back
    assert found == pytest.approx(90 / (300 * 150 / MONTH), rel=0.05)


def test_hazards_fall_with_age_and_survival_is_their_product():
    usage, since, _ = simulated(401, 90, churn=0.2)
    found = retained(usage, since, periods_per_month=MONTH, months=12)
    assert (np.diff(found.leave) < 0).all()
    surviving = found.surviving(14)
    assert surviving[1] == pytest.approx(1 - found.leave[0])
    assert surviving[14] == pytest.approx(np.prod(1 - found.leave) * (1 - found.leave[-1]) ** 2)


def test_months_are_as_good_as_days():
    rng = np.random.default_rng(7)
    life = rng.geometric(0.1, 2003)
    usage = (np.arange(12) < life[:, None]).astype(float)
    found = retained(usage, np.zeros(2003, dtype=np.int64), periods_per_month=1)
    assert found.leave[:6].mean() == pytest.approx(0.1, abs=0.015)
