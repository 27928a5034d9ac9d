"""Predictions: laws that any panel keeps, panels whose law is known, and awkward histories."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import pertoken as pt
from pertoken.core.errors import InputError
from pertoken.forecast.panel import Panel
from pertoken.forecast.prediction import predicted


def panel(value: np.ndarray, grain: str = "day", names: tuple[str, ...] | None = None) -> Panel:
    size = value.shape
    return Panel(
        names or tuple(f"c{i}" for i in range(size[0])),
        tuple(str(t) for t in range(size[1])),
        value[None],
        grain,
        np.zeros(size[0], dtype=np.int64),
    )


def steady(customers: int, periods: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.gamma(2.0, 1.0, (customers, periods)) * np.exp(rng.standard_normal((customers, 1)))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.001, 7.0, 1e6]))
def test_a_forecast_in_other_units_is_the_same_forecast(seed, scale):
    value = steady(11, 29, seed)
    one, other = predicted(panel(value), horizon=5, draws=64), predicted(panel(value * scale), horizon=5, draws=64)
    np.testing.assert_allclose(other.quantiles(), scale * one.quantiles(), rtol=2e-3)
    np.testing.assert_allclose(other.total_quantiles(), scale * one.total_quantiles(), rtol=2e-3)


def test_neither_the_order_of_customers_nor_their_names_change_what_each_is_forecast():
    value, order = steady(13, 31), np.random.default_rng(1).permutation(13)
    one = predicted(panel(value), horizon=7, draws=101)
    other = predicted(panel(value[order], names=tuple(f"x{i}" for i in range(13))), horizon=7, draws=101)
    np.testing.assert_allclose(other.quantiles(), one.quantiles()[:, order], rtol=1e-5)


def test_the_same_seed_gives_the_same_bits_and_another_seed_other_worlds():
    value = steady(7, 31)
    one, same, other = (predicted(panel(value), horizon=5, draws=50, seed=seed) for seed in (3, 3, 4))
    assert one.samples.tobytes() == same.samples.tobytes()
    assert one.samples.tobytes() != other.samples.tobytes()


def test_periods_add_up_to_the_horizon_and_nobody_uses_less_than_nothing():
    value = np.random.default_rng(0).poisson(0.7, (17, 43)).astype(float)
    made = predicted(panel(value), horizon=11, draws=40, steps=True)
    assert made.steps is not None
    assert made.steps.shape == (40, 17, 11)
    assert (made.steps >= 0).all()
    np.testing.assert_allclose(made.steps.sum(axis=2), made.samples, rtol=1e-4)


def test_ranges_of_customers_whose_law_is_known_hold_as_often_as_they_say():
    """Gamma rates and Poisson counts: what comes is negative binomial given the past (the conjugate posterior)."""
    rng = np.random.default_rng(5)
    customers, periods, horizon, shape, scale = 400, 40, 7, 6.0, 1.5
    rate = rng.gamma(shape, scale, customers)
    past = rng.poisson(rate[:, None], (customers, periods)).astype(float)
    made = predicted(panel(past), horizon=horizon, draws=400)
    low, high = np.quantile(made.samples, [0.1, 0.9], axis=0)
    came = rng.poisson(rate[None] * horizon, (50, customers))
    size, chance = shape + past.sum(axis=1), (1 / scale + periods) / (1 / scale + periods + horizon)
    least, most = (stats.nbinom.ppf(share, size, chance) for share in (0.1, 0.9))  # whole numbers: it holds a bit more
    exact = np.mean((came >= least) & (came <= most))
    assert np.mean((came >= low) & (came <= high)) == pytest.approx(exact, abs=0.06)
    assert (high - low).mean() == pytest.approx((most - least).mean(), rel=0.2)


def test_what_all_share_makes_the_total_wider_than_independent_customers_would():
    rng = np.random.default_rng(2)
    shared = np.exp(0.25 * rng.standard_normal(60)).repeat(2)
    value = 100 * shared * np.exp(0.05 * rng.standard_normal((50, 120)))
    made = predicted(panel(value, "period"), horizon=2, draws=400, season=1)
    alone = np.sqrt((made.samples.std(axis=0) ** 2).sum())
    assert made.total.std() > 2 * alone
    assert made.loading > 0.3


def test_a_day_on_which_nobody_used_anything_is_an_outage_and_no_zero():
    value = steady(9, 40)
    down = value.copy()
    down[:, 33] = 0
    made, without = predicted(panel(down), horizon=7, draws=200), predicted(panel(value), horizon=7, draws=200)
    assert "outage" in made.notes[0]
    assert made.total_quantiles([0.5])[0] == pytest.approx(without.total_quantiles([0.5])[0], rel=0.08)


def test_little_history_and_a_customer_who_is_most_of_all_are_said():
    value = steady(5, 30)
    value[2] *= 1e4
    notes = " ".join(predicted(panel(value), horizon=28, draws=50).notes)
    assert "judged over 15 periods only" in notes
    assert "c2 is 100% of all usage" in notes


@pytest.mark.parametrize(
    "value",
    [
        np.array([[1.0, 2.0, 3.0]]),
        np.array([[5.0]]),
        np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]),
        np.ones((3, 20)),
        np.array([[1.0, np.nan, 3.0, 4.0, np.nan, 2.0], [1e9, 1e-9, 1e9, 0.0, 1e9, 1e9]]),
    ],
)
def test_awkward_histories_have_finite_ranges(value):
    made = predicted(panel(value), horizon=4, draws=50)
    assert np.isfinite(made.samples).all()
    assert (made.samples >= 0).all()


def test_where_nobody_used_anything_nothing_is_expected():
    made = predicted(panel(np.zeros((3, 12))), horizon=4, draws=10, steps=True)
    assert made.total.tolist() == [0.0] * 10
    assert "nothing is expected" in made.notes[-1]


def test_an_expert_of_ones_own_is_weighed_by_what_it_would_have_said():
    value = np.tile(np.arange(1.0, 41.0) ** 3, (8, 1)) * np.arange(1.0, 9.0)[:, None]

    def knowing(history, horizon, draws, _rng):
        first = history.value.shape[1] + 1.0
        ahead = (first + np.arange(horizon)) ** 3
        level = history.value[:, 0][None, :, None]
        return np.broadcast_to(level * ahead, (draws, len(history), horizon))

    made = predicted(panel(value, "period"), horizon=3, draws=50, experts={"knowing": knowing}, season=1)
    assert made.weights["knowing"] == max(made.weights.values())
    assert sum(made.weights.values()) == pytest.approx(1)


@pytest.mark.parametrize(("periods", "known"), [(1, "1 period of history"), (60, "60 periods of history")])
def test_who_came_after_every_earlier_date_is_told_as_what_is_believed_by_experts_too(periods, known):
    value = np.where(np.arange(periods) < periods - 1, np.nan, np.full((5, periods), 3.0))
    seen = replace(panel(value), since=np.full(5, periods - 1))
    level = {"level": lambda history, horizon, draws, _rng: np.full((draws, len(history), horizon), 3.0)}
    made = predicted(seen, horizon=7, draws=50, experts=level)
    assert made.notes[0].startswith(f"{known}: no earlier forecast could be judged")
    assert (made.quantiles([0.1])[0] < 21).all()
    assert (made.quantiles([0.9])[0] > 21).all()


ROWS = [("a", "2026-01-01", 4.0), ("b", "2026-01-02", 6.0), ("a", "2026-01-03", 5.0), ("b", "2026-01-09", 6.0)]


def test_any_table_with_the_three_columns_will_do(tmp_path):
    import pandas as pd  # noqa: PLC0415  a peer's table

    frame = pd.DataFrame(ROWS, columns=["customer", "period", "value"])
    file = tmp_path / "usage.csv"
    frame.to_csv(file, index=False)
    stamped = frame.assign(period=pd.to_datetime(frame["period"]))
    tables = [ROWS, [dict(zip(frame.columns, row, strict=True)) for row in ROWS], frame, stamped, file]
    made = [pt.predict(table, horizon=2, draws=20).samples.tobytes() for table in tables]
    assert len(set(made)) == 1


def test_a_missing_column_is_named_with_what_is_there():
    with pytest.raises(InputError, match=r"no column value .* expected customer, period, value"):
        pt.predict({"customer": ["a"], "period": [1], "values": [2]}, horizon=2)


def test_quarters_and_the_cycle_of_numbered_periods_are_understood():
    week = np.tile([1.0, 5, 5, 5, 5, 5, 1], (4, 6))
    rows = [(f"c{i}", t, x) for i, line in enumerate(week) for t, x in enumerate(line)]
    made = pt.predict(rows, horizon=1, draws=50)
    assert made.quantiles([0.5])[0, 0] < 2.5  # the day after six whole weeks is one of the quiet ones
    quarters = pt.predict([("a", f"202{y}Q{q}", 3.0) for y in range(3) for q in range(1, 5)], horizon=2, draws=50)
    assert quarters.quantiles([0.5])[0, 0] == pytest.approx(6, rel=0.05)


def first_days(seed: int) -> tuple[Panel, np.ndarray]:
    """Five come a day and use twenty times their level on the first; who is there from the start is past that."""
    rng = np.random.default_rng(seed)
    since, day = np.r_[np.zeros(41, dtype=np.int64), np.repeat(np.arange(1, 14), 5)], np.arange(15)
    value = rng.lognormal(4, 0.7, (106, 1)) * rng.lognormal(0, 0.2, (106, 15))
    value[41:] *= np.where(day == since[41:, None], 20.0, 1.0)
    value[day < since[:, None]] = np.nan
    names, periods = tuple(f"c{i}" for i in range(106)), tuple(f"{t:02d}" for t in range(14))
    return Panel(names, periods, value[None, :, :14], "period", since), value[:, 14]


def test_a_first_day_is_not_carried_on_where_those_of_others_were_not():
    off = []
    for seed in range(3):
        known, came = first_days(seed)
        made = predicted(known, horizon=1, draws=200)
        ratio = np.log(made.samples.mean(axis=0) / came)
        assert np.median(ratio[known.since < 13]) == pytest.approx(0, abs=0.1)
        off.append(ratio[known.since == 13].mean())
    assert np.mean(off) < np.log(1.6)  # of a first day that was twenty times what follows
