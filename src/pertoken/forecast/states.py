"""States of a customer's spend by month: new, ramp, steady, contracting, dormant, gone; how they change, and growth.

A state is what a month's usage is against the last month with any. How customers go on depends on state and age.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.expert import History
from pertoken.forecast.panel import Indices

STATES = ("new", "ramp", "steady", "contracting", "dormant", "gone")
"""What a customer may be in a month."""

NEW, RAMP, STEADY, CONTRACTING, DORMANT, GONE = range(len(STATES))

CHANGE = 0.15
"""Change of the log of usage beyond which it ramps or contracts."""

SILENT = 3
"""Months without usage from which a customer counts as gone."""

AGES = (0, 1, 3, 6, 12)
"""First month of each class of age."""

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
"""Months that the belief counts for, in each state."""

SAME = 15.0
"""Months in a state that count as much as the belief that age doesn't matter."""

SHARES = np.linspace(0.02, 0.98, 25)
"""Shares at which log growth is known."""

EXPECTED = {NEW: (0.0, 0.3), RAMP: (0.35, 0.25), STEADY: (0.0, 0.08), CONTRACTING: (-0.35, 0.25)}
"""Mean and standard deviation of log growth believed before anything is seen; counts for `BELIEF` months."""


@dataclass(frozen=True, slots=True, eq=False)
class StateModel:
    """How customers change state, and grow in each.

    Args:
        chance: From state to state in a month by class of age, shape `(class, state, state)`; rows add up to 1.
        growth: Log growth against the last month with usage in each state, at `SHARES`, shape `(state, share)`.
        seen: Changes that were seen, shape `(class, state, state)`.
    """

    chance: Values
    growth: Values
    seen: Values

    def probabilities(self, state: Indices, age: Indices, months: int) -> Values:
        """Chances of each state after each month, in closed form, shape `(customer, month, state)`.

        Args:
            state: Of each customer now.
            age: Months since each came.
            months: How many ahead.
        """
        now = np.eye(len(STATES))[state]
        steps = []
        for month in range(months):
            now = np.einsum("is,ist->it", now, self.chance[_class(age + month)])
            steps.append(now)
        return np.stack(steps, axis=1)

    def ahead(self, state: Indices, age: Indices, months: int, draws: int, rng: np.random.Generator) -> Indices:
        """Draw states of the months ahead, shape `(draw, customer, month)`."""
        now = np.broadcast_to(state, (draws, len(state)))
        rising = self.chance.cumsum(axis=-1)
        states = np.empty((draws, len(state), months), dtype=np.int64)
        for month in range(months):
            upto = rising[_class(age + month), now]
            now = np.minimum((rng.random(now.shape)[..., None] >= upto).sum(axis=-1), GONE)
            states[..., month] = now
        return states

    def paths(
        self, standing: "Standing", months: int, draws: int, rng: np.random.Generator, *, most: float = np.inf
    ) -> Values:
        """Draw usage of the months ahead, shape `(draw, customer, month)`.

        Args:
            standing: Where customers stand.
            months: How many ahead.
            draws: How many worlds.
            rng: Where chance comes from.
            most: Factor on the level that no path goes beyond.
        """
        states = self.ahead(standing.state, standing.age, months, draws, rng)
        share = rng.random(states.shape)
        step = np.zeros(states.shape)
        for state in EXPECTED:
            here = states == state
            step[here] = np.interp(share[here], SHARES, self.growth[state])
        paths: Values = np.minimum(np.exp(step.cumsum(axis=-1)), most) * standing.level[:, None]
        return np.where(states < DORMANT, paths, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where customers stand at the end of a history.

    Args:
        state: Of each, shape `(customer,)`.
        age: Months since each came, shape `(customer,)`.
        level: Usage of the last month that had any, shape `(customer,)`.
    """

    state: Indices
    age: Indices
    level: Values


def states_of(value: Values, since: Indices) -> Indices:
    """Tell what customers were in each month, shape `(customer, month)`; -1 before they came.

    Args:
        value: Usage by month, shape `(customer, month)`; a month that was not watched takes the state before it.
        since: First month of each customer.

    >>> usage = np.array([[10.0, 20, 21, 5, 0, 0, 0, 5]])
    >>> [STATES[code] for code in states_of(usage, np.array([0]))[0]]
    ['new', 'ramp', 'steady', 'contracting', 'dormant', 'dormant', 'gone', 'steady']
    """
    states = np.full(value.shape, -1, dtype=np.int64)
    level, silent = np.zeros(len(value)), np.zeros(len(value), dtype=np.int64)
    before = np.full(len(value), -1)
    for month, now in enumerate(value.T):
        watched, used = ~np.isnan(now), np.nan_to_num(now) > 0
        silent = np.where(used, 0, silent + watched)
        change = np.log(np.where(used & (level > 0), now / np.where(level > 0, level, 1), 1))
        going = np.select([change > CHANGE, change < -CHANGE], [RAMP, CONTRACTING], STEADY)
        state = np.where(used, going, np.where(silent >= SILENT, GONE, DORMANT))
        state = np.where(watched, state, before)
        before = np.where(month < since, -1, np.where(month == since, NEW, state))
        states[:, month] = before
        level = np.where(used, now, level)
    return states


def standing(value: Values, since: Indices) -> Standing:
    """Tell where customers stand at the end of their history.

    Args:
        value: Usage by month, shape `(customer, month)`.
        since: First month of each customer.
    """
    used = np.nan_to_num(value) > 0
    last = value.shape[1] - 1 - used[:, ::-1].argmax(axis=1)
    level = np.nan_to_num(value[np.arange(len(value)), last])
    state = np.maximum(states_of(value, since)[:, -1], NEW)
    return Standing(state, value.shape[1] - 1 - since, level)


def fit_states(value: Values, since: Indices) -> StateModel:
    """Estimate how customers change state and grow, each age drawn to all ages and these to a prior.

    Args:
        value: Usage by month, shape `(customer, month)`.
        since: First month of each customer.
    """
    states = states_of(value, since)
    who, month = np.nonzero((states[:, :-1] >= 0) & ~np.isnan(value[:, 1:]))
    seen = np.zeros((len(AGES), len(STATES), len(STATES)))
    np.add.at(seen, (_class(month - since[who]), states[who, month], states[who, month + 1]), 1)
    whole = seen.sum(axis=0)
    pooled = (whole + BELIEF * BEFORE) / (whole.sum(axis=-1, keepdims=True) + BELIEF)
    chance = (seen + SAME * pooled) / (seen.sum(axis=-1, keepdims=True) + SAME)
    return StateModel(chance, _growth(value, states), seen)


def _growth(value: Values, states: Indices) -> Values:
    """Log growth in each state at `SHARES`: what was seen, and as much of the belief as it counts for."""
    used = np.nan_to_num(value) > 0
    at = np.where(used, np.arange(value.shape[1]), -1)
    last = np.pad(np.maximum.accumulate(at, axis=1)[:, :-1], ((0, 0), (1, 0)), constant_values=-1)
    who, month = np.nonzero(used & (last >= 0))
    step = np.log(value[who, month] / value[who, last[who, month]])
    growth = np.zeros((len(STATES), len(SHARES)))
    for state, (mean, spread) in EXPECTED.items():
        own = step[states[who, month] == state]
        believed = mean + spread * np.linspace(-1.5, 1.5, int(BELIEF))
        growth[state] = np.quantile(np.concatenate([own, believed]), SHARES)
    return growth


def changing(history: History, horizon: int, draws: int, rng: np.random.Generator) -> Values:
    """Draw paths of monthly usage by the state model: an expert, shape `(draw, customer, period)`.

    Args:
        history: By month.
        horizon: Months ahead.
        draws: How many worlds.
        rng: Where chance comes from.
    """
    model = fit_states(history.value, history.since)
    here = standing(history.value, history.since)
    return model.paths(here, horizon, draws, rng, most=MOST)


MOST = 20.0
"""Factor on its level beyond which no customer's path goes."""


def _class(age: Indices) -> Indices:
    found: Indices = np.searchsorted(np.array(AGES), age, side="right") - 1
    return np.maximum(found, 0)
