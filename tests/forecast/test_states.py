"""States of spend: what customers are, how they go on, and paths against the closed form."""

import numpy as np
import pytest

from pertoken.forecast.expert import History
from pertoken.forecast.states import (
    BEFORE,
    GONE,
    NEW,
    STATES,
    STEADY,
    Standing,
    StateModel,
    changing,
    fit_states,
    standing,
    states_of,
)

TRUE = np.array([
    [0.0, 0.50, 0.30, 0.10, 0.10, 0.0],
    [0.0, 0.40, 0.40, 0.15, 0.05, 0.0],
    [0.0, 0.10, 0.70, 0.15, 0.05, 0.0],
    [0.0, 0.15, 0.45, 0.25, 0.15, 0.0],
    [0.0, 0.10, 0.15, 0.15, 0.60, 0.0],
    [0.0, 0.01, 0.02, 0.02, 0.00, 0.95],
])  # fmt: skip
STEP = np.array([0.0, 0.4, 0.0, -0.4])


def usage_of(states):
    """Make usage whose states are these, as far as a silence is not too long."""
    level = np.exp(np.cumsum(np.where(states < 4, np.append(STEP, [0, 0])[states], 0), axis=1))
    return 100 * np.where(states < 4, level, 0)


def simulated(customers, months, seed=3):
    model = StateModel(np.repeat(TRUE[None], 5, axis=0), np.zeros((6, 25)), np.zeros((5, 6, 6)))
    new = np.zeros(customers, dtype=np.int64)
    ahead = model.ahead(new, new, months, 1, np.random.default_rng(seed))[0]
    return np.concatenate([new[:, None], ahead], axis=1)


def test_the_matrix_of_a_known_chain_is_found_again():
    states = simulated(6007, 9)
    usage = usage_of(states)
    found = fit_states(usage, np.zeros(6007, dtype=np.int64))
    for state in range(4):  # a silence of three months is called gone, so the rows of the silent are of another chain
        np.testing.assert_allclose(found.chance[1:4, state], np.repeat(TRUE[state][None], 3, axis=0), atol=0.06)
    np.testing.assert_allclose(found.chance[0, NEW], TRUE[NEW], atol=0.03)


def test_states_are_read_off_usage_as_they_were_made():
    states = simulated(211, 9)
    read = states_of(usage_of(states), np.zeros(211, dtype=np.int64))
    used = states < 4
    np.testing.assert_array_equal(read[used], states[used])
    assert (read[~used] >= 4).all()


def test_rows_are_chances_and_an_age_without_data_is_like_all_ages():
    found = fit_states(usage_of(simulated(53, 3)), np.zeros(53, dtype=np.int64))
    np.testing.assert_allclose(found.chance.sum(axis=-1), 1)
    assert (found.chance >= 0).all()
    np.testing.assert_allclose(found.chance[4], found.chance[3])


def test_without_history_the_prior_is_what_is_known():
    found = fit_states(np.ones((1, 1)), np.zeros(1, dtype=np.int64))
    np.testing.assert_allclose(found.chance, np.repeat(BEFORE[None], 5, axis=0))


def test_the_closed_form_is_the_power_of_the_matrix_and_the_share_of_paths():
    model = StateModel(np.repeat(TRUE[None], 5, axis=0), np.zeros((6, 25)), np.zeros((5, 6, 6)))
    state, age = np.array([NEW, STEADY, GONE]), np.array([0, 7, 20])
    chance = model.probabilities(state, age, 5)
    np.testing.assert_allclose(chance[:, 4], np.linalg.matrix_power(TRUE, 5)[state])
    drawn = model.ahead(state, age, 5, 20011, np.random.default_rng(1))
    share = (drawn[..., None] == np.arange(len(STATES))).mean(axis=0)
    np.testing.assert_allclose(share, chance, atol=0.02)


def test_chances_follow_age():
    chance = np.repeat(TRUE[None], 5, axis=0)
    chance[0, NEW] = [0, 0, 1, 0, 0, 0]
    chance[1, STEADY] = [0, 0, 0, 0, 0, 1]
    model = StateModel(chance, np.zeros((6, 25)), np.zeros((5, 6, 6)))
    after = model.probabilities(np.array([NEW]), np.array([0]), 2)
    assert after[0, 0, STEADY] == 1
    assert after[0, 1, GONE] == 1


def test_growth_of_a_state_is_what_was_seen_in_it():
    found = fit_states(usage_of(simulated(2003, 9)), np.zeros(2003, dtype=np.int64))
    middle = found.growth[:, 12]
    np.testing.assert_allclose(middle[:4], STEP, atol=0.01)


def test_paths_start_at_the_level_and_the_silent_use_nothing():
    model = fit_states(usage_of(simulated(503, 9)), np.zeros(503, dtype=np.int64))
    here = Standing(np.array([STEADY, GONE]), np.array([5, 5]), np.array([10.0, 1000.0]))
    paths = model.paths(here, 3, 2003, np.random.default_rng(2))
    assert (paths >= 0).all()
    assert np.median(paths[:, 0, 0]) == pytest.approx(10, rel=0.05)
    assert (paths[:, 1, 0] == 0).mean() == pytest.approx(model.chance[2, GONE, 4:].sum(), abs=0.05)


def test_the_expert_goes_on_as_the_panel_did():
    usage = usage_of(simulated(2003, 12))
    since = np.zeros(2003, dtype=np.int64)
    history = History(usage[:, :10], since, 12, since)
    paths = changing(history, 3, 200, np.random.default_rng(4))
    assert paths.shape == (200, 2003, 3)
    assert paths.sum(axis=(1, 2)).mean() == pytest.approx(usage[:, 10:].sum(), rel=0.15)


def test_a_customer_who_came_later_is_not_there_before():
    usage = np.array([[np.nan, np.nan, 5.0, 5.0], [3.0, 3.0, 0.0, 0.0]])
    since = np.array([2, 0])
    states = states_of(usage, since)
    assert states[0].tolist() == [-1, -1, NEW, STEADY]
    here = standing(usage, since)
    assert here.age.tolist() == [1, 3]
    assert here.level.tolist() == [5, 3]
