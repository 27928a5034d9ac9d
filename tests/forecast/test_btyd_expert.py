"""The expert for customers who come and go: on simulated customers, and on those of a shop."""

from pathlib import Path

import numpy as np
import pytest

from pertoken.forecast.amounts import about_levels
from pertoken.forecast.btyd.beta_geometric_bernoulli import BetaGeometricBernoulli
from pertoken.forecast.btyd.bg_nbd import BgNbd
from pertoken.forecast.btyd.purchases import Purchases
from pertoken.forecast.btyd_expert import dying
from pertoken.forecast.expert import History
from pertoken.forecast.panel import panel_of_rows

CDNOW = Path(__file__).parents[2] / "../shared/data/consumption/cdnow_transactions_even_ids.csv.gz"


def simulated(law, customers, periods, seed=3):
    none = np.zeros(customers)
    ahead = law.paths(Purchases(none, none, none), periods - 1, 1, np.random.default_rng(seed))[0] > 0
    return np.concatenate([np.ones((customers, 1)), ahead], axis=1)


def watched(value):
    return History(value, np.zeros(len(value), dtype=np.int64), 7, np.zeros(len(value), dtype=np.int64))


@pytest.mark.parametrize(
    "law", [BgNbd(0.5, 9.0, 0.8, 2.5), BetaGeometricBernoulli(2.0, 1.5, 0.9, 30.0)], ids=["seldom", "often"]
)
def test_customers_of_a_known_law_are_foreseen(law):
    whole = simulated(law, 1009, 68)
    paths = dying(watched(whole[:, :40]), 28, 200, np.random.default_rng(1))
    assert paths.shape == (200, 1009, 28)
    total = paths.sum(axis=(1, 2))
    actual = whole[:, 40:].sum()
    low, high = np.quantile(total, [0.05, 0.95])
    assert low < actual < high
    assert total.mean() == pytest.approx(actual, rel=0.1)


def test_amounts_are_those_of_each_customer_and_never_negative():
    rng = np.random.default_rng(5)
    level = np.exp(rng.normal(3, 1, 307))
    active = simulated(BetaGeometricBernoulli(2.0, 1.5, 0.5, 60.0), 307, 60, seed=9)
    whole = active * level[:, None] * np.exp(rng.normal(-0.045, 0.3, active.shape))
    paths = dying(watched(whole[:, :40]), 20, 100, np.random.default_rng(1))
    assert (paths >= 0).all()
    busy = ((whole[:, :40] > 0).sum(axis=1) > 10) & (paths > 0).any(axis=(0, 2))
    seen = paths[:, busy].sum(axis=(0, 2)) / (paths[:, busy] > 0).sum(axis=(0, 2))
    assert np.corrcoef(np.log(seen), np.log(level[busy]))[0, 1] > 0.97
    assert np.median(seen / level[busy]) == pytest.approx(1, abs=0.1)


def test_who_has_used_nothing_yet_uses_what_those_who_seldom_do_use():
    rng = np.random.default_rng(8)
    count = np.repeat([40, 1, 0], [60, 60, 9])
    who = np.repeat(np.arange(129), count)
    seen = np.where(count[who] > 1, 1e6, 10.0) * rng.lognormal(0, 0.5, len(who))
    drawn = about_levels(seen, who, 129, np.repeat(np.arange(120, 129), 500), rng, seldom=False)
    assert drawn.max() <= seen[count[who] == 1].max()
    assert drawn.mean() == pytest.approx(seen[count[who] == 1].mean(), rel=0.05)


def test_amounts_drawn_add_up_to_those_seen_however_skewed_they_are():
    """Skewed logs: the mean of a normal of logs is not that of the amounts; first ones are small."""
    rng = np.random.default_rng(6)
    count = 2 + rng.poisson(3, 2003)
    who = np.repeat(np.arange(2003), count)
    first = np.r_[True, who[1:] != who[:-1]]
    amount = np.exp(rng.normal(3, 1, 2003))[who] * rng.pareto(2.2, len(who)) * np.where(first, 0.5, 1.0)
    drawn = about_levels(amount, who, 2003, np.repeat(who[~first], 20), rng, seldom=True)
    assert drawn.mean() == pytest.approx(amount[~first].mean(), rel=0.05)


def test_who_did_not_come_back_tells_nothing_of_the_amounts_of_those_who_do():
    """Oracle: regression to the mean, exp(3 + (log - 3) / 2 + 3 / 8), of logs N(level, 1 / 2) about levels N(3, 1 / 2).

    Whose first amount was small never came back; the mean of all first ones says less than half of what comes next.
    """
    rng = np.random.default_rng(7)
    level = rng.normal(3, np.sqrt(0.5), 40_009)
    log = level[:, None] + rng.normal(0, np.sqrt(0.5), (40_009, 2))
    back = log[:, 0] > 3
    who = np.repeat(np.arange(40_009), np.where(back, 2, 1))
    amount = np.exp(log.ravel()[np.stack([back | ~back, back], axis=1).ravel()])
    first = np.exp(log[~back, 0])
    alike = np.flatnonzero(~back)[(first > 15) & (first < 18)]
    drawn = about_levels(amount, who, 40_009, np.repeat(alike, 50), rng, seldom=True)
    assert drawn.mean() == pytest.approx(np.exp(3 + (np.log(16.5) - 3) / 2 + 3 / 8), rel=0.1)


def test_small_counts_stay_whole():
    whole = simulated(BgNbd(0.6, 9.0, 0.8, 2.5), 101, 40) * np.random.default_rng(1).integers(1, 4, (101, 40))
    paths = dying(watched(whole.astype(float)), 14, 40, np.random.default_rng(1))
    np.testing.assert_array_equal(paths, np.round(paths))
    assert np.median(paths[paths > 0]) == 2


def test_the_same_stream_gives_the_same_paths():
    value = simulated(BgNbd(0.6, 9.0, 0.8, 2.5), 53, 30)
    one, two = (dying(watched(value), 7, 20, np.random.default_rng(8)) for _ in range(2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("value", [np.zeros((3, 5)), np.ones((1, 1)), np.ones((2, 30)), np.eye(4, 9)], ids=str)
def test_odd_panels_are_no_trouble(value):
    paths = dying(watched(value), 4, 10, np.random.default_rng(1))
    assert paths.shape == (10, len(value), 4)
    assert np.isfinite(paths).all()


@pytest.mark.skipif(not CDNOW.exists(), reason="the shared data are not here")
def test_the_last_half_year_of_a_shop_is_foreseen():
    rows = np.genfromtxt(CDNOW, delimiter=",", skip_header=1, dtype=str)
    panel = panel_of_rows(rows[:, 0].tolist(), rows[:, 1].tolist(), np.ones(len(rows)).tolist(), grain="week")
    known = panel.as_of(39)
    came = panel.pick(np.flatnonzero(panel.since < 39)).value[:, 39:65].sum(axis=1)
    history = History(known.value, known.since, 52, np.zeros(len(known), dtype=np.int64))
    paths = dying(history, 26, 99, np.random.default_rng(1)).sum(axis=-1)
    total = paths.sum(axis=1)
    low, high = np.quantile(total, [0.1, 0.9])
    assert low < came.sum() < high
    assert total.mean() == pytest.approx(came.sum(), rel=0.08)
    assert np.corrcoef(paths.mean(axis=0), came)[0, 1] > 0.6
