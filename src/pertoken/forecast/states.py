"""States of a customer's spend by window: new, ramping, steady, contracting, dormant or gone; and who goes where.

A state is what a window's spend is against the last window with any. How customers go on depends on state and age.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.panel import Indices

STATES = ("new", "ramp", "steady", "contracting", "dormant", "gone")
"""What a customer may be in a window."""

NEW, RAMP, STEADY, CONTRACTING, DORMANT, GONE = range(len(STATES))

CHANGE = 0.15
"""Change of the log of usage beyond which it ramps or contracts."""

LEAST = 3
"""Windows below which no state is told."""

HALF = 0.5
"""Share of a window that must have been seen of a customer."""

SILENT = 3
"""Windows without spend from which a customer counts as gone."""

AGES = (0, 1, 3, 6, 12)
"""First window of each class of age."""

BEFORE = np.array([
    [0.00, 0.35, 0.30, 0.20, 0.15, 0.00],
    [0.00, 0.35, 0.40, 0.20, 0.05, 0.00],
    [0.00, 0.20, 0.55, 0.20, 0.05, 0.00],
    [0.00, 0.20, 0.35, 0.30, 0.15, 0.00],
    [0.00, 0.10, 0.05, 0.15, 0.35, 0.35],
    [0.00, 0.01, 0.00, 0.01, 0.00, 0.98],
])  # fmt: skip
"""Chances that are believed before anything is seen, of any age: a prior, not data."""

BELIEF = 4.0
"""Windows that the belief counts for, in each state."""

SAME = 15.0
"""Windows in a state that count as much as the belief that age doesn't matter."""

AHEAD = 3
"""Windows ahead for which states are told."""


@dataclass(frozen=True, slots=True, eq=False)
class StateModel:
    """How customers change state.

    Args:
        chance: From state to state in a window by class of age, shape `(class, state, state)`; rows add up to 1.
        seen: Changes that were seen, shape `(class, state, state)`.
    """

    chance: Values
    seen: Values

    def probabilities(self, state: Indices, age: Indices, windows: int) -> Values:
        """Chances of each state after each window, in closed form, shape `(customer, window, state)`.

        Args:
            state: Of each customer now.
            age: Windows since each came.
            windows: How many ahead.
        """
        now = np.eye(len(STATES))[state]
        after = []
        for window in range(windows):
            now = np.einsum("is,ist->it", now, self.chance[_class(age + window)])
            after.append(now)
        return np.stack(after, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """Who is in which state.

    Args:
        labels: Last period of each window that is told, in time.
        customers: Shape `(window, state)`.
        amount: What they spent, shape `(window, state)`.
        seen: Changes from one window to the next, from row to column, shape `(state, state)`.
        ahead: Customers expected in each state after `AHEAD` windows, of those there are, shape `(state,)`.
    """

    labels: tuple[str, ...]
    customers: Values
    amount: Values
    seen: Values
    ahead: Values


def in_states(value: Values, labels: Sequence[str], since: Values) -> States | None:
    """Tell who was in which state; None with fewer than three windows.

    In the first window nobody is known to be new, so nothing is told of it. A customer stays new as long as not half a
    window was seen of them: the rest of a window is no ramp.

    Args:
        value: What each spent, shape `(customer, window)`.
        labels: Last period of each window.
        since: When each came, in windows from the first: 1.25 is a quarter into the second, shape `(customer,)`.
    """
    if value.shape[1] < LEAST:
        return None
    first = np.maximum(np.floor(since).astype(np.int64), 0)
    there = np.where(since > 0, 1 - since % 1, 1.0)
    whole = np.where(there < HALF, first + 1, first)
    scaled = value.copy()
    rows = np.flatnonzero(whole < value.shape[1])
    scaled[rows, whole[rows]] /= np.where(there[rows] < HALF, 1.0, there[rows])
    states = states_of(scaled, whole)
    states[np.arange(len(value)), np.minimum(first, value.shape[1] - 1)] = NEW
    told, money = states[:, 1:], np.nan_to_num(value[:, 1:])
    chosen = told[..., None] == np.arange(len(STATES))
    model = _model(np.where(np.arange(value.shape[1]) == 0, -1, states), value, first)
    last, age = np.maximum(states[:, -1], NEW), value.shape[1] - 1 - np.minimum(first, value.shape[1] - 1)
    return States(
        tuple(labels[1:]),
        chosen.sum(axis=0).astype(float),
        (chosen * money[..., None]).sum(axis=0),
        model.seen.sum(axis=0),
        model.probabilities(last, age, AHEAD)[:, -1].sum(axis=0),
    )


def states_of(value: Values, since: Indices) -> Indices:
    """Tell what customers were in each window, shape `(customer, window)`; -1 before they came.

    Args:
        value: Usage by window, shape `(customer, window)`; a window that was not watched takes the state before it.
        since: First window of each customer.

    >>> usage = np.array([[10.0, 20, 21, 5, 0, 0, 0, 5]])
    >>> [STATES[code] for code in states_of(usage, np.array([0]))[0]]
    ['new', 'ramp', 'steady', 'contracting', 'dormant', 'dormant', 'gone', 'steady']
    """
    states = np.full(value.shape, -1, dtype=np.int64)
    level, silent = np.zeros(len(value)), np.zeros(len(value), dtype=np.int64)
    before = np.full(len(value), -1)
    for window, now in enumerate(value.T):
        watched, used = ~np.isnan(now), np.nan_to_num(now) > 0
        silent = np.where(used, 0, silent + watched)
        change = np.log(np.where(used & (level > 0), now / np.where(level > 0, level, 1), 1))
        going = np.select([change > CHANGE, change < -CHANGE], [RAMP, CONTRACTING], STEADY)
        state = np.where(used, going, np.where(silent >= SILENT, GONE, DORMANT))
        state = np.where(watched, state, before)
        before = np.where(window < since, -1, np.where(window == since, NEW, state))
        states[:, window] = before
        level = np.where(used, now, level)
    return states


def _model(states: Indices, value: Values, since: Indices) -> StateModel:
    """Count changes from windows whose state is known to windows that were watched."""
    who, window = np.nonzero((states[:, :-1] >= 0) & ~np.isnan(value[:, 1:]))
    seen = np.zeros((len(AGES), len(STATES), len(STATES)))
    np.add.at(seen, (_class(window - since[who]), states[who, window], states[who, window + 1]), 1)
    whole = seen.sum(axis=0)
    pooled = (whole + BELIEF * BEFORE) / (whole.sum(axis=-1, keepdims=True) + BELIEF)
    chance = (seen + SAME * pooled) / (seen.sum(axis=-1, keepdims=True) + SAME)
    return StateModel(chance, seen)


def _class(age: Indices) -> Indices:
    found: Indices = np.searchsorted(np.array(AGES), age, side="right") - 1
    return np.maximum(found, 0)
