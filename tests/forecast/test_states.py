"""States of spend: what customers are, how they go on, and paths against the closed form."""

import numpy as np
import pytest

from pertoken.forecast.states import (
    BEFORE,
    CONTRACTING,
    DORMANT,
    GONE,
    NEW,
    RAMP,
    STATES,
    STEADY,
    StateModel,
    _model,
    in_states,
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


def chain(start, months, seed=3):
    """Draw states of a chain, month by month, shape `(customer, month)`."""
    rng, now, every = np.random.default_rng(seed), start, []
    for _ in range(months):
        now = (rng.random(len(now))[:, None] >= TRUE.cumsum(axis=1)[now]).sum(axis=1).clip(max=GONE)
        every.append(now)
    return np.stack(every, axis=1)


def fitted(usage, since):
    return _model(states_of(usage, since), usage, since)


def simulated(customers, months, seed=3):
    new = np.zeros(customers, dtype=np.int64)
    return np.concatenate([new[:, None], chain(new, months, seed)], axis=1)


def test_the_matrix_of_a_known_chain_is_found_again():
    states = simulated(6007, 9)
    usage = usage_of(states)
    found = fitted(usage, np.zeros(6007, dtype=np.int64))
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
    found = fitted(usage_of(simulated(53, 3)), np.zeros(53, dtype=np.int64))
    np.testing.assert_allclose(found.chance.sum(axis=-1), 1)
    assert (found.chance >= 0).all()
    np.testing.assert_allclose(found.chance[4], found.chance[3])


def test_without_history_the_prior_is_what_is_known():
    found = fitted(np.ones((1, 1)), np.zeros(1, dtype=np.int64))
    np.testing.assert_allclose(found.chance, np.repeat(BEFORE[None], 5, axis=0))


def test_the_closed_form_is_the_power_of_the_matrix_and_the_share_of_paths():
    model = StateModel(np.repeat(TRUE[None], 5, axis=0), np.zeros((5, 6, 6)))
    state, age = np.array([NEW, STEADY, GONE]), np.array([0, 7, 20])
    chance = model.probabilities(state, age, 5)
    np.testing.assert_allclose(chance[:, 4], np.linalg.matrix_power(TRUE, 5)[state])
    drawn = chain(np.repeat(state, 20011), 5, 1).reshape(3, 20011, 5)
    share = (drawn[..., None] == np.arange(len(STATES))).mean(axis=1)
    np.testing.assert_allclose(share, chance, atol=0.02)


def test_chances_follow_age():
    chance = np.repeat(TRUE[None], 5, axis=0)
    chance[0, NEW] = [0, 0, 1, 0, 0, 0]
    chance[1, STEADY] = [0, 0, 0, 0, 0, 1]
    model = StateModel(chance, np.zeros((5, 6, 6)))
    after = model.probabilities(np.array([NEW]), np.array([0]), 2)
    assert after[0, 0, STEADY] == 1
    assert after[0, 1, GONE] == 1


def test_each_customer_and_each_amount_stands_in_one_state_of_a_window():
    usage = usage_of(simulated(503, 9))
    found = in_states(usage, [f"w{i}" for i in range(10)], np.zeros(503))
    assert found is not None
    assert found.labels[0] == "w1"  # of the first window nobody knows who is new
    np.testing.assert_array_equal(found.customers.sum(axis=1), 503)
    np.testing.assert_allclose(found.amount.sum(axis=1), usage[:, 1:].sum(axis=0))
    assert found.seen.sum() == 503 * 8
    assert found.ahead.sum() == pytest.approx(503)


def test_states_ahead_are_those_that_a_chain_comes_to():
    usage = usage_of(simulated(20011, 12, seed=9))
    found = in_states(usage[:, :10], list(map(str, range(10))), np.zeros(20011))
    assert found is not None
    came = states_of(usage, np.zeros(20011, dtype=np.int64))[:, 12]
    share = np.bincount(came, minlength=6) / 20011
    # a silence of three windows is called gone, so the silent are a chain of another kind: told within 4 points
    np.testing.assert_allclose(found.ahead / 20011, share, atol=0.04)


def test_the_rest_of_a_window_is_no_ramp():
    # one uses 10 a day of windows of 28 days, and came 7 days, another 21 days before the second window ended
    value = np.array([[0.0, 70, 280, 280, 280], [0, 210, 280, 280, 280], [280, 280, 560, 280, 0]])
    found = in_states(value, list("abcde"), np.array([1.75, 1.25, 0.0]))
    assert found is not None
    told = {name: found.customers[:, code].tolist() for code, name in enumerate(STATES)}
    assert told["new"] == [2, 1, 0, 0]
    assert told["ramp"] == [0, 1, 0, 0]
    assert told["steady"] == [1, 1, 2, 2]
    assert told["contracting"] == [0, 0, 1, 0]
    assert told["dormant"] == [0, 0, 0, 1]
    assert found.seen[NEW, STEADY] + found.seen[NEW, NEW] == 3
    assert (found.seen[RAMP, CONTRACTING], found.seen[CONTRACTING, DORMANT]) == (1, 1)


def test_a_customer_who_came_later_is_not_there_before():
    usage = np.array([[np.nan, np.nan, 5.0, 5.0], [3.0, 3.0, 0.0, 0.0]])
    since = np.array([2, 0])
    states = states_of(usage, since)
    assert states[0].tolist() == [-1, -1, NEW, STEADY]
