"""Designs of worlds: their strata, their independence of other names, and the copula."""

import math
from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pertoken.core.copula import check, correlate, correlate_each, groups
from pertoken.core.design import DESIGNS, LARGEST, design, grid, one_at_a_time, steps, whole_draws
from pertoken.core.errors import InputError

NAMES = ("growth", "churn", "price", "tokens")
names = st.lists(st.text("abcdefg@-07", min_size=1, max_size=5), unique=True, max_size=5)
kinds = st.sampled_from(sorted(DESIGNS))


@given(names, kinds, st.sampled_from([1, 2, 8, 64]), st.integers(-3, 2**70), st.integers(0, 3))
@settings(max_examples=50)
def test_shares_lie_strictly_inside_and_are_the_same_for_the_same_seed(columns, kind, draws, seed, replicate):
    one, two = (design(columns, draws=draws, kind=kind, seed=seed, replicate=replicate) for _ in range(2))
    assert one.shape == (draws, len(columns))
    assert (one > 0).all()
    assert (one < 1).all()
    assert (one == two).all()


@pytest.mark.parametrize("kind", ["lhs", "sobol"])
@pytest.mark.parametrize("draws", [1, 2, 128, 65_536])
def test_each_stratum_of_each_column_holds_one_draw(kind, draws):
    u = design(NAMES[:2], draws=draws, kind=kind, seed=3)
    assert (np.sort(np.floor(u * draws), axis=0) == np.arange(draws)[:, None]).all()


def test_an_odd_number_of_draws_is_stratified_too():
    u = design(NAMES, draws=1009, seed=3)
    assert (np.sort(np.floor(u * 1009), axis=0) == np.arange(1009)[:, None]).all()


def test_sobol_points_fill_every_dyadic_box_of_two_columns():
    """The first two dimensions are a (0, m, 2)-net in base 2, and scrambling keeps it one (Owen 1995)."""
    u = design(NAMES[:2], draws=256, kind="sobol", seed=11)
    for split in range(9):
        boxes = np.floor(u[:, 0] * 2**split) * 2 ** (8 - split) + np.floor(u[:, 1] * 2 ** (8 - split))
        assert sorted(boxes) == list(range(256))


@pytest.mark.parametrize("kind", ["lhs", "random"])
def test_other_names_move_nothing(kind):
    u = design(NAMES, draws=101, kind=kind, seed=5)
    other = design(("new", *NAMES[::-1]), draws=101, kind=kind, seed=5)
    assert (other[:, :0:-1] == u).all()


def test_a_name_put_after_the_others_moves_nothing_in_sobol():
    u = design(NAMES, draws=128, kind="sobol", seed=5)
    assert (design((*NAMES, "new"), draws=128, kind="sobol", seed=5)[:, :4] == u).all()
    renamed = design(("growth", "other", "price", "tokens"), draws=128, kind="sobol", seed=5)
    assert (renamed[:, [0, 2, 3]] == u[:, [0, 2, 3]]).all()


@pytest.mark.parametrize("kind", ["lhs", "random"])
def test_seeds_replicates_and_names_draw_apart(kind):
    made = [design(["a", "b"], draws=1024, kind=kind, seed=s, replicate=r) for s, r in [(1, 0), (1, 1), (2, 0)]]
    columns = np.concatenate(made, axis=1)
    apart = np.corrcoef(columns.T)[np.triu_indices(6, 1)]
    assert np.abs(apart).max() < 5 / math.sqrt(1024)


def test_replicates_of_sobol_err_apart():
    """Their errors in a mean are independent, though their points come in the same order."""

    def off(seed, replicate):
        u = design(["a", "b", "c"], draws=64, kind="sobol", seed=seed, replicate=replicate)
        return np.exp(u.sum(axis=1)).mean() - (math.e - 1) ** 3

    errors = np.array([[off(seed, replicate) for replicate in (0, 1)] for seed in range(200)])
    assert abs(np.corrcoef(errors.T)[0, 1]) < 4 / math.sqrt(200)
    assert abs(errors.mean()) < 4 * stats.sem(errors.ravel())


@pytest.mark.parametrize("kind", sorted(DESIGNS))
def test_shares_are_uniform_over_seeds(kind):
    """The first share of a column, over 500 seeds, against the uniform distribution (Kolmogorov-Smirnov)."""
    firsts = [design(["a"], draws=4, kind=kind, seed=seed)[0, 0] for seed in range(500)]
    assert stats.kstest(firsts, "uniform").pvalue > 1e-4


def test_digits_are_those_of_any_other_machine():
    """The key is the BLAKE2b of seed, replicate and name; a share is 52 bits of a word of Philox, and a half."""
    u = design(["growth"], draws=3, kind="random", seed=7)[:, 0]
    key = int.from_bytes(blake2b(b"7\n0\ngrowth", digest_size=16).digest(), "little")
    words = [int(word) for word in np.random.Philox(key=key).random_raw(3)]
    assert u.tolist() == [(word // 4096 + 0.5) / 2**52 for word in words]
    assert u.round(12).tolist() == [0.131864756337, 0.913164417666, 0.714581314634]


def test_draws_are_rounded_up_to_what_a_design_needs():
    assert whole_draws("lhs", 10_001) == (10, 1001)
    assert whole_draws("sobol", 10_000) == (10, 1024)
    assert whole_draws("random", 10, 10) == (10, 1)
    assert whole_draws("sobol", 64, 1) == (1, 64)
    with pytest.raises(InputError, match="5 draws; expected at least one for each of 10 replicates"):
        whole_draws("lhs", 5)


@given(st.integers(1, 3_000_000), st.integers(1, 20), kinds)
def test_replicates_cover_the_draws_and_none_is_larger_than_allowed(draws, replicates, kind):
    if draws < replicates:
        return
    plan = whole_draws(kind, draws, replicates)
    assert plan.replicates >= replicates
    assert plan.replicates * plan.draws >= draws
    assert plan.draws <= LARGEST


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: design(["a"], draws=10, kind="halton", seed=1),
            "a design 'halton'; expected one of lhs, sobol, random",
        ),
        (lambda: design(["a", "a"], draws=10, seed=1), "a twice in one design"),
        (lambda: design(["a"], draws=0, seed=1), "0 draws"),
        (lambda: design(["a"], draws=1000, kind="sobol", seed=1), "a power of two; take 1024"),
        (lambda: grid(["a"], [0, 0.5]), "a level of 0; expected a share strictly between 0 and 1"),
        (lambda: grid(["a", "b"], {"a": [0.5]}), "no levels for b"),
        (
            lambda: grid([f"n{i}" for i in range(24)], [0.1, 0.9]),
            "16,777,216 combinations; expected at most 10,000,000",
        ),
        (lambda: one_at_a_time(["a"], low=0), "a level of 0"),
    ],
)
def test_what_no_design_is_is_said(make, says):
    with pytest.raises(InputError, match=says):
        make()


def test_a_grid_has_each_combination_once():
    u = grid(["a", "b", "c"], {"a": [0.5], "b": [0.1, 0.5, 0.9], "c": [0.2, 0.8]})
    assert len({tuple(row) for row in u.tolist()}) == len(u) == 6
    assert grid([], [0.5]).shape == (1, 0)


def test_one_at_a_time_moves_one_name_in_each_world():
    u = one_at_a_time(NAMES, low=0.05, high=0.95)
    assert u.shape == (9, 4)
    assert (u[0] == 0.5).all()
    assert ((u != 0.5).sum(axis=1) == [0, *([1] * 8)]).all()


def test_a_walk_widens_with_the_square_root_of_time():
    """A sum of n independent steps has n times the variance of one."""
    months = [f"2027-{m:02}" for m in range(1, 13)]
    u = design(steps("growth", months), draws=4096, kind="sobol", seed=1)
    walked = np.cumsum(stats.norm(0, 0.02).ppf(u), axis=-1)
    np.testing.assert_allclose(walked.std(axis=0), 0.02 * np.sqrt(np.arange(1, 13)), rtol=0.03)


# --- correlation

WANTED = {("growth", "price"): -0.6, ("tokens", "price"): 0.3}


@pytest.mark.parametrize("kind", sorted(DESIGNS))
@pytest.mark.parametrize("rho", [-1, -0.9, -0.5, 0.2, 0.7, 0.95, 1])
def test_the_rank_correlation_reached_is_the_one_wanted(kind, rho):
    """Spearman's by SciPy, at about 10,000 draws."""
    u = design(["a", "b"], draws=8192, kind=kind, seed=3)
    v = correlate(u, ["a", "b"], {("a", "b"): rho})
    assert stats.spearmanr(v[:, 0], v[:, 1]).statistic == pytest.approx(rho, abs=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_several_correlations_hold_together(seed):
    u = design(NAMES, draws=10_000, seed=seed)
    v = correlate(u, NAMES, WANTED)
    found = stats.spearmanr(v).statistic
    np.testing.assert_allclose([found[0, 2], found[2, 3], found[0, 3]], [-0.6, 0.3, 0], atol=0.01)
    assert (np.sort(v, axis=0) == np.sort(u, axis=0)).all()
    assert (v[:, 1] == u[:, 1]).all()


def test_order_of_names_and_of_pairs_does_not_matter():
    u = design(NAMES, draws=997, seed=1)
    v = correlate(u, NAMES, WANTED)
    turned = {(two, one): rho for (one, two), rho in reversed(WANTED.items())}
    assert (correlate(u[:, ::-1], NAMES[::-1], turned)[:, ::-1] == v).all()


def test_another_group_moves_nothing():
    u = design((*NAMES, "x", "y"), draws=499, seed=1)
    both = correlate(u, (*NAMES, "x", "y"), {**WANTED, ("x", "y"): 0.9})
    assert (both[:, :4] == correlate(u[:, :4], NAMES, WANTED)).all()


def test_a_few_draws_are_correlated_too():
    u = design(["a", "b"], draws=5, seed=1)
    v = correlate(u, ["a", "b"], {("a", "b"): 1})
    assert (np.argsort(v[:, 0]) == np.argsort(v[:, 1])).all()


def test_worlds_can_be_correlated_each_by_itself():
    u = design(NAMES, draws=8192, kind="sobol", seed=2)
    v = correlate_each(u, NAMES, WANTED)
    found = stats.spearmanr(v).statistic
    np.testing.assert_allclose([found[0, 2], found[2, 3], found[0, 3]], [-0.6, 0.3, 0], atol=0.02)
    assert all(stats.kstest(column, "uniform").pvalue > 0.01 for column in v.T)
    assert (v[:, :2] == u[:, :2]).all()
    parts = np.concatenate([correlate_each(part, NAMES, WANTED) for part in np.split(u, 4)])
    assert (parts == v).all()
    extreme = correlate_each(np.full((1, 2), 1 - 2.0**-53), ["a", "b"], {("a", "b"): 0.7})
    assert (extreme < 1).all()


def test_groups_are_found_however_pairs_chain():
    assert groups({("a", "b"): 0.1, ("c", "d"): 0.1, ("b", "c"): 0.1}) == [("a", "b", "c", "d")]
    assert groups({}) == []


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        ({("growth", "growth"): 0.5}, "correlation of growth and growth; expected two different inputs"),
        ({("growth", "churn"): 0.5, ("churn", "growth"): 0.5}, "correlation of growth and churn stands twice"),
        (
            {("growth", "churn"): 1.5},
            "correlation of growth and churn is 1.5; expected a rank correlation from -1 to 1",
        ),
        ({("growth", "churn"): float("nan")}, "is nan; expected a rank correlation"),
        ({("growth", "chrun"): 0.5}, "no uncertain chrun; .* did you mean churn"),
    ],
)
def test_what_no_correlation_is_is_said(pairs, says):
    with pytest.raises(InputError, match=says):
        check(pairs, NAMES)


def test_correlations_that_cannot_hold_together_come_with_the_nearest_that_can():
    pairs = {("growth", "churn"): 0.9, ("churn", "price"): 0.9, ("growth", "price"): -0.9}
    with pytest.raises(InputError, match=r"can't hold together: growth and churn 0\.9, churn and price 0\.9") as caught:
        check(pairs, NAMES)
    (fault,) = caught.value.faults
    assert (
        fault.expected
        == "at most, in the same proportion, growth and churn 0.48, churn and price 0.48, growth and price -0.48"
    )
    check(dict.fromkeys(list(pairs)[:2], 0.48) | {("growth", "price"): -0.48}, NAMES)
    with pytest.raises(InputError):
        check(dict.fromkeys(list(pairs)[:2], 0.49) | {("growth", "price"): -0.49}, NAMES)


def test_a_pair_that_is_not_said_counts_as_none_and_the_message_says_so():
    with pytest.raises(InputError, match=r"0 where none is said: churn and price\); .* say the missing ones"):
        check({("growth", "churn"): 0.9, ("growth", "price"): 0.9}, NAMES)
