"""Rolling origin: nothing looks ahead, lines add up, and differences are those of customers in pairs."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.forecast.panel import Panel, Track
from pertoken.forecast.predicted import Predicted
from pertoken.forecast.rolling import decile, origins_of, rolling
from pertoken.forecast.score import crps
from pertoken.forecast.scored import difference, rates

CUSTOMERS, PERIODS = 13, 41


def panel(customers=CUSTOMERS, periods=PERIODS, seed=1):
    rng = np.random.default_rng(seed)
    since = np.where(np.arange(customers) % 3 == 2, rng.integers(1, periods, customers), 0)
    since[2] = min(21, periods - 1)
    value = rng.gamma(2, np.exp(rng.normal(0, 1, (customers, 1))), (customers, periods))
    value[np.arange(periods) < since[:, None]] = np.nan
    tier = Track((np.arange(periods) >= 20).astype(np.int32)[None].repeat(customers, axis=0), ("free", "pro"))
    names = tuple(f"c{i:02d}" for i in range(customers))
    return Panel(names, tuple(map(str, range(periods))), value[None], "period", since, tracks={"tier": tier})


def mean_times_gamma(seen, horizon, draws, seed):
    """The mean so far, gamma around it."""
    rng = np.random.default_rng(seed)
    level = np.nanmean(seen.value, axis=1) * horizon
    samples = level * rng.gamma(5, 0.2, (draws, len(level)))
    return Predicted(seen.customers, horizon, samples, samples.sum(axis=1))


def twice(seen, horizon, draws, seed):
    made = mean_times_gamma(seen, horizon, draws, seed)
    return Predicted(seen.customers, horizon, 2 * made.samples, 2 * made.total)


def scored(panel, forecasters=None, **more):
    told: dict[str, Any] = {"horizon": 5, "histories": (7, 11), "origins": (11, 19, 36), "draws": 64} | more
    return rolling(panel, forecasters or {"mean": mean_times_gamma, "twice": twice}, **told)


def test_the_future_of_a_panel_changes_no_forecast():
    seen = []

    def spy(panel, horizon, draws, seed):
        seen.append((panel.customers, panel.value.tobytes(), panel.tracks["tier"].last.column().tolist()))
        return mean_times_gamma(panel, horizon, draws, seed)

    now = panel()
    scored(now, {"spy": spy}, origins=(19,))
    first, seen[:] = list(seen), []
    later = now.quantity.copy()
    later[:, :, 19:] *= 1000
    scored(replace(now, quantity=later), {"spy": spy}, origins=(19,))
    assert seen == first
    assert all(label == "free" for _, _, labels in seen for label in labels)  # all are `pro` from period 20 on
    assert seen[0][0] == tuple(name for name, since in zip(now.customers, now.since, strict=True) if since < 19)


def test_who_came_after_the_origin_is_in_the_total_of_all_only():
    now = panel()
    made = scored(now, {"mean": mean_times_gamma}, histories=(11,), origins=(19,))
    came = now.value[:, 19:24]
    there = now.since < 19
    found = {of: float(made.totals.where(of=of).values["actual"][0]) for of in ("there", "all")}
    assert found == pytest.approx({"there": came[there].sum(), "all": np.nansum(came)})
    assert found["all"] > found["there"]
    assert made.customers.values["actual"].tolist() == pytest.approx(came[there].sum(axis=1).tolist())


def test_scores_are_those_of_each_customer_and_sums_add_up_over_any_keys():
    now = panel()
    made = scored(now, {"mean": mean_times_gamma}, histories=(11,), origins=(19,))
    seen = now.as_of(19).window(8, 19)
    expected = crps(mean_times_gamma(seen, 5, 64, 0).samples, now.value[now.since < 19, 19:24].sum(axis=1))
    np.testing.assert_allclose(made.customers.values["crps"], expected)
    whole = rates(made.customers, ["forecaster"])
    assert whole.crps[0] == pytest.approx(expected.sum() / made.customers.values["actual"].sum())
    for by in ("decile", "tier"):
        parts = rates(made.customers, ["forecaster", by])
        assert parts.count.sum() == whole.count[0]
        weights = parts.lines.values["actual"] / parts.lines.values["actual"].sum()
        assert (parts.crps * weights).sum() == pytest.approx(whole.crps[0])
    np.testing.assert_allclose(whole.pit.sum(axis=0), 1)


def test_a_law_that_is_known_is_covered_as_it_says():
    rng = np.random.default_rng(7)
    value = rng.gamma(3, 2, (400, 30))
    names, periods = tuple(f"c{i:03d}" for i in range(400)), tuple(map(str, range(30)))
    known = Panel(names, periods, value[None], "period", np.zeros(400, dtype=np.int64))

    def truth(seen, horizon, draws, seed):
        samples = np.random.default_rng(seed).gamma(3 * horizon, 2, (draws, len(seen)))
        return Predicted(seen.customers, horizon, samples, samples.sum(axis=1))

    made = scored(known, {"truth": truth}, draws=199, histories=(7,), origins=(7, 12, 17, 22))
    found = rates(made.customers, ["forecaster"])
    np.testing.assert_array_less(found.low[:, 0], (0.5, 0.8, 0.9))
    np.testing.assert_array_less((0.5, 0.8, 0.9), found.high[:, 0])
    assert abs(found.bias[0]) < 0.01
    assert stats.chisquare(found.pit[:, 0] * found.count[0]).pvalue > 0.001


def test_a_difference_is_of_sums_and_its_interval_that_of_a_bootstrap():
    made = scored(panel(23, 41))
    found = difference(made, "mean", "twice", np.random.default_rng(5), count=4000)
    ours, theirs = (made.customers.where(forecaster=n).fold(["customer"]).values["crps"] for n in ("mean", "twice"))
    assert found.less == pytest.approx(1 - ours.sum() / theirs.sum())
    outside = stats.bootstrap(
        (ours, theirs), lambda a, b, axis: 1 - a.sum(axis=axis) / b.sum(axis=axis), paired=True, n_resamples=4000,
        method="percentile", rng=np.random.default_rng(6), vectorized=True,
    ).confidence_interval  # fmt: skip
    assert (found.low, found.high) == pytest.approx((outside.low, outside.high), abs=0.03)
    back = difference(made, "twice", "mean", np.random.default_rng(5))
    assert back.better == pytest.approx(1 - found.better, abs=0.02)
    same = difference(made, "mean", "mean", np.random.default_rng(5))
    assert (same.less, same.low, same.high, same.better) == (0, 0, 0, 0)


def test_a_forecaster_that_has_too_little_is_told_of_and_compared_on_what_both_made():
    def picky(seen, horizon, draws, seed):
        if len(seen.periods) < 11:
            raise InputError("needs 11 periods")
        return twice(seen, horizon, draws, seed)

    made = scored(panel(), {"mean": mean_times_gamma, "picky": picky})
    assert len(made.notes) == 3
    assert "picky made no forecast of 7 periods before" in made.notes[0]
    both = scored(panel(), histories=(11,))
    rng = np.random.default_rng
    told = [difference(made, "mean", "picky", rng(1)).less, difference(both, "mean", "twice", rng(1)).less]
    assert told[0] == pytest.approx(told[1])


def test_customers_who_were_not_watched_are_left_out_and_so_is_their_total():
    now = panel()
    value = now.quantity.copy()
    value[0, 0, 21] = np.nan
    made = scored(replace(now, quantity=value), {"mean": mean_times_gamma}, histories=(11,), origins=(19, 36))
    names = made.customers.where(origin="000018").keys["customer"].column().tolist()
    assert "c00" not in names
    assert made.totals.keys["origin"].column().tolist() == ["000035", "000035"]


@given(st.integers(1, 400), st.integers(1, 60), st.integers(1, 90), st.integers(1, 12))
def test_origins_leave_room_on_both_sides_and_the_last_is_as_late_as_can_be(periods, horizon, history, count):
    if periods < horizon + history:
        with pytest.raises(InputError, match=r"too few|1 period") as told:
            origins_of(periods, horizon, history, count)
        if periods > 1:
            shorter, ahead = (
                int(each) for each in re.findall(r"a history of (\d+) and a horizon of (\d+)", str(told.value))[1]
            )
            assert origins_of(periods, ahead, shorter, count)
            assert (shorter <= history, ahead <= horizon) == (True, True)
        return
    found = origins_of(periods, horizon, history, count)
    assert found[-1] == periods - horizon
    assert found[0] >= history
    assert 1 <= len(found) <= count
    assert (np.diff(found) > 0).all()


def test_deciles_are_even_where_sizes_differ():
    assert np.bincount(decile(np.random.default_rng(1).permutation(170.0 + np.arange(170)))).tolist() == [17] * 10


def of_others(seen, horizon, draws, seed):
    return mean_times_gamma(seen.pick(np.arange(2)), horizon, draws, seed)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"histories": (40,)}, "fits 41 periods with 5 ahead"),
        ({"forecasters": {"wrong": of_others}}, "forecast 2 customers"),
    ],
)
def test_what_does_not_fit_is_said(more, message):
    with pytest.raises(InputError, match=message):
        scored(panel(), **more)


def test_further_groups_are_scored_and_never_shown():
    def blind(seen, horizon, draws, seed):
        assert "family" not in {**seen.known, **seen.tracks}
        return mean_times_gamma(seen, horizon, draws, seed)

    def family(seen):
        return Key.of("ab"[int(who[1:]) % 2] for who in seen.customers)

    made = scored(panel(), {"blind": blind}, groups={"family": family})
    assert rates(made.customers, ["forecaster", "family"]).lines.keys["family"].column().tolist() == ["a", "b"]
    assert set(made.groups) == {"family", "decile", "tier"}
