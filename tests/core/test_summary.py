"""What a sample says, against NumPy on all worlds at once, a slow twin, and spreads known beforehand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pertoken.core import summary as module
from pertoken.core.design import design
from pertoken.core.errors import InputError
from pertoken.core.summary import Asked, Gathered, gather, half_width, known, summarise, summary

LEVELS = {"p5": 5, "p10": 10, "p25": 25, "p50": 50, "p75": 75, "p90": 90, "p95": 95}
SHORTFALLS = [(7, 0.1), (10, 0.1), (23, 0.1), (10, 0.25), (11, 1.0), (5, 0.01)]


def normal(draws, *world, seed=1):
    return np.random.default_rng(seed).normal(100, 20, size=(draws, *world))


@pytest.mark.parametrize("world", [(), (3,), (2, 5)])
def test_figures_are_those_of_all_worlds(world):
    values = normal(70, *world)
    said = summarise(values, replicates=7)
    np.testing.assert_allclose(said["mean"], values.mean(axis=0))
    np.testing.assert_allclose(said["sd"], values.std(axis=0, ddof=1))
    for name, level in LEVELS.items():
        np.testing.assert_allclose(said[name], np.percentile(values, level, axis=0))
    assert said["shortfall"].shape == world
    assert (said.draws, said.replicates, said.whole) == (70, 7, True)


def test_what_is_not_a_number_in_one_world_has_no_figures_and_its_neighbours_keep_theirs():
    values = normal(20, 2)
    values[3, 0] = np.nan
    said = summarise(values, asked=Asked(above=(0,)))
    assert all(np.isnan(figure[0]) for figure in said.figures.values())
    assert said["p90"][1] == pytest.approx(np.quantile(values[:, 1], 0.9))


@pytest.mark.parametrize("replicates", [1, 2])
def test_what_is_infinite_in_some_worlds_still_has_its_other_quantiles(replicates):
    """A payback that never comes in one world of ten."""
    values = np.where(np.arange(100) % 10 == 0, np.inf, np.arange(100.0))
    said = summarise(values, replicates=replicates)
    assert said["p50"] == np.quantile(values, 0.5)
    assert said["p95"] == said["mean"] == np.inf
    assert np.isnan(said["sd"])


def slow_shortfall(numbers, share):
    """The mean of the quantile function over the worst share, each draw holding 1/n of it."""
    left, total = share * len(numbers), 0.0
    for x in sorted(numbers):
        part = min(1.0, left)
        total, left = total + part * x, left - part
    return total / (share * len(numbers))


@pytest.mark.parametrize(("draws", "share"), SHORTFALLS)
def test_the_shortfall_is_the_mean_of_the_worst_worlds(draws, share):
    values = normal(draws)
    low = summarise(values, asked=Asked(worst_share=share))
    high = summarise(values, asked=Asked(worst_share=share, low_is_bad=False))
    assert low["shortfall"] == pytest.approx(slow_shortfall(values, share))
    assert high["shortfall"] == pytest.approx(-slow_shortfall(-values, share))


def test_the_shortfall_of_a_normal_is_the_textbooks():
    """Mean less sd times density at the quantile over the share (Rockafellar and Uryasev 2000)."""
    u = design(["a"], draws=50_000, seed=1)[:, 0]
    said = summarise(stats.norm(100, 20).ppf(u))
    assert said["shortfall"] == pytest.approx(100 - 20 * stats.norm.pdf(stats.norm.ppf(0.1)) / 0.1, rel=1e-4)


def test_shares_of_worlds_beside_thresholds():
    said = summarise(np.arange(10.0), asked=Asked(below=(3, 0), above=(3, 1_000_000)))
    assert [float(said[n]) for n in ("below 3", "below 0", "above 3", "above 1000000")] == [0.3, 0, 0.6, 0]


@given(st.integers(1, 6), st.integers(1, 8), st.integers(0, 5))
def test_memory_does_not_grow_and_means_stay_those_of_all(blocks, each, seed):
    values = normal(blocks * each, 3, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "KEPT", 10)
        gathered = Gathered(Asked(below=(100,)))
        for block in np.split(values, blocks):
            gathered = gather(gathered, block)
            assert sum(map(len, gathered.kept)) <= 10
        said = summary(gathered)
    np.testing.assert_allclose(said["mean"], values.mean(axis=0))
    if len(values) > 1:
        np.testing.assert_allclose(said["sd"], values.std(axis=0, ddof=1))
    np.testing.assert_allclose(said["below 100"], (values < 100).mean(axis=0))
    if len(values) > 10:
        sections = [np.quantile(block, 0.9, axis=0) for block in np.split(values, blocks)]
        np.testing.assert_allclose(said["p90"], np.mean(sections, axis=0))
        assert said.whole is (blocks == 1)
        if blocks > 1:
            np.testing.assert_allclose(said.errors["p90"], stats.sem(sections, axis=0), atol=1e-12)


def test_the_stated_error_is_the_real_one():
    """Over 300 samples, the errors stated for plain draws are on average those that the samples have."""
    said = [summarise(normal(400, seed=seed), replicates=10) for seed in range(300)]
    for name in ("mean", "sd", "p10", "p50", "p90"):
        real = np.std([one[name] for one in said])
        stated = np.sqrt(np.mean([one.errors[name] ** 2 for one in said]))
        assert stated == pytest.approx(real, rel=0.15), name


def test_nineteen_times_of_twenty_the_truth_lies_within_what_is_known():
    truth = {"mean": 100, "p90": stats.norm(100, 20).ppf(0.9)}
    said = [summarise(normal(1000, seed=seed), replicates=10) for seed in range(300)]
    for name, true in truth.items():
        inside = [abs(one[name] - true) <= half_width(float(one.errors[name]), 10) for one in said]
        assert np.mean(inside) == pytest.approx(0.95, abs=0.035), name


def test_how_well_a_figure_is_known_is_said_in_words():
    said = summarise(normal(1000), replicates=10, asked=Asked(below=(80,)))
    assert known(said, "p90").startswith("P90 is known to ±")
    assert known(said, "p90").endswith(" % (10 replicates)")
    near_zero = known(summarise(normal(1000) - 125, replicates=10), "p90")
    assert near_zero.endswith(" % of the standard deviation (10 replicates)")
    assert known(said, "below 80").endswith(" points (10 replicates)")
    assert known(summarise(normal(10)), "mean") == "how well mean is known can't be said of one replicate"
    assert known(summarise(np.zeros(10), replicates=2), "mean") == "mean is known to ±0 (2 replicates)"


def test_half_widths_are_those_of_students_t():
    assert half_width(2.0, 10) == pytest.approx(2 * stats.t(9).ppf(0.975))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: summary(Gathered()), "no worlds to summarise"),
        (lambda: gather(Gathered(), np.zeros((0, 3))), "a block of 0 worlds; expected at least 1"),
        (lambda: gather(gather(Gathered(), np.zeros(3)), np.zeros(4)), "a block of 4 worlds; expected 3"),
        (lambda: summarise(np.zeros(10), replicates=3), "10 worlds in 3 replicates"),
        (lambda: Asked(worst_share=0), "a worst share of 0; expected above 0"),
    ],
)
def test_what_cannot_be_summarised_is_said(make, says):
    with pytest.raises(InputError, match=says):
        make()
