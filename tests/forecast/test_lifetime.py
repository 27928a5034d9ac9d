"""Lifetime value against published multiples, its own closed form, and customers whose law is known."""

import os
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.forecast.cohort import MONTH, by_age, first_above
from pertoken.forecast.cohort_report import Ask, cohort_report
from pertoken.forecast.growth import GrowthPrior
from pertoken.forecast.lifetime import Life, lifetime_value
from pertoken.forecast.panel import panel_of_rows

SURE = GrowthPrior(turn=0.0)


def value(ages, leave, life, *, prior=SURE, draws=2_000, seed=0):
    return lifetime_value(
        np.asarray(ages), np.asarray(leave), life, rng=np.random.default_rng(seed), prior=prior, draws=draws
    )


@pytest.mark.parametrize(
    ("stay", "multiple"),
    [(0.6, 1.20), (0.7, 1.75), (0.8, 2.67), (0.9, 4.50)],
)
def test_the_margin_multiple_is_that_of_gupta_and_lehmann(stay, multiple):
    """Managing Customers as Investments, 2005: r / (1 + i - r) years of margin at 10 %, after the first payment."""
    yearly = Life(discount=0.1, months=12 * 90, width=12 * MONTH, beyond=0.0)
    made = value(np.full((7, 1), 100.0), [[1 - stay ** (1 / 12)]], yearly)
    assert made.average / 100 - 1 == pytest.approx(multiple, abs=0.005)


def test_the_mean_of_single_customers_is_the_average():
    rng = np.random.default_rng(3)
    ages = rng.lognormal(3, 0.4, (61, 1)) * rng.lognormal(0, 0.2, (61, 7))
    made = value(ages, [[0.08, 0.05, 0.03]], Life(months=24), draws=20_000)
    error = made.customer.std() / np.sqrt(20_000)
    assert made.customer.mean() == pytest.approx(made.average.mean(), abs=4 * error + 0.01 * made.average.mean())


def lives(customers, seed, *, churn=0.1, windows=13):
    """Customers of one level who leave at a constant rate and were all won at the start."""
    rng = np.random.default_rng(seed)
    life = rng.geometric(churn, customers)
    level = rng.lognormal(4, 0.5, customers)[:, None]
    return np.where(np.arange(windows) < life[:, None], level, 0.0)


def test_the_true_value_lies_in_the_range_about_as_often_as_it_says():
    """80 % of ranges from P10 to P90 hold the value of the law; of 60, 41 to 55 are within what chance does."""
    churn, step = 0.1, Life().step
    leave = 1 - (1 - churn) ** (1 / step)
    life = Life(discount=0.1, months=36)
    law = np.exp(4 + 0.5**2 / 2) * ((1 - churn) ** np.arange(life.steps) * life.discounts).sum()
    inside = 0
    for seed in range(60):
        low, high = np.quantile(value(lives(47, seed), [[leave]], life, draws=500, seed=seed).average, [0.1, 0.9])
        inside += low <= law <= high
    assert 41 <= inside <= 55


def test_more_customers_make_the_average_surer_but_not_one_customer():
    few, many = (value(lives(count, 5), [[0.1]], Life(beyond=0.0)) for count in (23, 911))

    def width(draws):
        return float(np.diff(np.quantile(draws, [0.1, 0.9]))[0] / draws.mean())

    assert width(many.average) < width(few.average) / 3
    assert width(many.customer) > 0.5 * width(few.customer)


def test_a_customer_who_comes_back_after_a_silence_is_no_growth():
    """Half the customers pay in each window after the first, and the other half in the next: half is kept, for ever."""
    turns = np.tile([0.0, 8.0], 3)
    ages = np.concatenate([np.full((202, 1), 8.0), np.stack([turns, 8 - turns]).repeat(101, axis=0)], axis=1)
    made = value(ages, [[1e-9]], Life(discount=0.0, beyond=0.0))
    assert made.average.mean() == pytest.approx(8 + 4 * (Life().steps - 1), rel=0.15)


def test_growth_that_turns_widens_the_average():
    still, turning = (
        value(np.full((31, 4), 9.0), [[0.02]], Life(beyond=0.0), prior=GrowthPrior(turn=turn)) for turn in (0, 0.03)
    )
    assert still.average.std() < 1e-9 * still.average.mean()
    assert turning.average.std() > 0.01 * turning.average.mean()


def test_growth_seen_in_those_who_stay_fades_and_never_runs_on():
    """Customers grow by 10 % a window for five windows; with 997 of them hardly anything is taken off for doubt."""
    ages = np.full((997, 1), 10.0) * 1.1 ** np.arange(6)
    made = value(ages, [[1e-9]], Life(discount=0.0, months=120))
    steps = Life(months=120).steps
    assert 10 * 1.1**5 * (steps - 5) < made.average.mean() < 10 * 1.1**10 * steps


def test_lives_that_nobody_has_begun_are_refused():
    with pytest.raises(InputError, match="whole window"):
        value(np.full((3, 1), np.nan), [[0.1]], Life())
    with pytest.raises(InputError, match="discount"):
        Life(discount=-1.0)


@settings(max_examples=23, deadline=None)
@given(st.floats(0.001, 0.5), st.floats(0.001, 0.5), st.integers(1, 60))
def test_who_leaves_sooner_is_worth_less_and_stays_shorter(one, other, months):
    low, high = sorted((one, other))
    ages, life = np.full((5, 3), 7.0), Life(months=months)
    long, short = (value(ages, [[each]], life, draws=11) for each in (low, high))
    assert (short.average <= long.average + 1e-9).all()
    assert short.stay <= long.stay + 1e-9 <= months + 1


DATA = Path(os.environ.get("PERTOKEN_DATA") or Path(__file__).parents[3] / "shared" / "data")
CDNOW = DATA / "consumption" / "cdnow_transactions_even_ids.csv.gz"


@pytest.mark.skipif(not CDNOW.exists(), reason="the shared data are not beside the checkout")
@pytest.mark.parametrize("days", [180, 270])
def test_what_customers_of_cdnow_are_worth_in_fifteen_windows_lies_in_the_range(days):
    """11,785 real customers of a shop, most of whom never come back; the range is made from their first months."""
    with duckdb.connect() as con:
        rows = con.execute(
            "SELECT customer_id::VARCHAR, date::VARCHAR, usd FROM read_csv_auto(?)", [str(CDNOW)]
        ).fetchall()
    panel = panel_of_rows(*zip(*rows, strict=True))
    ages = by_age(first_above(panel), 28)[:, :15]
    old_enough = ~np.isnan(ages).any(axis=1)
    truth = ages[old_enough].sum(axis=1).mean()
    life = Life(discount=0.0, months=round(15 * Life().step))
    made = cohort_report(panel.as_of(days), Ask(draws=300, life=life)).groups[0].worth
    low, high = np.quantile(made.average, [0.1, 0.9])
    assert low < truth < high
    assert made.average.mean() == pytest.approx(truth, rel=0.12)
