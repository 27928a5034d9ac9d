"""A waterfall: what each of several changes adds between two worlds, so that the steps add up.

A change's effect is its Shapley value: what it adds, averaged over all orders in which the changes can be made
(L. S. Shapley, *A value for n-person games*, 1953). No order is privileged, and nothing is left over.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.design import design
from pertoken.core.money import Values

MOST_EXACT = 12
"""How many changes are averaged over all orders; more are averaged over some of them."""
ORDERS = 256
CHUNK = 64

Made = NDArray[np.bool_]
"""Which changes are made, shape `(rows, changes)`."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The steps of a waterfall; start and effects together are the end.

    Args:
        start: The result with no change made.
        effects: What each change adds, by its name, in the order of names given.
        end: The result with all changes made.
        orders: Over how many orders effects are averaged; 0 for all.
    """

    start: Values
    effects: Mapping[str, Values]
    end: Values
    orders: int


def shapley(evaluate: Callable[[Made], Values], names: Sequence[str], *, seed: int = 0) -> Steps:
    """Share out what several changes do together.

    Args:
        evaluate: Which changes are made, one row for each combination, to results of shape `(rows, *more)`.
        names: The changes.
        seed: For the orders that are drawn above `MOST_EXACT` changes.

    >>> steps = shapley(lambda made: np.where(made.all(axis=1), 10.0, 0.0), ["price", "volume"])
    >>> {name: float(effect) for name, effect in steps.effects.items()}
    {'price': 5.0, 'volume': 5.0}
    """
    ranked = sorted(names)  # the order of names decides nothing
    places = [ranked.index(name) for name in names]

    def of_ranked(made: Made) -> Values:
        return np.asarray(evaluate(made[:, places]))

    if len(names) <= MOST_EXACT:
        (start, effects, end), orders = _all_orders(of_ranked, len(names)), 0
    else:
        (start, effects, end), orders = _some_orders(of_ranked, ranked, seed), ORDERS
    return Steps(start, {name: effects[ranked.index(name)] for name in names}, end, orders)


def _all_orders(evaluate: Callable[[Made], Values], count: int) -> tuple[Values, Values, Values]:
    """Average over all orders, by the weight of each set of changes made before."""
    sets = np.arange(1 << count)
    made = (sets[:, np.newaxis] >> np.arange(count)) & 1 == 1
    results = evaluate(made)
    sizes = made.sum(axis=1)
    chance = np.array([factorial(k) * factorial(count - k - 1) / factorial(count) for k in range(count)])
    effects = np.empty((count, *results.shape[1:]))
    for i in range(count):
        before = sets[~made[:, i]]
        effects[i] = np.tensordot(chance[sizes[before]], results[before | (1 << i)] - results[before], axes=1)
    return results[0], effects, results[-1]


def _some_orders(evaluate: Callable[[Made], Values], names: Sequence[str], seed: int) -> tuple[Values, Values, Values]:
    """Average over drawn orders, each with its reverse; each order's steps add up, so their means do."""
    count = len(names)
    half = np.argsort(design(names, draws=ORDERS // 2, kind="random", seed=seed), axis=1, kind="stable")
    orders = np.concatenate([half, half[:, ::-1]])
    totals: list[Any] = [0.0] * count
    for some in np.split(orders, ORDERS // CHUNK):
        made = np.zeros((len(some), count + 1, count), dtype=bool)
        for step in range(count):
            made[:, step + 1] = made[:, step]
            made[np.arange(len(some)), step + 1, some[:, step]] = True
        results = evaluate(made.reshape(-1, count))
        results = results.reshape(len(some), count + 1, *results.shape[1:])
        added = np.diff(results, axis=1)
        for i in range(count):
            totals[i] = totals[i] + added[some == i].sum(axis=0)
        start, end = results[0, 0], results[0, -1]
    return start, np.stack(totals) / ORDERS, end
